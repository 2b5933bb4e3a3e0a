/** A report as text for a terminal. */
import type { MoveReport } from "@tieline/connector";
import { counterLines } from "./move-objects.ts";
import { counted, lasting, localTime, number } from "./output/words.ts";
import { printable } from "./output/width.ts";
import { wrapped } from "./output/wrapped.ts";
import type { Style } from "./style.ts";

const FAILURES_SHOWN = 20;

export function reportText(report: MoveReport, style: Style, width: number): string {
  const { batch, outcomes, reasons, course, durations, teamsModes, leftPolicies, counters, users } = report;
  const lines = [
    `${style.strong(batch.name)}  ${batch.state}`,
    `${counted(batch.users, "user")} to ${batch.target}${batch.startedAtMs === undefined ? "" : `, begun ${localTime(batch.startedAtMs)}`}${batch.finishedAtMs === undefined ? "" : `, ended ${localTime(batch.finishedAtMs)}`}`,
    ...(batch.reason === undefined ? [] : wrapped("", printable(batch.reason), width)),
    "",
  ];
  const paint = (state: string): ((text: string) => string) =>
    state === "Failed" ? style.error : state === "Moved" ? style.good : (text) => text;
  for (const { state, users: count } of outcomes) lines.push(`${paint(state)(state.padEnd(8))}  ${number(count).padStart(9)}`);
  if (course !== undefined)
    lines.push(
      "",
      `Took ${lasting(course.endedAtMs - course.beganAtMs)}${durations === undefined ? "" : `; a user ${lasting(durations.medianMs)}, 95 % within ${lasting(durations.most95Ms)}, the longest ${lasting(durations.longestMs)}`}`,
    );
  if (report.contacts + report.meetings > 0)
    lines.push(`Carried along: ${counted(report.contacts, "contact")}, ${counted(report.meetings, "meeting")}`);
  if (teamsModes.length > 0)
    lines.push(`Teams upgrade mode: ${teamsModes.map(({ mode, users: count }) => `${mode} ${number(count)}`).join(", ")}`);
  if (leftPolicies.length > 0)
    lines.push(...wrapped("Left behind:", leftPolicies.map(({ policy, users: count }) => `${policy} ${number(count)}`).join(", "), width));
  lines.push("", ...counterLines(counters.now, counters.before));
  for (const { state, code, text, cure, users: count } of reasons) {
    lines.push(
      "",
      `${state === "Failed" ? style.error("failed") : style.warning("skipped")} ${style.dim(code)}  ${counted(count, "user")}`,
      ...wrapped("   ", printable(text), width),
    );
    lines.push(...wrapped("    cure:", printable(cure), width));
  }
  const failed = users.filter(({ state }) => state === "Failed");
  if (failed.length > 0) {
    lines.push("");
    for (const user of failed.slice(0, FAILURES_SHOWN))
      lines.push(`  ${printable(user.sipAddress || user.identity)}  homed ${user.homed}  ${user.code ?? ""}`);
    if (failed.length > FAILURES_SHOWN)
      lines.push(`  … and ${number(failed.length - FAILURES_SHOWN)} more: tieline move users "${batch.name}" --state failed`);
  }
  return `${lines.join("\n")}\n`;
}

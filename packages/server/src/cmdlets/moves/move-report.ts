/** The report of Move-CsUser -Report: one line a user, as CSV. */
import { isFault, type Fault } from "@tieline/fault";
import type { UserRecord } from "../../directory/index.ts";
import type { MoveOutcome } from "../../migration/index.ts";
import type { CmdletSession } from "../session.ts";

export type ReportRow = Readonly<Record<(typeof COLUMNS)[number], string>>;

const COLUMNS = [
  "SipAddress",
  "DisplayName",
  "Target",
  "Result",
  "Started",
  "Seconds",
  "Contacts",
  "Groups",
  "Meetings",
  "TeamsUpgradeMode",
  "PoliciesLeft",
  "Code",
  "Text",
  "Cure",
] as const;

export function reportRow(
  user: Pick<UserRecord, "sipAddress" | "displayName">,
  target: string,
  beganMs: number,
  endedMs: number,
  end: MoveOutcome | Fault,
): ReportRow {
  const failed = isFault(end) ? end : undefined;
  const outcome = isFault(end) ? undefined : end;
  const count = (name: "contacts" | "groups" | "meetings"): string => (outcome === undefined ? "" : String(outcome.moved[name]));
  return {
    SipAddress: user.sipAddress ?? "",
    DisplayName: user.displayName,
    Target: target,
    Result: failed === undefined ? "Moved" : "Failed",
    Started: new Date(beganMs).toISOString(),
    Seconds: ((endedMs - beganMs) / 1000).toFixed(3),
    Contacts: count("contacts"),
    Groups: count("groups"),
    Meetings: count("meetings"),
    TeamsUpgradeMode: outcome?.teamsUpgradeMode ?? "",
    PoliciesLeft: outcome?.leftPolicies.join(" ") ?? "",
    Code: failed?.code ?? "",
    Text: failed?.message ?? outcome?.warnings.join(" ") ?? "",
    Cure: failed?.cure ?? "",
  };
}

/** Written where the deployment keeps reports; gives the place. @throws Fault `report-name`, `report-unwritable` */
export async function writeReport(session: CmdletSession, name: string, rows: readonly ReportRow[]): Promise<string> {
  const lines = [COLUMNS, ...rows.map((row) => COLUMNS.map((column) => row[column]))];
  const text = lines.map((line) => line.map(field).join(",")).join("\r\n");
  return (await session.migration?.writeReport(name, `\uFEFF${text}\r\n`)) ?? "";
}

/** A field that a spreadsheet would take for a formula is made a text. */
function field(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return `"${safe.replaceAll('"', '""')}"`;
}

/**
 * A batch's report as one page that needs nothing else: no network, no file beside it. Its policy allows its own style and
 * script by their hashes, and nothing besides; every text of the report is escaped.
 */
import { createHash } from "node:crypto";
import type { Batch, MoveReport } from "@tieline/connector";
import { COUNTERS } from "../move-objects.ts";
import { counted, lasting, localTime, number } from "../output/words.ts";
import { courseChart, durationsChart, outcomeRing, reasonBars } from "./charts.ts";
import { dataBlock, Markup, markup } from "./markup.ts";
import { SCRIPT } from "./page-script.ts";
import { STYLE } from "./page-style.ts";

const BADGES: Readonly<Record<Batch["state"], string>> = {
  Planned: "plain",
  Running: "under-way",
  Suspended: "bad",
  Completed: "good",
  CompletedWithErrors: "bad",
  Cancelled: "plain",
  Undoing: "under-way",
  Undone: "plain",
};

/** @param madeAtMs when the report was made */
export function reportPage(report: MoveReport, madeAtMs: number): string {
  const { batch, outcomes, reasons, course, durations } = report;
  const policy = `default-src 'none'; style-src '${hash(STYLE)}'; script-src '${hash(SCRIPT)}'; base-uri 'none'; form-action 'none'`;
  const page = markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}"><meta name="referrer" content="no-referrer"><title>${batch.name} – report of a batch of moves</title><style>${new Markup(STYLE)}</style></head>
<body><main>
<header><h1>${batch.name}</h1><span class="badge ${BADGES[batch.state]}">${batch.state.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase()}</span><p>${counted(batch.users, "user")} to ${batch.target}${batch.startedAtMs !== undefined && `, begun ${localTime(batch.startedAtMs)}`}${batch.finishedAtMs !== undefined && `, ended ${localTime(batch.finishedAtMs)}`}${batch.createdBy !== "" && `, by ${batch.createdBy}`}</p></header>
${batch.reason !== undefined && markup`<p class="alert">${batch.reason}</p>`}
<dl class="figures">${figures(report).map(([title, value]) => markup`<div><dt>${title}</dt><dd>${value}</dd></div>`)}</dl>
<div class="cards">
<section class="card"><h2>Outcome</h2>${outcomes.length === 0 ? nothing("There are no users in this batch.") : outcomeRing(outcomes)}</section>
<section class="card"><h2>Users over time</h2>${course === undefined ? nothing("No move has ended yet.") : courseChart(course)}</section>
<section class="card"><h2>Failures by reason</h2>${reasons.length === 0 ? nothing("No move has failed.") : reasonBars(reasons)}</section>
<section class="card"><h2>Time a user</h2>${durations === undefined ? nothing("Nobody has moved yet.") : durationsChart(durations)}</section>
${counters(report)}${outcomesOnline(report)}
</div>
${reasons.length > 0 && reasonTable(reasons)}
${userTable(report)}
<footer>Made ${localTime(madeAtMs)} by tieline move report. Times are of the machine that made it.</footer>
</main>${dataBlock("users", report.users.map(userRow))}<script>${new Markup(SCRIPT)}</script></body></html>
`;
  return page.text;
}

function figures({ batch, course, contacts, meetings }: MoveReport): [string, string][] {
  const done = batch.moved + batch.undone;
  const minutes = course === undefined ? 0 : (course.endedAtMs - course.beganAtMs) / 60_000;
  return [
    ["Moved", number(batch.moved)],
    ["Failed", number(batch.failed)],
    ...(batch.undone > 0 ? [["Taken back", number(batch.undone)] as [string, string]] : []),
    ...(course === undefined
      ? []
      : ([
          ["Took", lasting(course.endedAtMs - course.beganAtMs)],
          ["Users a minute", number(Math.round(done / Math.max(minutes, 1 / 60)))],
        ] as [string, string][])),
    ["Contacts", number(contacts)],
    ["Meetings", number(meetings)],
  ];
}

function counters({ counters: { before, now } }: MoveReport): Markup {
  const rows = COUNTERS.map(([key, title]) => {
    const difference = before === undefined ? 0 : now[key] - before[key];
    const change = difference > 0 ? `+${number(difference)}` : difference < 0 ? `\u2212${number(-difference)}` : "";
    return markup`<tr><td>${title}</td>${before !== undefined && markup`<td class="number">${number(before[key])}</td>`}<td class="number">${number(now[key])}</td>${before !== undefined && markup`<td class="number">${change}</td>`}</tr>`;
  });
  return markup`<section class="card"><h2>Where users are homed</h2><table><thead><tr><th scope="col">Counter</th>${before !== undefined && markup`<th scope="col" class="number">Before</th>`}<th scope="col" class="number">Now</th>${before !== undefined && markup`<th scope="col" class="number">Change</th>`}</tr></thead><tbody>${rows}</tbody></table></section>`;
}

function outcomesOnline({ teamsModes, leftPolicies }: MoveReport): Markup | undefined {
  if (teamsModes.length === 0 && leftPolicies.length === 0) return undefined;
  const table = (title: string, rows: readonly (readonly [string, number])[]): Markup =>
    markup`<table><thead><tr><th scope="col">${title}</th><th scope="col" class="number">Users</th></tr></thead><tbody>${rows.map(([name, users]) => markup`<tr><td>${name}</td><td class="number">${number(users)}</td></tr>`)}</tbody></table>`;
  return markup`<section class="card"><h2>After the move</h2>${
    teamsModes.length > 0 &&
    table(
      "Teams upgrade mode",
      teamsModes.map(({ mode, users }) => [mode, users] as const),
    )
  }${
    leftPolicies.length > 0 &&
    table(
      "Policies without a counterpart, left behind",
      leftPolicies.slice(0, 12).map(({ policy, users }) => [policy, users] as const),
    )
  }</section>`;
}

function reasonTable(reasons: MoveReport["reasons"]): Markup {
  return markup`<section class="card"><h2>What failed, and what to do</h2><div class="scroll" tabindex="0" role="region" aria-label="What failed, and what to do"><table><thead><tr><th scope="col" class="number">Users</th><th scope="col">State</th><th scope="col">Reason</th><th scope="col">What to do</th></tr></thead><tbody>${reasons.map(
    ({ state, code, text, cure, users }) =>
      markup`<tr><td class="number">${number(users)}</td><td class="state ${state.toLowerCase()}">${state}</td><td><code>${code}</code><div>${text}</div></td><td>${cure}</td></tr>`,
  )}</tbody></table></div></section>`;
}

function userTable({ outcomes }: MoveReport): Markup {
  return markup`<section class="card users"><h2>Users</h2><div class="search"><label>Find <input id="words" type="search" autocomplete="off" placeholder="name, address, reason"></label><label>State <select id="state"><option value="">all</option>${outcomes.map(({ state }) => markup`<option>${state}</option>`)}</select></label><span id="found" class="note" role="status"></span></div>
<div class="scroll" tabindex="0" role="region" aria-label="Users"><table><thead><tr><th scope="col">Address</th><th scope="col">Name</th><th scope="col">State</th><th scope="col">Homed</th><th scope="col" class="number">Wave</th><th scope="col" class="number">Took</th><th scope="col">Reason</th></tr></thead><tbody id="rows"></tbody></table></div><button id="more" type="button" hidden>Show more</button><p class="note" id="without">The list of users needs this page's own script.</p></section>`;
}

/** In the order in which the page's script reads them. */
function userRow(user: MoveReport["users"][number]): (string | number)[] {
  const { sipAddress, identity, displayName, state, homed, wave, durationMs, code, text, cure, warnings } = user;
  const took = durationMs === undefined ? "" : lasting(durationMs);
  return [sipAddress || identity, displayName, state, homed, wave, took, code ?? "", text ?? warnings.join(" "), cure ?? ""];
}

function nothing(words: string): Markup {
  return markup`<p class="empty">${words}</p>`;
}

function hash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

/** The charts of a report as SVG: no script, no style attributes, colours by class, so that light and dark need one drawing. */
import type { MoveReport } from "@tieline/connector";
import { lasting, localTime, number } from "../output/words.ts";
import { markup, type Markup } from "./markup.ts";

/** Where users stand: a ring, and its legend beside it with the numbers. */
export function outcomeRing(outcomes: MoveReport["outcomes"]): Markup {
  const all = outcomes.reduce((sum, { users }) => sum + users, 0);
  const radius = 70;
  const round = 2 * Math.PI * radius;
  let at = 0;
  const arcs = outcomes.map(({ state, users }) => {
    const length = (users / all) * round;
    const from = at;
    at += length;
    // A share that is too thin to see is drawn a little wider than it is.
    const seen = Math.max(length - (outcomes.length > 1 ? 2 : 0), 1.5);
    return markup`<circle class="ring ${state.toLowerCase()}" cx="100" cy="100" r="${radius}" stroke-dasharray="${round1(seen)} ${round1(round - seen)}" stroke-dashoffset="${round1(-from)}"/>`;
  });
  const label = outcomes.map(({ state, users }) => `${state} ${number(users)}`).join(", ");
  return markup`<div class="ring-and-legend"><svg viewBox="0 0 200 200" role="img" aria-label="${label}"><g transform="rotate(-90 100 100)">${arcs}</g><text x="100" y="98" class="big${all >= 100_000 && " long"}">${number(all)}</text><text x="100" y="122" class="small">${all === 1 ? "user" : "users"}</text></svg><ul class="legend">${outcomes.map(
    ({ state, users }) =>
      markup`<li><span class="dot ${state.toLowerCase()}"></span><span>${state}</span><b>${number(users)}</b><span class="share">${share(users, all)}</span></li>`,
  )}</ul></div>`;
}

const WIDE = 560;
const HIGH = 230;
const LEFT = 64;
const BOTTOM = 28;
const TOP = 12;
const RIGHT = 16;

/** Users at their end, added up: who moved as an area, who failed as a line. */
export function courseChart({ beganAtMs, endedAtMs, points }: NonNullable<MoveReport["course"]>): Markup {
  const last = points.at(-1) ?? { moved: 0, failed: 0 };
  const top = niceTop(Math.max(last.moved, last.failed, 1));
  const x = (atMs: number): number => round1(LEFT + ((atMs - beganAtMs) / (endedAtMs - beganAtMs)) * (WIDE - LEFT - RIGHT));
  const y = (users: number): number => round1(HIGH - BOTTOM - (users / top) * (HIGH - BOTTOM - TOP));
  const line = (of: (point: (typeof points)[number]) => number): string =>
    points.map((point, i) => `${i === 0 ? "M" : "L"}${x(point.atMs)} ${y(of(point))}`).join("");
  const moved = line((point) => point.moved);
  const label = `From ${localTime(beganAtMs)} to ${localTime(endedAtMs)}: ${number(last.moved)} moved, ${number(last.failed)} failed`;
  return markup`<svg viewBox="0 0 ${WIDE} ${HIGH}" role="img" aria-label="${label}">${grid(top)}
<path class="area moved" d="${moved}L${x(endedAtMs)} ${y(0)}L${x(beganAtMs)} ${y(0)}Z"/><path class="line moved" d="${moved}"/>${last.failed > 0 && markup`<path class="line failed" d="${line((point) => point.failed)}"/>`}
<text class="axis" x="${LEFT}" y="${HIGH - 8}">${clock(beganAtMs)}</text><text class="axis end" x="${WIDE - RIGHT}" y="${HIGH - 8}">${clock(endedAtMs)}</text><text class="axis middle" x="${(LEFT + WIDE - RIGHT) / 2}" y="${HIGH - 8}">${lasting(endedAtMs - beganAtMs)}</text></svg>
<ul class="legend row"><li><span class="dot moved"></span>Moved</li>${last.failed > 0 && markup`<li><span class="dot failed"></span>Failed</li>`}</ul>`;
}

/** How long a user's move took, in bars of one width. */
export function durationsChart({ bins, medianMs, most95Ms, longestMs }: NonNullable<MoveReport["durations"]>): Markup {
  const top = niceTop(Math.max(...bins.map(({ users }) => users)));
  const room = (WIDE - LEFT - RIGHT) / bins.length;
  const y = (users: number): number => round1(HIGH - BOTTOM - (users / top) * (HIGH - BOTTOM - TOP));
  const bars = bins.map(({ fromMs, toMs, users }, i) =>
    users === 0
      ? undefined
      : markup`<rect class="bar moved" x="${round1(LEFT + i * room + 1)}" y="${y(users)}" width="${round1(Math.max(room - 2, 1))}" height="${round1(HIGH - BOTTOM - y(users))}" rx="2"><title>${lasting(fromMs)} to ${lasting(toMs)}: ${number(users)}</title></rect>`,
  );
  const label = `Half took no longer than ${lasting(medianMs)}, 95 % no longer than ${lasting(most95Ms)}, the longest ${lasting(longestMs)}`;
  return markup`<svg viewBox="0 0 ${WIDE} ${HIGH}" role="img" aria-label="${label}">${grid(top)}${bars}
<text class="axis" x="${LEFT}" y="${HIGH - 8}">0</text><text class="axis end" x="${WIDE - RIGHT}" y="${HIGH - 8}">${lasting(bins.at(-1)?.toMs ?? 0)}</text></svg>
<p class="note">${label}.</p>`;
}

/** Reasons of failures with bars as long as they are common. */
export function reasonBars(reasons: MoveReport["reasons"]): Markup {
  const most = Math.max(...reasons.map(({ users }) => users));
  return markup`<ul class="reasons">${reasons
    .slice(0, 8)
    .map(
      ({ state, code, text, users }) =>
        markup`<li><div class="reason"><span>${code === "" ? text : code}</span><b>${number(users)}</b></div><svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="6"/><rect class="bar ${state.toLowerCase()}" width="${round1(Math.max((users / most) * 100, 1))}" height="6"/></svg></li>`,
    )}</ul>${reasons.length > 8 && markup`<p class="note">${number(reasons.length - 8)} more below.</p>`}`;
}

function grid(top: number): Markup[] {
  return [0, 0.25, 0.5, 0.75, 1]
    .filter((part) => Number.isInteger(top * part))
    .map((part) => {
      const y = round1(HIGH - BOTTOM - part * (HIGH - BOTTOM - TOP));
      return markup`<line class="grid" x1="${LEFT}" x2="${WIDE - RIGHT}" y1="${y}" y2="${y}"/><text class="axis end" x="${LEFT - 8}" y="${y + 4}">${number(top * part)}</text>`;
    });
}

/** The next number that divides well. */
function niceTop(most: number): number {
  let step = 1;
  for (;;) {
    for (const factor of [1, 1.2, 1.6, 2, 2.4, 3, 4, 6, 8])
      if (step * factor >= most && Number.isInteger(step * factor)) return step * factor;
    step *= 10;
  }
}

function share(part: number, all: number): string {
  const percent = (part / all) * 100;
  return percent > 0 && percent < 0.1 ? "< 0.1 %" : `${percent.toFixed(part === all ? 0 : 1)} %`;
}

function clock(ms: number): string {
  return localTime(ms).slice(11);
}

function round1(value: number): number {
  return Math.round(value * 10) / 10;
}

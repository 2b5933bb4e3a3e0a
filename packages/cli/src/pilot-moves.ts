/**
 * The pilot of `npm start`: users checked, moved online and back in front of the user's eyes, with the counters that
 * administrators watch before and after. People are those whom the lab's table names, as long as they are at hand; a
 * lab that was started before has others, and says so.
 */
import type { HomedCounters } from "@tieline/connector";
import { fit, printable, widthOf } from "./output/width.ts";
import { wrap } from "./output/wrap.ts";
import type { Style } from "./style.ts";

export interface Pilot {
  /** `kenmyer@contoso.com`. */
  address: string;
  displayName: string;
}

/** What stands in the way of a user's move. */
export interface PilotFinding {
  address: string;
  severity: "error" | "warning";
  code: string;
  text: string;
  cure: string;
}

/** What Move-CsUser said. */
export interface PilotMove {
  /** Each step in the cmdlet's words, the last what was carried. */
  said: readonly string[];
  /** The error, where it refused. */
  refused: { text: string; cure: string } | undefined;
}

/** The pool's endpoint, as an administrator has it. */
export interface PilotPool {
  /** Its own name: the target of a move back. */
  readonly pool: string;
  /** The target of a move online. */
  readonly online: string;
  counters(): Promise<HomedCounters>;
  /** Those of the names who are homed there first, then others, at most so many. */
  homed(where: "online" | "on-premises", names: readonly string[], most: number): Promise<readonly Pilot[]>;
  check(users: readonly Pilot[], target: string): Promise<readonly PilotFinding[]>;
  move(user: Pilot, target: string): Promise<PilotMove>;
}

const COLUMNS = 80;
/** How many are moved online, and how many are looked at for that. */
const PILOTS = 3;
const LOOKED_AT = 8;

const TO_ONLINE = ["kenmyer@contoso.com", "user@contoso.com", "dialin@contoso.com"];
const TO_POOL = ["alice@contoso.com", "bob@contoso.com"];
const UNLICENSED = "nolicence@contoso.com";
const LICENCE_MISSING = "hosted-migration-licence";

const LABELS = {
  homedOnline: "users homed online",
  homedOnPremises: "users homed on premises",
  syncedAndHomedOnline: "synced and homed online",
};

export async function pilotMoves(pool: PilotPool, style: Style, write: (text: string) => void): Promise<void> {
  const before = await pool.counters();
  write(`${counters([before], style)}\n`);
  const candidates = await pool.homed("on-premises", [...TO_ONLINE, UNLICENSED], LOOKED_AT);
  const findings = await pool.check(candidates, pool.online);
  const errorOf = (user: Pilot): PilotFinding | undefined =>
    findings.find(({ address, severity }) => severity === "error" && same(address, user.address));
  const pilots = candidates.filter((user) => errorOf(user) === undefined).slice(0, PILOTS);
  const unlicensed = candidates.find((user) => errorOf(user)?.code === LICENCE_MISSING);
  const shown = [...pilots, ...(unlicensed === undefined ? [] : [unlicensed])];
  write(`  ${style.strong("Checked before anything changes")}  ${style.dim("licence, address, voice, meetings, policies")}\n`);
  for (const user of shown)
    write(
      verdict(
        user,
        findings.filter(({ address }) => same(address, user.address)),
        style,
      ),
    );
  // A lab in which nobody is left gets some back, so that the next start has people again.
  const back = await pool.homed("online", TO_POOL, pilots.length === 0 ? PILOTS : 1);
  for (const note of notes(pilots, unlicensed, back)) write(`  ${style.dim(note)}\n`);
  for (const user of pilots) write(moved(user, pool.online, await pool.move(user, pool.online), style));
  if (unlicensed !== undefined) write(moved(unlicensed, pool.online, await pool.move(unlicensed, pool.online), style));
  for (const user of back) write(moved(user, pool.pool, await pool.move(user, pool.pool), style));
  write(`\n${counters([before, await pool.counters()], style)}`);
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** What is not as in a new lab. */
function notes(pilots: readonly Pilot[], unlicensed: Pilot | undefined, back: readonly Pilot[]): string[] {
  const isNew = pilots.some(({ address }) => same(address, TO_ONLINE[0] as string));
  return [
    ...(pilots.length === 0 ? ["Nobody who may move online is left on premises; some come back instead."] : []),
    ...(pilots.length > 0 && !isNew ? ["This lab has moved people before: others go today."] : []),
    ...(pilots.length > 0 && pilots.length < PILOTS ? [`${pilots.length} may move, and no more.`] : []),
    ...(unlicensed === undefined ? ["Nobody at hand lacks a licence."] : []),
    ...(back.length === 0 ? ["Nobody is homed online who could come back."] : []),
  ];
}

/** A row a counter, a column a moment. */
function counters(moments: readonly HomedCounters[], style: Style): string {
  const head = moments.length < 2 ? "" : `  ${style.dim(`${"".padEnd(26)}before  after`)}\n`;
  const rows = (Object.keys(LABELS) as (keyof typeof LABELS)[]).map((name) => {
    const numbers = moments.map((each) => String(each[name]));
    const [was = "", is] = numbers;
    return `  ${LABELS[name].padEnd(26)}${was.padStart(6)}${is === undefined ? "" : `  ${style.strong(is.padStart(5))}`}\n`;
  });
  return head + rows.join("");
}

function verdict({ address, displayName }: Pilot, findings: readonly PilotFinding[], style: Style): string {
  const who = `    ${pad(printable(displayName), 12)}  ${pad(printable(address), 22)}  `;
  const error = findings.find(({ severity }) => severity === "error");
  if (error !== undefined) return `${who}${style.error("may not move")}  ${style.dim(fit(error.code, 24))}\n`;
  const warned = [...new Set(findings.map(({ code }) => code.replace(/^[a-z]+-user-/, "")))].join(", ");
  return `${who}${style.good("may move")}${warned === "" ? "" : `  ${style.dim(fit(`warned: ${warned}`, 28))}`}\n`;
}

function moved({ address }: Pilot, target: string, { said, refused }: PilotMove, style: Style): string {
  const command = `\n  ${style.strong("Move-CsUser")} ${printable(address)} -Target ${target}\n`;
  const steps = said.slice(0, refused === undefined ? -1 : undefined).map((words) => printable(words));
  const way = wrap(steps.join(", "), COLUMNS, "    ").map((line) => `${style.dim(line)}\n`);
  const end =
    refused === undefined
      ? wrap(`moved with ${printable(said.at(-1) ?? "nothing")}`, COLUMNS, "    ").map((line) => `${style.good(line)}\n`)
      : [
          ...wrap(printable(refused.text), COLUMNS, "    ").map((line) => `${style.error(line)}\n`),
          ...wrap(`cure: ${printable(refused.cure)}`, COLUMNS, "    ").map((line) => `${line}\n`),
        ];
  return [command, ...way, ...end].join("");
}

const pad = (text: string, columns: number): string => {
  const cut = fit(text, columns);
  return cut + " ".repeat(Math.max(0, columns - widthOf(cut)));
};

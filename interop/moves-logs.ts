/** What processes that move people may log while others of them die. */
import assert from "node:assert/strict";

interface LogLine {
  level: number;
  msg: string;
  batch?: string;
  /** Of a batch, or an account. */
  user?: number | string;
  kind?: string;
  what?: string;
  error?: string;
}

/** What a log may say of the dead, and of what they had begun. */
const QUIET: readonly RegExp[] = [
  /^takes over users of a worker/,
  /^a move did not succeed$/,
  /^a move is left to be settled$/,
  /^a move could not be settled yet$/,
  /^could not (look for users to move|record a move|renew leases)$/,
  /^moves that were left could not be looked for$/,
  /^mail to the moved could not be handed over$/,
  // While the database server was dead.
  /^a request to the authorization server failed$/,
  /^the hosted migration service failed$/,
  /^a row of the sign-in log could not be written$/,
];

/** No errors, and warnings of known kinds only; a move is given up for nobody but those who are refused. Prints how often which. */
export function requireQuiet(lines: readonly string[], isRefused: (batch: LogLine["batch"], user: LogLine["user"]) => boolean): void {
  const said = new Map<string, number>();
  const loud: string[] = [];
  for (const line of lines.filter((each) => each !== "")) {
    const { level, msg, what, kind, error, batch, user } = JSON.parse(line) as LogLine;
    if (level < 40) continue;
    const words = kind === undefined ? msg : `${msg} (${kind}, ${what})`;
    said.set(words, (said.get(words) ?? 0) + 1);
    const isKnown = QUIET.some((known) => known.test(msg)) && (what !== "give-up" || isRefused(batch, user));
    if (level > 40 || !isKnown) loud.push(`${words}: ${batch} ${user} ${error}`);
  }
  for (const [words, times] of said) console.log(`          ${String(times).padStart(4)} x ${words}`);
  assert.deepEqual(loud.slice(0, 10), []);
  assert.ok((said.get("takes over users of a worker that has not been heard of") ?? 0) > 0, "nobody died in the middle of a move");
}

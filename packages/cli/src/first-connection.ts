/**
 * The first connection of `npm start`: the four stages in the words that administrators know, and under each what it
 * found. A way that fails is told as `--verbose` tells it.
 */
import { openConnection, type Connection, type Progress } from "@tieline/connector";
import type { Source } from "./commands/session-source.ts";
import { shortAddress } from "./output/short-address.ts";
import { printable } from "./output/width.ts";
import type { Style } from "./style.ts";

export async function firstConnection({ wish, surroundings }: Source, style: Style, write: (text: string) => void): Promise<Connection> {
  const said: string[] = [];
  const startedMs = performance.now();
  try {
    const connection = await openConnection(wish, { ...surroundings, say: (words) => void said.push(words) });
    write(inStages(connection.progress, Math.round(performance.now() - startedMs), style));
    return connection;
  } catch (error) {
    write(said.map((words) => `${style.dim("VERBOSE:")} ${printable(words)}\n`).join(""));
    throw error;
  }
}

/** @param durationMs of all four */
export function inStages(progress: Progress, durationMs: number, style: Style): string {
  const { adminDomain = "", hops, targetUri, tokenFrom, tokenExpiresAtMs } = progress;
  const stage = (number: number, words: string, ...lines: string[]): string =>
    `  ${style.good(String(number))} ${style.strong(words)}\n${lines.map((line) => `    ${printable(line)}\n`).join("")}`;
  const [address] = (targetUri?.href ?? "").split("?");
  return [
    stage(1, "Determining domain to admin", adminDomain),
    stage(2, "Discovering PowerShell endpoint URI", ...walk(hops), hops.at(-1)?.found.split(" -> ")[1] ?? ""),
    stage(
      3,
      "Requesting authentication token",
      ...(tokenFrom === undefined
        ? ["none: the credential is shown to the endpoint as it is"]
        : [`${tokenFrom.authority}, by ${tokenFrom.way}`, `for ${address}${until(tokenExpiresAtMs)}`]),
    ),
    stage(4, "Initializing remote session", `open; all of it took ${durationMs} ms`),
  ].join("");
}

/** A line a hop: where, and what was read there. */
function walk(hops: Progress["hops"]): string[] {
  const places = hops.map(({ url }) => shortAddress(url));
  const widest = Math.max(0, ...places.map((place) => place.length));
  return hops.map(({ found }, i) => `${(places[i] as string).padEnd(widest)}  ${found.split(" -> ")[0]}`);
}

function until(ms: number | undefined): string {
  return ms === undefined || !Number.isFinite(ms) ? "" : `, good until ${new Date(ms).toISOString().slice(11, 16)} UTC`;
}

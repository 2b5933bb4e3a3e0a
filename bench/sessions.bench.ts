/**
 * Many idle sessions on one service process: 2,000 shells over HTTPS, a Receive of each waiting, from one client process.
 * Memory of the service for each, and how long a new session takes then and on the empty service.
 *
 *     npm run bench sessions            2,000 sessions
 *     TIELINE_SESSIONS=500 npm run bench sessions
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Target } from "./client-process.ts";
import type { LabPlaces } from "./lab-process.ts";
import { PeerProcess } from "./peer-process.ts";
import { printProfile } from "./profile.ts";

const SESSIONS = Number(process.env["TIELINE_SESSIONS"] ?? 2000);
const OPENINGS = 30;
const AT_A_TIME = 20;
const KB = 1000;

const file = (name: string): string => join(import.meta.dirname, name);
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const folder = mkdtempSync(join(tmpdir(), "tieline-bench-"));
try {
  await using lab = new PeerProcess(file("lab-process.ts"), [folder, "10"]);
  await using holder = new PeerProcess(file("client-process.ts"));
  await using visitor = new PeerProcess(file("client-process.ts"));
  const places = await lab.ask<LabPlaces>("places");
  const target = (login: number): Target => ({ way: "https", places, login });
  // Warms both ends.
  await visitor.ask("openings", target(0), OPENINGS);
  const empty = await visitor.ask<number[]>("openings", target(0), OPENINGS);
  await wait(1000);
  const before = await lab.use();
  // A profile takes memory of its own: with one the figures of memory are too high.
  const profiled = process.env["TIELINE_PROFILE"] !== undefined;
  if (profiled) await lab.startProfile();
  const targets = Array.from({ length: SESSIONS }, (_, i) => target(i % places.logins.length));
  const seconds = await holder.ask<number>("hold", targets, AT_A_TIME);
  const profile = profiled ? await lab.endProfile() : undefined;
  await wait(2000);
  const open = await holder.ask<number>("held");
  const count = await lab.ask<number>("sessions");
  if (open !== SESSIONS || count !== SESSIONS) throw new Error(`${open} sessions are open, the service has ${count}`);
  const after = await lab.use();
  const snapshot = process.env["TIELINE_SNAPSHOT"];
  if (snapshot !== undefined) await lab.ask("snapshot", snapshot);
  const full = await visitor.ask<number[]>("openings", target(0), OPENINGS);
  const each = (key: "rss" | "heap"): string => ((after[key] - before[key]) / SESSIONS / KB).toFixed(1);
  console.log(
    `${SESSIONS} sessions over https opened in ${seconds.toFixed(1)} s (${(SESSIONS / seconds).toFixed(0)} a second, ${AT_A_TIME} at a time)`,
  );
  console.log(`service: ${(before.rss / 1e6).toFixed(0)} MB resident before, ${(after.rss / 1e6).toFixed(0)} MB after`);
  console.log(`each: ${each("rss")} kB resident (wanted: at most 100), ${each("heap")} kB of them on the heap`);
  console.log(
    `a new session: ${median(empty).toFixed(1)} ms on the empty service, ${median(full).toFixed(1)} ms beside the others, ` +
      `ratio ${(median(full) / median(empty)).toFixed(2)} (wanted: at most 2)`,
  );
  if (profile !== undefined) printProfile("service while they open", profile);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

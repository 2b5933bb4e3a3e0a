/** One process at a time, by a file beside the one it guards; a lock whose owner is gone is taken over. */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import { Fault } from "@tieline/fault";

export interface LockTimes {
  wait: (ms: number) => Promise<void>;
  nowMs: () => number;
}

const AGAIN_MS = 50;
/** A sign-in under the lock asks an authority, and that may be slow. */
const PATIENCE_MS = 45_000;
/** No owner holds it this long: its process id belongs to somebody else by now. */
const LONGEST_MS = 120_000;

/** @throws Fault `token-cache-busy`, `folder-unwritable` */
export async function withLock<T>(path: string, times: LockTimes, run: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  const mine = `${process.pid} ${randomUUID()}`;
  const startedMs = times.nowMs();
  while (!taken(lock, mine)) {
    if (times.nowMs() - startedMs > PATIENCE_MS) throw new Fault("token-cache-busy", { path, seconds: PATIENCE_MS / 1000 });
    if (!takeAway(lock, times.nowMs())) await times.wait(AGAIN_MS);
  }
  try {
    return await run();
  } finally {
    if (ownerOf(lock) === mine) rmSync(lock, { force: true });
  }
}

function taken(lock: string, mine: string): boolean {
  try {
    mkdirSync(dirname(lock), { recursive: true, mode: 0o700 });
    const file = openSync(lock, "wx", 0o600);
    writeSync(file, mine);
    closeSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new Fault("folder-unwritable", { folder: dirname(lock), reason: (error as Error).message }, { cause: error });
  }
}

/** True where an abandoned lock was removed. It is moved aside first, so that of two who see it only one takes it away. */
function takeAway(lock: string, nowMs: number): boolean {
  const owner = ownerOf(lock);
  if (owner === undefined || !isAbandoned(lock, owner, nowMs)) return false;
  const aside = `${lock}.${randomUUID()}`;
  try {
    renameSync(lock, aside);
    const moved = readFileSync(aside, "utf8");
    if (moved === owner) return true;
    // Somebody was quicker, and this is their new lock: it goes back.
    renameSync(aside, lock);
    return false;
  } catch {
    return false;
  } finally {
    rmSync(aside, { force: true });
  }
}

function isAbandoned(lock: string, owner: string, nowMs: number): boolean {
  const pid = Number(owner.split(" ")[0]);
  try {
    if (nowMs - statSync(lock).mtimeMs > LONGEST_MS) return true;
    if (owner === "") return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function ownerOf(lock: string): string | undefined {
  try {
    return readFileSync(lock, "utf8");
  } catch {
    return undefined;
  }
}

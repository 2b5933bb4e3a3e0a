/**
 * One service a data folder: a lock that the operating system holds and drops when the process ends, however it ends.
 *
 * The runtime has no call for file locks, but its SQLite takes them: an exclusive transaction on an empty database of
 * its own (`<name>.lock`) is that lock. Beside it `<name>.pid` says who holds it; that file is only read for the message,
 * never trusted, so what a killed process left behind is simply taken over.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Fault } from "@tieline/fault";

/** SQLITE_BUSY: somebody holds the lock. */
const BUSY = 5;

export interface FolderLock extends Disposable {
  readonly folder: string;
  release(): void;
}

/**
 * Makes the folder (for its owner only) and takes the lock.
 *
 * @throws Fault `store-in-use` with the holder's process id, `store-unwritable`
 */
export function lockFolder(folder: string, name = "tieline"): FolderLock {
  const pidFile = join(folder, `${name}.pid`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unwritable(folder, cause);
  }
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(folder, `${name}.lock`), { timeout: 0 });
    // No journal and no pages: the transaction exists for its lock alone.
    lock.exec("pragma journal_mode = memory; begin exclusive");
    writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  } catch (cause) {
    lock?.close();
    if (cause instanceof Error && "errcode" in cause && cause.errcode === BUSY) {
      throw new Fault("store-in-use", { folder, pid: holder(pidFile) }, { cause });
    }
    throw unwritable(folder, cause);
  }
  const held = lock;
  let released = false;
  const release = (): void => {
    if (released) return;
    released = true;
    rmSync(pidFile, { force: true });
    held.close();
  };
  return { folder, release, [Symbol.dispose]: release };
}

function holder(pidFile: string): string {
  try {
    return readFileSync(pidFile, "utf8").trim() || "unknown";
  } catch {
    return "unknown";
  }
}

function unwritable(folder: string, cause: unknown): Fault {
  return new Fault("store-unwritable", { folder, reason: cause instanceof Error ? cause.message : String(cause) }, { cause });
}

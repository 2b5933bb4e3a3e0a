/** Which store keeps the tokens: what the user named first, then the keyring; without either, memory alone. */
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileKey, keyringKey, passphraseKey, type CacheKey } from "./cache-key.ts";
import type { LockTimes } from "./file-lock.ts";
import { sealedFile } from "./sealed-file.ts";
import { memoryStore, type CacheStore } from "./store.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The cache's file, whether it is there or not. */
export function cachePath(environment: Environment): string {
  return join(environment["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "tieline", "tokens");
}

/**
 * `TIELINE_CACHE_PASSPHRASE`, `TIELINE_CACHE_KEY_FILE`, or the keyring; `TIELINE_TOKEN_CACHE=memory` keeps nothing. The
 * cache lies in the user's state folder, so a key file among the configuration is never beside it.
 *
 * @throws Fault `token-cache-unsafe`, `file-unreadable`, `folder-unwritable`
 */
export function chooseStore(environment: Environment, times: LockTimes, keyring: () => CacheKey | undefined = keyringKey): CacheStore {
  if (environment["TIELINE_TOKEN_CACHE"] === "memory") return memoryStore();
  const path = cachePath(environment);
  const folder = dirname(path);
  const passphrase = environment["TIELINE_CACHE_PASSPHRASE"];
  const file = environment["TIELINE_CACHE_KEY_FILE"];
  const key =
    passphrase !== undefined && passphrase !== ""
      ? passphraseKey(passphrase)
      : file !== undefined && file !== ""
        ? fileKey(file, folder)
        : keyring();
  if (key === undefined) return memoryStore();
  const store = sealedFile(path, key, times);
  // A keyring may forget (the kernel's does when the machine restarts): then the cache is lost, and in nobody's way.
  if (key.isNew === true) store.clear();
  return store;
}

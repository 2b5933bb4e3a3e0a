/** The deployment's one secret: 32 random bytes in a file for its owner alone, outside the database. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Fault } from "@tieline/fault";

const LENGTH = 32;

export const SITE_KEY_FILE = join("keys", "site.key");

/** Makes the key where there is none. @throws Fault `site-key-unusable` */
export function makeSiteKey(folder: string): Uint8Array {
  const path = join(folder, SITE_KEY_FILE);
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, randomBytes(LENGTH), { mode: 0o600, flag: "wx" });
  }
  return openSiteKey(folder);
}

/** @throws Fault `site-key-unusable` */
export function openSiteKey(folder: string): Uint8Array {
  const path = join(folder, SITE_KEY_FILE);
  let key: Buffer;
  try {
    key = readFileSync(path);
  } catch (error) {
    throw new Fault("site-key-unusable", { path, reason: (error as NodeJS.ErrnoException).code ?? "unreadable" }, { cause: error });
  }
  if (key.length !== LENGTH) throw new Fault("site-key-unusable", { path, reason: `it has ${key.length} bytes, not ${LENGTH}` });
  if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0)
    throw new Fault("site-key-unusable", { path, reason: "others than its owner may read it" });
  return key;
}

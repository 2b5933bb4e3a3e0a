/** The key under which the token cache is sealed: out of a passphrase, a key file, or the system's keyring. */
import { randomBytes, scryptSync } from "node:crypto";
import { mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { Fault } from "@tieline/fault";

export interface CacheKey {
  readonly kind: "passphrase" | "key-file" | "keyring";
  /** 32 bytes. The salt is the file's; a key that is random already does not need it. */
  derive(salt: Uint8Array): Uint8Array;
  /** True for one that was made just now: what was sealed before opens no more. */
  readonly isNew?: boolean;
}

const LENGTH = 32;
/** 32 MiB and some 80 ms a guess. */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

export function passphraseKey(passphrase: string): CacheKey {
  let last: { salt: string; key: Uint8Array } | undefined;
  return {
    kind: "passphrase",
    derive(salt) {
      const name = Buffer.from(salt).toString("hex");
      if (last?.salt !== name) last = { salt: name, key: new Uint8Array(scryptSync(passphrase.normalize("NFKC"), salt, LENGTH, SCRYPT)) };
      return last.key;
    },
  };
}

/**
 * The key in a file of 32 bytes, made where there is none. Whoever copies the cache's folder must not have copied the key.
 *
 * @throws Fault `token-cache-unsafe`, `file-unreadable`, `folder-unwritable`
 */
export function fileKey(path: string, cacheFolder: string): CacheKey {
  if (sameFolder(dirname(resolve(path)), resolve(cacheFolder))) {
    throw new Fault("token-cache-unsafe", { what: `its key file ${path} lies in the same folder` });
  }
  const key = existing(path) ?? made(path);
  if (key.length !== LENGTH) throw new Fault("token-cache-unsafe", { what: `its key file ${path} does not hold ${LENGTH} bytes` });
  return { kind: "key-file", derive: () => key };
}

function existing(path: string): Uint8Array | undefined {
  try {
    refuseOpen(path);
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    if (error instanceof Fault) throw error;
    throw new Fault("file-unreadable", { path, reason: (error as Error).message }, { cause: error });
  }
}

function made(path: string): Uint8Array {
  const key = randomBytes(LENGTH);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, key, { mode: 0o600, flag: "wx" });
  } catch (error) {
    // Another process made it in this moment.
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return new Uint8Array(readFileSync(path));
    throw new Fault("folder-unwritable", { folder: dirname(path), reason: (error as Error).message }, { cause: error });
  }
  return new Uint8Array(readFileSync(path));
}

/** Refuses a file that others may read or write, where the system says so. @throws Fault `token-cache-unsafe` */
export function refuseOpen(path: string): void {
  const status = statSync(path);
  if (process.platform === "win32") return;
  const mode = status.mode & 0o777;
  if ((mode & 0o077) !== 0) throw new Fault("token-cache-unsafe", { what: `others may read ${path} (mode ${mode.toString(8)})` });
  const me = process.getuid?.();
  if (me !== undefined && me !== 0 && status.uid !== me) throw new Fault("token-cache-unsafe", { what: `${path} belongs to another user` });
}

function sameFolder(a: string, b: string): boolean {
  return real(a) === real(b);
}

/** A folder that is not there yet is what its nearest ancestor makes it. */
function real(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    const above = dirname(folder);
    return above === folder ? folder : join(real(above), folder.slice(above.length));
  }
}

interface KeyringEntry {
  getPassword(): string | null;
  setPassword(password: string): void;
}

/** The key in the system's keyring, made where there is none; undefined where there is no keyring. */
export function keyringKey(open: () => KeyringEntry = systemEntry): CacheKey | undefined {
  try {
    const entry = open();
    let stored = entry.getPassword();
    const isNew = stored === null;
    if (isNew) {
      entry.setPassword(randomBytes(LENGTH).toString("base64"));
      // A keyring may take a secret and not keep it: only what can be read again is saved.
      stored = entry.getPassword();
    }
    const key = new Uint8Array(Buffer.from(stored ?? "", "base64"));
    return key.length === LENGTH ? { kind: "keyring", derive: () => key, isNew } : undefined;
  } catch {
    // No package, no service, or locked: then there is none to use.
    return undefined;
  }
}

function systemEntry(): KeyringEntry {
  const keyring = createRequire(import.meta.url)("@napi-rs/keyring") as { Entry: new (service: string, name: string) => KeyringEntry };
  return new keyring.Entry("tieline", "token-cache");
}

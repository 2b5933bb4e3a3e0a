/**
 * The token cache in a file of mode 0600, sealed with AES-256-GCM.
 *
 *     "TLTC" 01 kind | salt (16) | nonce (12) | tag (16) | ciphertext
 *
 * The first 22 bytes are authenticated, too. A new salt and nonce each time it is written; the old file stays until the
 * new one was read back.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Fault } from "@tieline/fault";
import { refuseOpen, type CacheKey } from "./cache-key.ts";
import { withLock, type LockTimes } from "./file-lock.ts";
import type { CacheStore } from "./store.ts";

const MAGIC = Buffer.from("TLTC\u0001", "latin1");
const KINDS: Readonly<Record<CacheKey["kind"], number>> = { passphrase: 1, "key-file": 2, keyring: 3 };
const HEAD = MAGIC.length + 1 + 16;
const NONCE = 12;
const TAG = 16;
const LARGEST = 4 * 1024 * 1024;

export function sealedFile(path: string, key: CacheKey, times: LockTimes): CacheStore {
  const read = (): Uint8Array | undefined => {
    let sealed: Buffer;
    try {
      refuseOpen(path);
      sealed = readFileSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      if (error instanceof Fault) throw error;
      throw new Fault("file-unreadable", { path, reason: (error as Error).message }, { cause: error });
    }
    return unseal(sealed, key, path);
  };
  return {
    where: path,
    lasts: true,
    read,
    write(content) {
      const aside = `${path}.${process.pid}.new`;
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        const sealed = seal(content, key);
        writeFileSync(aside, sealed, { mode: 0o600, flush: true });
        if (!readFileSync(aside).equals(sealed)) throw new Error("what was written does not read back");
        renameSync(aside, path);
      } catch (error) {
        rmSync(aside, { force: true });
        throw new Fault("folder-unwritable", { folder: dirname(path), reason: (error as Error).message }, { cause: error });
      }
    },
    alone: (run) => withLock(path, times, run),
    clear: () => rmSync(path, { force: true }),
  };
}

function seal(content: Uint8Array, key: CacheKey): Buffer {
  const salt = randomBytes(16);
  const head = Buffer.concat([MAGIC, Buffer.from([KINDS[key.kind]]), salt]);
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv("aes-256-gcm", key.derive(salt), nonce);
  cipher.setAAD(head);
  const sealed = Buffer.concat([cipher.update(content), cipher.final()]);
  return Buffer.concat([head, nonce, cipher.getAuthTag(), sealed]);
}

function unseal(sealed: Buffer, key: CacheKey, path: string): Uint8Array {
  const refuse = (reason: string): Fault => new Fault("token-cache-sealed", { path, reason });
  if (sealed.length < HEAD + NONCE + TAG || sealed.length > LARGEST || !sealed.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw refuse("it is damaged");
  }
  const kind = Object.entries(KINDS).find(([, number]) => number === sealed[MAGIC.length])?.[0];
  if (kind !== key.kind) throw refuse(`it was written with a ${kind ?? "key of another kind"}, and a ${key.kind} is given`);
  const head = sealed.subarray(0, HEAD);
  const decipher = createDecipheriv("aes-256-gcm", key.derive(head.subarray(MAGIC.length + 1)), sealed.subarray(HEAD, HEAD + NONCE), {
    authTagLength: TAG,
  });
  decipher.setAAD(head);
  decipher.setAuthTag(sealed.subarray(HEAD + NONCE, HEAD + NONCE + TAG));
  try {
    return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(HEAD + NONCE + TAG)), decipher.final()]));
  } catch {
    throw refuse("the key does not fit, or the file was changed");
  }
}

/**
 * NT hashes at rest. An NT hash is as good as the password, so it is kept only for accounts that may use NTLM, and only
 * sealed: AES-256-GCM under a key that lives outside the database, bound to the account's id, so that neither a stolen
 * database nor a row copied to another account is of use.
 *
 *     nt1$ base64( 12 bytes nonce | 16 bytes ciphertext | 16 bytes tag )
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { Fault } from "@tieline/fault";
import { concat, fromBase64, toBase64, toUtf8 } from "../octets.ts";
import { draw, type Sources } from "../sources.ts";

const PREFIX = "nt1$";
const NONCE = 12;
const HASH = 16;
const TAG = 16;
export const VAULT_KEY_LENGTH = 32;

function associated(accountId: string): Uint8Array {
  return toUtf8(`tieline nt hash\0${accountId}`);
}

/**
 * @param key 32 bytes
 * @throws Fault `secret-unreadable` for a key or hash of another length
 */
export function sealNtHash(key: Uint8Array, accountId: string, ntHash: Uint8Array, sources: Sources): string {
  if (key.length !== VAULT_KEY_LENGTH) throw new Fault("secret-unreadable", { what: `a key of ${key.length} bytes` });
  if (ntHash.length !== HASH) throw new Fault("secret-unreadable", { what: `a hash of ${ntHash.length} bytes` });
  const nonce = draw(sources, NONCE);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(associated(accountId));
  const sealed = concat(nonce, cipher.update(ntHash), cipher.final(), cipher.getAuthTag());
  return PREFIX + toBase64(sealed);
}

/** @throws Fault `secret-unreadable`: another key, another account, a changed record */
export function openNtHash(key: Uint8Array, accountId: string, sealed: string): Uint8Array {
  const bytes = sealed.startsWith(PREFIX) ? fromBase64(sealed.slice(PREFIX.length)) : undefined;
  if (bytes === undefined || bytes.length !== NONCE + HASH + TAG || key.length !== VAULT_KEY_LENGTH) {
    throw new Fault("secret-unreadable", { what: "an NT hash in an unknown form" });
  }
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(associated(accountId));
  decipher.setAuthTag(bytes.subarray(NONCE + HASH));
  try {
    return concat(decipher.update(bytes.subarray(NONCE, NONCE + HASH)), decipher.final());
  } catch (cause) {
    throw new Fault("secret-unreadable", { what: "an NT hash" }, { cause });
  }
}

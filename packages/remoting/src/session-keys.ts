/** Session keys from the runtime's randomness: what a pool needs for secrets where its peer speaks less than protocol 2.4. */
import { generateKeyPairSync, randomBytes, type KeyObject } from "node:crypto";
import {
  decodePublicKeyBlob,
  decodeSimpleBlob,
  encodePublicKeyBlob,
  encodeSimpleBlob,
  SESSION_KEY_LENGTH,
  type SessionKeySource,
} from "./psrp/session-key.ts";

/** One source for one pool: its key pair is made when it is first needed, which takes some tenths of a second. */
export function sessionKeys(): SessionKeySource {
  let privateKey: KeyObject | undefined;
  return {
    publicKeyBlob() {
      privateKey ??= generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
      return encodePublicKeyBlob(privateKey);
    },
    openSessionKey(blob) {
      privateKey ??= generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
      return decodeSimpleBlob(blob, privateKey);
    },
    sealSessionKey(publicKeyBlob) {
      const key = Uint8Array.from(randomBytes(SESSION_KEY_LENGTH));
      // Twice what the padding takes: some bytes are zero and do not count.
      return { key, blob: encodeSimpleBlob(key, decodePublicKeyBlob(publicKeyBlob), Uint8Array.from(randomBytes(512))) };
    },
  };
}

/** Keys for secrets below protocol 2.4, made when a peer first needs one. */
import { generateKeyPairSync, randomBytes, type KeyObject } from "node:crypto";
import {
  decodePublicKeyBlob,
  decodeSimpleBlob,
  encodePublicKeyBlob,
  encodeSimpleBlob,
  SESSION_KEY_LENGTH,
  type SessionKeySource,
} from "../psrp/session-key.ts";

/** For one pool; the client's key pair lives as long. */
export function sessionKeys(): SessionKeySource {
  let pair: { publicKey: KeyObject; privateKey: KeyObject } | undefined;
  const own = (): { publicKey: KeyObject; privateKey: KeyObject } => (pair ??= generateKeyPairSync("rsa", { modulusLength: 2048 }));
  return {
    publicKeyBlob: () => encodePublicKeyBlob(own().publicKey),
    openSessionKey: (blob) => decodeSimpleBlob(blob, own().privateKey),
    sealSessionKey: (publicKeyBlob) => {
      const key = randomBytes(SESSION_KEY_LENGTH);
      return { key, blob: encodeSimpleBlob(key, decodePublicKeyBlob(publicKeyBlob), randomBytes(512)) };
    },
  };
}

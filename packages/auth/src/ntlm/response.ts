/** NTLMv2's arithmetic ([MS-NLMP] 3.3.2, 3.4.5): hashes, the response, the keys. LM and NTLMv1 responses are not made and not accepted. */
import { createHash, createHmac } from "node:crypto";
import { md4 } from "../cipher/md4.ts";
import { concat, toUtf16 } from "../octets.ts";

export function hmacMd5(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac("md5", key);
  for (const part of parts) mac.update(part);
  return new Uint8Array(mac.digest());
}

export function md5(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** NTOWFv1 (3.3.1): the NT hash of a password, as good as the password itself. */
export function ntHash(password: string): Uint8Array {
  return md4(toUtf16(password));
}

/** Upper case letter by letter, as Windows does: what would become several letters stays as it is. */
function upperCase(text: string): string {
  return Array.from(text, (letter) => {
    const upper = letter.toUpperCase();
    return upper.length === letter.length ? upper : letter;
  }).join("");
}

/** NTOWFv2 (3.3.2), the key of the response. The domain is taken as it is written in the message. */
export function responseKey(hash: Uint8Array, user: string, domain: string): Uint8Array {
  return hmacMd5(hash, toUtf16(upperCase(user) + domain));
}

/** NTLMv2_CLIENT_CHALLENGE (2.2.2.7): "temp" of 3.3.2. */
export function clientChallengeBlob(time: Uint8Array, clientChallenge: Uint8Array, targetInfo: Uint8Array): Uint8Array {
  const head = new Uint8Array(28);
  head[0] = 1;
  head[1] = 1;
  head.set(time, 8);
  head.set(clientChallenge, 16);
  return concat(head, targetInfo, new Uint8Array(4));
}

/** NTProofStr (3.3.2). */
export function proof(key: Uint8Array, serverChallenge: Uint8Array, blob: Uint8Array): Uint8Array {
  return hmacMd5(key, serverChallenge, blob);
}

/** SessionBaseKey (3.3.2); NTLMv2's KeyExchangeKey is the same (3.4.5.1). */
export function sessionBaseKey(key: Uint8Array, ntProof: Uint8Array): Uint8Array {
  return hmacMd5(key, ntProof);
}

/** LMv2 (3.3.2), for servers that sent no time stamp. */
export function lmV2Response(key: Uint8Array, serverChallenge: Uint8Array, clientChallenge: Uint8Array): Uint8Array {
  return concat(hmacMd5(key, serverChallenge, clientChallenge), clientChallenge);
}

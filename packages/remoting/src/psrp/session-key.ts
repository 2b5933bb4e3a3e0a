/**
 * The session key that secrets travel under below protocol 2.4 ([MS-PSRP] 2.2.2.3, 2.2.2.4, 2.2.5.1.24).
 *
 * The client sends an RSA-2048 key as a PUBLICKEYBLOB, the server answers an AES-256 key as a SIMPLEBLOB, encrypted to that
 * key with PKCS #1 v1.5; both blobs are forms of Windows' CryptoAPI, little-endian throughout (the layout is in the
 * tables below). A secret is AES-256-CBC with an initial vector of zeros, PKCS #7 padding, over UTF-16LE.
 *
 * Chance is an argument: nothing here makes keys.
 */
import { createCipheriv, createDecipheriv, createPublicKey, type KeyObject, privateDecrypt, publicEncrypt, constants } from "node:crypto";
import { Fault } from "@tieline/fault";

/** Where keys come from; given to a pool that may meet a peer below 2.4. */
export interface SessionKeySource {
  /** Client: the PUBLICKEYBLOB of a key pair made for this pool. Called at most once before `openSessionKey`. */
  publicKeyBlob(): Uint8Array;
  /** Client: the session key out of the server's SIMPLEBLOB. */
  openSessionKey(blob: Uint8Array): Uint8Array;
  /** Server: a new session key, and its SIMPLEBLOB for the client's PUBLICKEYBLOB. */
  sealSessionKey(publicKeyBlob: Uint8Array): { key: Uint8Array; blob: Uint8Array };
}

export const SESSION_KEY_LENGTH = 32;
const MODULUS_LENGTH = 256;
/** PUBLICKEYBLOB, version 2, CALG_RSA_KEYX, "RSA1", 2048 bits. */
const PUBLIC_HEADER = [6, 2, 0, 0, 0, 0xa4, 0, 0, 0x52, 0x53, 0x41, 0x31, 0, 8, 0, 0];
const PUBLIC_LENGTH = PUBLIC_HEADER.length + 4 + MODULUS_LENGTH;
/** SIMPLEBLOB, version 2, CALG_AES_256, encrypted with CALG_RSA_KEYX. */
const SIMPLE_HEADER = [1, 2, 0, 0, 0x10, 0x66, 0, 0, 0, 0xa4, 0, 0];
const SIMPLE_LENGTH = SIMPLE_HEADER.length + MODULUS_LENGTH;

function invalid(what: string): Fault {
  return new Fault("session-key-invalid", { what });
}

/** The PUBLICKEYBLOB of an RSA-2048 key (public or private). */
export function encodePublicKeyBlob(key: KeyObject): Uint8Array {
  const { n, e } = key.export({ format: "jwk" });
  const modulus = Buffer.from(n as string, "base64url");
  const exponent = Buffer.from(e as string, "base64url");
  if (modulus.length !== MODULUS_LENGTH || exponent.length > 4) throw invalid("not RSA with 2048 bits");
  const blob = new Uint8Array(PUBLIC_LENGTH);
  blob.set(PUBLIC_HEADER);
  blob.set(Uint8Array.from(exponent).reverse(), PUBLIC_HEADER.length);
  blob.set(Uint8Array.from(modulus).reverse(), PUBLIC_HEADER.length + 4);
  return blob;
}

export function decodePublicKeyBlob(blob: Uint8Array): KeyObject {
  if (blob.length !== PUBLIC_LENGTH || !PUBLIC_HEADER.every((byte, i) => blob[i] === byte)) throw invalid("no RSA-2048 PUBLICKEYBLOB");
  const exponent = Uint8Array.from(blob.subarray(16, 20)).reverse();
  const modulus = Uint8Array.from(blob.subarray(20)).reverse();
  if ((modulus[0] as number) < 0x80 || (exponent[3] as number) % 2 === 0) throw invalid("no RSA-2048 key");
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
  return createPublicKey({
    format: "jwk",
    key: { kty: "RSA", n: text(modulus), e: text(exponent.subarray(exponent.findIndex((byte) => byte !== 0))) },
  });
}

/** `padding` must hold random bytes, more than needed: those that are zero are skipped (PKCS #1 v1.5 allows none). */
export function encodeSimpleBlob(sessionKey: Uint8Array, to: KeyObject, padding: Uint8Array): Uint8Array {
  const fill = padding.filter((byte) => byte !== 0).subarray(0, MODULUS_LENGTH - 3 - sessionKey.length);
  if (fill.length < MODULUS_LENGTH - 3 - sessionKey.length) throw invalid("too few random bytes");
  const block = new Uint8Array(MODULUS_LENGTH);
  block[1] = 2;
  block.set(fill, 2);
  block.set(sessionKey, MODULUS_LENGTH - sessionKey.length);
  const sealed = publicEncrypt({ key: to, padding: constants.RSA_NO_PADDING }, block);
  const blob = new Uint8Array(SIMPLE_LENGTH);
  blob.set(SIMPLE_HEADER);
  blob.set(Uint8Array.from(sealed).reverse(), SIMPLE_HEADER.length);
  return blob;
}

/** The session key; every wrong blob gives the same fault. */
export function decodeSimpleBlob(blob: Uint8Array, privateKey: KeyObject): Uint8Array {
  if (blob.length !== SIMPLE_LENGTH || !SIMPLE_HEADER.every((byte, i) => blob[i] === byte))
    throw invalid("no SIMPLEBLOB of an AES-256 key");
  const sealed = Uint8Array.from(blob.subarray(SIMPLE_HEADER.length)).reverse();
  let block: Uint8Array;
  try {
    block = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, sealed);
  } catch (cause) {
    throw new Fault("session-key-invalid", { what: "no SIMPLEBLOB for this key" }, { cause });
  }
  const start = block.length - SESSION_KEY_LENGTH;
  let wrong = (block[0] as number) | ((block[1] as number) ^ 2) | (block[start - 1] as number);
  for (let i = 2; i < start - 1; i++) wrong |= block[i] === 0 ? 1 : 0;
  if (wrong !== 0) throw invalid("no SIMPLEBLOB for this key");
  return Uint8Array.from(block.subarray(start));
}

const ZERO_VECTOR = new Uint8Array(16);

/** UTF-16LE text as the base64 that `<SS>` carries. */
export function encryptSecret(key: Uint8Array, utf16le: Uint8Array): string {
  const cipher = createCipheriv("aes-256-cbc", key, ZERO_VECTOR);
  return Buffer.concat([cipher.update(utf16le), cipher.final()]).toString("base64");
}

export function decryptSecret(key: Uint8Array, base64: string): Uint8Array {
  try {
    const cipher = createDecipheriv("aes-256-cbc", key, ZERO_VECTOR);
    return Uint8Array.from(Buffer.concat([cipher.update(base64, "base64"), cipher.final()]));
  } catch {
    throw new Fault("secure-string-invalid");
  }
}

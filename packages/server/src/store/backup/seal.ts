/**
 * A stream under a passphrase: scrypt gives the key, AES-256-GCM seals it in chunks that carry their number and, the last
 * one, that it is the last; so a chunk that was changed, moved, left out or cut off is found before anything of it is used.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { Fault } from "@tieline/fault";

export interface SealParameters {
  kdf: "scrypt";
  /** Cost, block size, parallelism: 128 MB and about half a second. */
  n: number;
  r: number;
  p: number;
  /** Base64, 16 bytes. */
  salt: string;
}

const CHUNK = 64 * 1024;
const TAG = 16;
/** What a file may ask of us: no more than a gigabyte. */
const MAX_N = 1 << 20;

export function newSeal(): SealParameters {
  return { kdf: "scrypt", n: 1 << 17, r: 8, p: 1, salt: randomBytes(16).toString("base64") };
}

/** @throws Fault `backup-damaged` where the parameters are none that we would have written */
function keyOf(passphrase: string, seal: SealParameters, file: string): Buffer {
  const salt = Buffer.from(seal.salt, "base64");
  if (seal.n > MAX_N || seal.n < 2 || (seal.n & (seal.n - 1)) !== 0 || seal.r !== 8 || seal.p !== 1 || salt.length !== 16)
    throw new Fault("backup-damaged", { file, reason: "it asks for a key that we do not make" });
  return scryptSync(passphrase, salt, 32, { N: seal.n, r: seal.r, p: seal.p, maxmem: 256 * seal.n * seal.r });
}

/** The chunk's number is its nonce: the key serves one stream alone. */
function nonce(number: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeBigUInt64BE(BigInt(number), 4);
  return bytes;
}

/** `length (4 bytes, highest bit: the last) | sealed bytes | tag`, again and again. */
export async function* sealed(source: AsyncIterable<Uint8Array>, passphrase: string, seal: SealParameters): AsyncGenerator<Buffer> {
  const key = keyOf(passphrase, seal, "the new backup");
  let waiting = Buffer.alloc(0);
  let number = 0;
  const chunk = (bytes: Buffer, last: boolean): Buffer => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(((last ? 0x8000_0000 : 0) | bytes.length) >>> 0);
    const cipher = createCipheriv("aes-256-gcm", key, nonce(number)).setAAD(head);
    number += 1;
    return Buffer.concat([head, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  };
  for await (const bytes of source) {
    waiting = Buffer.concat([waiting, bytes]);
    while (waiting.length > CHUNK) {
      yield chunk(waiting.subarray(0, CHUNK), false);
      waiting = waiting.subarray(CHUNK);
    }
  }
  yield chunk(waiting, true);
}

/** @throws Fault `backup-passphrase` where the first chunk does not open, `backup-damaged` where a later one does not */
export async function* opened(
  source: AsyncIterable<Uint8Array>,
  passphrase: string,
  seal: SealParameters,
  file: string,
): AsyncGenerator<Buffer> {
  const key = keyOf(passphrase, seal, file);
  let waiting = Buffer.alloc(0);
  let number = 0;
  let ended = false;
  for await (const bytes of source) {
    waiting = Buffer.concat([waiting, bytes]);
    while (waiting.length >= 4) {
      if (ended) throw new Fault("backup-damaged", { file, reason: "something follows its end" });
      const head = waiting.readUInt32BE(0);
      const length = head & 0x7fff_ffff;
      if (length > CHUNK) throw new Fault("backup-damaged", { file, reason: "a part of it has an impossible length" });
      if (waiting.length < 4 + length + TAG) break;
      ended = head >>> 31 === 1;
      yield open(key, number, waiting.subarray(0, 4), waiting.subarray(4, 4 + length + TAG), file);
      number += 1;
      waiting = waiting.subarray(4 + length + TAG);
    }
  }
  if (!ended || waiting.length > 0) throw new Fault("backup-damaged", { file, reason: "it is cut off" });
}

function open(key: Buffer, number: number, head: Buffer, body: Buffer, file: string): Buffer {
  try {
    const cipher = createDecipheriv("aes-256-gcm", key, nonce(number)).setAAD(head).setAuthTag(body.subarray(-TAG));
    return Buffer.concat([cipher.update(body.subarray(0, -TAG)), cipher.final()]);
  } catch (error) {
    if (number === 0) throw new Fault("backup-passphrase", { file }, { cause: error });
    throw new Fault("backup-damaged", { file, reason: "a part of it was changed" }, { cause: error });
  }
}

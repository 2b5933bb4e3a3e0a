/**
 * Sealed messages over plain http ([MS-WSMV] 2.2.9.1): a multipart frame around what a security context has wrapped,
 * both ways. The context itself is injected; so is nothing else needed of NTLM or Kerberos here.
 *
 * Written as Windows writes it. Read with tolerance: boundary with or without spaces around, header lines with or without
 * a tab, `Length` counted with the padding NULs that some clients leave behind the envelope, several chunks.
 */
import { Fault } from "@tieline/fault";

/** What seals and opens one message; a mechanism's context of a connection. */
export interface Sealer {
  /** @returns what goes before the sealed bytes (a signature, a token header), and those */
  wrap(plaintext: Uint8Array): { header: Uint8Array; body: Uint8Array };
  /** @throws a fault where the message was not sealed by the peer */
  unwrap(header: Uint8Array, body: Uint8Array): Uint8Array;
}

export type SealProtocol = "spnego" | "kerberos" | "credssp";

const PROTOCOLS: Readonly<Record<SealProtocol, string>> = {
  spnego: "application/HTTP-SPNEGO-session-encrypted",
  kerberos: "application/HTTP-Kerberos-session-encrypted",
  credssp: "application/HTTP-CredSSP-session-encrypted",
};
const BOUNDARY = "Encrypted Boundary";
const OPEN = `--${BOUNDARY}`;
const CLOSE = `--${BOUNDARY}--`;
const ORIGINAL = "type=application/soap+xml;charset=UTF-8";
const HEADER_LIMIT = 4096;
const TOKEN_LIMIT = 4096;
const CHUNKS = 1024;
export const SEALED_LIMIT = 8 * 1024 * 1024;

/** A sealed message with the content type that announces it. */
export interface SealedMessage {
  contentType: string;
  body: Uint8Array;
}

/** Whether a content type announces a sealed message, and under which protocol; undefined where it is none. */
export function sealProtocolOf(contentType: string): SealProtocol | undefined {
  if (!/^\s*multipart\/(?:x-multi-)?encrypted\b/i.test(contentType)) return undefined;
  const protocol = /;\s*protocol\s*=\s*(?:"([^"]*)"|([^;\s]*))/i.exec(contentType);
  const name = (protocol?.[1] ?? protocol?.[2] ?? "").toLowerCase();
  const found = (Object.entries(PROTOCOLS) as [SealProtocol, string][]).find(([, value]) => value.toLowerCase() === name);
  return found?.[0];
}

/**
 * Seals an envelope.
 *
 * @example
 * ```ts
 * const none: Sealer = { wrap: (body) => ({ header: new Uint8Array(16), body }), unwrap: (_, body) => body };
 * const { contentType, body } = sealMessage(new TextEncoder().encode("<s:Envelope/>"), "spnego", none);
 * openMessage(contentType, body, none); // the envelope again
 * ```
 */
export function sealMessage(plaintext: Uint8Array, protocol: SealProtocol, sealer: Sealer): SealedMessage {
  const { header, body } = sealer.wrap(plaintext);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const name = PROTOCOLS[protocol];
  const head =
    `${OPEN}\r\n\tContent-Type: ${name}\r\n\tOriginalContent: ${ORIGINAL};Length=${plaintext.length}\r\n` +
    `${OPEN}\r\n\tContent-Type: application/octet-stream\r\n`;
  return {
    contentType: `multipart/encrypted;protocol="${name}";boundary="${BOUNDARY}"`,
    body: Buffer.concat([Buffer.from(head, "latin1"), length, header, body, Buffer.from(`${CLOSE}\r\n`, "latin1")]),
  };
}

/**
 * Opens a sealed message.
 *
 * @returns the envelope, without the NULs that some clients leave behind it
 * @throws wsman-encryption-invalid, and what the context throws
 */
export function openMessage(contentType: string, message: Uint8Array, sealer: Sealer): Uint8Array {
  if (sealProtocolOf(contentType) === undefined) throw invalid("its content type is not that of a sealed message");
  if (message.length > SEALED_LIMIT) throw invalid(`it is larger than ${SEALED_LIMIT} bytes`);
  const body = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const plain: Uint8Array[] = [];
  const boundary = boundaryOf(contentType);
  let at = 0;
  for (let chunks = 0; ; chunks++) {
    if (chunks === CHUNKS) throw invalid("it has too many parts");
    const head = readHead(body, at, boundary);
    if (head === undefined) break;
    const sealed = readSealed(body, head, boundary);
    plain.push(stripNuls(sealer.unwrap(sealed.header, sealed.body)));
    at = sealed.end;
  }
  if (plain.length === 0) throw invalid("it has no part");
  return plain.length === 1 ? (plain[0] as Uint8Array) : Buffer.concat(plain);
}

function invalid(reason: string): Fault {
  return new Fault("wsman-encryption-invalid", { reason });
}

function boundaryOf(contentType: string): string {
  const found = /;\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^;]{1,70}))/i.exec(contentType);
  return (found?.[1] ?? found?.[2] ?? BOUNDARY).trim();
}

interface Head {
  /** Where the octet stream begins. */
  at: number;
  /** OriginalContent's Length. */
  length: number;
}

/** The two blocks of header lines before the octet stream; undefined at the closing boundary. */
function readHead(body: Buffer, from: number, boundary: string): Head | undefined {
  const text = body.toString("latin1", from, Math.min(body.length, from + HEADER_LIMIT));
  const line = lines(text);
  let length: number | undefined;
  let blocks = 0;
  for (let each = line(); each !== undefined; each = line()) {
    const trimmed = each.text.trim();
    if (isBoundary(trimmed, boundary, "--")) return blocks === 0 ? undefined : fail("it ends within its headers");
    if (isBoundary(trimmed, boundary, "")) blocks += 1;
    else if (blocks === 0 && trimmed !== "") return fail("it does not begin with its boundary");
    const original = /^OriginalContent\s*:.*?;\s*Length\s*=\s*(\d{1,9})/i.exec(trimmed);
    if (original !== null) length = Number(original[1]);
    if (/^Content-Type\s*:\s*application\/octet-stream/i.test(trimmed)) {
      return length === undefined ? fail("it does not say its Length") : { at: from + each.end, length };
    }
  }
  return from >= body.length ? undefined : fail("it has no octet stream");
}

function fail(reason: string): never {
  throw invalid(reason);
}

function lines(text: string): () => { text: string; end: number } | undefined {
  let at = 0;
  return () => {
    const end = text.indexOf("\n", at);
    if (end === -1) return undefined;
    const line = { text: text.slice(at, end), end: end + 1 };
    at = end + 1;
    return line;
  };
}

/** `--Encrypted Boundary`, and `-- Encrypted Boundary` as Exchange writes it. */
function isBoundary(line: string, boundary: string, tail: string): boolean {
  return line.startsWith("--") && line.endsWith(tail) && line.slice(2, line.length - tail.length).trim() === boundary;
}

function readSealed(body: Buffer, { at, length }: Head, boundary: string): { header: Uint8Array; body: Uint8Array; end: number } {
  if (at + 4 > body.length) throw invalid("it ends before its signature");
  const size = body.readUInt32LE(at);
  const start = at + 4 + size;
  if (size > TOKEN_LIMIT || start > body.length) throw invalid("its signature is longer than the message");
  const end = endOf(body, start, length, boundary);
  return { header: body.subarray(at + 4, start), body: body.subarray(start, end), end };
}

/**
 * Where the sealed bytes end. They may hold anything, so the boundary is looked for where Length says they end at the
 * earliest; Length with padding and wraps that add some bytes both come out right.
 */
function endOf(body: Buffer, start: number, length: number, boundary: string): number {
  for (const mark of [`--${boundary}`, `-- ${boundary}`]) {
    const end = body.indexOf(mark, Math.min(body.length, start + length), "latin1");
    if (end !== -1) return end;
  }
  throw invalid("it ends before its boundary");
}

function stripNuls(plain: Uint8Array): Uint8Array {
  let end = plain.length;
  while (end > 0 && plain[end - 1] === 0) end--;
  return end === plain.length ? plain : plain.subarray(0, end);
}

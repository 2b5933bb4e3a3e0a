/** AV_PAIR lists ([MS-NLMP] 2.2.2.1): what a server says of itself, and what a client adds before it answers. */
import { Fault } from "@tieline/fault";
import { concat, fromUtf16, toUtf16 } from "../octets.ts";

/** MsvAv identifiers. */
export const AV = {
  EOL: 0,
  NB_COMPUTER_NAME: 1,
  NB_DOMAIN_NAME: 2,
  DNS_COMPUTER_NAME: 3,
  DNS_DOMAIN_NAME: 4,
  DNS_TREE_NAME: 5,
  FLAGS: 6,
  TIMESTAMP: 7,
  SINGLE_HOST: 8,
  TARGET_NAME: 9,
  CHANNEL_BINDINGS: 10,
} as const;

/** MsvAvFlags: bit 1 says that the AUTHENTICATE_MESSAGE carries a MIC. */
export const AV_FLAG_MIC = 0x00000002;

export interface AvPair {
  readonly id: number;
  readonly value: Uint8Array;
}

const MAXIMUM_PAIRS = 64;

/**
 * The pairs up to MsvAvEOL, in their order; what follows it is ignored.
 *
 * @throws Fault `token-malformed` for a pair that does not fit, no end, or more than 64 pairs
 */
export function decodeTargetInfo(bytes: Uint8Array): AvPair[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const pairs: AvPair[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const id = view.getUint16(at, true);
    const length = view.getUint16(at + 2, true);
    if (id === AV.EOL) return pairs;
    at += 4;
    if (at + length > bytes.length || pairs.length === MAXIMUM_PAIRS) break;
    pairs.push({ id, value: bytes.slice(at, at + length) });
    at += length;
  }
  throw new Fault("token-malformed", { mechanism: "NTLM", what: "target information without an end" });
}

export function encodeTargetInfo(pairs: readonly AvPair[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { id, value } of pairs) {
    const head = new Uint8Array(4);
    const view = new DataView(head.buffer);
    view.setUint16(0, id, true);
    view.setUint16(2, value.length, true);
    parts.push(head, value);
  }
  return concat(...parts, new Uint8Array(4));
}

export function findPair(pairs: readonly AvPair[], id: number): Uint8Array | undefined {
  return pairs.find((pair) => pair.id === id)?.value;
}

/** The list with that pair put in place of an older one of its kind, or at the end. */
export function withPair(pairs: readonly AvPair[], id: number, value: Uint8Array): AvPair[] {
  const out = pairs.map((pair) => (pair.id === id ? { id, value } : pair));
  return out.some((pair) => pair.id === id) ? out : [...out, { id, value }];
}

export function avFlags(pairs: readonly AvPair[]): number {
  const value = findPair(pairs, AV.FLAGS);
  return value?.length === 4 ? new DataView(value.buffer, value.byteOffset).getUint32(0, true) : 0;
}

export function textPair(id: number, text: string): AvPair {
  return { id, value: toUtf16(text) };
}

/** The text of a name pair, or undefined. */
export function textOf(pairs: readonly AvPair[], id: number): string | undefined {
  const value = findPair(pairs, id);
  return value === undefined ? undefined : fromUtf16(value);
}

const FILETIME_OF_1970_MS = 11_644_473_600_000n;

/** A FILETIME: 100 ns since 1601-01-01 UTC, eight bytes, little endian. */
export function fileTime(unixMs: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const ticks = (BigInt(Math.trunc(unixMs)) + FILETIME_OF_1970_MS) * 10_000n;
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, ticks), true);
  return bytes;
}

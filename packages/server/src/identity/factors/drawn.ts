/** Texts that are drawn: codes for messages, numbers for approvals, recovery codes, application passwords, secrets of cookies. */
import type { Sources } from "@tieline/auth";

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
/** Nobody mistakes these for one another. */
const CLEAR = "23456789abcdefghjkmnpqrstuvwxyz";

/** Each character with the same chance: bytes that would favour some are thrown away. */
function drawText(sources: Sources, alphabet: string, length: number): string {
  const limit = 256 - (256 % alphabet.length);
  let text = "";
  while (text.length < length) {
    for (const byte of sources.random(length)) {
      if (byte < limit && text.length < length) text += alphabet[byte % alphabet.length];
    }
  }
  return text;
}

/** Six digits, for a message. */
export const drawCode = (sources: Sources): string => drawText(sources, "0123456789", 6);
/** Two digits, the first not 0, for an approval. */
export const drawNumber = (sources: Sources): string => drawText(sources, "123456789", 1) + drawText(sources, "0123456789", 1);
/** 79 bits in four groups: `k7qd-x2mf-93vt-bw5a`. */
export const drawRecoveryCode = (sources: Sources): string => (drawText(sources, CLEAR, 16).match(/.{4}/g) as string[]).join("-");
/** 16 letters, 75 bits. */
export const drawAppPassword = (sources: Sources): string => drawText(sources, LETTERS, 16);
/** 32 bytes for a cookie or a link. */
export const drawSecret = (sources: Sources): string => Buffer.from(sources.random(32)).toString("base64url");

/** A recovery code as it was typed, in the one spelling that is hashed. */
export function plainRecoveryCode(typed: string): string {
  return typed
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "")
    .slice(0, 64);
}

/** A version 4 GUID (RFC 9562 5.4). */
export function drawGuid(sources: Sources): string {
  const bytes = Buffer.from(sources.random(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

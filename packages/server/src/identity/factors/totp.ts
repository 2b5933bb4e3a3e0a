/**
 * One-time passwords by time (RFC 6238) over HMAC-SHA-1 (RFC 4226): what authenticator apps and hardware tokens show.
 *
 * Pure. A code is good for its time step and, for clocks that differ, for the step before and after (RFC 6238 5.2, 6). A
 * step that was accepted once, and all before it, are not accepted again: whoever looked over a shoulder comes too late.
 */
import { createHmac } from "node:crypto";
import { toBase32 } from "./base32.ts";
import { isSame } from "./factor-context.ts";

/** Seconds that a code is shown. */
export type TotpPeriod = 30 | 60;

export interface TotpSecret {
  key: Uint8Array;
  periodSeconds: TotpPeriod;
}

/** RFC 4226 4, R6 recommends 160 bits. */
export const TOTP_KEY_LENGTH = 20;
const TOTP_DIGITS = 6;
/** Steps that the clocks may be apart. */
const TOTP_DRIFT = 1;

/** The code of a time step (RFC 4226 5.3). */
export function totpCode(key: Uint8Array, step: number, digits = TOTP_DIGITS): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", key).update(counter).digest();
  const offset = (mac.at(-1) as number) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** digits).padStart(digits, "0");
}

export function totpStep(periodSeconds: TotpPeriod, nowMs: number): number {
  return Math.floor(nowMs / 1000 / periodSeconds);
}

/**
 * The step that the code belongs to, or undefined. All steps of the window are looked at, whichever fits, so that the time
 * tells nothing.
 *
 * @param lastStep the last step that was accepted; 0 for none
 *
 * @example
 * ```ts
 * const step = matchTotp({ key, periodSeconds: 30 }, "287082", { lastStep: 0, nowMs: 59_000 });
 * ```
 */
export function matchTotp(secret: TotpSecret, code: string, at: { lastStep: number; nowMs: number }): number | undefined {
  const typed = code.replace(/\s/g, "").slice(0, 16);
  const now = totpStep(secret.periodSeconds, at.nowMs);
  let found: number | undefined;
  for (let step = now - TOTP_DRIFT; step <= now + TOTP_DRIFT; step += 1) {
    const isRight = isSame(typed, totpCode(secret.key, Math.max(0, step)));
    if (isRight && step > at.lastStep) found = step;
  }
  return found;
}

/** What a QR code says to an authenticator app (the otpauth key URI format). */
export function totpUri(secret: TotpSecret, issuer: string, account: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  const query = `secret=${toBase32(secret.key)}&issuer=${encodeURIComponent(issuer)}&algorithm=SHA1&digits=${TOTP_DIGITS}&period=${secret.periodSeconds}`;
  return `otpauth://totp/${label}?${query}`;
}

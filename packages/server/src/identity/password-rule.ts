/**
 * Which passwords are taken, wherever one is set, and passwords that the service draws itself. Long rather than odd: what
 * matters is that nobody guesses it.
 */
import type { Sources } from "@tieline/auth";
import { Fault } from "@tieline/fault";

export const MIN_PASSWORD = 12;
export const MAX_PASSWORD = 256;
/** So many different characters at least. */
const MIN_DIFFERENT = 5;
/** Parts of names that are shorter may be in it. */
const MIN_PART = 4;

/**
 * @param forbidden what must not be in it: the account's name, its domain
 * @throws Fault `password-weak`
 */
export function checkPassword(password: string, forbidden: readonly string[] = []): void {
  const lower = password.toLowerCase();
  const weak = (reason: string): Fault => new Fault("password-weak", { reason, minimum: MIN_PASSWORD });
  if (password.length < MIN_PASSWORD) throw weak(`it has fewer than ${MIN_PASSWORD} characters`);
  if (password.length > MAX_PASSWORD) throw weak(`it has more than ${MAX_PASSWORD} characters`);
  if (new Set(password).size < MIN_DIFFERENT) throw weak("it repeats a few characters");
  const part = forbidden.find((each) => each.length >= MIN_PART && lower.includes(each.toLowerCase()));
  if (part !== undefined) throw weak(`it contains "${part}"`);
}

/** What a password of this account must not contain: its name and its domain. */
export function forbiddenIn(userPrincipalName: string): string[] {
  return userPrincipalName.split("@");
}

/** Without letters and digits that look like one another: it is read aloud and typed. 32 of them, so that each is equally likely. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789#";

/** A password of 80 random bits, in four groups. */
export function drawPassword(sources: Sources): string {
  const letters = [...sources.random(16)].map((byte) => ALPHABET[byte % ALPHABET.length] ?? "");
  return [0, 4, 8, 12].map((at) => letters.slice(at, at + 4).join("")).join("-");
}

/**
 * Which passwords are taken, wherever one is set, and passwords that the service draws itself. Long rather than odd: what
 * matters is that nobody guesses it (NIST SP 800-63B 5.1.1.2).
 */
import type { Sources } from "@tieline/auth";
import { Fault } from "@tieline/fault";

export const MIN_PASSWORD = 12;
const MAX_PASSWORD = 256;
/** So many different characters at least. */
const MIN_DIFFERENT = 5;
/** Parts of names that are shorter may be in it. */
const MIN_PART = 4;

export type Weakness = "too-short" | "too-long" | "few-characters" | "holds-name";

/**
 * What is wrong with a password; undefined where it is taken.
 *
 * @param forbidden what must not be in it: the account's name, its domain
 */
export function weaknessOf(password: string, forbidden: readonly string[]): Weakness | undefined {
  const characters = Array.from(password);
  if (characters.length < MIN_PASSWORD) return "too-short";
  if (password.length > MAX_PASSWORD) return "too-long";
  if (new Set(characters).size < MIN_DIFFERENT) return "few-characters";
  return forbiddenPart(password, forbidden) === undefined ? undefined : "holds-name";
}

function forbiddenPart(password: string, forbidden: readonly string[]): string | undefined {
  const lower = password.toLowerCase();
  return forbidden.find((each) => each.length >= MIN_PART && lower.includes(each.toLowerCase()));
}

/** @throws Fault `password-weak` */
export function checkPassword(password: string, forbidden: readonly string[]): void {
  const weakness = weaknessOf(password, forbidden);
  if (weakness === undefined) return;
  const reasons: Readonly<Record<Weakness, string>> = {
    "too-short": `it has fewer than ${MIN_PASSWORD} characters`,
    "too-long": `it has more than ${MAX_PASSWORD} characters`,
    "few-characters": "it repeats a few characters",
    "holds-name": `it contains "${forbiddenPart(password, forbidden) ?? ""}"`,
  };
  throw new Fault("password-weak", { reason: reasons[weakness], minimum: MIN_PASSWORD });
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

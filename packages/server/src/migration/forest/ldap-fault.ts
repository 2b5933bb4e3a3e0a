/** The catalogue's name for what a domain controller answers: one row a result code (RFC 4511 appendix A). */
import { Fault } from "@tieline/fault";

export interface LdapFailure {
  /** The controller's name. */
  server: string;
  /** For people: `change a user`. */
  operation: string;
  /** What was asked about, a DN. */
  object: string;
}

type Make = (failure: LdapFailure, reason: string, cause: unknown) => Fault;

const away: Make = ({ server }, reason, cause) => new Fault("forest-unreachable", { server, reason }, { cause });
const limit: Make = ({ server }, reason, cause) => new Fault("forest-limit", { server, reason }, { cause });
const protection: Make = ({ server }, _reason, cause) => new Fault("forest-protection", { server }, { cause });

const ROWS: Readonly<Record<number, Make>> = {
  3: limit, // timeLimitExceeded
  4: limit, // sizeLimitExceeded
  8: protection, // strongerAuthRequired
  11: limit, // adminLimitExceeded
  13: protection, // confidentialityRequired
  32: ({ server, object }, _reason, cause) => new Fault("forest-object", { server, object }, { cause }), // noSuchObject
  50: ({ server }, _reason, cause) => new Fault("directory-insufficient-rights", { server }, { cause }), // insufficientAccessRights
  51: away, // busy
  52: away, // unavailable
};

/** Why a bind was refused: the number after `data` in the controller's message, a Windows error in hexadecimal. */
const LOGIN_REASONS: Readonly<Record<string, string>> = {
  "525": "there is no such account",
  "52e": "the password is wrong, or there is no such account",
  "530": "the account may not sign in at this time",
  "531": "the account may not sign in from here",
  "532": "the password has expired",
  "533": "the account is disabled",
  "701": "the account has expired",
  "773": "the password must be changed first",
  "775": "the account is locked",
};
const INVALID_CREDENTIALS = 49;

/** The result code of an answer; undefined for what is no answer: a lost connection, a time-out. */
export function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "number" ? code : undefined;
}

/** For an answer that is no success. */
export function answerFault(error: unknown, failure: LdapFailure): Fault {
  const reason = readable(error);
  const make = ROWS[resultCode(error) ?? -1];
  return make?.(failure, reason, error) ?? new Fault("forest-refused", { server: failure.server, operation: failure.operation, reason });
}

/** For a refused bind. */
export function loginFault(error: unknown, server: string, user: string): Fault {
  if (resultCode(error) !== INVALID_CREDENTIALS) return answerFault(error, { server, operation: `sign ${user} in`, object: user });
  const data = /\bdata ([0-9a-f]{3,4})\b/i.exec(error instanceof Error ? error.message : "")?.[1]?.toLowerCase() ?? "";
  return new Fault("forest-login", { server, user, reason: LOGIN_REASONS[data] ?? "the credentials are not valid" }, { cause: error });
}

/** Its own words, without what would break a line. */
export function readable(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const words = text
    .replace(/ Code: 0x[0-9a-f]+$/i, "")
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim()
    .replace(/\.$/, "");
  return words === "" ? "it gave no reason" : words.slice(0, 200);
}

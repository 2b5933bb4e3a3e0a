/**
 * The credentials of HTTP Basic (RFC 7617) as octets, before base64; and the token that the Skype for Business and Exchange
 * services were given in place of a password: user `oauth`, or a password that begins with `Bearer `.
 */
import { Fault } from "@tieline/fault";
import { fromUtf8, toUtf8 } from "../octets.ts";

export interface BasicCredentials {
  readonly user: string;
  readonly password: string;
}

/** A token that came, or goes, in Basic's place for the password. */
export interface TokenInBasic {
  readonly token: string;
  /** The user name beside it; undefined for `oauth`, which names nobody. */
  readonly user?: string;
}

const OAUTH_USER = "oauth";
const BEARER_PREFIX = /^Bearer[ ]+/i;
/** An access token with many groups has some 10 kB; HTTP servers stop at 16 to 64. */
export const MAXIMUM_BASIC_BYTES = 65_536;

/** @throws Fault `usage` for a user name with a colon, which RFC 7617 section 2 cannot carry */
export function encodeBasic({ user, password }: BasicCredentials): Uint8Array {
  if (user.includes(":")) {
    throw new Fault("usage", { what: "A user name with a colon cannot be sent with Basic.", hint: "Use another mechanism." });
  }
  return toUtf8(`${user}:${password}`);
}

/** UTF-8; what is not UTF-8 is read as ISO 8859-1, as old clients write it. @throws Fault `token-malformed` */
export function decodeBasic(octets: Uint8Array): BasicCredentials {
  if (octets.length > MAXIMUM_BASIC_BYTES) throw malformed(`${octets.length} bytes`);
  const text = fromUtf8(octets) ?? Buffer.from(octets).toString("latin1");
  const colon = text.indexOf(":");
  if (colon < 0) throw malformed("no colon");
  const user = text.slice(0, colon);
  if (/\p{Cc}/u.test(user)) throw malformed("control characters in the user name");
  return { user, password: text.slice(colon + 1) };
}

/** The token inside, or undefined where the password is one. */
export function tokenInBasic({ user, password }: BasicCredentials): TokenInBasic | undefined {
  const prefix = BEARER_PREFIX.exec(password)?.[0];
  const nobody = user.toLowerCase() === OAUTH_USER;
  if (prefix === undefined && !nobody) return undefined;
  const token = password.slice(prefix?.length ?? 0);
  return nobody ? { token } : { token, user };
}

/** How a token is put into Basic: as `oauth` without a user, else with the user's name and `Bearer ` before the token. */
export function basicWithToken({ token, user }: TokenInBasic): BasicCredentials {
  return user === undefined ? { user: OAUTH_USER, password: token } : { user, password: `Bearer ${token}` };
}

function malformed(what: string): Fault {
  return new Fault("token-malformed", { mechanism: "Basic", what });
}

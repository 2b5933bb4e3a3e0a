/**
 * What a token says of itself, read without trusting it: only whoever holds the issuer's keys can verify it, and that is
 * the endpoint. Here it only keeps us from showing the wrong token.
 */
import { fromUtf8 } from "../octets.ts";

export interface TokenClaims {
  audience?: string;
  tenantId?: string;
  /** `upn`, `preferred_username` and `unique_name`, as far as they are there, in this order. */
  userNames: readonly string[];
  /** The account's id in its tenant. */
  objectId?: string;
  /** The application that asked. */
  clientId?: string;
  issuer?: string;
  /** Milliseconds since 1970. */
  expiresAtMs?: number;
  notBeforeMs?: number;
  issuedAtMs?: number;
  /** True for an application that acts for itself. */
  application: boolean;
}

const MAXIMUM_LENGTH = 65_536;

/** Undefined where the token is no JWT (RFC 7519): then only its reader knows what it says. */
export function readClaims(token: string): TokenClaims | undefined {
  const parts = token.split(".");
  if (token.length > MAXIMUM_LENGTH || parts.length !== 3) return undefined;
  const payload = parts[1] as string;
  if (!/^[A-Za-z0-9_-]+$/.test(payload)) return undefined;
  const text = fromUtf8(new Uint8Array(Buffer.from(payload, "base64url")));
  let claims: unknown;
  try {
    claims = JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
  return typeof claims === "object" && claims !== null ? tidied(claims as Record<string, unknown>) : undefined;
}

function tidied(claims: Record<string, unknown>): TokenClaims {
  const text = (...names: string[]): string | undefined =>
    names.map((name) => claims[name]).find((value): value is string => typeof value === "string" && value !== "");
  const time = (name: string): number | undefined => (typeof claims[name] === "number" ? (claims[name] as number) * 1000 : undefined);
  const audience = Array.isArray(claims["aud"]) ? (claims["aud"] as unknown[])[0] : claims["aud"];
  const userNames = ["upn", "preferred_username", "unique_name"].map((name) => text(name)).filter((name) => name !== undefined);
  return present({
    audience: typeof audience === "string" ? audience : undefined,
    tenantId: text("tid"),
    userNames,
    objectId: text("oid"),
    clientId: text("appid", "azp"),
    issuer: text("iss"),
    expiresAtMs: time("exp"),
    notBeforeMs: time("nbf"),
    issuedAtMs: time("iat"),
    application: claims["idtyp"] === "app" || (claims["scp"] === undefined && userNames.length === 0),
  });
}

type Present<T> = { [K in keyof T]: T[K] };

function present(claims: { [K in keyof TokenClaims]: TokenClaims[K] | undefined }): TokenClaims {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)) as Present<TokenClaims>;
}

/** Audiences are addresses: letter case of host and path, and a slash at the end, make no difference. */
export function sameAudience(a: string, b: string): boolean {
  const plain = (text: string): string =>
    text
      .replace(/[?#].*$/, "")
      .replace(/\/$/, "")
      .toLowerCase();
  return plain(a) === plain(b);
}

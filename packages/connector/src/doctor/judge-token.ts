/** A token against the endpoint that it is to open; read without trusting it, and never shown. */
import { ok, type Remark } from "./finding.ts";

export interface Expected {
  /** The endpoint's address; its query does not count. */
  target: string;
  nowMs: number;
}

interface Claims {
  aud?: unknown;
  tid?: unknown;
  exp?: unknown;
  nbf?: unknown;
}

export function judgeToken(token: string, { target, nowMs }: Expected): Remark {
  const claims = claimsOf(token);
  if (claims === undefined)
    return { verdict: "info", layer: "authentication", text: "A token is at hand; it is none that can be read here.", evidence: [] };
  const audience = typeof claims.aud === "string" ? claims.aud : "";
  const until = typeof claims.exp === "number" ? claims.exp * 1000 : undefined;
  const from = typeof claims.nbf === "number" ? claims.nbf * 1000 : undefined;
  const evidence = [
    `audience ${audience === "" ? "not named" : audience}`,
    `tenant ${typeof claims.tid === "string" ? claims.tid : "not named"}`,
    `valid ${shown(from)} to ${shown(until)}`,
  ];
  const wrong = (text: string, cause: string, cure: string): Remark => ({
    verdict: "error",
    layer: "authentication",
    text,
    evidence,
    cause,
    cure,
  });
  if (audience !== "" && plain(audience) !== plain(target))
    return {
      ...wrong(
        `The token was made for ${audience}, not for this endpoint.`,
        "It was asked for with another resource than the endpoint's address.",
        "Ask for a token whose resource is the target URI itself.",
      ),
      code: "token-audience-invalid",
    };
  if (until !== undefined && until <= nowMs)
    return wrong(
      "The token has lapsed.",
      "It is older than its lifetime, or this machine's clock is ahead.",
      "Sign in anew; check the clock.",
    );
  if (from !== undefined && from > nowMs + 5 * 60_000)
    return wrong("The token is not valid yet.", "This machine's clock is behind the authority's.", "Set this machine's clock.");
  return ok("authentication", "A token for this endpoint is at hand.", evidence);
}

/** Host and path, in any letter case. */
function plain(uri: string): string {
  if (!URL.canParse(uri)) return uri.toLowerCase();
  const { host, pathname } = new URL(uri);
  return `${host}${pathname}`.toLowerCase().replace(/\/$/, "");
}

function claimsOf(token: string): Claims | undefined {
  const part = token.length > 65_536 ? undefined : token.split(".")[1];
  if (part === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function shown(ms: number | undefined): string {
  return ms === undefined || !Number.isFinite(ms) || Math.abs(ms) > 8e15 ? "?" : new Date(ms).toISOString();
}

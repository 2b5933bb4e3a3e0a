/** A token against the endpoint that it is to open; read without trusting it, and never shown. */
import { readClaims, sameAudience } from "@tieline/auth";
import { ok, type Remark } from "./finding.ts";

export interface Expected {
  /** The endpoint's address; its query does not count. */
  target: string;
  nowMs: number;
}

export function judgeToken(token: string, { target, nowMs }: Expected): Remark {
  const claims = readClaims(token);
  if (claims === undefined) {
    return { verdict: "info", layer: "authentication", text: "A token is at hand; it is none that can be read here.", evidence: [] };
  }
  const { audience = "", expiresAtMs: until, notBeforeMs: from } = claims;
  const evidence = [
    `audience ${audience === "" ? "not named" : audience}`,
    `tenant ${claims.tenantId ?? "not named"}`,
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
  if (audience !== "" && !sameAudience(audience, target))
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

function shown(ms: number | undefined): string {
  return ms === undefined || !Number.isFinite(ms) || Math.abs(ms) > 8e15 ? "?" : new Date(ms).toISOString();
}

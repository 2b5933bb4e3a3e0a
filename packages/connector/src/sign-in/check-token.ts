/** A token against what was asked for, before it is shown to anybody: for that resource, that account and that tenant. */
import { readClaims, sameAudience, type TokenClaims } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { isoSeconds, type ClockWatch } from "./clock-watch.ts";

export interface Expected {
  resource: string;
  user?: string | undefined;
  /** Only a GUID can be compared: tokens name no domain. */
  tenantId?: string | undefined;
}

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** Clocks may differ by this much (RFC 7519 4.1.4, "no more than a few minutes"). */
const LEEWAY_MS = 5 * 60_000;

/**
 * @returns what the token says; undefined for one that is no JWT, of which only its reader can tell
 * @throws Fault `token-audience-invalid`, `token-other-account`, `token-other-tenant`
 */
export function checkToken(token: string, { resource, user, tenantId }: Expected): TokenClaims | undefined {
  const claims = readClaims(token);
  if (claims === undefined) return undefined;
  if (claims.audience !== undefined && !sameAudience(claims.audience, resource)) {
    throw new Fault("token-audience-invalid", { audience: claims.audience, expected: resource });
  }
  if (user !== undefined && claims.userNames.length > 0 && !claims.userNames.some((name) => isSameUser(name, user))) {
    throw new Fault("token-other-account", { got: claims.userNames[0] as string, wanted: user });
  }
  if (
    tenantId !== undefined &&
    GUID.test(tenantId) &&
    claims.tenantId !== undefined &&
    claims.tenantId.toLowerCase() !== tenantId.toLowerCase()
  ) {
    throw new Fault("token-other-tenant", { got: claims.tenantId, wanted: tenantId });
  }
  return claims;
}

/** A token that was handed to us must be good now. @throws Fault `clock-wrong`, `token-lapsed`, `token-early` */
export function checkTimes(claims: TokenClaims, nowMs: number, clock: ClockWatch): void {
  const { expiresAtMs, notBeforeMs } = claims;
  const now = isoSeconds(nowMs);
  const lapsed = expiresAtMs !== undefined && nowMs >= expiresAtMs;
  const early = notBeforeMs !== undefined && nowMs + LEEWAY_MS < notBeforeMs;
  if (!lapsed && !early) return;
  const fault = lapsed
    ? new Fault("token-lapsed", { until: isoSeconds(expiresAtMs), now })
    : new Fault("token-early", { from: isoSeconds(notBeforeMs as number), now });
  throw clock.fault(fault) ?? fault;
}

/** A guest is named after home: `live.com#anna@home.com`, `anna_home.com#EXT#@contoso.onmicrosoft.com`. */
export function isSameUser(inToken: string, asked: string): boolean {
  const wanted = asked.toLowerCase();
  const name = inToken.toLowerCase();
  return name === wanted || name.endsWith(`#${wanted}`) || name.startsWith(`${wanted.replace("@", "_")}#ext#@`);
}

/**
 * Web tickets ([MS-OCAUTHWS] 2.2.4): what a legacy client shows to the remote PowerShell endpoint after it has signed in over
 * WS-Trust. To clients a ticket is opaque; ours is a signed statement (JWS, RS256) of its own type, so that it can never be
 * taken for an access token, nor one of those for a ticket. That it travels in Basic under the name `oauth` is ours: how the
 * retired connector carried it is not known.
 */
import { decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from "jose";
import { Fault } from "@tieline/fault";
import { parseGuid, tenantId, type Account, type AccountId } from "../../directory/index.ts";
import { sameAddress, type TokenHolder } from "../access-tokens.ts";
import { PUBLIC_CLIENT_ID } from "../applications.ts";
import type { IdentityService } from "../service.ts";

const TYPE = "webticket+jwt";
const MAX_TICKET = 8192;

export interface WebTicket {
  ticket: string;
  issuedMs: number;
  expiresMs: number;
}

/** @param target the address of the endpoint that it opens */
export async function issueWebTicket(service: IdentityService, account: Account, target: string): Promise<WebTicket> {
  const key = await service.keys.active(account.tenantId);
  const now = Math.floor(service.options.sources.nowMs() / 1000);
  const expires = now + service.lifetimes.accessToken;
  const ticket = await new SignJWT({ tid: account.tenantId })
    .setProtectedHeader({ alg: "RS256", kid: key.kid, typ: TYPE })
    .setIssuer(issuerOf(service))
    .setAudience(target)
    .setSubject(account.accountId)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(expires)
    .sign(key.privateJwk);
  return { ticket, issuedMs: now * 1000, expiresMs: expires * 1000 };
}

/** True for what claims to be a ticket; nothing else is said of it. */
export function isWebTicket(token: string): boolean {
  try {
    return token.length <= MAX_TICKET && decodeProtectedHeader(token).typ === TYPE;
  } catch {
    return false;
  }
}

/** @throws Fault `assertion-refused` */
export async function judgeWebTicket(service: IdentityService, ticket: string, target: string): Promise<TokenHolder> {
  const { directory, sources, endpointHosts } = service.options;
  try {
    const { kid } = decodeProtectedHeader(ticket);
    const tenant = tenantId(parseGuid(String(decodeJwt(ticket)["tid"])) ?? "");
    const key = await service.keys.find(tenant, String(kid));
    if (key === undefined) throw new Error("no such key");
    const { payload } = await jwtVerify(ticket, key.key, {
      algorithms: ["RS256"],
      typ: TYPE,
      issuer: issuerOf(service),
      requiredClaims: ["aud", "exp", "iat", "nbf", "sub"],
      clockTolerance: service.skewSeconds,
      currentDate: new Date(sources.nowMs()),
    });
    const targets = endpointHosts.map((host) => target.replace(/^https:\/\/[^/]+/, `https://${host}`));
    if (!targets.some((each) => sameAddress(String(payload.aud), each))) throw new Error("another audience");
    const account = await directory.accounts.get(String(payload.sub) as AccountId);
    const issuedMs = (payload.iat as number) * 1000;
    if (account === undefined || account.tenantId !== tenant || !account.enabled) throw new Error("the account is gone or disabled");
    if (issuedMs < Math.floor(account.tokensValidFromMs / 1000) * 1000) throw new Error("it was revoked");
    return { kind: "person", account, tenantId: tenant, appId: PUBLIC_CLIENT_ID, amr: ["pwd"], issuedMs };
  } catch (cause) {
    throw new Fault("assertion-refused", { reason: "the web ticket is none of ours, has lapsed, or is for another endpoint" }, { cause });
  }
}

function issuerOf({ options }: IdentityService): string {
  return `https://${options.endpointHosts[0] ?? options.host}/WebTicket`;
}

/**
 * Judging an access token at the endpoint. In order: its form, the one algorithm, a key of ours by its id, the signature,
 * times, issuer and tenant, audience, and last whether the tenant and the account still stand behind it. Nothing in the token
 * chooses anything: `alg` must be RS256, `kid` must be one of the tenant's own keys, and keys or addresses of keys in the
 * header are not looked at.
 */
import { jwtVerify, decodeJwt, decodeProtectedHeader, errors, type JWTPayload } from "jose";
import { Fault } from "@tieline/fault";
import { parseGuid, tenantId, type Account, type AccountId, type TenantId } from "../directory/index.ts";
import type { Application } from "./applications.ts";
import { issuerOf } from "./provider/claims.ts";
import type { IdentityService } from "./service.ts";

/** Who stands behind a token: a person through an application, or an application for itself. */
export type TokenHolder = { tenantId: TenantId; appId: string; amr: readonly string[]; issuedMs: number } & (
  | { kind: "person"; account: Account }
  | { kind: "application"; application: Application }
);

const MAX_TOKEN = 32_768;

/**
 * @param target the address of the endpoint that the token was sent to
 * @throws Fault `access-token-refused`, `token-audience-invalid`
 */
export async function judgeAccessToken(service: IdentityService, token: string, target: string): Promise<TokenHolder> {
  if (token.length > MAX_TOKEN) throw refused("it is too long");
  let header: { alg?: unknown; kid?: unknown; typ?: unknown; crit?: unknown };
  let claimed: JWTPayload;
  try {
    header = decodeProtectedHeader(token);
    claimed = decodeJwt(token);
  } catch (cause) {
    throw refused("it is not a JWT", cause);
  }
  if (header.alg !== "RS256") throw refused(`its algorithm is ${String(header.alg).slice(0, 16)}, not RS256`);
  if (header.crit !== undefined) throw refused("it demands extensions that are not known here");
  if (typeof header.typ !== "string" || header.typ.toLowerCase() !== "at+jwt") throw refused("it is not an access token");
  const guid = typeof claimed["tid"] === "string" ? parseGuid(claimed["tid"]) : undefined;
  const tenant = guid === undefined ? undefined : await service.options.directory.tenants.byId(tenantId(guid));
  if (tenant === undefined || tenant.kind !== "online") throw refused("its tenant is not known here");
  const id = tenantId(tenant.tenantId);
  const key = typeof header.kid === "string" ? await service.keys.find(id, header.kid) : undefined;
  if (key === undefined) throw refused("it is signed with a key that is not the tenant's");
  const payload = await verified(service, token, key.key, id);
  const audience = String(payload.aud);
  const targets = service.options.endpointHosts.map((host) => target.replace(/^https:\/\/[^/]+/, `https://${host}`));
  if (!targets.some((each) => sameAddress(audience, each)))
    throw new Fault("token-audience-invalid", { audience: audience.slice(0, 256), expected: target });
  return holder(service, id, payload);
}

async function verified(service: IdentityService, token: string, key: CryptoKeyLike, tenant: TenantId): Promise<JWTPayload> {
  const { host } = service.options;
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ["RS256"],
      typ: "at+jwt",
      issuer: [issuerOf(host, tenant, "v1"), issuerOf(host, tenant, "v2")],
      requiredClaims: ["aud", "exp", "iat", "nbf", "tid", "appid"],
      clockTolerance: service.skewSeconds,
      currentDate: new Date(service.options.sources.nowMs()),
    });
    return payload;
  } catch (cause) {
    if (cause instanceof errors.JWTExpired) throw refused("it has expired", cause);
    if (cause instanceof errors.JWTClaimValidationFailed) {
      throw refused(cause.claim === "nbf" ? "it is not valid yet" : `its claim ${cause.claim} is not right`, cause);
    }
    throw refused("its signature does not verify", cause);
  }
}

type CryptoKeyLike = Parameters<typeof jwtVerify>[1];

async function holder(service: IdentityService, tenant: TenantId, payload: JWTPayload): Promise<TokenHolder> {
  const issuedMs = (payload.iat as number) * 1000;
  const appId = String(payload["appid"]);
  const amr = Array.isArray(payload["amr"]) ? payload["amr"].map(String) : [];
  const common = { tenantId: tenant, appId, amr, issuedMs };
  if (payload["idtyp"] === "app") {
    const application = await service.applications(tenant).find(appId);
    if (application === undefined || application.isPublic || !application.enabled) throw refused("its application is gone or disabled");
    return { ...common, kind: "application", application };
  }
  if (payload["scp"] !== "user_impersonation") throw refused("it does not let the application act for the user");
  const account = await service.options.directory.accounts.get(String(payload["oid"]) as AccountId);
  if (account === undefined || account.tenantId !== tenant || !account.enabled) throw refused("its account is gone or disabled");
  if (issuedMs < Math.floor(account.tokensValidFromMs / 1000) * 1000) throw refused("it was revoked");
  return { ...common, kind: "person", account };
}

/** Without regard to the letter case of host and path, to the port (listeners are mapped), and to a slash at the end. */
export function sameAddress(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(address: string): string {
  return address
    .toLowerCase()
    .replace(/^(https:\/\/[^/:]+):\d+(?=\/|$)/, "$1")
    .replace(/\/$/, "");
}

function refused(reason: string, cause?: unknown): Fault {
  return new Fault("access-token-refused", { reason }, { cause });
}

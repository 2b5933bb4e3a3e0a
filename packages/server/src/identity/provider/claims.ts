/** What tokens say: of the person, of the application, of the tenant. */
import type { Account, TenantId } from "../../directory/index.ts";
import type { Application } from "../applications.ts";
import type { Generation } from "../generation.ts";

/** `https://login.online.lync.com/<tenant>/v2.0`, or with a slash and nothing more in the first generation. */
export function issuerOf(host: string, tenant: string, generation: Generation): string {
  return generation === "v2" ? `https://${host}/${tenant}/v2.0` : `https://${host}/${tenant}/`;
}

export type Claims = Record<string, unknown>;

/** The person, in id tokens and at userinfo. */
export function personClaims(account: Account, generation: Generation): Claims {
  return {
    sub: account.accountId,
    oid: account.accountId,
    tid: account.tenantId,
    name: account.displayName,
    upn: account.userPrincipalName,
    unique_name: account.userPrincipalName,
    preferred_username: account.userPrincipalName,
    ver: generation === "v2" ? "2.0" : "1.0",
  };
}

export const PERSON_CLAIMS = ["sub", "oid", "tid", "name", "upn", "unique_name", "preferred_username", "amr", "ver"];

export interface AccessTokenFacts {
  tenant: TenantId;
  issuer: string;
  generation: Generation;
  appId: string;
  amr: readonly string[] | undefined;
  account: Account | undefined;
  application: Application | undefined;
}

/** Beside aud, iat, exp, jti, which are the library's. */
export function accessTokenClaims(facts: AccessTokenFacts): Claims {
  const { account, application, generation, appId } = facts;
  const common = {
    iss: facts.issuer,
    tid: facts.tenant,
    ver: generation === "v2" ? "2.0" : "1.0",
    ...(generation === "v2" ? { azp: appId } : {}),
    appid: appId,
  };
  if (account === undefined) {
    // The application for itself: its id stands where a person's would.
    return {
      ...common,
      sub: appId,
      oid: appId,
      idtyp: "app",
      app_displayname: application?.displayName ?? appId,
      roles: application?.roles ?? [],
    };
  }
  return {
    ...common,
    sub: account.accountId,
    oid: account.accountId,
    upn: account.userPrincipalName,
    unique_name: account.userPrincipalName,
    name: account.displayName,
    scp: "user_impersonation",
    idtyp: "user",
    amr: facts.amr ?? ["pwd"],
  };
}

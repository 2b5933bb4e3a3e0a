/** Whose accounts a domain's are: the authority's own (managed), or another identity provider's (federated). */
import { jsonObject, type Authority } from "./authority.ts";

export interface Realm {
  kind: "managed" | "federated" | "unknown";
  domain: string;
  /** Where a federated account signs in. */
  authUrl?: URL;
}

/** Where realm discovery is asked; `common` finds the tenant by the user. */
export function realmAddress(authority: Authority, user: string): URL {
  return new URL(`/common/userrealm/${encodeURIComponent(user)}?api-version=1.0`, authority.token.origin);
}

/** Reads both spellings of the answer (`account_type`, and `NameSpaceType` of getuserrealm.srf). @throws Fault `token-answer-unreadable` */
export function readRealm(body: Uint8Array, host: string, user: string): Realm {
  const document = jsonObject(body, host);
  const text = (...names: string[]): string | undefined =>
    names.map((name) => document[name]).find((value): value is string => typeof value === "string" && value !== "");
  const kind = text("account_type", "NameSpaceType")?.toLowerCase();
  const address = text("federation_auth_url", "AuthURL", "federation_active_auth_url", "federation_metadata_url");
  const authUrl = address !== undefined && URL.canParse(address) ? new URL(address) : undefined;
  return {
    kind: kind === "federated" || kind === "managed" ? kind : "unknown",
    domain: text("domain_name", "DomainName") ?? user.split("@")[1] ?? "",
    ...(authUrl === undefined ? {} : { authUrl }),
  };
}

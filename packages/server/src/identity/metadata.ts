/** The documents by which clients find the authorization server's addresses and keys, of both generations; and which tenant a user is of. */
import type { JWK } from "jose";
import { DELEGATED, type Generation } from "./generation.ts";
import { issuerOf } from "./provider/claims.ts";
import { markupText } from "./markup-text.ts";

/**
 * OpenID Connect Discovery 1.0 section 3.
 *
 * @param tenant an id, or `common`, whose issuer holds `{tenantid}` for clients to fill in
 */
export function configurationDocument(host: string, tenant: string, generation: Generation): Record<string, unknown> {
  const base = `https://${host}/${tenant}`;
  const oauth = generation === "v2" ? `${base}/oauth2/v2.0` : `${base}/oauth2`;
  return {
    issuer: issuerOf(host, tenant === "common" ? "{tenantid}" : tenant, generation),
    authorization_endpoint: `${oauth}/authorize`,
    token_endpoint: `${oauth}/token`,
    device_authorization_endpoint: `${oauth}/devicecode`,
    end_session_endpoint: `${oauth}/logout`,
    userinfo_endpoint: generation === "v2" ? `${base}/oidc/userinfo` : `${base}/openid/userinfo`,
    jwks_uri: generation === "v2" ? `${base}/discovery/v2.0/keys` : `${base}/discovery/keys`,
    response_types_supported: ["code"],
    response_modes_supported: ["query", "fragment", "form_post"],
    grant_types_supported: [
      "authorization_code",
      "refresh_token",
      "client_credentials",
      "password",
      "urn:ietf:params:oauth:grant-type:device_code",
    ],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic", "private_key_jwt", "none"],
    token_endpoint_auth_signing_alg_values_supported: ["RS256", "PS256"],
    code_challenge_methods_supported: ["S256"],
    scopes_supported: ["openid", "profile", "email", "offline_access", DELEGATED],
    claims_supported: [
      "sub",
      "iss",
      "aud",
      "exp",
      "iat",
      "auth_time",
      "nonce",
      "oid",
      "tid",
      "upn",
      "preferred_username",
      "name",
      "ver",
      "amr",
    ],
    request_uri_parameter_supported: false,
    frontchannel_logout_supported: false,
    tenant_region_scope: null,
    cloud_instance_name: host,
  };
}

/** Of the first generation's instance discovery: which hosts are one authority. */
export function instanceDocument(host: string, aliases: readonly string[]): Record<string, unknown> {
  return {
    tenant_discovery_endpoint: `https://${host}/common/.well-known/openid-configuration`,
    "api-version": "1.1",
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host, ...aliases] }],
  };
}

export function keysDocument(keys: readonly JWK[], issuer: string): Record<string, unknown> {
  return { keys: keys.map((key) => ({ ...key, issuer })) };
}

/** How the users of a domain sign in. */
export type Realm =
  | { kind: "Unknown" }
  | { kind: "Managed"; domain: string; brand: string }
  | { kind: "Federated"; domain: string; brand: string; authUrl: string; metadataUrl: string | null };

export function realmJson(login: string, realm: Realm): Record<string, unknown> {
  const common = { Login: login, NameSpaceType: realm.kind, account_type: realm.kind, ver: "1.0" };
  if (realm.kind === "Unknown") return common;
  return {
    ...common,
    DomainName: realm.domain,
    domain_name: realm.domain,
    FederationBrandName: realm.brand,
    CloudInstanceName: "tieline",
    ...(realm.kind === "Managed"
      ? {}
      : {
          // Ours: the vendor's knows WS-Trust and SAML. There is no address for programs that hold a password.
          federation_protocol: "OpenIdConnect",
          AuthURL: realm.authUrl,
          ...(realm.metadataUrl === null ? {} : { federation_metadata_url: realm.metadataUrl }),
        }),
  };
}

/** The answer of `getuserrealm.srf` where `xml=1` is asked for. */
export function realmXml(login: string, realm: Realm): string {
  const element = (name: string, value: string): string => `<${name}>${markupText(value)}</${name}>`;
  const facts =
    realm.kind === "Unknown"
      ? ""
      : element("DomainName", realm.domain) +
        element("FederationBrandName", realm.brand) +
        (realm.kind === "Managed"
          ? ""
          : element("AuthURL", realm.authUrl) + (realm.metadataUrl === null ? "" : element("MEXURL", realm.metadataUrl)));
  const number = { Unknown: 4, Managed: 1, Federated: 2 }[realm.kind];
  return `<?xml version="1.0" encoding="utf-8"?><RealmInfo Success="${realm.kind === "Unknown" ? "false" : "true"}">${element("State", String(number))}${element("UserState", String(number))}${element("Login", login)}${element("NameSpaceType", realm.kind)}${facts}</RealmInfo>`;
}

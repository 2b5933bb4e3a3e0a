/**
 * An authority's addresses in both of its generations: v1 takes a `resource`, v2 a `scope`. What the challenge names
 * is enough to know them all; the authority's own metadata document (RFC 8414, OpenID Connect Discovery 1.0) may move them.
 */
import { Fault } from "@tieline/fault";
import { fromUtf8 } from "../octets.ts";

export type Generation = "v1" | "v2";

export interface Authority {
  generation: Generation;
  /** A tenant's GUID, one of its domains, or `common`. */
  tenant: string;
  authorize: URL;
  token: URL;
  deviceCode: URL;
  metadata: URL;
}

const PATH = /^(?<before>.*?)\/(?<tenant>[^/]+)\/oauth2(?<v2>\/v2\.0)?(?:\/(?:authorize|token|devicecode))?\/?$/i;

/**
 * @param authorizationUri as the endpoint's challenge names it
 * @param tenant put in place of `common`, `organizations` and `consumers`, which any tenant answers to
 * @throws Fault `authority-unusable`
 * @example
 * ```ts
 * authorityOf(new URL("https://login.test/common/oauth2/authorize"), "contoso.com").token.href; // "https://login.test/contoso.com/oauth2/token"
 * ```
 */
export function authorityOf(authorizationUri: URL, tenant?: string): Authority {
  const groups = PATH.exec(authorizationUri.pathname)?.groups;
  if (groups === undefined)
    throw new Fault("authority-unusable", { authority: shown(authorizationUri), what: "its path is none of OAuth's" });
  const named = decodeURIComponent(groups["tenant"] as string);
  const generation = groups["v2"] === undefined ? "v1" : "v2";
  return placed(authorizationUri, groups["before"] as string, isShared(named) && tenant !== undefined ? tenant : named, generation);
}

/** The same authority in the other generation, or for another tenant. */
export function authorityWith(authority: Authority, change: { generation?: Generation; tenant?: string }): Authority {
  const before = PATH.exec(authority.token.pathname)?.groups?.["before"] ?? "";
  return placed(authority.token, before, change.tenant ?? authority.tenant, change.generation ?? authority.generation);
}

/** True for the names that stand for whichever tenant the account is in. */
export function isShared(tenant: string): boolean {
  return ["common", "organizations", "consumers"].includes(tenant.toLowerCase());
}

function placed(origin: URL, before: string, tenant: string, generation: Generation): Authority {
  const base = `${before}/${encodeURIComponent(tenant)}`;
  const version = generation === "v2" ? "/v2.0" : "";
  const at = (path: string): URL => new URL(`${base}${path}`, origin.origin);
  return {
    generation,
    tenant,
    authorize: at(`/oauth2${version}/authorize`),
    token: at(`/oauth2${version}/token`),
    deviceCode: at(`/oauth2${version}/devicecode`),
    metadata: at(`${version}/.well-known/openid-configuration`),
  };
}

/**
 * The authority's addresses as its metadata document gives them; those that it leaves out stay. The document may not lead
 * to another host: that would take a password there.
 *
 * @throws Fault `authority-unusable`, `token-answer-unreadable`
 */
export function readMetadata(body: Uint8Array, authority: Authority): Authority & { issuer: string } {
  const host = authority.metadata.host;
  const document = jsonObject(body, host);
  const address = (name: string, otherwise: URL): URL => {
    const text = document[name];
    if (text === undefined) return otherwise;
    const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || url.origin !== authority.metadata.origin) {
      throw new Fault("authority-unusable", {
        authority: shown(authority.metadata),
        what: `its metadata names a ${name} at another place`,
      });
    }
    return url;
  };
  const issuer = document["issuer"];
  if (typeof issuer !== "string" || issuer === "") throw new Fault("token-answer-unreadable", { host, what: "metadata without an issuer" });
  return {
    ...authority,
    authorize: address("authorization_endpoint", authority.authorize),
    token: address("token_endpoint", authority.token),
    deviceCode: address("device_authorization_endpoint", authority.deviceCode),
    issuer,
  };
}

/** A body that must be a JSON object. @throws Fault `token-answer-unreadable` */
export function jsonObject(body: Uint8Array, host: string): Record<string, unknown> {
  const text = fromUtf8(body);
  if (text === undefined) throw new Fault("token-answer-unreadable", { host, what: "no UTF-8" });
  if (/^\s*</.test(text)) throw new Fault("token-answer-unreadable", { host, what: "a web page" });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own words would quote the body, which may hold a token.
    throw new Fault("token-answer-unreadable", { host, what: text.trim() === "" ? "an empty answer" : "no whole JSON" });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Fault("token-answer-unreadable", { host, what: "JSON that is no object" });
  }
  return value as Record<string, unknown>;
}

/** An address as it may stand in a text: without query and credentials. */
function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

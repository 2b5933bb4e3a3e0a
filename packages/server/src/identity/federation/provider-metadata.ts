/** What a provider says of itself (OpenID Connect Discovery 1.0 section 4), and which addresses we ask at all. */
import { isIP } from "node:net";
import { Fault } from "@tieline/fault";
import { z } from "zod";
import type { ProviderAddresses } from "./federated-domains.ts";

/** Of names, addresses and secrets of a provider, in characters. */
export const MAX_TEXT = 2048;

const Metadata = z.object({
  issuer: z.string().min(1).max(MAX_TEXT),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  jwks_uri: z.string(),
  end_session_endpoint: z.string().optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
});

/**
 * Addresses are https with a name: an administrator of one tenant must not make the service ask machines behind it by
 * number, or itself.
 *
 * @throws Fault `federation-settings`
 */
export function checkAddress(domain: string, kind: string, address: string): URL {
  const wrong = (what: string): Fault => new Fault("federation-settings", { domain, what: `its ${kind} address ${what}` });
  if (address.length > MAX_TEXT || !URL.canParse(address)) throw wrong("is no address");
  const url = new URL(address);
  if (url.protocol !== "https:") throw wrong("is not https");
  if (url.username !== "" || url.password !== "" || url.hash !== "") throw wrong("holds a user or a fragment");
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isIP(host) !== 0 || !host.includes(".") || host.endsWith(".localhost")) throw wrong("has no full name in it");
  return url;
}

/**
 * Where a metadata document leads.
 *
 * @param issuer what the document must name, where that is known; left out: the place where the document was found must be its issuer's
 * @throws Fault `federation-settings`
 */
export function readMetadata(domain: string, metadataUrl: string, document: unknown, issuer?: string): ProviderAddresses {
  const parsed = Metadata.safeParse(document);
  if (!parsed.success) {
    const what = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the whole"}: ${issue.message}`).join("; ");
    throw new Fault("federation-settings", { domain, what: `its metadata is not OpenID Connect's (${what})` });
  }
  const { data } = parsed;
  const expected = issuer ?? issuerOfAddress(metadataUrl);
  const same = issuer === undefined ? data.issuer.replace(/\/$/, "") === expected : data.issuer === expected;
  if (!same)
    throw new Fault("federation-settings", { domain, what: `its metadata is that of ${data.issuer.slice(0, 200)}, not of ${expected}` });
  for (const kind of ["authorization_endpoint", "token_endpoint", "jwks_uri"] as const) checkAddress(domain, kind, data[kind]);
  return {
    issuer: data.issuer,
    authorizationUrl: data.authorization_endpoint,
    tokenUrl: data.token_endpoint,
    keysUrl: data.jwks_uri,
    logoffUrl: data.end_session_endpoint ?? null,
    namesIssuer: data.authorization_response_iss_parameter_supported === true,
  };
}

/** Discovery 4.3: the issuer and the address of its document are one but for the suffix. */
function issuerOfAddress(metadataUrl: string): string {
  return metadataUrl.replace(/\/\.well-known\/openid-configuration$/, "");
}

/** Applications as the library's clients, and which redirect addresses they may use. */
import type { Application } from "../applications.ts";

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** In the place of a secret: that the application proved to be itself was judged before the library sees the request. */
export const PROVEN = "proven";

/** Metadata of RFC 7591 section 2. */
export function clientMetadata(application: Application): Record<string, unknown> {
  const signsIn = application.redirectUris.length > 0;
  return {
    client_id: application.appId,
    client_name: application.displayName,
    application_type: "native",
    // Never matched: redirectAllowed below decides.
    redirect_uris: signsIn ? ["http://127.0.0.1/"] : [],
    response_types: signsIn ? ["code"] : [],
    grant_types: [
      ...(signsIn ? ["authorization_code", "refresh_token"] : []),
      ...(application.isPublic ? [DEVICE_GRANT, "refresh_token", "password"] : ["client_credentials"]),
    ].filter((grant, i, all) => all.indexOf(grant) === i),
    id_token_signed_response_alg: "RS256",
    ...(application.isPublic
      ? { token_endpoint_auth_method: "none" }
      : { token_endpoint_auth_method: "client_secret_post", client_secret: PROVEN }),
  };
}

/**
 * Exactly a registered address; or, where `http://localhost` or `http://127.0.0.1` is registered, any port and path of that
 * host (RFC 8252 7.3). Nothing is decoded, and user names, fragments and other spellings of the host are refused.
 */
export function redirectAllowed(registered: readonly string[], address: string): boolean {
  if (registered.includes(address)) return true;
  const [, host] = /^http:\/\/(localhost|127\.0\.0\.1)(?::\d{1,5})?(?:\/[\w\-./~]*)?$/.exec(address) ?? [];
  return host !== undefined && registered.includes(`http://${host}`) && URL.canParse(address) && !address.includes("..");
}

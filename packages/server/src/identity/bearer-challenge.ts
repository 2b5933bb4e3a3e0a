/** What an endpoint that takes tokens says to whoever has none: who gives them, and the client that a person signs in through. */
import { renderChallenge } from "@tieline/auth";
import { PUBLIC_CLIENT_ID } from "./applications.ts";

/** @param host the authorization server's */
export function bearerParameters(host: string): Readonly<Record<string, string>> {
  return {
    client_id: PUBLIC_CLIENT_ID,
    authorization_uri: `https://${host}/common/oauth2/authorize`,
    trusted_issuers: `https://${host}/*`,
  };
}

/**
 * The value of WWW-Authenticate.
 *
 * @param error of RFC 6750 3.1, where there was a token
 */
export function bearerChallenge(host: string, error?: "invalid_token"): string {
  return renderChallenge({ scheme: "Bearer", parameters: { ...bearerParameters(host), ...(error === undefined ? {} : { error }) } });
}

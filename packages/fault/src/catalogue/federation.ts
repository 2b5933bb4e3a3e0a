import type { FaultEntry } from "../entry.ts";

/**
 * Domains whose accounts sign in at another identity provider.
 *
 * The numbers 50008 and 51004 and their meanings are the vendor's public list's; all words are OURS.
 */
export const FEDERATION = {
  "aadsts-50008": {
    blame: "peer",
    layer: "authentication",
    station: "token",
    text: "AADSTS50008: The token of the identity provider '{issuer}' is not valid: {what}.",
    also: ["AADSTS50008: The SAML token is not valid."],
    causes: [
      {
        cause: "The clocks of the federation server and of the authority differ.",
        confirm: "compare the federation server's clock with a time server",
      },
      {
        cause: "The federation server signs with a certificate or key that the tenant does not know (it was rolled over).",
        confirm: "compare the token-signing certificate with the one of the federated domain",
      },
      {
        cause: "The two sides disagree about the issuer or the client.",
        confirm: "Get-MsolDomainFederationSettings -DomainName DOMAIN",
      },
    ],
    cure: "Set the federation server's clock, then renew the tenant's copy of its certificate or keys.",
    commands: ["w32tm /resync", "Update-MsolFederatedDomain -DomainName DOMAIN"],
    source: "The vendor's sign-in error codes; founding document 002",
    http: 400,
  },
  "aadsts-51004": {
    blame: "environment",
    layer: "authentication",
    text: "AADSTS51004: The user account '{user}' of the identity provider '{issuer}' does not exist in the directory as an account of the domain {domain}.",
    cure: "Sign out at the provider and sign in there with an account of the domain, or have an administrator create the account here.",
    http: 400,
  },
  "federation-provider-unreachable": {
    blame: "environment",
    layer: "authentication",
    text: "The identity provider {provider} cannot be asked: {reason}.",
    cure: "Try again in a moment; if it lasts, look whether the authorization server reaches the provider and trusts its certificate.",
    http: 502,
  },
  "federation-provider-refused": {
    blame: "environment",
    layer: "authentication",
    text: "The identity provider {provider} did not sign the user in: {error}.",
    cure: "Start the sign-in again; if the provider refuses again, ask its administrator.",
    http: 400,
  },
  "federation-settings": {
    blame: "local",
    layer: "directory",
    text: "The domain '{domain}' cannot be federated like this: {what}.",
    cure: "Compare the values with the provider's metadata.",
  },
} as const satisfies Record<string, FaultEntry>;

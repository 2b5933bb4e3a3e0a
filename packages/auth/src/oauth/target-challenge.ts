/**
 * What an endpoint says to a caller without credentials (RFC 9110 11.6.1, RFC 6750 3): which mechanisms it takes and, for a
 * token, as which client and from which authority to ask for it. Client id and authority come from here and nowhere else.
 */
import { Fault } from "@tieline/fault";
import { parseChallenges, type Challenge } from "../http/challenge.ts";

export interface TargetChallenge {
  /** All schemes that were offered, as written, each once, in their order. */
  readonly schemes: readonly string[];
  readonly basicOffered: boolean;
  /** The public client in whose name a person signs in; undefined where no Bearer challenge names one. */
  readonly clientId?: string;
  /** The authorization server, always https; its path names the tenant or `common`. */
  readonly authorizationUri?: URL;
  /** Whose tokens are taken; empty where the endpoint does not say, or says "". */
  readonly trustedIssuers: readonly string[];
  /** Where a web ticket can be had in exchange ([MS-OCAUTHWS]), with the grants that are taken there. */
  readonly ticket?: { readonly href: string; readonly grantTypes: readonly string[] };
}

/** The part of an HTTP answer that is read; names of headers in lower case. */
export interface ChallengingAnswer {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/**
 * Reads the WWW-Authenticate headers of the answer to an unauthenticated request. An answer without any gives no schemes:
 * whether that is a fault is the caller's to say.
 *
 * @throws Fault `header-malformed`, also where the authority is no https address: nobody is sent there with a password
 * @example
 * ```ts
 * readChallenge({ headers: { "www-authenticate": 'Bearer client_id="a", authorization_uri="https://login.test/common/oauth2/authorize"' } }).clientId; // "a"
 * ```
 */
export function readChallenge(answer: ChallengingAnswer): TargetChallenge {
  const challenges = parseChallenges(answer.headers["www-authenticate"] ?? []);
  // An endpoint may offer Bearer twice, once for each kind of token: each value is taken from the first that has it.
  const bearer = (name: string): string | undefined => valueOf(challenges, "bearer", name);
  const clientId = bearer("client_id");
  const authority = bearer("authorization_uri") ?? bearer("authorization");
  const href = valueOf(challenges, "msrtcoauth", "href");
  return {
    schemes: [...new Set(challenges.map(({ scheme }) => scheme))],
    basicOffered: challenges.some(({ scheme }) => scheme.toLowerCase() === "basic"),
    trustedIssuers: listed(bearer("trusted_issuers")),
    ...(clientId === undefined ? {} : { clientId }),
    ...(authority === undefined ? {} : { authorizationUri: secureAddress(authority) }),
    ...(href === undefined ? {} : { ticket: { href, grantTypes: listed(valueOf(challenges, "msrtcoauth", "grant_type")) } }),
  };
}

function valueOf(challenges: readonly Challenge[], scheme: string, name: string): string | undefined {
  return challenges
    .filter((each) => each.scheme.toLowerCase() === scheme)
    .map((each) => each.parameters.get(name))
    .find((value) => value !== undefined && value !== "");
}

function listed(value: string | undefined): string[] {
  return (value ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function secureAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:") return url;
  throw new Fault("header-malformed", { header: "WWW-Authenticate", what: "an authorization_uri that is no https address" });
}

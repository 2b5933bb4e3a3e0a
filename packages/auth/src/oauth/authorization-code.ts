/** A person's sign-in in a browser (RFC 6749 4.1 with RFC 7636 and RFC 8252): the address to open, and what comes back. */
import { Fault } from "@tieline/fault";
import { equalInConstantTime, toUtf8 } from "../octets.ts";
import { draw, type Sources } from "../sources.ts";
import type { Authority } from "./authority.ts";
import { errorFault, errorOf } from "./error-answer.ts";
import { base64url, proofKey } from "./pkce.ts";
import { resourceParameters } from "./token-request.ts";

export interface AuthorizationRequest {
  /** What the browser opens. */
  address: URL;
  redirectUri: string;
  state: string;
  /** Shown when the code is redeemed. */
  verifier: string;
}

export interface AuthorizationWish {
  authority: Authority;
  clientId: string;
  resource: string;
  /** Where the browser comes back to: a loopback address. */
  redirectUri: string;
  /** Filled into the page. */
  loginHint?: string;
  /** Asks which account is meant, whoever is signed in at the browser. */
  selectAccount?: boolean;
}

export function authorizationRequest(wish: AuthorizationWish, sources: Sources): AuthorizationRequest {
  const { authority, clientId, resource, redirectUri, loginHint } = wish;
  const { verifier, challenge } = proofKey(sources);
  const state = base64url(draw(sources, 24));
  const address = new URL(authority.authorize);
  const parameters = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    response_mode: "query",
    state,
    code_challenge: challenge,
    code_challenge_method: "S256",
    ...resourceParameters(authority, resource, "code"),
    ...(loginHint === undefined ? {} : { login_hint: loginHint }),
    ...(wish.selectAccount === true ? { prompt: "select_account" } : {}),
  };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  return { address, redirectUri, state, verifier };
}

/**
 * The code in what the browser brought back; undefined where it answers another question than ours (a wrong state), which
 * is to be refused and forgotten, so that a forged answer cannot end the sign-in.
 *
 * @throws Fault `sign-in-declined`, and those of the authority's errors
 */
export function readRedirect(query: URLSearchParams, request: AuthorizationRequest): string | undefined {
  const state = query.get("state");
  if (state === null || !equalInConstantTime(toUtf8(state), toUtf8(request.state))) return undefined;
  const error = query.get("error");
  if (error !== null) throw redirectFault(error, query.get("error_description"), request.address.host);
  const code = query.get("code");
  return code === null || code === "" ? undefined : code;
}

function redirectFault(error: string, description: string | null, host: string): Fault {
  const read = errorOf(error, description);
  return error === "access_denied" && read.codes.length === 0 ? new Fault("sign-in-declined") : errorFault(read, host);
}

/**
 * Token requests (RFC 6749 4 to 6, RFC 8628 3.4): a grant, a client and a resource in, a form out; an answer in, a token
 * or a Fault out. The two generations of an authority differ in how the resource is named, and in nothing else.
 */
import { Fault } from "@tieline/fault";
import type { Sources } from "../sources.ts";
import { jsonObject, type Authority } from "./authority.ts";
import { clientParameters, type ClientAuthentication } from "./client-authentication.ts";
import { errorFault, readError } from "./error-answer.ts";
import type { Post, PostAnswer } from "./post.ts";

export type Grant =
  | { readonly kind: "code"; readonly code: string; readonly verifier: string; readonly redirectUri: string }
  | { readonly kind: "device-code"; readonly deviceCode: string }
  | { readonly kind: "refresh"; readonly refreshToken: string }
  | { readonly kind: "password"; readonly user: string; readonly password: string }
  /** The application for itself. */
  | { readonly kind: "client" };

export interface TokenRequest {
  readonly authority: Authority;
  readonly clientId: string;
  readonly client: ClientAuthentication;
  /** What the token is to open: the endpoint's full address. */
  readonly resource: string;
  readonly grant: Grant;
}

/** A token with what its giver says beside it. */
export interface TokenAnswer {
  accessToken: string;
  /** Seconds, as the server counts them. */
  expiresInSeconds: number;
  refreshToken?: string;
  /** Who signed in (OpenID Connect), unverified. */
  idToken?: string;
}

/** Without `expires_in` (RFC 6749 5.1 only recommends it) a token is taken for one hour's. */
const DEFAULT_LIFETIME_S = 3600;

/** The form of a request, without the client's own parameters. */
export function tokenForm({ authority, clientId, resource, grant }: Omit<TokenRequest, "client">): Record<string, string> {
  return { client_id: clientId, ...grantParameters(grant, authority), ...resourceParameters(authority, resource, grant.kind) };
}

function grantParameters(grant: Grant, { generation }: Authority): Record<string, string> {
  switch (grant.kind) {
    case "code":
      return { grant_type: "authorization_code", code: grant.code, code_verifier: grant.verifier, redirect_uri: grant.redirectUri };
    case "device-code":
      // The first generation was there before RFC 8628, and reads its own names.
      return generation === "v1"
        ? { grant_type: "device_code", code: grant.deviceCode, device_code: grant.deviceCode }
        : { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: grant.deviceCode };
    case "refresh":
      return { grant_type: "refresh_token", refresh_token: grant.refreshToken };
    case "password":
      return { grant_type: "password", username: grant.user, password: grant.password };
    case "client":
      return { grant_type: "client_credentials" };
  }
}

/** How each generation names the resource; a person's sign-in asks for a refresh token, too. */
export function resourceParameters(authority: Authority, resource: string, grant: Grant["kind"]): Record<string, string> {
  const forPerson = grant !== "client";
  if (authority.generation === "v1") return { resource, ...(forPerson ? { scope: "openid" } : {}) };
  // A slash at the end belongs to the resource, and a second one before `.default` says so.
  const scope = `${resource}/.default`;
  return { scope: forPerson ? `${scope} openid profile offline_access` : scope };
}

/**
 * Asks, and reads the answer.
 *
 * @throws Fault `aadsts-...` or `token-refused` with the server's words, `token-answer-unreadable`, and what `post` throws
 */
export async function requestToken(request: TokenRequest, post: Post, sources: Sources): Promise<TokenAnswer> {
  const answer = await sendTokenRequest(request, post, sources);
  if (answer.status !== 200) throw errorFault(readError(answer, request.authority.token.host), request.authority.token.host);
  return readToken(answer, request.authority.token.host);
}

/** Asks, and leaves the answer to the caller: a refusal may be an answer, too. */
export async function sendTokenRequest(request: TokenRequest, post: Post, sources: Sources): Promise<PostAnswer> {
  const { authority, client, clientId } = request;
  const form = { ...tokenForm(request), ...(await clientParameters(client, clientId, authority.token, sources)) };
  return post(authority.token, form, { accept: "application/json" });
}

/** @throws Fault `token-answer-unreadable` */
export function readToken(answer: PostAnswer, host: string): TokenAnswer {
  const body = jsonObject(answer.body, host);
  const { access_token: accessToken, token_type: type, refresh_token: refreshToken, id_token: idToken } = body;
  // What goes into an Authorization header must not hold what ends a line there (RFC 6750 2.1).
  if (typeof accessToken !== "string" || !/^[\x21-\x7e]{1,65536}$/.test(accessToken)) {
    throw new Fault("token-answer-unreadable", { host, what: "an answer without a usable access token" });
  }
  if (typeof type !== "string" || type.toLowerCase() !== "bearer") {
    throw new Fault("token-answer-unreadable", { host, what: "a token of another type than Bearer" });
  }
  // The first generation writes its numbers as strings.
  const seconds = Number(body["expires_in"] ?? DEFAULT_LIFETIME_S);
  return {
    accessToken,
    expiresInSeconds: Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 30 * 86_400) : DEFAULT_LIFETIME_S,
    ...(typeof refreshToken === "string" && refreshToken !== "" ? { refreshToken } : {}),
    ...(typeof idToken === "string" && idToken !== "" ? { idToken } : {}),
  };
}

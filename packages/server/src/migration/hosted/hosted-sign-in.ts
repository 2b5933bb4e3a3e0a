/** A token for the hosted migration service: given, for a password (legacy), or by the deployment's own application. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import {
  authorityOf,
  readChallenge,
  readClaims,
  requestToken,
  type ClientAuthentication,
  type Grant,
  type Post,
  type Sources,
  type TargetChallenge,
} from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { get, postForm, type Dialler } from "@tieline/net";
import type { HostedAuthentication } from "./hosted-session.ts";

export interface SignedIn {
  token: string;
  /** ms since 1970; undefined where it can be had anew without a person. */
  endsMs: number | undefined;
  /** When another has to be asked for. */
  renewAtMs: number;
}

export interface SignInSurroundings {
  dialler: Dialler;
  sources: Sources;
}

/** A new token is asked for so long before the old one ends. */
const EARLY_MS = 120_000;

/**
 * The service says by itself who gives tokens for it, and to which client: it is asked without one, and must answer 401.
 *
 * @throws Fault `move-challenge-unexpected`, and of the transport
 */
export async function challengeOf(url: URL, dialler: Dialler): Promise<TargetChallenge> {
  const answer = await get(dialler, url);
  if (answer.status !== 401) throw new Fault("move-challenge-unexpected");
  return readChallenge(answer);
}

/** @throws Fault `move-challenge-unexpected`, `access-token-unreadable`..., those of the authority's answers */
export async function signInTo(url: URL, wish: HostedAuthentication, surroundings: SignInSurroundings): Promise<SignedIn> {
  const { dialler, sources } = surroundings;
  if (wish.kind === "token") {
    // One that cannot be read may still open the service; when it ends is then for the service to say.
    return {
      token: wish.token,
      endsMs: readClaims(wish.token)?.expiresAtMs ?? Number.POSITIVE_INFINITY,
      renewAtMs: Number.POSITIVE_INFINITY,
    };
  }
  const { authorizationUri, clientId } = await challengeOf(url, dialler);
  if (authorizationUri === undefined || clientId === undefined) throw new Fault("move-challenge-unexpected");
  const [id, client, grant] = ways(wish, clientId);
  const authority = authorityOf(authorizationUri, wish.kind === "application" ? wish.tenant : undefined);
  const post: Post = (to, form, headers) => postForm(dialler, to, form, { headers });
  const answer = await requestToken({ authority, clientId: id, resource: url.href, client, grant }, post, sources);
  return { token: answer.accessToken, endsMs: undefined, renewAtMs: sources.nowMs() + answer.expiresInSeconds * 1000 - EARLY_MS };
}

function ways(wish: Exclude<HostedAuthentication, { kind: "token" }>, publicClient: string): [string, ClientAuthentication, Grant] {
  if (wish.kind === "credential") return [publicClient, { kind: "public" }, { kind: "password", user: wish.user, password: wish.password }];
  const certificate = new X509Certificate(wish.certificate);
  const key = createPrivateKey(wish.privateKey);
  return [wish.appId, { kind: "certificate", certificate: new Uint8Array(certificate.raw), key }, { kind: "client" }];
}

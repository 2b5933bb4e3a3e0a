/** A token for the hosted migration service: given, for a password (legacy), or by the deployment's own application. */
import { authorityOf, readClaims } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { ApplicationSignIn, challengeOf, tokenBy, type ServiceToken, type SignInSurroundings } from "../application-sign-in.ts";
import type { HostedAuthentication } from "./hosted-session.ts";

export interface SignedIn {
  token: string;
  /** ms since 1970; undefined where it can be had anew without a person. */
  endsMs: number | undefined;
  /** When another has to be asked for. */
  renewAtMs: number;
}

/** @throws Fault `move-challenge-unexpected`, `sync-certificate`, `access-token-unreadable`..., those of the authority's answers */
export async function signInTo(url: URL, wish: HostedAuthentication, surroundings: SignInSurroundings): Promise<SignedIn> {
  if (wish.kind === "token") {
    // One that cannot be read may still open the service; when it ends is then for the service to say.
    return {
      token: wish.token,
      endsMs: readClaims(wish.token)?.expiresAtMs ?? Number.POSITIVE_INFINITY,
      renewAtMs: Number.POSITIVE_INFINITY,
    };
  }
  const { text, renewAtMs } = await newToken(url, wish, surroundings);
  return { token: text, endsMs: undefined, renewAtMs };
}

async function newToken(
  url: URL,
  wish: Exclude<HostedAuthentication, { kind: "token" }>,
  surroundings: SignInSurroundings,
): Promise<ServiceToken> {
  const unexpected = (): Fault => new Fault("move-challenge-unexpected");
  const target = { url: url.href, unexpected };
  if (wish.kind === "application") return new ApplicationSignIn(wish, target, surroundings).newToken();
  const { authorizationUri, clientId } = await challengeOf(target, surroundings);
  if (clientId === undefined) throw unexpected();
  const { user, password } = wish;
  const grant = { kind: "password", user, password } as const;
  return tokenBy(
    { authority: authorityOf(authorizationUri), clientId, resource: url.href, client: { kind: "public" }, grant },
    surroundings,
  );
}

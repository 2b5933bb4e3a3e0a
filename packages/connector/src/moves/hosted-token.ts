/**
 * A token of the online side for whoever moves users from elsewhere than the pool: got here, where a browser can open, a
 * code be read or a certificate be used, and handed to the pool as `Move-CsUser -AccessTokens`.
 *
 *     the service's address: given, else on the host of the admin domain's endpoint
 *     asked without credentials it answers 401 and names the authority and the client id
 *     a token for that address, by the ways in which one signs in at an endpoint
 *
 *     hostedMigrationToken(wish: HostedTokenWish, under: HostedTokenSurroundings): Promise<HostedToken>
 *
 * The same `signIn` object asked again gives its token out of memory while that is good for five minutes more.
 */
import { readChallenge } from "@tieline/auth";
import { hostedMigrationUrl } from "@tieline/discovery";
import { Fault } from "@tieline/fault";
import { get, type Dialler } from "@tieline/net";
import { meansOf } from "../sign-in/means-of.ts";
import type { SignInWish } from "../sign-in/sign-in-wish.ts";
import type { Progress, StageContext, Wish } from "../stage.ts";
import { determineDomain } from "../stages/determine-domain.ts";
import { discoverEndpoint } from "../stages/discover-endpoint.ts";
import { requestToken, sourceFor } from "../stages/request-token.ts";

export interface HostedTokenWish extends Pick<Wish, "user" | "overrideAdminDomain" | "overrideDiscoveryUri"> {
  /** -HostedMigrationOverrideUrl: the address, its host, or the tenant's identity; left out, the host is discovered by the domain to admin, else by the user's. */
  url?: string | undefined;
  /** Who signs in, and how. */
  signIn?: SignInWish | undefined;
}

export interface HostedTokenSurroundings {
  dialler: Dialler;
  signal?: AbortSignal | undefined;
  /** Verbose lines. */
  say?: ((words: string) => void) | undefined;
  /** Milliseconds on a monotonous clock. */
  now?: (() => number) | undefined;
}

export interface HostedToken {
  /** The address that the token is for: what the pool is to be given with it. */
  url: string;
  accessToken: string;
  /** Milliseconds since 1970. */
  expiresAtMs: number;
  /** Who signed in, where the token says so. */
  user?: string;
}

/**
 * @throws Fault `move-challenge-unexpected` where the address is no hosted migration service's; `hosted-address-unfit`, `domain-unknown`,
 * those of discovery, of the ways to sign in and of the transport
 */
export async function hostedMigrationToken(wish: HostedTokenWish, under: HostedTokenSurroundings): Promise<HostedToken> {
  const { signIn } = wish;
  if (signIn === undefined) throw new Fault("sign-in-incomplete", { way: "token", what: "a way to sign in that gives tokens" });
  const say = under.say ?? (() => undefined);
  const progress: Progress = { hops: [] };
  const target = await hostedTarget(wish, { ...under, signal: under.signal, now: under.now ?? (() => performance.now()), say, progress });
  say(requestToken.words);
  const means = meansOf(signIn, { ...under, say });
  const answer = await get(under.dialler, target, under.signal === undefined ? {} : { signal: under.signal });
  means.clock.note(target.host, answer.headers, means.sources.nowMs());
  if (answer.status !== 401) throw new Fault("move-challenge-unexpected", {}, { said: `${target.href} answered ${answer.status}` });
  const source = await sourceFor(readChallenge(answer), target, { wish, progress }, signIn, means);
  if (source === undefined) throw new Fault("move-challenge-unexpected", {}, { said: `${target.href} names no authority` });
  const { accessToken, expiresAtMs, user } = await source.token();
  say("Success");
  return { url: target.href, accessToken, expiresAtMs, ...(user === undefined ? {} : { user }) };
}

async function hostedTarget(wish: HostedTokenWish, around: Omit<StageContext, "wish">): Promise<URL> {
  const { url, user, overrideAdminDomain, overrideDiscoveryUri } = wish;
  if (url !== undefined && url !== "") return hostedMigrationUrl(url);
  const sought: Wish = {
    ...(user === undefined ? {} : { user }),
    ...(overrideAdminDomain === undefined ? {} : { overrideAdminDomain }),
    ...(overrideDiscoveryUri === undefined ? {} : { overrideDiscoveryUri }),
    authentication: "default",
    credential: () => Promise.resolve({ kind: "ambient" }),
  };
  for (const stage of [determineDomain, discoverEndpoint]) {
    around.say(stage.words);
    await stage.run({ ...around, wish: sought });
  }
  return hostedMigrationUrl((around.progress.targetUri as URL).host);
}

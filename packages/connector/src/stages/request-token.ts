import { readChallenge, type TargetChallenge } from "@tieline/auth";
import { Fault, isFault } from "@tieline/fault";
import { get } from "@tieline/net";
import { knownAuthority } from "../sign-in/authority-of-challenge.ts";
import { meansOf } from "../sign-in/means-of.ts";
import type { SignInMeans } from "../sign-in/means.ts";
import type { SignInWish } from "../sign-in/sign-in-wish.ts";
import { TokenSource } from "../sign-in/token-source.ts";
import { getWebTicket } from "../sign-in/web-ticket.ts";
import type { Credential, Progress, Stage, StageContext, Wish } from "../stage.ts";

/**
 * Stage 3: what will be shown to the endpoint. Where its challenge names an authority, that is a token for the endpoint's
 * own address; elsewhere a password, a ticket or a certificate as it is. A token is carried in Basic by the user `oauth`,
 * as the retired service wanted it.
 */
export const requestToken: Stage = {
  words: "Requesting authentication token",
  async run(context) {
    const { wish, progress, say } = context;
    const asked = { ...context, wish: { ...wish, credential: once(wish.credential) } };
    if (wish.signIn !== undefined && (await byToken(asked, wish.signIn))) return say("Success");
    const credential = await asked.wish.credential(wish.user);
    const target = progress.targetUri as URL;
    if (credential.kind === "password" && credential.password === "") throw new Fault("password-missing", { user: credential.user });
    if (credential.kind !== "ambient" && target.protocol === "http:" && wish.authentication === "basic") {
      throw new Fault("basic-without-tls", { host: target.host });
    }
    progress.credential = credential;
    progress.targetUri = forCredential(target, credential.kind);
    if (credential.kind === "password" || credential.kind === "certificate") say(`The ${credential.kind} is used as it is`);
    return say("Success");
  },
};

/** True where a token or a ticket was got; false where the endpoint asks for none, or another mechanism was wished for. */
async function byToken(context: StageContext, signIn: SignInWish): Promise<boolean> {
  const { wish, progress } = context;
  const target = forCredential(progress.targetUri as URL, "token");
  // A token is never sent, nor asked for, without TLS.
  if (wish.authentication !== "default" || target.protocol !== "https:") return false;
  const means = meansOf(signIn, context);
  const challenge = await challengeOf(target, context, means);
  if (signIn.way === "legacy") {
    if (await byTicket(challenge, context, signIn)) return true;
    throw new Fault("web-ticket-service-missing", { host: target.host });
  }
  const source = await sourceFor(challenge, target, context, signIn, means);
  if (source === undefined) return givesTickets(challenge, target) && byTicket(challenge, context, signIn);
  const renew = async (silent: boolean): Promise<Credential> => {
    const { accessToken, expiresAtMs } = await source.token(silent);
    progress.tokenExpiresAtMs = expiresAtMs;
    return { kind: "token", token: accessToken };
  };
  try {
    progress.credential = await renew(false);
  } catch (error) {
    // The tenant takes no tokens; whoever has a password still has the way of old.
    if (source.way !== "password" || !isFault(error) || error.code !== "modern-sign-in-off") throw error;
    context.say(error.message);
    progress.modernSignInOff = true;
    // Where there is neither, the password goes as it is.
    return byTicket(challenge, context, signIn);
  }
  progress.tokenFrom = { authority: challenge.authorizationUri?.origin ?? "", way: source.way };
  progress.renewCredential = () => renew(true);
  progress.replaceCredential = async () => ((await source.refused()) ? renew(false) : undefined);
  progress.targetUri = target;
  progress.tokenScheme = challenge.basicOffered || challenge.schemes.length === 0 ? "basic" : "bearer";
  return true;
}

/** It says so, or has the vendor's path and takes what Basic carries. An endpoint of a deployment's own has neither. */
function givesTickets({ ticket, basicOffered }: TargetChallenge, target: URL): boolean {
  return ticket !== undefined || (basicOffered && /\/OcsPowershellOAuth$/i.test(target.pathname));
}

/** A person is asked once, whichever step needs it first. */
function once(ask: Wish["credential"]): Wish["credential"] {
  let asked: ReturnType<Wish["credential"]> | undefined;
  return (user) => (asked ??= ask(user));
}

/** An endpoint of old gives a web ticket for a password; false where there is neither. */
async function byTicket({ ticket }: TargetChallenge, context: StageContext, signIn: SignInWish): Promise<boolean> {
  const { wish, progress, dialler, signal, say } = context;
  const target = forCredential(progress.targetUri as URL, "password");
  const credential = await passwordOf(wish, signIn);
  if (credential === undefined) return false;
  const ask = signIn.legacy ?? getWebTicket;
  const renew = async (): Promise<Credential | undefined> => {
    const got = await ask({ ...credential, target, service: ticket?.href, dialler, signal, sources: signIn.sources });
    if (got === undefined) return undefined;
    progress.tokenExpiresAtMs = got.expiresAtMs;
    return { kind: "token", token: got.ticket };
  };
  const ticketed = await renew();
  if (ticketed === undefined) return false;
  say("A web ticket stands for the password");
  progress.credential = ticketed;
  progress.renewCredential = async () => (await renew()) ?? ticketed;
  progress.targetUri = target;
  progress.tokenScheme = "basic";
  return true;
}

/** The password as it is given, else asked for. */
async function passwordOf(wish: Wish, { given }: SignInWish): Promise<{ user: string; password: string } | undefined> {
  const { user } = wish;
  const password = user === undefined ? undefined : given.password?.(user);
  if (user !== undefined && password !== undefined) return { user, password };
  const credential = await wish.credential(user);
  return credential.kind === "password" ? credential : undefined;
}

async function challengeOf(target: URL, { dialler, signal }: StageContext, means: SignInMeans): Promise<TargetChallenge> {
  const answer = await get(dialler, target, signal === undefined ? {} : { signal });
  means.clock.note(target.host, answer.headers, means.sources.nowMs());
  return readChallenge(answer);
}

/**
 * Tokens for a target as its challenge wants them; undefined where it names no authority and no token is given.
 *
 * @throws Fault `sign-in-incomplete`, those of the authority's metadata
 */
export async function sourceFor(
  challenge: TargetChallenge,
  target: URL,
  { wish, progress }: { wish: Pick<Wish, "user">; progress: Pick<Progress, "adminDomain"> },
  signIn: SignInWish,
  means: SignInMeans,
): Promise<TokenSource | undefined> {
  const { authorizationUri } = challenge;
  const isGiven = signIn.given.token !== undefined && (signIn.way ?? "token") === "token";
  if (authorizationUri === undefined && !isGiven) return undefined;
  const clientId = signIn.clientId ?? challenge.clientId ?? "";
  if (clientId === "" && !isGiven)
    throw new Fault("sign-in-incomplete", {
      way: "token",
      what: "a client id, which the endpoint's challenge does not name (--client-id)",
    });
  const tenant = signIn.tenant ?? wish.user?.split("@")[1] ?? progress.adminDomain;
  const address = authorizationUri ?? new URL(`/${tenant ?? "common"}/oauth2/authorize`, target);
  return TokenSource.of(
    {
      // Whoever brings a token needs no authority.
      authority: await knownAuthority(
        { authorizationUri: address },
        tenant,
        isGiven ? { get: async () => ({ status: 0, body: new Uint8Array() }) } : means,
      ),
      clientId,
      resource: signIn.resource ?? `${target.origin}${target.pathname}`,
      ...(wish.user === undefined ? {} : { user: wish.user }),
    },
    signIn,
    means,
  );
}

/** The service has one path for tokens and one for passwords; both spellings of discovery are met. */
function forCredential(target: URL, kind: Credential["kind"]): URL {
  const uri = new URL(target);
  if (kind === "token") uri.pathname = uri.pathname.replace(/\/OcsPowershellLiveId$/i, "/OcsPowershellOAuth");
  if (kind === "password") uri.pathname = uri.pathname.replace(/\/OcsPowershellOAuth$/i, "/OcsPowershellLiveId");
  return uri;
}

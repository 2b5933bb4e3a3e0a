/**
 * Tokens for one endpoint, for as long as a connection to it lives:
 *
 *     in memory, good for five minutes more -> that
 *     in the cache, the same              -> that, after comparing it with what was asked for
 *     a refresh token                     -> renewed, once, whoever asks meanwhile waits
 *     otherwise                           -> a way to sign in
 *
 * An explicit credential (certificate, secret, workload, a given password) is used at first, whatever the cache holds:
 * whoever gives a wrong one shall hear of it.
 */
import { readClaims, requestToken, type TokenAnswer } from "@tieline/auth";
import { Fault, isFault } from "@tieline/fault";
import type { KnownAuthority } from "./authority-of-challenge.ts";
import type { CachedAccount, CachedToken } from "./cache-shape.ts";
import { checkTimes, checkToken } from "./check-token.ts";
import type { SignInMeans, SignInRequest } from "./means.ts";
import { runWay } from "./run-way.ts";
import { chooseWay, type SignInWay, type SignInWish } from "./sign-in-wish.ts";
import { TokenCache, unlessBroken, type AccountKey } from "./token-cache.ts";
import { memoryStore } from "./stores/store.ts";

/** A token is renewed when it is good for less than this. */
export const RENEWAL_MARGIN_MS = 5 * 60_000;

export interface AccessToken {
  accessToken: string;
  expiresAtMs: number;
  /** As the token names it, where it does. */
  user?: string;
  tenantId?: string;
}

const OF_PERSONS: readonly SignInWay[] = ["browser", "device-code", "password"];

export class TokenSource {
  readonly #request: SignInRequest & { authority: KnownAuthority };
  readonly #wish: SignInWish;
  #means: SignInMeans;
  /** As it was wished for, or chosen by what is given. */
  readonly way: SignInWay;
  #current: AccessToken | undefined;
  #account: CachedAccount | undefined;
  #cache: TokenCache | undefined;
  #pending: Promise<AccessToken> | undefined;
  /** What is shown now was kept from an earlier sign-in, and may have been revoked since. */
  #isKept = false;

  /** @throws Fault `sign-in-incomplete` */
  constructor(request: SignInRequest & { authority: KnownAuthority }, wish: SignInWish, means: SignInMeans) {
    this.#request = request;
    this.#wish = wish;
    this.#means = means;
    this.way = chooseWay(wish, request.user);
  }

  /**
   * The source of this wish for this request: the stages are walked anew for each shell, and none of that asks a person
   * again while the sign-in holds.
   *
   * @throws Fault `sign-in-incomplete`
   */
  static of(request: SignInRequest & { authority: KnownAuthority }, wish: SignInWish, means: SignInMeans): TokenSource {
    const known = KNOWN.get(wish) ?? new Map<string, TokenSource>();
    KNOWN.set(wish, known);
    const { authority, clientId, resource, user } = request;
    const name = JSON.stringify([authority.token.href, clientId, resource, user]);
    const source = known.get(name) ?? new TokenSource(request, wish, means);
    known.set(name, source);
    source.#means = means;
    return source;
  }

  /**
   * A token that is good for five minutes more.
   *
   * @param silent no person is asked: for renewals while work goes on
   * @throws Fault of the ways to sign in; `sign-in-needs-person` where it cannot be silent
   */
  token(silent = false): Promise<AccessToken> {
    this.#pending ??= this.#obtain(silent).finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  /**
   * The endpoint has refused the token: one that was kept is forgotten, here and in the cache, so that the next one is
   * asked for anew. False for one that was got just now: another would fare no better.
   */
  async refused(): Promise<boolean> {
    const refused = this.#current;
    if (refused === undefined || !this.#isKept || this.way === "token") return false;
    this.#current = undefined;
    const key = this.#key(this.#account?.user ?? this.#request.user);
    if (key === undefined) return true;
    await this.#unlessBroken(() =>
      this.#store().change(key, async (account) =>
        account === undefined
          ? {}
          : { account: { ...account, tokens: account.tokens.filter((token) => token.accessToken !== refused.accessToken) } },
      ),
    );
    return true;
  }

  async #obtain(silent: boolean): Promise<AccessToken> {
    if (this.#current !== undefined && this.#isFresh(this.#current)) {
      this.#isKept = true;
      return this.#current;
    }
    this.#isKept = false;
    this.#current = await this.#next(silent);
    return this.#current;
  }

  async #next(silent: boolean): Promise<AccessToken> {
    const way = this.way;
    if (way === "token") return this.#given();
    if (way === "legacy") throw new Fault("sign-in-incomplete", { way, what: "an endpoint that gives web tickets" });
    if (!OF_PERSONS.includes(way)) return this.#kept(await runWay(way, this.#request, this.#wish, this.#means));
    const repeatable = this.#isRepeatable();
    if (!repeatable || this.#current !== undefined) {
      const renewed = await this.#fromCache();
      if (renewed !== undefined) return renewed;
    }
    const mayAsk = !silent && (this.#means.person.attends || this.#wish.way === "browser" || this.#wish.way === "device-code");
    if (!mayAsk && !repeatable) {
      const reason = silent
        ? "the earlier sign-in is over"
        : "no password, certificate or token was given, and no account is signed in here";
      throw new Fault("sign-in-needs-person", { user: this.#request.user ?? "somebody", reason });
    }
    return this.#signedIn(await runWay(way, this.#request, this.#wish, this.#means));
  }

  /** @throws Fault `token-audience-invalid`, `token-other-account`, `token-other-tenant`, `token-lapsed`, `token-early`, `clock-wrong` */
  #given(): AccessToken {
    const accessToken = this.#wish.given.token as string;
    const claims = checkToken(accessToken, { ...this.#expected(), tenantId: this.#wish.tenant });
    if (claims !== undefined) checkTimes(claims, this.#nowMs(), this.#means.clock);
    return { accessToken, expiresAtMs: claims?.expiresAtMs ?? Infinity };
  }

  /** An application's token: kept in memory, since it can be had again at any time. */
  #kept(answer: TokenAnswer): AccessToken {
    const claims = checkToken(answer.accessToken, { resource: this.#request.resource, tenantId: this.#request.authority.tenantId });
    return this.#accessToken(this.#cachedToken(answer), claims?.userNames[0], claims?.tenantId);
  }

  /** Out of the cache, renewed where it is due; undefined where a sign-in is needed. */
  async #fromCache(): Promise<AccessToken | undefined> {
    const key = this.#key(this.#account?.user ?? this.#request.user);
    if (key === undefined) return undefined;
    return this.#unlessBroken(async () => {
      const found = await this.#store().change(key, async (account): Promise<{ account?: CachedAccount; token?: AccessToken }> => {
        if (account === undefined) return {};
        this.#account = account;
        const cached = account.tokens.find((token) => token.resource === this.#request.resource);
        if (cached !== undefined && this.#isFresh(cached)) {
          this.#isKept = true;
          return { token: this.#checked(cached, account) };
        }
        const answer = await this.#refreshed(account);
        return answer === undefined ? {} : this.#updated(account, answer);
      });
      if (found.account !== undefined) this.#account = found.account;
      return found.token;
    });
  }

  /** Undefined where the authority takes the refresh token no more. */
  async #refreshed({ refreshToken }: CachedAccount): Promise<TokenAnswer | undefined> {
    if (refreshToken === undefined) return undefined;
    const { authority, clientId, resource } = this.#request;
    const grant = { kind: "refresh", refreshToken } as const;
    try {
      return await requestToken(
        { authority, clientId, resource, client: { kind: "public" }, grant },
        this.#means.post,
        this.#means.sources,
      );
    } catch (error) {
      // What the authority refuses, a sign-in can mend; what the network breaks, it cannot.
      if (isFault(error) && error.layer === "authentication") return undefined;
      throw error;
    }
  }

  /** A person's sign-in: compared with what was asked for, then kept. */
  async #signedIn(answer: TokenAnswer): Promise<AccessToken> {
    const claims = checkToken(answer.accessToken, { ...this.#expected(), tenantId: this.#request.authority.tenantId });
    const user = claims?.userNames[0] ?? this.#request.user ?? readClaims(answer.idToken ?? "")?.userNames[0];
    const key = this.#key(user);
    const account = {
      ...this.#blank(user ?? "", claims?.tenantId),
      ...(answer.refreshToken === undefined ? {} : { refreshToken: answer.refreshToken }),
      tokens: [this.#cachedToken(answer)],
    };
    this.#account = account;
    if (key !== undefined) {
      const cache = this.#store();
      await this.#unlessBroken(async () => {
        await cache.change(key, async (old) => ({ account: old === undefined ? account : merged(old, account) }));
        const { profile } = this.#wish;
        if (profile !== undefined && cache.lasts && cache.defaultAccount(profile) === undefined) await cache.switchTo(profile, account);
      });
      if (!cache.lasts && !this.#isRepeatable()) this.#tellOnce();
    }
    return this.#accessToken(account.tokens[0] as CachedToken, account.user, account.tenantId);
  }

  #updated(account: CachedAccount, answer: TokenAnswer): { account: CachedAccount; token: AccessToken } {
    const token = this.#cachedToken(answer);
    const next: CachedAccount = {
      ...account,
      ...(answer.refreshToken === undefined ? {} : { refreshToken: answer.refreshToken }),
      tokens: [...account.tokens.filter((other) => other.resource !== token.resource && other.expiresAtMs > this.#nowMs()), token],
    };
    return { account: next, token: this.#checked(token, next) };
  }

  /** A cached token is shown only to the account and the tenant that it was kept for. */
  #checked(token: CachedToken, account: CachedAccount): AccessToken {
    const tenantId = this.#request.authority.tenantId ?? account.tenantId;
    checkToken(token.accessToken, { ...this.#expected(), user: this.#request.user ?? account.user, tenantId });
    return this.#accessToken(token, account.user, account.tenantId);
  }

  #expected(): { resource: string; user: string | undefined } {
    return { resource: this.#request.resource, user: this.#request.user };
  }

  #cachedToken({ accessToken, expiresInSeconds }: TokenAnswer): CachedToken {
    return { resource: this.#request.resource, accessToken, expiresAtMs: this.#nowMs() + expiresInSeconds * 1000 };
  }

  #accessToken({ accessToken, expiresAtMs }: CachedToken, user?: string, tenantId?: string): AccessToken {
    return { accessToken, expiresAtMs, ...(user === undefined ? {} : { user }), ...(tenantId === undefined ? {} : { tenantId }) };
  }

  #blank(user: string, tenantId: string | undefined): CachedAccount {
    const { authority, clientId } = this.#request;
    return {
      authority: authority.token.origin,
      authorizationUri: authority.authorize.href,
      clientId,
      tenantId: tenantId ?? authority.tenantId ?? authority.tenant,
      tenantNames: [authority.tenant],
      user,
      tokens: [],
      signedInAtMs: this.#nowMs(),
    };
  }

  #key(user: string | undefined): AccountKey | undefined {
    if (user === undefined) return undefined;
    const { authority, clientId } = this.#request;
    const tenant = authority.tenantId ?? this.#wish.tenant;
    return { authority: authority.token.origin, clientId, user, ...(tenant === undefined ? {} : { tenant }) };
  }

  /** A password that is given anew each time needs no cache, and leaves nothing on this machine. */
  #isRepeatable(): boolean {
    const { user } = this.#request;
    return this.way === "password" && user !== undefined && this.#wish.given.password?.(user) !== undefined;
  }

  /** A cache that is damaged, or not safe, keeps nobody from signing in; it is said once, and left as it is. */
  #store(): TokenCache {
    const memory = (): TokenCache => new TokenCache(memoryStore());
    if (this.#isRepeatable()) return (this.#cache ??= memory());
    this.#cache ??=
      unlessBroken(
        () => {
          const cache = this.#wish.cache();
          cache.accounts();
          return cache;
        },
        (fault) => this.#means.person.tell(`${fault.message} ${fault.cure}`),
      ) ?? memory();
    return this.#cache;
  }

  async #unlessBroken<T>(run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      if (!isFault(error) || !(error.code.startsWith("token-cache-") || error.code === "folder-unwritable")) throw error;
      this.#means.person.tell(`${error.message} ${error.cure}`);
      this.#cache = new TokenCache(memoryStore());
      return undefined;
    }
  }

  #tellOnce(): void {
    if (told.has(this.#means.person)) return;
    told.add(this.#means.person);
    this.#means.person.tell(
      "There is no keyring here: this sign-in is kept in memory alone. To keep it, set TIELINE_CACHE_PASSPHRASE or TIELINE_CACHE_KEY_FILE.",
    );
  }

  #isFresh({ expiresAtMs }: { expiresAtMs: number }): boolean {
    return expiresAtMs - this.#nowMs() > RENEWAL_MARGIN_MS;
  }

  #nowMs(): number {
    return this.#means.sources.nowMs();
  }
}

const KNOWN = new WeakMap<SignInWish, Map<string, TokenSource>>();
const told = new WeakSet<object>();

/** What was known of the account stays, and what is new wins. */
function merged(old: CachedAccount, fresh: CachedAccount): CachedAccount {
  const tokens = old.tokens.filter((token) => !fresh.tokens.some((other) => other.resource === token.resource));
  return { ...old, ...fresh, tenantNames: [...new Set([...old.tenantNames, ...fresh.tenantNames])], tokens: [...tokens, ...fresh.tokens] };
}

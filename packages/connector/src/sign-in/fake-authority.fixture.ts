/** A small authority for tests: what a real one answers, without its locks; its tokens are signed by nobody. */
import type { PostAnswer, Sources } from "@tieline/auth";
import type { KnownAuthority } from "./authority-of-challenge.ts";
import { authorityOf } from "@tieline/auth";
import { ClockWatch } from "./clock-watch.ts";
import type { Person, SignInMeans, SignInRequest } from "./means.ts";
import type { Given, SignInWish } from "./sign-in-wish.ts";
import { memoryStore } from "./stores/store.ts";
import { TokenCache } from "./token-cache.ts";

export const TENANT = "11111111-2222-4333-8444-555555555555";
export const OTHER_TENANT = "99999999-2222-4333-8444-555555555555";
export const RESOURCE = "https://admin0a.test/OcsPowershellOAuth";
export const CLIENT = "1950a258-227b-4e31-a9cf-717495945fc2";
export const AUTHORIZATION_URI = new URL("https://login.test/common/oauth2/authorize");
export const START_MS = Date.UTC(2026, 0, 15, 12);

type Form = Readonly<Record<string, string>>;

/** A clock that moves when somebody waits. */
export class FakeTime implements Sources {
  ms = START_MS;
  #drawn = 0;
  readonly waits: number[] = [];
  random = (length: number): Uint8Array => new Uint8Array(length).fill(++this.#drawn);
  nowMs = (): number => this.ms;
  wait = async (ms: number, signal?: AbortSignal): Promise<void> => {
    this.waits.push(ms);
    this.ms += ms;
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  };
}

export class FakeAuthority {
  readonly time: FakeTime;
  /** Every form that came, by grant type. */
  readonly forms: Form[] = [];
  users: Record<string, { password: string; mfa?: boolean; tenant?: string }> = {
    "admin@contoso.com": { password: "right" },
    "mfa@contoso.com": { password: "right", mfa: true },
    "admin@fabrikam.com": { password: "right", tenant: OTHER_TENANT },
  };
  federated = ["adatum.com"];
  /** What the next token requests are answered with, instead. */
  readonly instead: (PostAnswer | (() => PostAnswer))[] = [];
  /** Who finished the browser or the device code. */
  person = "admin@contoso.com";
  dateMs: number | undefined;
  issued = 0;
  #refresh = new Map<string, string>();

  constructor(time = new FakeTime()) {
    this.time = time;
  }

  post = async (_url: URL, form: Form): Promise<PostAnswer> => {
    this.forms.push(form);
    const instead = this.instead.shift();
    if (instead !== undefined) return typeof instead === "function" ? instead() : instead;
    if (form["grant_type"] === undefined) {
      return json(200, {
        device_code: "dc",
        user_code: "ABCD-EFGH",
        verification_uri: "https://login.test/device",
        expires_in: "900",
        interval: "5",
      });
    }
    return this.#grant(form);
  };

  get = async (url: URL): Promise<PostAnswer> => {
    const realm = /^\/common\/userrealm\/([^?]+)/.exec(url.pathname)?.[1];
    if (realm !== undefined) {
      const domain = decodeURIComponent(realm).split("@")[1] ?? "";
      return json(200, {
        account_type: this.federated.includes(domain) ? "Federated" : "Managed",
        domain_name: domain,
        AuthURL: "https://sts.adatum.com/adfs/ls",
      });
    }
    const tenant = /^\/([^/]+)\/\.well-known/.exec(url.pathname)?.[1];
    const id = tenant === "contoso.com" || tenant === TENANT ? TENANT : tenant === "fabrikam.com" ? OTHER_TENANT : undefined;
    return tenant === undefined ? json(404, {}) : json(200, { issuer: `https://login.test/${id ?? "{tenantid}"}/` });
  };

  /** A token as it would give one. */
  token(claims: Record<string, unknown>): string {
    const now = Math.floor(this.time.nowMs() / 1000);
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    return `${part({ alg: "RS256", typ: "JWT" })}.${part({ aud: RESOURCE, tid: TENANT, iat: now, nbf: now, exp: now + 3600, jti: ++this.issued, ...claims })}.c2ln`;
  }

  #grant(form: Form): PostAnswer {
    switch (form["grant_type"]) {
      case "password": {
        const user = this.users[form["username"] ?? ""];
        if (user === undefined) return refusal(50034, "invalid_grant", "The user account does not exist in the directory.");
        if (user.password !== form["password"])
          return refusal(50126, "invalid_grant", "Error validating credentials due to invalid username or password.");
        if (user.mfa === true)
          return refusal(
            50076,
            "interaction_required",
            `Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '${RESOURCE}'.`,
          );
        return this.#forUser(form["username"] ?? "", form);
      }
      case "refresh_token": {
        const user = this.#refresh.get(form["refresh_token"] ?? "");
        if (user === undefined) return refusal(700082, "invalid_grant", "The refresh token has expired due to inactivity.");
        this.#refresh.delete(form["refresh_token"] ?? "");
        return this.#forUser(user, form);
      }
      case "client_credentials":
        return json(200, {
          access_token: this.token({ ...audience(form), idtyp: "app", appid: form["client_id"] }),
          token_type: "Bearer",
          expires_in: 3600,
        });
      default:
        return this.#forUser(this.person, form);
    }
  }

  #forUser(user: string, form: Form): PostAnswer {
    const refreshToken = `refresh-${++this.issued}`;
    this.#refresh.set(refreshToken, user);
    const token = this.token({ ...audience(form), upn: user, scp: "user_impersonation", tid: this.users[user]?.tenant ?? TENANT });
    return json(200, { access_token: token, token_type: "Bearer", expires_in: "3600", refresh_token: refreshToken });
  }
}

function audience({ resource }: Form): { aud?: string } {
  return resource === undefined ? {} : { aud: resource };
}

export function json(status: number, body: unknown): PostAnswer {
  return { status, headers: {}, body: new TextEncoder().encode(JSON.stringify(body)) };
}

export function text(status: number, body: string): PostAnswer {
  return { status, headers: {}, body: new TextEncoder().encode(body) };
}

export function refusal(code: number, error: string, words: string): PostAnswer {
  return json(400, {
    error,
    error_description: `AADSTS${code}: ${words}\r\nTrace ID: t\r\nCorrelation ID: c\r\nTimestamp: 2026-01-15 12:00:00Z`,
    error_codes: [code],
  });
}

export interface FakePerson extends Person {
  readonly told: string[];
}

export function somebody(more: Partial<Person> = {}): FakePerson {
  const told: string[] = [];
  return { attends: true, told, tell: (words) => void told.push(words), ...more };
}

export function fakeMeans(authority: FakeAuthority, person: Person = somebody()): SignInMeans {
  const { time } = authority;
  return {
    post: authority.post,
    get: authority.get,
    sources: time,
    wait: time.wait,
    person,
    clock: new ClockWatch(),
    forBrowser: (address) => address,
    say: () => undefined,
  };
}

export function requestFor(user?: string, tenant = user?.split("@")[1]): SignInRequest & { authority: KnownAuthority } {
  const tenantId = tenant === "contoso.com" ? TENANT : tenant === "fabrikam.com" ? OTHER_TENANT : undefined;
  return {
    authority: { ...authorityOf(AUTHORIZATION_URI, tenant), ...(tenantId === undefined ? {} : { tenantId }) },
    clientId: CLIENT,
    resource: RESOURCE,
    ...(user === undefined ? {} : { user }),
  };
}

export function wishFor(person: Person, given: Given = {}, cache = new TokenCache(memoryStore())): SignInWish {
  return { given, person, cache: () => cache };
}

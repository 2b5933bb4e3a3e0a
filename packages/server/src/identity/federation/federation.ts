/**
 * Sign-in at another identity provider, by OpenID Connect's code flow with PKCE (Core 1.0 section 3.1, RFC 7636, RFC 9207).
 * The steps of an answer, in order; each refuses by throwing:
 *
 *     state        the answer is to the question of this browser and this interaction, and comes once
 *     issuer       of the provider that was asked, where the answer says whose it is
 *     code         changed for an id token, directly at the provider
 *     id token     signature, issuer, audience, nonce, times (id-token.ts)
 *     account      of this tenant and of the federated domain, and of no other
 */
import { equalInConstantTime, type Sources } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { importJWK, SignJWT, type JWK, type JWTPayload } from "jose";
import { z } from "zod";
import { accountId, parseGuid, type Account, type Directory, type TenantId } from "../../directory/index.ts";
import type { Queries } from "../../store/index.ts";
import type { Artifacts } from "../artifacts.ts";
import type { SigningKeys } from "../signing-keys.ts";
import type { Vault } from "../vault.ts";
import { FederatedDomains, type FederatedDomain, type ProviderAddresses } from "./federated-domains.ts";
import { verifyIdToken } from "./id-token.ts";
import { beginPending, challengeOf, type PendingSignIn } from "./pending-sign-in.ts";
import { checkAddress, readMetadata } from "./provider-metadata.ts";
import type { ProviderRequests } from "./provider-requests.ts";

export interface FederationOptions {
  db: Queries;
  directory: Directory;
  vault: Vault;
  keys: SigningKeys;
  artifacts: Artifacts;
  sources: Sources;
  requests: ProviderRequests;
  skewSeconds: number;
}

/** What an application asked for that the provider must know. */
export interface WantedSignIn {
  user: string;
  prompt: string | undefined;
  maxAge: string | undefined;
  redirectUri: string;
}

/** What the provider's answer amounts to. */
export interface ProviderSignIn {
  account: Account;
  /** `fed`, and what of the provider's own is believed. */
  amr: readonly string[];
  /** No second factor of ours is needed: the provider asked for one and is believed, or the person is inside a trusted network. */
  isEnough: boolean;
}

/** So long keys are good without asking again. */
const KEYS_FRESH_MS = 60 * 60_000;
/** So long they are used at most, where the provider cannot be asked. */
const KEYS_KEPT_MS = 24 * 60 * 60_000;
/** They are not asked for more often. */
const KEYS_INTERVAL_MS = 60_000;
/** So long another process of the deployment may not know of a change. */
const NAMES_FRESH_MS = 5_000;
const ASSERTION_S = 300;
const MAX_ANSWER = 4096;
const INSIDE_NETWORK = ["insidecorporatenetwork", "http://schemas.microsoft.com/ws/2012/01/insidecorporatenetwork"];

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });
const TokenAnswer = z.object({ id_token: z.string() });
const TokenError = z.object({ error: z.string(), error_description: z.string().optional() });

export class Federation {
  readonly #options: FederationOptions;
  /** Names of federated domains of all tenants: most passwords are of none, and shall cost nothing more. */
  #names: { readMs: number; names: ReadonlySet<string> } | undefined;

  constructor(options: FederationOptions) {
    this.#options = options;
  }

  domains(tenant: TenantId): FederatedDomains {
    return new FederatedDomains(this.#options.db, this.#options.vault, tenant);
  }

  /** Must be called where a domain was changed: else this process hears of it some seconds later. */
  changed(): void {
    this.#names = undefined;
  }

  /** With whom a user's domain is federated; undefined for a managed one, and for one of another tenant. */
  async of(tenant: TenantId, user: string): Promise<FederatedDomain | undefined> {
    const domain = domainOf(user);
    return domain === undefined || !(await this.#isName(domain)) ? undefined : this.#verified(tenant, domain);
  }

  /** An account of a federated domain has no password here. @throws Fault `sign-in-federated`, which says where it signs in */
  async refusePassword(user: string): Promise<void> {
    const names = await this.#known();
    if (names.size === 0) return;
    const name = user.includes("@") ? user : ((await this.#options.directory.accounts.find(user))?.userPrincipalName ?? user);
    const domain = domainOf(name);
    if (domain === undefined || !names.has(domain)) return;
    const tenant = await this.#options.directory.tenants.byDomain(domain);
    const federated = tenant === undefined ? undefined : await this.#verified(tenant.tenantId, domain);
    if (federated !== undefined) throw new Fault("sign-in-federated", { user: name.slice(0, 256), domain, at: providerName(federated) });
  }

  /** Where to send the browser, and what it must keep. */
  begin(uid: string, federated: FederatedDomain, wanted: WantedSignIn): { location: URL; pending: PendingSignIn } {
    const { redirectUri } = wanted;
    const pending = beginPending(uid, { domain: federated.domain, issuer: federated.issuer, redirectUri }, this.#options.sources);
    const location = new URL(federated.authorizationUrl);
    const parameters = {
      response_type: "code",
      client_id: federated.clientId,
      redirect_uri: redirectUri,
      scope: "openid profile email",
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: challengeOf(pending),
      code_challenge_method: "S256",
      ...(wanted.user.includes("@") && !wanted.user.startsWith("@") ? { login_hint: wanted.user.slice(0, 256) } : {}),
      ...(wanted.prompt === undefined ? {} : { prompt: wanted.prompt }),
      ...(wanted.maxAge === undefined ? {} : { max_age: wanted.maxAge }),
    };
    for (const [name, value] of Object.entries(parameters)) location.searchParams.set(name, value);
    return { location, pending };
  }

  /**
   * The account that the provider's answer names.
   *
   * @throws Fault `aadsts-70044`, `sign-in-finished`, `aadsts-50008`, `aadsts-51004`, `aadsts-50057`, `federation-provider-refused`, `federation-provider-unreachable`
   */
  async complete(tenant: TenantId, pending: PendingSignIn, answer: URLSearchParams, maxAge?: string): Promise<ProviderSignIn> {
    const { sources, artifacts, skewSeconds } = this.#options;
    const state = answer.get("state") ?? "";
    if (!equalInConstantTime(Buffer.from(state), Buffer.from(pending.state))) {
      throw new Fault("aadsts-70044", { what: "the answer of the identity provider is to another sign-in" });
    }
    const federated = await this.#verified(tenant, pending.domain);
    if (federated === undefined || federated.issuer !== pending.issuer) {
      throw new Fault("aadsts-70044", { what: "the domain's identity provider was changed meanwhile" });
    }
    checkSender(federated, answer);
    if (!(await artifacts.once(tenant, "FederatedSignIn", pending.state, pending.expiresMs))) throw new Fault("sign-in-finished");
    const error = answer.get("error");
    if (error !== null) throw refusedBy(federated, error, answer.get("error_description") ?? undefined);
    const code = answer.get("code") ?? "";
    if (code === "" || code.length > MAX_ANSWER) throw refusedBy(federated, "its answer holds no code");
    const token = await this.#redeem(tenant, federated, code, pending);
    const claims = await verifyIdToken(token, {
      issuer: federated.issuer,
      clientId: federated.clientId,
      nonce: pending.nonce,
      nowMs: sources.nowMs(),
      skewSeconds,
      maxAgeSeconds: maxAge === undefined || !/^\d{1,9}$/.test(maxAge) ? undefined : Number(maxAge),
      keys: (kid) => this.#keys(tenant, federated, kid),
    });
    const account = await this.#account(tenant, federated, claims);
    const amr = amrOf(claims);
    const hasFactor = federated.acceptsProviderMfa && amr.includes("mfa");
    const isInside = federated.trustsInsideNetwork && INSIDE_NETWORK.some((name) => ["true", true].includes(claims[name] as never));
    // What is not believed must not stand in our own tokens either.
    const believed = amr.filter((each) => federated.acceptsProviderMfa || each === "pwd");
    return { account, amr: ["fed", ...believed], isEnough: hasFactor || isInside };
  }

  /** What a provider says of itself, now. @throws Fault `federation-settings`, `federation-provider-unreachable` */
  async metadata(domain: string, metadataUrl: string, issuer?: string): Promise<ProviderAddresses> {
    const url = checkAddress(domain, "metadata", metadataUrl);
    const { status, document } = await this.#options.requests.get(url);
    if (status !== 200)
      throw new Fault("federation-provider-unreachable", { provider: url.host, reason: `HTTP status ${status} for its metadata` });
    return readMetadata(domain, metadataUrl, document, issuer);
  }

  /**
   * Reads the provider's metadata and keys again, and keeps both.
   *
   * @throws Fault `federation-settings` for a managed domain too, `federation-provider-unreachable`
   */
  async readAgain(tenant: TenantId, domain: string): Promise<FederatedDomain> {
    const { sources } = this.#options;
    const domains = this.domains(tenant);
    const known = await domains.find(domain);
    if (known === undefined) throw new Fault("federation-settings", { domain, what: "it is not federated" });
    const addresses = known.metadataUrl === null ? {} : await this.metadata(domain, known.metadataUrl, known.issuer);
    const settings = { ...known, ...addresses };
    const keys = await this.#readKeys(settings);
    await domains.set(domain, settings, undefined, sources.nowMs());
    await domains.keepKeys(known.domain, settings.keysUrl, keys, sources.nowMs());
    this.changed();
    return settings;
  }

  async #redeem(tenant: TenantId, federated: FederatedDomain, code: string, pending: PendingSignIn): Promise<string> {
    const secret = await this.domains(tenant).secret(federated.domain);
    const proof: Record<string, string> =
      secret === undefined
        ? {
            client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            client_assertion: await this.#assertion(tenant, federated),
          }
        : { client_secret: secret };
    const { status, document } = await this.#options.requests.post(new URL(federated.tokenUrl), {
      grant_type: "authorization_code",
      code,
      redirect_uri: pending.redirectUri,
      client_id: federated.clientId,
      code_verifier: pending.verifier,
      ...proof,
    });
    const answer = TokenAnswer.safeParse(document);
    if (status === 200 && answer.success) return answer.data.id_token;
    const error = TokenError.safeParse(document);
    throw error.success
      ? refusedBy(federated, error.data.error, error.data.error_description)
      : refusedBy(federated, `HTTP status ${status} for its token`);
  }

  /** RFC 7523 section 2.2: the tenant's own key shows who asks; the provider reads it at our `discovery/v2.0/keys`. */
  async #assertion(tenant: TenantId, { clientId, tokenUrl }: FederatedDomain): Promise<string> {
    const { keys, sources } = this.#options;
    const { kid, privateJwk } = await keys.active(tenant);
    const now = Math.floor(sources.nowMs() / 1000);
    return new SignJWT({ jti: Buffer.from(sources.random(16)).toString("hex") })
      .setProtectedHeader({ alg: "RS256", typ: "JWT", kid })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(tokenUrl)
      .setIssuedAt(now)
      .setExpirationTime(now + ASSERTION_S)
      .sign(await importJWK(privateJwk, "RS256"));
  }

  /** The keys that are known; read again where they are old, or where none has this id, but not more often than once a minute. */
  async #keys(tenant: TenantId, federated: FederatedDomain, kid: string): Promise<readonly JWK[]> {
    const domains = this.domains(tenant);
    const now = this.#options.sources.nowMs();
    const known = await domains.keys(federated.domain);
    const has = known.keys.some((key) => key.kid === kid);
    if (has && now - known.readMs < KEYS_FRESH_MS) return known.keys;
    const usable = has && now - known.readMs < KEYS_KEPT_MS ? known.keys : [];
    if (!(await domains.mayReadKeys(federated.domain, now, KEYS_INTERVAL_MS))) return usable;
    try {
      const keys = await this.#readKeys(federated);
      await domains.keepKeys(federated.domain, federated.keysUrl, keys, now);
      return keys;
    } catch (error) {
      if (usable.length > 0) return usable;
      throw error;
    }
  }

  async #readKeys({ keysUrl }: ProviderAddresses): Promise<readonly JWK[]> {
    const url = new URL(keysUrl);
    const { status, document } = await this.#options.requests.get(url);
    const parsed = KeySet.safeParse(document);
    if (status === 200 && parsed.success) return parsed.data.keys as readonly JWK[];
    throw new Fault("federation-provider-unreachable", { provider: url.host, reason: `HTTP status ${status} and no keys in its key set` });
  }

  /** The account that the claim names, if it is the domain's: a provider speaks for its own domain and for nothing else. */
  async #account(tenant: TenantId, federated: FederatedDomain, claims: JWTPayload): Promise<Account> {
    const { accountClaim, domain, issuer } = federated;
    const name = claims[accountClaim];
    if (typeof name !== "string" || name === "") throw new Fault("aadsts-50008", { issuer, what: `it has no claim ${accountClaim}` });
    if (accountClaim === "email" && claims["email_verified"] === false) {
      throw new Fault("aadsts-50008", { issuer, what: "its e-mail address is not verified" });
    }
    const unknown = (): Fault => new Fault("aadsts-51004", { user: name.slice(0, 256), issuer, domain });
    const { accounts } = this.#options.directory;
    const id = parseGuid(name);
    if (accountClaim === "immutable_id" && id === undefined) throw unknown();
    if (accountClaim !== "immutable_id" && domainOf(name) !== domain) throw unknown();
    const account = id !== undefined && accountClaim === "immutable_id" ? await accounts.get(accountId(id)) : await accounts.find(name);
    if (account === undefined || account.tenantId !== tenant || domainOf(account.userPrincipalName) !== domain) throw unknown();
    if (accountClaim !== "immutable_id" && account.userPrincipalName.toLowerCase() !== name.toLowerCase()) throw unknown();
    if (!account.enabled) throw new Fault("aadsts-50057");
    return account;
  }

  /** A domain that is the tenant's no more federates nothing. */
  async #verified(tenant: TenantId, domain: string): Promise<FederatedDomain | undefined> {
    const domains = this.domains(tenant);
    const found = await domains.find(domain);
    return found === undefined || !(await domains.isVerified(domain)) ? undefined : found;
  }

  async #isName(domain: string): Promise<boolean> {
    return (await this.#known()).has(domain);
  }

  async #known(): Promise<ReadonlySet<string>> {
    const now = this.#options.sources.nowMs();
    if (this.#names !== undefined && Math.abs(now - this.#names.readMs) < NAMES_FRESH_MS) return this.#names.names;
    const rows = await this.#options.db.selectFrom("federated_domains").select("name_key").execute();
    this.#names = { readMs: now, names: new Set(rows.map((row) => row.name_key)) };
    return this.#names.names;
  }
}

/** In lower case; undefined for a name without. */
function domainOf(user: string): string | undefined {
  return /@([^@\s]+)$/.exec(user.trim())?.[1]?.toLowerCase();
}

/** For people: the provider's own name, or the host where it signs people in. */
export function providerName({ brand, authorizationUrl }: FederatedDomain): string {
  return brand ?? new URL(authorizationUrl).host;
}

/** RFC 9207: the answer of one provider must not be taken for another's. @throws Fault `aadsts-50008` */
function checkSender({ issuer, namesIssuer }: FederatedDomain, answer: URLSearchParams): void {
  const sender = answer.get("iss");
  if (sender === null ? namesIssuer : sender !== issuer) {
    const what = sender === null ? "the answer says not whose it is" : `the answer is that of ${printable(sender)}`;
    throw new Fault("aadsts-50008", { issuer, what });
  }
}

function refusedBy(federated: FederatedDomain, error: string, description?: string): Fault {
  const text = description === undefined || description === "" ? error : `${error} (${description})`;
  return new Fault("federation-provider-refused", { provider: providerName(federated), error: printable(text).replace(/\.$/, "") });
}

/** What somebody else wrote, on one line. */
function printable(text: string): string {
  return text
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, " ")
    .trim()
    .slice(0, 300);
}

function amrOf(claims: JWTPayload): string[] {
  const { amr } = claims;
  const given: unknown[] = Array.isArray(amr) ? amr : [amr];
  return given.filter((each): each is string => typeof each === "string" && /^[\w.-]{1,32}$/.test(each)).slice(0, 16);
}

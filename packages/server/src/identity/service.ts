/**
 * What all endpoints of the authorization server share: the tenants by the names in addresses, a provider of the library for
 * each tenant and generation (made when it is first needed, and anew when the signing key rolls over), keys, applications.
 */
import { generateKeyPairSync } from "node:crypto";
import type { JWK } from "jose";
import type { LogonGuard, Sources } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { Dialler } from "@tieline/net";
import type { Provider } from "oidc-provider";
import { tenantId, type Directory, type Tenant, type TenantId } from "../directory/index.ts";
import type { Queries } from "../store/index.ts";
import { Applications } from "./applications.ts";
import { Artifacts, NO_TENANT } from "./artifacts.ts";
import type { KeyReader } from "./client-authentication.ts";
import { Federation } from "./federation/federation.ts";
import { providerRequests, type ProviderRequests } from "./federation/provider-requests.ts";
import type { Generation } from "./generation.ts";
import { keyReader } from "./key-reader.ts";
import type { InteractionPages } from "./interaction.ts";
import type { Realm } from "./metadata.ts";
import { PasswordJudge } from "./password-judge.ts";
import { plainPages } from "./plain-pages.ts";
import { DEFAULT_LIFETIMES, tenantProvider, type Lifetimes } from "./provider/tenant-provider.ts";
import { NO_SECOND_FACTOR, type SecondFactor } from "./second-factor.ts";
import { SignInLog } from "./sign-in-log.ts";
import { SigningKeys, type RollOver } from "./signing-keys.ts";
import { TenantSignIn } from "./tenant-sign-in.ts";
import { Vault } from "./vault.ts";

/** What a deployment or a lab decides. */
export interface IdentitySettings {
  /** `login.online.lync.com`: the name in issuers and addresses. */
  host: string;
  /** Other names of the same authority. */
  aliases: readonly string[];
  /** The hosts whose remote PowerShell endpoint tokens are given for. */
  endpointHosts: readonly string[];
  /** The key under which everything secret in the database is sealed: 32 octets, from outside the database. */
  siteKey: Uint8Array;
  lifetimes?: Partial<Lifetimes>;
  rollOver?: Partial<RollOver>;
  /** How far clocks may differ. Default 300. */
  skewSeconds?: number;
  /** How often a device may ask, in seconds. Default 5. */
  deviceInterval?: number;
  /** How long the sign-in log is kept, in days. Default 30. */
  logDays?: number;
  unknownAccount?: "named" | "as-wrong-password";
  /** Reads the keys of issuers elsewhere. Default: over https, with this machine's trust. */
  readKeys?: KeyReader;
  /** How other identity providers are asked. Default: directly, at most 10 s and 256 KiB, with the certificates that Node trusts. */
  providers?: ProviderRequests;
}

export interface IdentityOptions extends IdentitySettings {
  db: Queries;
  directory: Directory;
  /** The same that the endpoint's sign-in has. */
  guard: LogonGuard;
  sources: Sources;
  pause: (ms: number) => Promise<void>;
  log: { warn(facts: Record<string, unknown>, text: string): void };
}

/** Told whose sessions end, and of one that goes on. */
export type SessionsEnd = (account: string, keep: string | undefined) => void;

const DAY_MS = 24 * 60 * 60_000;

/** Providers that are kept ready; beyond, the one that was made longest ago is made anew when it is needed. */
const MAX_PROVIDERS = 200;

/** Where tokens may be taken, whatever the host. */
const RESOURCE_PATH = /^\/(ocspowershell(liveid|oauth)?|powershell|wsman|provisioning|hostedmigration\/hostedmigrationservice\.svc)\/?$/i;

export class IdentityService {
  readonly options: IdentityOptions;
  readonly vault: Vault;
  readonly keys: SigningKeys;
  readonly artifacts: Artifacts;
  readonly readKeys: KeyReader;
  readonly judge: PasswordJudge;
  readonly federation: Federation;
  #pages: InteractionPages;
  #secondFactor: SecondFactor = NO_SECOND_FACTOR;
  readonly #providers = new Map<string, { kid: string; provider: Promise<Provider> }>();
  readonly #sessionsEnd = new Set<SessionsEnd>();
  #passing: JWK | undefined;

  constructor(options: IdentityOptions) {
    const { db, directory, guard, sources, pause } = options;
    this.options = options;
    this.readKeys = options.readKeys ?? keyReader(new Dialler(), () => sources.nowMs());
    this.vault = new Vault(options.siteKey, sources);
    this.keys = new SigningKeys({
      db,
      vault: this.vault,
      sources,
      ...(options.rollOver === undefined ? {} : { rollOver: options.rollOver }),
    });
    this.artifacts = new Artifacts(db, this.vault, sources);
    this.federation = new Federation({
      db,
      directory,
      vault: this.vault,
      keys: this.keys,
      artifacts: this.artifacts,
      sources,
      requests: options.providers ?? providerRequests(),
      skewSeconds: this.skewSeconds,
    });
    this.judge = new PasswordJudge({
      db,
      directory,
      guard,
      sources,
      pause,
      unknownAccount: options.unknownAccount ?? "named",
      refuseFederated: (user) => this.federation.refusePassword(user),
    });
    this.#pages = plainPages({
      judge: this.judge,
      secondFactor: { demand: (account, address) => this.#secondFactor.demand(account, address) },
      nowMs: () => sources.nowMs(),
    });
  }

  get lifetimes(): Lifetimes {
    return { ...DEFAULT_LIFETIMES, ...this.options.lifetimes };
  }

  get skewSeconds(): number {
    return this.options.skewSeconds ?? 300;
  }

  get pages(): InteractionPages {
    return this.#pages;
  }

  get secondFactor(): SecondFactor {
    return this.#secondFactor;
  }

  /** Puts a deployment's own pages and factors in the place of the plain ones; before the first request. */
  use(parts: { pages?: InteractionPages; secondFactor?: SecondFactor }): void {
    this.#pages = parts.pages ?? this.#pages;
    this.#secondFactor = parts.secondFactor ?? this.#secondFactor;
    this.#providers.clear();
  }

  applications(tenant: TenantId): Applications {
    return new Applications(this.options.db, this.vault, this.options.sources, tenant);
  }

  settings(tenant: TenantId): TenantSignIn {
    return new TenantSignIn(this.options.db, tenant);
  }

  signIns(tenant: TenantId): SignInLog {
    return new SignInLog(this.options.db, tenant);
  }

  /** By an address's first segment: an id or any domain of a tenant; `common` where it says so. @throws Fault `aadsts-90002` */
  async tenantNamed(segment: string): Promise<Tenant | typeof NO_TENANT> {
    if (/^(common|organizations|consumers)$/i.test(segment)) return NO_TENANT;
    const tenant = await this.options.directory.tenants.byDomain(segment);
    if (tenant === undefined) throw new Fault("aadsts-90002", { tenant: segment.slice(0, 256) });
    return tenant;
  }

  /** By the domain of a user name. @throws Fault `aadsts-90019` for a name without, `aadsts-90002` */
  async tenantOfUser(user: string): Promise<Tenant> {
    const domain = /@([^@]+)$/.exec(user.trim())?.[1];
    if (domain === undefined) throw new Fault("aadsts-90019");
    const tenant = await this.options.directory.tenants.byDomain(domain);
    if (tenant === undefined) throw new Fault("aadsts-90002", { tenant: domain.slice(0, 256) });
    return tenant;
  }

  /** False where the tenant of the domain has switched modern sign-in off. */
  async takesTokens(domain: string): Promise<boolean> {
    const tenant = await this.options.directory.tenants.byDomain(domain);
    return tenant === undefined || (await this.settings(tenant.tenantId).get()).modernOverride !== "Disallowed";
  }

  async realmOf(login: string): Promise<Realm> {
    const domain = /@([^@]+)$/.exec(login.trim())?.[1]?.toLowerCase();
    const tenant = domain === undefined ? undefined : await this.options.directory.tenants.byDomain(domain);
    if (domain === undefined || tenant === undefined) return { kind: "Unknown" };
    const federated = await this.federation.of(tenant.tenantId, login);
    if (federated === undefined) return { kind: "Managed", domain, brand: tenant.displayName };
    const { brand, authorizationUrl, metadataUrl } = federated;
    return { kind: "Federated", domain, brand: brand ?? tenant.displayName, authUrl: authorizationUrl, metadataUrl };
  }

  /** True for an address of this service that tokens are given for. */
  isResource(resource: string): boolean {
    if (!URL.canParse(resource)) return false;
    const { protocol, hostname, pathname, search, hash, username } = new URL(resource);
    if (protocol !== "https:" || search !== "" || hash !== "" || username !== "") return false;
    return this.options.endpointHosts.some((host) => host.toLowerCase() === hostname) && RESOURCE_PATH.test(pathname);
  }

  async provider(tenant: TenantId | typeof NO_TENANT, generation: Generation): Promise<Provider> {
    const signingKey = tenant === NO_TENANT ? this.#passingKey() : (await this.keys.active(tenant)).privateJwk;
    const kid = String(signingKey["kid"]);
    const name = `${tenant} ${generation}`;
    const known = this.#providers.get(name);
    if (known?.kid === kid) return known.provider;
    const older = tenant === NO_TENANT ? [] : (await this.keys.published(tenant)).map((key) => key.kid).filter((each) => each !== kid);
    const provider = tenantProvider({
      host: this.options.host,
      tenant: tenant as TenantId,
      generation,
      directory: this.options.directory,
      applications: this.applications(tenant as TenantId),
      artifacts: this.artifacts,
      judge: this.judge,
      secondFactor: this.#secondFactor,
      pages: this.#pages,
      settings: () => this.settings(tenant as TenantId).get(),
      isResource: (resource) => this.isResource(resource),
      signingKey,
      // They roll over with the signing keys, and what was signed before is still read.
      cookieKeys: [kid, ...older].map((each) => Buffer.from(this.vault.derive(`cookies ${tenant} ${each}`)).toString("base64url")),
      lifetimes: this.lifetimes,
    });
    this.#providers.delete(name);
    const [oldest] = this.#providers.keys();
    if (oldest !== undefined && this.#providers.size >= MAX_PROVIDERS) this.#providers.delete(oldest);
    this.#providers.set(name, { kid, provider });
    provider.catch(() => this.#providers.delete(name));
    return provider;
  }

  /** Asks to be told when open sessions must end. */
  whenSessionsEnd(listener: SessionsEnd): void {
    this.#sessionsEnd.add(listener);
  }

  /** Ends the open sessions of an account, or of an application by its id, except one that is to go on. */
  endSessions(account: string, keep?: string): void {
    for (const listener of this.#sessionsEnd) listener(account, keep);
  }

  /** Ends all sessions of an account: what it holds is void, and what it could renew is gone. */
  async revoke(tenant: TenantId, account: string, keep?: string): Promise<void> {
    this.endSessions(account, keep);
    const accounts = this.options.directory.tenant(tenant).accounts;
    await accounts.setTokensValidFrom(account as Parameters<typeof accounts.setTokensValidFrom>[0], this.options.sources.nowMs());
    await this.artifacts.forgetAccount(tenant, account);
  }

  /** Takes away what nobody needs any more; for a timer. */
  async sweep(): Promise<void> {
    await this.artifacts.sweep();
    const before = this.options.sources.nowMs() - (this.options.logDays ?? 30) * DAY_MS;
    for (const tenant of await this.options.directory.tenants.list()) await this.signIns(tenantId(tenant.tenantId)).forget(before);
  }

  /** Nothing is ever signed where no tenant is known, and the library wants a key all the same. */
  #passingKey(): JWK {
    this.#passing ??= {
      ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }),
      kid: NO_TENANT,
      use: "sig",
      alg: "RS256",
    };
    return this.#passing;
  }
}

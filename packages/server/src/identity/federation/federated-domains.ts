/**
 * Which of a tenant's domains are federated, and with whom. A domain without a row is managed: its accounts have their
 * passwords here. Only domains of the tenant that are verified can be federated, for else a tenant could speak for
 * accounts that are not its own.
 */
import { Fault } from "@tieline/fault";
import type { JWK } from "jose";
import type { TenantId } from "../../directory/index.ts";
import { fromJson, toJson, type FederatedDomainsTable, type Json, type Queries } from "../../store/index.ts";
import type { Vault } from "../vault.ts";
import { checkAddress, MAX_TEXT } from "./provider-metadata.ts";

/** Which claim of the provider's token names the account: by user principal name, or (`immutable_id`) by the account's object id. */
export const ACCOUNT_CLAIMS = ["upn", "preferred_username", "email", "immutable_id"] as const;
export type AccountClaim = (typeof ACCOUNT_CLAIMS)[number];

/** Where a provider is reached. */
export interface ProviderAddresses {
  /** As it stands in the provider's tokens, to the letter. */
  issuer: string;
  authorizationUrl: string;
  tokenUrl: string;
  keysUrl: string;
  logoffUrl: string | null;
  /** It says in its answers who it is (RFC 9207). */
  namesIssuer: boolean;
}

export interface FederationSettings extends ProviderAddresses {
  /** Where the addresses came from; null where they were given one by one. */
  metadataUrl: string | null;
  clientId: string;
  accountClaim: AccountClaim;
  /** The provider's `amr` with `mfa` in it satisfies the second factor here. */
  acceptsProviderMfa: boolean;
  /** The provider's claim `insidecorporatenetwork` counts as a trusted network here. */
  trustsInsideNetwork: boolean;
  /** What people call the provider. */
  brand: string | null;
}

export interface FederatedDomain extends FederationSettings {
  /** In lower case. */
  domain: string;
  /** False: the tenant's signing key shows who asks (private_key_jwt). */
  hasSecret: boolean;
  changedMs: number;
}

/** The provider's keys as they were read last. */
export interface KnownKeys {
  keys: readonly JWK[];
  readMs: number;
}

export class FederatedDomains {
  readonly #db: Queries;
  readonly #vault: Vault;
  readonly #tenant: TenantId;
  constructor(db: Queries, vault: Vault, tenant: TenantId) {
    this.#db = db;
    this.#vault = vault;
    this.#tenant = tenant;
  }

  async list(): Promise<FederatedDomain[]> {
    const rows = await this.#db
      .selectFrom("federated_domains")
      .selectAll()
      .where("tenant_id", "=", this.#tenant)
      .orderBy("name_key")
      .execute();
    return rows.map(fromRow);
  }

  /** Undefined for a managed domain. */
  async find(domain: string): Promise<FederatedDomain | undefined> {
    const row = await this.#row(domain);
    return row === undefined ? undefined : fromRow(row);
  }

  /**
   * Federates a domain, or changes with whom.
   *
   * @param secret the client's secret at the provider; null: the tenant's key instead; left out: as it is
   * @throws Fault `federation-settings`
   */
  async set(domain: string, settings: FederationSettings, secret: string | null | undefined, nowMs: number): Promise<void> {
    const name = domain.trim().toLowerCase();
    if (!(await this.isVerified(name))) throw new Fault("federation-settings", { domain, what: "it is no verified domain of this tenant" });
    // Somebody must be able to sign in where the provider, or what is set here of it, fails.
    if (await this.#isInitial(name))
      throw new Fault("federation-settings", { domain, what: "it is the tenant's initial domain, which stays managed" });
    check(name, settings);
    if (secret === "" || (secret ?? "").length > MAX_TEXT)
      throw new Fault("federation-settings", { domain, what: "its client secret is empty or too long" });
    const row = {
      issuer: settings.issuer,
      metadata_url: settings.metadataUrl,
      authorization_url: settings.authorizationUrl,
      token_url: settings.tokenUrl,
      keys_url: settings.keysUrl,
      logoff_url: settings.logoffUrl,
      client_id: settings.clientId,
      account_claim: settings.accountClaim,
      accepts_provider_mfa: settings.acceptsProviderMfa ? (1 as const) : (0 as const),
      trusts_inside_network: settings.trustsInsideNetwork ? (1 as const) : (0 as const),
      names_issuer: settings.namesIssuer ? (1 as const) : (0 as const),
      brand: settings.brand,
      // Another provider's keys are worth nothing.
      keys: null,
      keys_read_ms: 0,
      keys_tried_ms: 0,
      changed_ms: nowMs,
    };
    const sealed = secret === undefined || secret === null ? null : this.#vault.seal(this.#purpose(name), secret);
    await this.#db
      .insertInto("federated_domains")
      .values({ tenant_id: this.#tenant, name_key: name, ...row, secret_sealed: sealed })
      .onConflict((conflict) =>
        conflict.columns(["tenant_id", "name_key"]).doUpdateSet({ ...row, ...(secret === undefined ? {} : { secret_sealed: sealed }) }),
      )
      .execute();
  }

  /** Makes the domain managed again; true where it was federated. */
  async remove(domain: string): Promise<boolean> {
    const result = await this.#db
      .deleteFrom("federated_domains")
      .where("tenant_id", "=", this.#tenant)
      .where("name_key", "=", domain.trim().toLowerCase())
      .executeTakeFirst();
    return result.numDeletedRows > 0n;
  }

  /** The client's secret at the provider; undefined where there is none. @throws Fault `secret-unreadable` */
  async secret(domain: string): Promise<string | undefined> {
    const sealed = (await this.#row(domain))?.secret_sealed ?? null;
    return sealed === null ? undefined : this.#vault.open(this.#purpose(domain.toLowerCase()), sealed);
  }

  async keys(domain: string): Promise<KnownKeys> {
    const row = await this.#row(domain);
    if (row === undefined || row.keys === null) return { keys: [], readMs: 0 };
    const { keys } = fromJson(row.keys, "federated_domains.keys") as { keys: JWK[] };
    return { keys, readMs: row.keys_read_ms };
  }

  /** True for the one caller that may ask the provider for its keys now: whoever makes up key ids cannot make us ask more often. */
  async mayReadKeys(domain: string, nowMs: number, intervalMs: number): Promise<boolean> {
    const result = await this.#db
      .updateTable("federated_domains")
      .set({ keys_tried_ms: nowMs })
      .where("tenant_id", "=", this.#tenant)
      .where("name_key", "=", domain)
      .where("keys_tried_ms", "<=", nowMs - intervalMs)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  async keepKeys(domain: string, keysUrl: string, keys: readonly JWK[], nowMs: number): Promise<void> {
    await this.#db
      .updateTable("federated_domains")
      .set({ keys: toJson({ keys } as unknown as Json), keys_read_ms: nowMs })
      .where("tenant_id", "=", this.#tenant)
      .where("name_key", "=", domain)
      // The domain may be federated with somebody else by now.
      .where("keys_url", "=", keysUrl)
      .execute();
  }

  async isVerified(domain: string): Promise<boolean> {
    const row = await this.#db
      .selectFrom("domains")
      .select("name_key")
      .where("tenant_id", "=", this.#tenant)
      .where("name_key", "=", domain.toLowerCase())
      .where("verified", "=", 1)
      .executeTakeFirst();
    return row !== undefined;
  }

  async #isInitial(domain: string): Promise<boolean> {
    const row = await this.#db.selectFrom("tenants").select("initial_domain").where("tenant_id", "=", this.#tenant).executeTakeFirst();
    return row?.initial_domain.toLowerCase() === domain;
  }

  #row(domain: string): Promise<FederatedDomainsTable | undefined> {
    return this.#db
      .selectFrom("federated_domains")
      .selectAll()
      .where("tenant_id", "=", this.#tenant)
      .where("name_key", "=", domain.toLowerCase())
      .executeTakeFirst();
  }

  #purpose(domain: string): string {
    return `federation secret ${this.#tenant} ${domain}`;
  }
}

function check(domain: string, settings: FederationSettings): void {
  const wrong = (what: string): Fault => new Fault("federation-settings", { domain, what });
  const { issuer, clientId, brand } = settings;
  if (issuer === "" || issuer.length > MAX_TEXT) throw wrong("its issuer is empty or too long");
  if (clientId === "" || clientId.length > MAX_TEXT) throw wrong("the client id at the provider is empty or too long");
  if ((brand ?? "").length > MAX_TEXT) throw wrong("its brand name is too long");
  if (!ACCOUNT_CLAIMS.includes(settings.accountClaim)) throw wrong(`accounts are named by ${ACCOUNT_CLAIMS.join(", ")}`);
  for (const [name, address] of [
    ["authorization", settings.authorizationUrl],
    ["token", settings.tokenUrl],
    ["keys", settings.keysUrl],
    ["metadata", settings.metadataUrl],
    ["log-off", settings.logoffUrl],
  ] as const) {
    if (address !== null) checkAddress(domain, name, address);
  }
}

function fromRow(row: FederatedDomainsTable): FederatedDomain {
  return {
    domain: row.name_key,
    issuer: row.issuer,
    metadataUrl: row.metadata_url,
    authorizationUrl: row.authorization_url,
    tokenUrl: row.token_url,
    keysUrl: row.keys_url,
    logoffUrl: row.logoff_url,
    namesIssuer: row.names_issuer === 1,
    clientId: row.client_id,
    hasSecret: row.secret_sealed !== null,
    accountClaim: row.account_claim as AccountClaim,
    acceptsProviderMfa: row.accepts_provider_mfa === 1,
    trustsInsideNetwork: row.trusts_inside_network === 1,
    brand: row.brand,
    changedMs: row.changed_ms,
  };
}

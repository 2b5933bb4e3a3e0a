/** The door of the directory: what is known before the tenant is, and one directory a tenant. */
import type { Queries, Store } from "../store/index.ts";
import { Accounts, TenantAccounts } from "./accounts.ts";
import { Audit } from "./audit.ts";
import { Domains } from "./domains.ts";
import type { TenantId } from "./ids.ts";
import { Policies } from "./policies.ts";
import { KnownSources, type KnownSourcesOptions } from "./known-sources.ts";
import { Pools } from "./pools.ts";
import { SiteSettings } from "./site-settings.ts";
import { Tenants } from "./tenants.ts";
import { Users } from "./users.ts";

/** Everything of one tenant; nothing here reaches another. */
export class TenantDirectory {
  readonly tenantId: TenantId;
  readonly users: Users;
  readonly domains: Domains;
  readonly policies: Policies;
  readonly accounts: TenantAccounts;
  readonly pools: Pools;
  readonly settings: SiteSettings;
  readonly audit: Audit;
  constructor(db: Queries, tenant: TenantId) {
    this.tenantId = tenant;
    this.users = new Users(db, tenant);
    this.domains = new Domains(db, tenant);
    this.policies = new Policies(db, tenant);
    this.accounts = new TenantAccounts(db, tenant);
    this.pools = new Pools(db, tenant);
    this.settings = new SiteSettings(db, tenant);
    this.audit = new Audit(db, tenant);
  }
}

/**
 * @example
 * ```ts
 * const directory = new Directory(store.db);
 * const tenant = await directory.tenants.byDomain("contoso.com");
 * for await (const user of directory.tenant(tenant.tenantId).users.stream()) console.log(user.displayName);
 * ```
 */
export class Directory {
  /** For the folders above, whose tables stand beside. */
  readonly db: Queries;
  readonly #options: KnownSourcesOptions;
  readonly tenants: Tenants;
  readonly accounts: Accounts;
  readonly knownSources: KnownSources;
  constructor(db: Queries, options: KnownSourcesOptions = {}) {
    this.db = db;
    this.#options = options;
    this.knownSources = new KnownSources(db, options);
    this.tenants = new Tenants(db);
    this.accounts = new Accounts(db);
  }

  static of(store: Store, options: KnownSourcesOptions = {}): Directory {
    return new Directory(store.db, options);
  }

  tenant(id: TenantId): TenantDirectory {
    return new TenantDirectory(this.db, id);
  }

  /** The same directory inside one transaction: all that the work changes is kept, or, if it throws, nothing. */
  async transaction<T>(work: (directory: Directory, queries: Queries) => Promise<T>): Promise<T> {
    if (this.db.isTransaction) return work(this, this.db);
    return this.db.transaction().execute((trx) => work(new Directory(trx, this.#options), trx));
  }
}

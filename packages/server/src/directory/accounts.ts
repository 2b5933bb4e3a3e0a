/**
 * The accounts that sign in: hashes, locks and roles as columns. What a hash is and how a vault is sealed is not known
 * here; callers bring finished texts (the mechanisms are those of @tieline/auth).
 */
import { Fault } from "@tieline/fault";
import { isDuplicate, textsFromJson, toJson, within, type AccountsTable, type Queries } from "../store/index.ts";
import { key, type AccountId, type ObjectId, type TenantId } from "./ids.ts";
import { findRole } from "./roles.ts";

export interface Account {
  accountId: AccountId;
  tenantId: TenantId;
  /** `admin@contoso.com`. */
  userPrincipalName: string;
  /** The logon name without domain, for `CONTOSO\admin`. */
  accountName: string;
  displayName: string;
  /** The directory's user, where the account belongs to one. */
  objectId: ObjectId | null;
  /** Never in a log or a fault. */
  passwordHash: string | null;
  /** Sealed; null where NTLM is not allowed. */
  ntHashSealed: string | null;
  /** `ssh-ed25519 AAAA...` texts. */
  sshKeys: readonly string[];
  enabled: boolean;
  failedCount: number;
  failedMs: number | null;
  lockedUntilMs: number | null;
  passwordChangedMs: number | null;
  /** The next sign-in must set a new password. */
  mustChangePassword: boolean;
  /** Tokens and sessions from before this are void. */
  tokensValidFromMs: number;
  roles: readonly string[];
}

export interface NewAccount {
  accountId: AccountId;
  userPrincipalName: string;
  accountName: string;
  displayName: string;
  objectId?: ObjectId | null;
  passwordHash: string | null;
  ntHashSealed?: string | null;
  sshKeys?: readonly string[];
  roles: readonly string[];
  /** Left out: true. */
  enabled?: boolean;
  /** The password is good for one sign-in, which sets another. */
  mustChangePassword?: boolean;
}

/** How many failures in a row lock an account, and for how long. */
export interface LockoutRule {
  failures: number;
  lockMs: number;
  /** Failures older than this are forgotten. */
  windowMs: number;
}

/** Look-ups before anybody's tenant is known, and the bookkeeping of sign-ins. */
export class Accounts {
  readonly #db: Queries;
  constructor(db: Queries) {
    this.#db = db;
  }

  /**
   * By `user@domain` or `DOMAIN\user` (the old-style name of a tenant), in any letter case. In a deployment the logon name with
   * the domain names its account, too, whatever its user principal name: so a ticket names it.
   */
  async find(logon: string): Promise<Account | undefined> {
    const accounts = this.#db.selectFrom("accounts").selectAll("accounts");
    const inTenant = accounts.innerJoin("tenants", "tenants.tenant_id", "accounts.tenant_id");
    const [, netbiosName, old] = /^([^\\]+)\\(.+)$/.exec(logon.trim()) ?? [];
    if (netbiosName !== undefined && old !== undefined) {
      const named = inTenant.where("tenants.netbios_name", "=", netbiosName.toUpperCase()).where("account_key", "=", key(old));
      return this.#complete(await named.executeTakeFirst());
    }
    const found = await this.#complete(await accounts.where("upn_key", "=", key(logon.trim())).executeTakeFirst());
    const [name = "", domain = "", ...more] = key(logon.trim()).split("@");
    if (found !== undefined || domain === "" || more.length > 0) return found;
    const inDomain = inTenant.where("tenants.kind", "=", "pool").where("tenants.name", "=", domain).where("account_key", "=", name);
    return this.#complete(await inDomain.executeTakeFirst());
  }

  async get(id: AccountId): Promise<Account | undefined> {
    return this.#complete(await this.#db.selectFrom("accounts").selectAll().where("account_id", "=", id).executeTakeFirst());
  }

  /** Counts a failed sign-in and locks the account when the rule says so. True if it is locked now. */
  async failed(id: AccountId, rule: LockoutRule, nowMs: number): Promise<boolean> {
    return within(this.#db, async (trx) => {
      const mine = trx.updateTable("accounts").where("account_id", "=", id);
      await mine.set((eb) => ({ failed_count: eb("failed_count", "+", 1) })).execute();
      const row = await trx.selectFrom("accounts").select(["failed_count", "failed_ms"]).where("account_id", "=", id).executeTakeFirst();
      if (row === undefined) return false;
      const forgotten = row.failed_ms !== null && nowMs - row.failed_ms > rule.windowMs;
      const count = forgotten ? 1 : row.failed_count;
      const isLocked = count >= rule.failures;
      await mine
        .set({ failed_count: isLocked ? 0 : count, failed_ms: nowMs, ...(isLocked ? { locked_until_ms: nowMs + rule.lockMs } : {}) })
        .execute();
      return isLocked;
    });
  }

  /** Forgets the failures before a sign-in that succeeded. */
  async succeeded(id: AccountId): Promise<void> {
    await this.#db
      .updateTable("accounts")
      .set({ failed_count: 0, failed_ms: null, locked_until_ms: null })
      .where("account_id", "=", id)
      .execute();
  }

  async #complete(row: AccountsTable | undefined): Promise<Account | undefined> {
    if (row === undefined) return undefined;
    const roles = await this.#db
      .selectFrom("role_assignments")
      .select("role")
      .where("account_id", "=", row.account_id)
      .orderBy("role")
      .execute();
    return fromRow(
      row,
      roles.map((assignment) => assignment.role),
    );
  }
}

/** The accounts of one tenant. */
export class TenantAccounts {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  constructor(db: Queries, tenant: TenantId) {
    this.#db = db;
    this.#tenant = tenant;
  }

  async list(): Promise<Account[]> {
    const rows = await this.#db.selectFrom("accounts").selectAll().where("tenant_id", "=", this.#tenant).orderBy("upn_key").execute();
    const roles = await this.#db.selectFrom("role_assignments").selectAll().where("tenant_id", "=", this.#tenant).orderBy("role").execute();
    return rows.map((row) =>
      fromRow(
        row,
        roles.filter((role) => role.account_id === row.account_id).map((role) => role.role),
      ),
    );
  }

  async get(id: AccountId): Promise<Account | undefined> {
    return this.#one(await this.#mine().where("account_id", "=", id).executeTakeFirst());
  }

  async byName(userPrincipalName: string): Promise<Account | undefined> {
    return this.#one(await this.#mine().where("upn_key", "=", key(userPrincipalName)).executeTakeFirst());
  }

  /** @throws Fault `directory-duplicate`; TypeError for a role that is not in the table */
  async add(account: NewAccount, nowMs: number): Promise<void> {
    const row: AccountsTable = {
      account_id: account.accountId,
      tenant_id: this.#tenant,
      upn: account.userPrincipalName,
      upn_key: key(account.userPrincipalName),
      account_name: account.accountName,
      account_key: key(account.accountName),
      display_name: account.displayName,
      object_id: account.objectId ?? null,
      password_hash: account.passwordHash,
      nt_hash_sealed: account.ntHashSealed ?? null,
      ssh_keys: toJson(account.sshKeys ?? []),
      enabled: account.enabled === false ? 0 : 1,
      failed_count: 0,
      failed_ms: null,
      locked_until_ms: null,
      password_changed_ms: nowMs,
      must_change_password: account.mustChangePassword === true ? 1 : 0,
      tokens_valid_from_ms: 0,
      created_ms: nowMs,
      changed_ms: nowMs,
    };
    await within(this.#db, async (trx) => {
      await trx
        .insertInto("accounts")
        .values(row)
        .execute()
        .catch((error: unknown) => {
          if (!isDuplicate(error)) throw error;
          throw new Fault(
            "directory-duplicate",
            { kind: "account", property: "user principal name", value: account.userPrincipalName },
            { cause: error },
          );
        });
      await this.#assign(trx, account.accountId, account.roles, nowMs);
    });
  }

  /**
   * Both hashes at once, since they are of one password; a null NT hash switches NTLM off for the account.
   * `mustChange`: the password is good for one sign-in, which sets another.
   */
  async setPassword(
    id: AccountId,
    hashes: { passwordHash: string; ntHashSealed: string | null; mustChange?: boolean },
    nowMs: number,
  ): Promise<void> {
    await this.#change(id, {
      password_hash: hashes.passwordHash,
      nt_hash_sealed: hashes.ntHashSealed,
      password_changed_ms: nowMs,
      must_change_password: hashes.mustChange === true ? 1 : 0,
      changed_ms: nowMs,
    });
  }

  /** The same password under a stronger hash; nothing where it was changed meanwhile. */
  async rehash(id: AccountId, before: string, after: string): Promise<void> {
    await this.#db
      .updateTable("accounts")
      .set({ password_hash: after })
      .where("tenant_id", "=", this.#tenant)
      .where("account_id", "=", id)
      .where("password_hash", "=", before)
      .execute();
  }

  /** Tokens from before that time are void from now on. */
  async setTokensValidFrom(id: AccountId, fromMs: number): Promise<void> {
    await this.#change(id, { tokens_valid_from_ms: fromMs, changed_ms: fromMs });
  }

  async setEnabled(id: AccountId, enabled: boolean, nowMs: number): Promise<void> {
    await this.#change(id, { enabled: enabled ? 1 : 0, changed_ms: nowMs });
  }

  async setDisplayName(id: AccountId, displayName: string, nowMs: number): Promise<void> {
    await this.#change(id, { display_name: displayName, changed_ms: nowMs });
  }

  /** Whether the password that there is has to be changed at the next sign-in. */
  async setMustChange(id: AccountId, mustChange: boolean, nowMs: number): Promise<void> {
    await this.#change(id, { must_change_password: mustChange ? 1 : 0, changed_ms: nowMs });
  }

  /** With its roles, factors and whatever else hangs on it; not with what the audit says of it. */
  async remove(id: AccountId): Promise<void> {
    await within(this.#db, async (trx) => {
      await trx.deleteFrom("consents").where("tenant_id", "=", this.#tenant).where("account_id", "=", id).execute();
      await trx.deleteFrom("accounts").where("tenant_id", "=", this.#tenant).where("account_id", "=", id).execute();
    });
  }

  async setSshKeys(id: AccountId, keys: readonly string[], nowMs: number): Promise<void> {
    await this.#change(id, { ssh_keys: toJson(keys), changed_ms: nowMs });
  }

  /** At all addresses. */
  async unlock(id: AccountId, nowMs: number): Promise<void> {
    await this.#db
      .updateTable("known_sources")
      .set({ failed_count: 0, failed_ms: null, locked_until_ms: null })
      .where("tenant_id", "=", this.#tenant)
      .where("account_id", "=", id)
      .execute();
    await this.#change(id, { failed_count: 0, failed_ms: null, locked_until_ms: null, changed_ms: nowMs });
  }

  /** Replaces the account's roles. */
  async setRoles(id: AccountId, roles: readonly string[], nowMs: number): Promise<void> {
    await within(this.#db, async (trx) => {
      await trx.deleteFrom("role_assignments").where("tenant_id", "=", this.#tenant).where("account_id", "=", id).execute();
      await this.#assign(trx, id, roles, nowMs);
    });
  }

  #mine() {
    return this.#db.selectFrom("accounts").selectAll().where("tenant_id", "=", this.#tenant);
  }

  async #one(row: AccountsTable | undefined): Promise<Account | undefined> {
    if (row === undefined) return undefined;
    const roles = await this.#db
      .selectFrom("role_assignments")
      .select("role")
      .where("tenant_id", "=", this.#tenant)
      .where("account_id", "=", row.account_id)
      .orderBy("role")
      .execute();
    return fromRow(
      row,
      roles.map((each) => each.role),
    );
  }

  async #assign(trx: Queries, id: AccountId, roles: readonly string[], nowMs: number): Promise<void> {
    const names = roles.map((name) => {
      const role = findRole(name);
      if (role === undefined) throw new TypeError(`no such role: ${name}`);
      return role.name;
    });
    if (names.length === 0) return;
    await trx
      .insertInto("role_assignments")
      .values([...new Set(names)].map((role) => ({ tenant_id: this.#tenant, account_id: id, role, assigned_ms: nowMs })))
      .execute();
  }

  async #change(id: AccountId, columns: Partial<AccountsTable>): Promise<void> {
    await this.#db.updateTable("accounts").set(columns).where("tenant_id", "=", this.#tenant).where("account_id", "=", id).execute();
  }
}

function fromRow(row: AccountsTable, roles: readonly string[]): Account {
  return {
    accountId: row.account_id as AccountId,
    tenantId: row.tenant_id as TenantId,
    userPrincipalName: row.upn,
    accountName: row.account_name,
    displayName: row.display_name,
    objectId: row.object_id as ObjectId | null,
    passwordHash: row.password_hash,
    ntHashSealed: row.nt_hash_sealed,
    sshKeys: textsFromJson(row.ssh_keys, "accounts.ssh_keys"),
    enabled: row.enabled === 1,
    failedCount: row.failed_count,
    failedMs: row.failed_ms,
    lockedUntilMs: row.locked_until_ms,
    passwordChangedMs: row.password_changed_ms,
    mustChangePassword: row.must_change_password === 1,
    tokensValidFromMs: row.tokens_valid_from_ms,
    roles,
  };
}

/**
 * The accounts that are signed in here, with their tokens: by authority, client, tenant and account, and by resource. What
 * is shown to an endpoint is compared with what was asked for each time, so that no switch can mix tenants up.
 */
import { Fault, isFault } from "@tieline/fault";
import { readCacheContent, type CachedAccount, type CacheContent } from "./cache-shape.ts";
import type { CacheStore } from "./stores/store.ts";

export interface AccountKey {
  /** Origin of the authority. */
  authority: string;
  clientId: string;
  user: string;
  /** A GUID or a domain; left out, any tenant of that account fits. */
  tenant?: string;
}

const EMPTY: CacheContent = { version: 1, accounts: [], defaults: {} };

export class TokenCache {
  readonly #store: CacheStore;

  constructor(store: CacheStore) {
    this.#store = store;
  }

  get where(): string {
    return this.#store.where;
  }

  /** False where everything is forgotten with the process. */
  get lasts(): boolean {
    return this.#store.lasts;
  }

  /** @throws Fault `token-cache-sealed`, `token-cache-unsafe` */
  accounts(): readonly CachedAccount[] {
    return this.#read().accounts;
  }

  /** The account for which a profile signs in where none is named. */
  defaultAccount(profile: string): CachedAccount | undefined {
    const { accounts, defaults } = this.#read();
    return accounts.find((account) => idOf(account) === defaults[profile]);
  }

  /** @throws Fault as `accounts` */
  find(key: AccountKey): CachedAccount | undefined {
    return this.accounts().find((account) => fits(account, key));
  }

  /**
   * Changes one account while no other process can: it is read again, so that what another one has renewed is seen.
   *
   * @param change gets the account as it is now, if there is one, and gives it as it shall be; undefined leaves all as it is
   */
  async change<T extends { account?: CachedAccount }>(
    key: AccountKey,
    change: (account: CachedAccount | undefined) => Promise<T>,
  ): Promise<T> {
    return this.#store.alone(async () => {
      const made = await change(this.find(key));
      if (made.account !== undefined) this.#put(made.account);
      return made;
    });
  }

  /** Makes it the profile's own. */
  async switchTo(profile: string, account: CachedAccount): Promise<void> {
    await this.#store.alone(async () => {
      const content = this.#read();
      this.#write({ ...content, defaults: { ...content.defaults, [profile]: idOf(account) } });
    });
  }

  async remove(accounts: readonly CachedAccount[]): Promise<void> {
    const gone = new Set(accounts.map(idOf));
    await this.#store.alone(async () => {
      const content = this.#read();
      this.#write({
        ...content,
        accounts: content.accounts.filter((account) => !gone.has(idOf(account))),
        defaults: Object.fromEntries(Object.entries(content.defaults).filter(([, id]) => !gone.has(id))),
      });
    });
  }

  /** Forgets all, also a cache that does not open. */
  clear(): void {
    this.#store.clear();
  }

  #put(account: CachedAccount): void {
    const content = this.#read();
    const others = content.accounts.filter((other) => idOf(other) !== idOf(account));
    this.#write({ ...content, accounts: [...others, account] });
  }

  #read(): CacheContent {
    const bytes = this.#store.read();
    if (bytes === undefined) return EMPTY;
    const content = readCacheContent(bytes);
    if (content === undefined)
      throw new Fault("token-cache-sealed", { path: this.#store.where, reason: "what it holds is no list of accounts" });
    return content;
  }

  #write(content: CacheContent): void {
    this.#store.write(new TextEncoder().encode(JSON.stringify(content)));
  }
}

/** A signed-in account's identity: the same person in two tenants is two accounts. */
export function idOf({ authority, clientId, tenantId, user }: CachedAccount): string {
  return [authority, clientId, tenantId, user].map((part) => part.toLowerCase()).join("|");
}

function fits(account: CachedAccount, key: AccountKey): boolean {
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  return (
    same(account.authority, key.authority) &&
    same(account.clientId, key.clientId) &&
    same(account.user, key.user) &&
    (key.tenant === undefined || same(account.tenantId, key.tenant) || account.tenantNames.some((name) => same(name, key.tenant as string)))
  );
}

/** Runs, and gives undefined where the cache itself is at fault: a damaged cache keeps nobody from signing in. */
export function unlessBroken<T>(run: () => T, tell: (fault: Fault) => void): T | undefined {
  try {
    return run();
  } catch (error) {
    if (!isFault(error) || !/^(token-cache-|file-unreadable|folder-unwritable)/.test(error.code)) throw error;
    tell(error);
    return undefined;
  }
}

/**
 * How many shells a user and a tenant may hold at once (founding document 003: three and twenty). Counting only; a seat
 * is taken before the shell opens and given back when it is gone, however it went.
 */
import { Fault } from "@tieline/fault";

export interface ShellLimits {
  /** For each account. Default 3. */
  perUser: number;
  /** For all accounts of a tenant together. Default 20. */
  perTenant: number;
}

export const DEFAULT_SHELL_LIMITS: ShellLimits = { perUser: 3, perTenant: 20 };

export class ShellQuota {
  readonly limits: ShellLimits;
  readonly #users = new Map<string, number>();
  readonly #tenants = new Map<string, number>();

  constructor(limits: ShellLimits = DEFAULT_SHELL_LIMITS) {
    this.limits = limits;
  }

  /**
   * Takes a seat; the function that comes back gives it up again, once.
   *
   * @throws Fault `shell-quota-user`, `shell-quota-tenant`
   */
  take(tenant: string, user: string): () => void {
    const userKey = `${tenant}/${user}`;
    const ofUser = this.#users.get(userKey) ?? 0;
    const ofTenant = this.#tenants.get(tenant) ?? 0;
    if (ofUser >= this.limits.perUser) throw new Fault("shell-quota-user", { limit: this.limits.perUser });
    if (ofTenant >= this.limits.perTenant) throw new Fault("shell-quota-tenant", { limit: this.limits.perTenant });
    this.#users.set(userKey, ofUser + 1);
    this.#tenants.set(tenant, ofTenant + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      giveBack(this.#users, userKey);
      giveBack(this.#tenants, tenant);
    };
  }

  /** Seats held now, for tests and metrics. */
  held(tenant: string): number {
    return this.#tenants.get(tenant) ?? 0;
  }
}

function giveBack(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 1) - 1;
  if (left <= 0) counts.delete(key);
  else counts.set(key, left);
}

/** How people sign in at one tenant: lockout, expiry of passwords, whether programs may send them, modern sign-in. */
import type { LockoutRule, TenantId } from "../directory/index.ts";
import type { Queries, TenantSignInTable } from "../store/index.ts";

/** Set-CsOAuthConfiguration's ClientAdalAuthOverride. */
export type ModernOverride = "NoOverride" | "Allowed" | "Disallowed";

export interface SignInSettings {
  lockout: LockoutRule;
  /** Passwords lapse after so many days; null: never. */
  passwordDays: number | null;
  /** Programs may send a password for a token (the grant `password`), for accounts without a second factor. */
  legacy: boolean;
  /** Tokens are refused where it is Disallowed. */
  modernOverride: ModernOverride;
}

export const DEFAULT_SIGN_IN: SignInSettings = {
  lockout: { failures: 10, lockMs: 15 * 60_000, windowMs: 15 * 60_000 },
  passwordDays: null,
  legacy: false,
  modernOverride: "NoOverride",
};

const DAY_MS = 24 * 60 * 60_000;

export class TenantSignIn {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  constructor(db: Queries, tenant: TenantId) {
    this.#db = db;
    this.#tenant = tenant;
  }

  async get(): Promise<SignInSettings> {
    const row = await this.#db.selectFrom("tenant_sign_in").selectAll().where("tenant_id", "=", this.#tenant).executeTakeFirst();
    return row === undefined ? DEFAULT_SIGN_IN : fromRow(row);
  }

  /** Changes what is given, and leaves the rest as it is. */
  async set(changes: Partial<SignInSettings>, nowMs: number): Promise<void> {
    const { lockout, ...rest } = { ...(await this.get()), ...changes };
    const row = {
      lockout_failures: lockout.failures,
      lockout_ms: lockout.lockMs,
      lockout_window_ms: lockout.windowMs,
      password_days: rest.passwordDays,
      legacy: rest.legacy ? (1 as const) : (0 as const),
      modern_override: rest.modernOverride,
      changed_ms: nowMs,
    };
    await this.#db
      .insertInto("tenant_sign_in")
      .values({ tenant_id: this.#tenant, ...row })
      .onConflict((conflict) => conflict.column("tenant_id").doUpdateSet(row))
      .execute();
  }
}

/** True where a password that was set then has lapsed. */
export function isPasswordExpired(settings: SignInSettings, changedMs: number | null, nowMs: number): boolean {
  return settings.passwordDays !== null && changedMs !== null && nowMs - changedMs > settings.passwordDays * DAY_MS;
}

function fromRow(row: TenantSignInTable): SignInSettings {
  return {
    lockout: { failures: row.lockout_failures, lockMs: row.lockout_ms, windowMs: row.lockout_window_ms },
    passwordDays: row.password_days,
    legacy: row.legacy === 1,
    modernOverride: row.modern_override as ModernOverride,
  };
}

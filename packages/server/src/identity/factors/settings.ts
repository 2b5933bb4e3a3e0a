/** The service settings of a tenant's multi-factor sign-in. */
import { Fault } from "@tieline/fault";
import type { TenantId } from "../../directory/index.ts";
import { textsFromJson, toJson, type Queries } from "../../store/index.ts";
import { MAX_RANGES, parseRange, rangeText } from "./trusted-ranges.ts";

/**
 * Ways to verify, in the order in which they are offered: a passkey, a notification that is approved on a phone, a code of
 * an app or hardware token, a text message, a call.
 */
export const VERIFICATION_METHODS = ["passkey", "notification", "code", "text", "call"] as const;
export type VerificationMethod = (typeof VERIFICATION_METHODS)[number];

export interface MfaSettings {
  /** Whether people may make application passwords, and whether those that exist are accepted. */
  allowAppPasswords: boolean;
  methods: readonly VerificationMethod[];
  /** CIDR ranges, 50 at most, from which no second factor is asked. */
  trustedRanges: readonly string[];
  /** 0 = off, else 1 to 365. */
  rememberDays: number;
}

const DEFAULT_MFA_SETTINGS: MfaSettings = {
  allowAppPasswords: true,
  methods: VERIFICATION_METHODS,
  trustedRanges: [],
  rememberDays: 0,
};

const MAX_REMEMBER_DAYS = 365;

/** The settings as they are kept. @throws Fault `mfa-range`, `mfa-ranges`, `mfa-remember-days`, `mfa-no-method` */
function checkSettings(wanted: MfaSettings): MfaSettings {
  const { rememberDays, trustedRanges } = wanted;
  const isWhole = Number.isInteger(rememberDays) && rememberDays >= 0 && rememberDays <= MAX_REMEMBER_DAYS;
  if (!isWhole) throw new Fault("mfa-remember-days", { days: rememberDays });
  if (trustedRanges.length > MAX_RANGES) throw new Fault("mfa-ranges", { count: trustedRanges.length, limit: MAX_RANGES });
  const ranges = trustedRanges.map((text) => {
    const range = parseRange(text);
    if (range === undefined) throw new Fault("mfa-range", { range: text.slice(0, 64) });
    return rangeText(range);
  });
  const methods = VERIFICATION_METHODS.filter((method) => wanted.methods.includes(method));
  if (methods.length === 0) throw new Fault("mfa-no-method");
  return { allowAppPasswords: wanted.allowAppPasswords, methods, trustedRanges: [...new Set(ranges)], rememberDays };
}

export async function readMfaSettings(db: Queries, tenant: TenantId): Promise<MfaSettings> {
  const row = await db.selectFrom("mfa_settings").selectAll().where("tenant_id", "=", tenant).executeTakeFirst();
  if (row === undefined) return DEFAULT_MFA_SETTINGS;
  return {
    allowAppPasswords: row.app_passwords === 1,
    methods: textsFromJson(row.methods, "mfa_settings.methods") as VerificationMethod[],
    trustedRanges: textsFromJson(row.trusted_ranges, "mfa_settings.trusted_ranges"),
    rememberDays: row.remember_days,
  };
}

/** @throws as `checkSettings` */
export async function writeMfaSettings(db: Queries, tenant: TenantId, wanted: MfaSettings, nowMs: number): Promise<MfaSettings> {
  const settings = checkSettings(wanted);
  const columns = {
    app_passwords: settings.allowAppPasswords ? (1 as const) : (0 as const),
    methods: toJson(settings.methods),
    trusted_ranges: toJson(settings.trustedRanges),
    remember_days: settings.rememberDays,
    changed_ms: nowMs,
  };
  await db
    .insertInto("mfa_settings")
    .values({ tenant_id: tenant, ...columns })
    .onConflict((conflict) => conflict.column("tenant_id").doUpdateSet(columns))
    .execute();
  return settings;
}

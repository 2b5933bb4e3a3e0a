/** The door of the second factors: what an account has, what is asked of it, and what its administrators may do. */
import type { Sources } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import type { TenantId } from "../../directory/index.ts";
import { within, type Queries } from "../../store/index.ts";
import { AppPasswords } from "./app-passwords.ts";
import { Approvers } from "./approvers.ts";
import { Challenges } from "./challenges.ts";
import { FactorAccounts, type FactorAccount } from "./factor-accounts.ts";
import type { FactorContext, Owner } from "./factor-context.ts";
import { DEFAULT_FACTOR_LIMITS, type FactorLimits } from "./limits.ts";
import { Methods, SERVES, type Method } from "./methods.ts";
import { Passkeys } from "./passkeys.ts";
import { Phones } from "./phones.ts";
import { RecoveryCodes } from "./recovery-codes.ts";
import { RememberedBrowsers } from "./remembered-browsers.ts";
import { readMfaSettings, VERIFICATION_METHODS, writeMfaSettings, type MfaSettings, type VerificationMethod } from "./settings.ts";
import { demand, type ClientKind, type Demand, type MfaState } from "./state.ts";
import { Tokens } from "./tokens.ts";
import type { Vault } from "../vault.ts";
import type { FactorTransport } from "./transport.ts";
import { isTrusted } from "./trusted-ranges.ts";

export interface FactorsOptions {
  db: Queries;
  /** Seals and hashes everything secret: the shared secrets so that they open again, the rest as keyed digests. */
  vault: Vault;
  sources: Sources;
  /** Left out: nobody is called or sent a message, and neither way is offered. */
  transport?: FactorTransport | undefined;
  limits?: Partial<FactorLimits>;
}

/** A way in which an account may verify itself now. */
export interface Offer {
  way: VerificationMethod;
  methodId: string;
  name: string;
}

/**
 * @example
 * ```ts
 * const factors = new Factors({ db: store.db, vault, sources: SYSTEM_SOURCES, transport });
 * if ((await factors.requiresMfa(account, "192.0.2.1")) === "verify") await factors.tokens.verify(account, code);
 * ```
 */
export class Factors {
  readonly limits: FactorLimits;
  readonly accounts: FactorAccounts;
  readonly methods: Methods;
  readonly challenges: Challenges;
  readonly tokens: Tokens;
  readonly phones: Phones;
  readonly approvers: Approvers;
  readonly passkeys: Passkeys;
  readonly recoveryCodes: RecoveryCodes;
  readonly appPasswords: AppPasswords;
  readonly browsers: RememberedBrowsers;
  readonly #context: FactorContext;
  readonly #hasTransport: boolean;

  constructor(options: FactorsOptions) {
    this.limits = { ...DEFAULT_FACTOR_LIMITS, ...options.limits };
    this.#context = { db: options.db, vault: options.vault, sources: options.sources, limits: this.limits };
    const context = this.#context;
    const accounts = new FactorAccounts(context);
    const methods = new Methods(context);
    const challenges = new Challenges(context);
    const parts = { accounts, methods, challenges };
    this.accounts = accounts;
    this.methods = methods;
    this.challenges = challenges;
    this.tokens = new Tokens(context, parts);
    this.#hasTransport = options.transport !== undefined;
    this.phones = new Phones(context, { ...parts, transport: options.transport });
    this.approvers = new Approvers(context, parts);
    this.passkeys = new Passkeys(context, methods);
    this.recoveryCodes = new RecoveryCodes(context, accounts);
    this.appPasswords = new AppPasswords(context);
    this.browsers = new RememberedBrowsers(context);
  }

  settings(tenant: TenantId): Promise<MfaSettings> {
    return readMfaSettings(this.#context.db, tenant);
  }

  /** @throws Fault `mfa-range`, `mfa-ranges`, `mfa-remember-days`, `mfa-no-method` */
  async setSettings(tenant: TenantId, changes: Partial<MfaSettings>): Promise<MfaSettings> {
    const wanted = { ...(await this.settings(tenant)), ...changes };
    return writeMfaSettings(this.#context.db, tenant, wanted, this.#context.sources.nowMs());
  }

  /** The ways that the tenant allows and the service can serve, in the order in which they are offered. */
  async ways(tenant: TenantId): Promise<readonly VerificationMethod[]> {
    const { methods } = await this.settings(tenant);
    return VERIFICATION_METHODS.filter((way) => methods.includes(way) && (this.#hasTransport || (way !== "text" && way !== "call")));
  }

  /** The ways that the account has and its tenant allows, the preferred one first. */
  async offers(owner: Owner): Promise<Offer[]> {
    const ways = await this.ways(owner.tenantId);
    const { defaultMethod } = await this.accounts.get(owner);
    const methods = await this.methods.list(owner);
    const offers = ways.flatMap((way) =>
      methods.filter((method) => SERVES[method.kind].includes(way)).map(({ methodId, name }) => ({ way, methodId, name })),
    );
    const isFirst = (offer: Offer): boolean => offer.methodId === defaultMethod;
    return [...offers.filter(isFirst), ...offers.filter((offer) => !isFirst(offer))];
  }

  /** @throws Fault `factor-not-allowed` */
  async checkAllowed(tenant: TenantId, way: VerificationMethod): Promise<void> {
    if (!(await this.ways(tenant)).includes(way)) throw new Fault("factor-not-allowed", { what: way });
  }

  /**
   * What is asked of the account beside its password. For a program, `register` is AADSTS50079 and `verify` AADSTS50076 (or
   * 50074 where a token without a second factor is to be renewed); a legacy client that is asked for an `app-password` is told
   * AADSTS50076.
   */
  async requiresMfa(owner: Owner, source: string, client: ClientKind = "program", browsers: readonly string[] = []): Promise<Demand> {
    const account = await this.accounts.get(owner);
    if (account.state === "Disabled") return "none";
    const settings = await this.settings(owner.tenantId);
    const registered = !account.registerAgain && (await this.offers(owner)).length > 0;
    const trusted = isTrusted(settings.trustedRanges, source) || (await this.browsers.isRemembered(owner, browsers, settings.rememberDays));
    return demand({ state: account.state, registered, trusted: trusted && !account.registerAgain }, client);
  }

  /** Whether a legacy client may come in with what it sent as its password: `password` where the account's own is asked for. */
  async acceptsLegacy(owner: Owner, typed: string, source: string): Promise<"password" | "accepted" | "refused"> {
    if ((await this.requiresMfa(owner, source, "legacy")) !== "app-password") return "password";
    if (!(await this.settings(owner.tenantId)).allowAppPasswords) return "refused";
    return (await this.appPasswords.isRight(owner, typed)) ? "accepted" : "refused";
  }

  /** To be told when an account has set up what it was asked for. */
  async registered(owner: Owner): Promise<MfaState> {
    return this.accounts.change(owner, "registered");
  }

  /** @throws Fault `factor-last` where the account must have one */
  async removeMethod(owner: Owner, methodId: string): Promise<void> {
    const method = await this.methods.get(owner, methodId);
    const { state } = await this.accounts.get(owner);
    const left = (await this.offers(owner)).filter((offer) => offer.methodId !== method.methodId);
    if (state !== "Disabled" && left.length === 0) throw new Fault("factor-last", { user: owner.userPrincipalName });
    await this.methods.remove(owner, methodId);
  }

  /** An administrator's reset: all methods, recovery codes and remembered browsers go, and application passwords where asked for. */
  async reset(owner: Owner, options: { appPasswords?: boolean } = {}): Promise<MfaState> {
    return this.#within(async (inside) => {
      await inside.methods.removeAll(owner);
      await inside.recoveryCodes.removeAll(owner);
      await inside.browsers.forgetAll(owner);
      if (options.appPasswords === true) await inside.appPasswords.revokeAll(owner);
      return inside.accounts.change(owner, "reset");
    });
  }

  async #within<T>(
    work: (inside: {
      methods: Methods;
      recoveryCodes: RecoveryCodes;
      browsers: RememberedBrowsers;
      appPasswords: AppPasswords;
      accounts: FactorAccounts;
    }) => Promise<T>,
  ): Promise<T> {
    return within(this.#context.db, (db) => {
      const context = { ...this.#context, db };
      const accounts = new FactorAccounts(context);
      return work({
        accounts,
        methods: new Methods(context),
        recoveryCodes: new RecoveryCodes(context, accounts),
        browsers: new RememberedBrowsers(context),
        appPasswords: new AppPasswords(context),
      });
    });
  }
}

/** What Get- cmdlets and pages show of an account. */
export interface FactorSummary extends FactorAccount {
  methods: readonly Method[];
  recoveryCodesLeft: number;
}

export async function factorSummary(factors: Factors, owner: Owner): Promise<FactorSummary> {
  return {
    ...(await factors.accounts.get(owner)),
    methods: await factors.methods.list(owner),
    recoveryCodesLeft: await factors.recoveryCodes.left(owner),
  };
}

/**
 * Who may sign in at a site: passwords, NT hashes, SSH keys and client certificates of its directory, behind one guard. Every way ends in a
 * Principal or in the same refusal, after the same work, whether the account exists or not.
 */
import {
  kerberosAcceptor,
  openNtHash,
  verifyPassword,
  VerifiedPasswords,
  certificateTable,
  type CertificateFacts,
  type CertificateMapping,
  type FoundAccount,
  type HttpAcceptorOptions,
  type LogonGuard,
  type MechanismPolicy,
  type NtlmAccount,
  type NtlmServerNames,
  type PasswordPort,
  type Sources,
} from "@tieline/auth";
import { Fault } from "@tieline/fault";
import type { Account, Directory, LockoutRule, Standing } from "../directory/index.ts";
import { isPasswordExpired, isWebTicket, judgeAccessToken, judgeWebTicket, type IdentityService } from "../identity/index.ts";
import { applicationAccount } from "./application-account.ts";
import type { Principal } from "./principal.ts";

export interface SignInOptions {
  directory: Directory;
  guard: LogonGuard;
  /** The key under which NT hashes are sealed; undefined: nobody signs in with NTLM. */
  vaultKey: Uint8Array | undefined;
  /** Left out: each tenant's own. */
  lockout?: LockoutRule;
  /** The authorization server beside; without it there are no tokens and no second factors. */
  identity?: IdentityService | undefined;
  /** Told of passwords that were wrong, by the name that was typed. */
  refused?: (user: string) => void;
  sources: Sources;
  /** Waits; handed in so that tests need not. */
  pause: (ms: number) => Promise<void>;
}

/** What a listener for HTTP permits. */
export interface HttpSignIn {
  policy: Partial<MechanismPolicy>;
  ntlmNames: NtlmServerNames;
  /** The service's keys for Kerberos; without them it is not offered. */
  keytab?: string | undefined;
  /**
   * Whose a certificate is that names no account of ours by itself; `account.name` is a logon name. Left out: nobody
   * signs in by certificate. That one of the deployment's authorities issued it has been checked by then.
   */
  certificates?: readonly CertificateMapping[];
  /** The address of the endpoint, which a token must be made out to; left out: no tokens. */
  target?: string;
  /** What the challenge tells of where tokens are had. */
  bearerParameters?: Readonly<Record<string, string>>;
}

const MAX_LOGGED = 256;

/** Beside an account that was found: by the password of one legacy program, which needs no second factor. */
const APP_PASSWORD = Symbol("app password");

export const DEFAULT_LOCKOUT: LockoutRule = { failures: 10, lockMs: 15 * 60_000, windowMs: 15 * 60_000 };

export class SignIn {
  readonly #options: SignInOptions;
  readonly #check: PasswordPort;
  readonly #remembered: VerifiedPasswords;

  constructor(options: SignInOptions) {
    this.#options = options;
    this.#remembered = new VerifiedPasswords({ sources: options.sources });
    // What is remembered is that the password was right; what the account may do is asked anew each time.
    this.#check = this.#remembered.before(async (user, password) => {
      const account = await this.#options.directory.accounts.find(user);
      const right = await verifyPassword(account?.passwordHash ?? undefined, password);
      if (account === undefined) return undefined;
      if (right) return { name: account.accountId };
      const isForApp = (await this.#options.identity?.secondFactor.appPassword?.(account, password)) === true;
      return isForApp ? { name: account.accountId, account: APP_PASSWORD } : undefined;
    });
  }

  /** The account's password changed: one that was right a moment ago is verified anew. */
  forget(accountId: string): void {
    this.#remembered.forget(accountId);
  }

  /** What a listener for HTTP puts behind its mechanisms. */
  forHttp({ policy, ntlmNames, keytab, certificates, target, bearerParameters }: HttpSignIn): HttpAcceptorOptions {
    const { identity } = this.#options;
    return {
      sources: this.#options.sources,
      guard: this.#options.guard,
      policy,
      ntlmNames,
      password: async (user, password, source = "") => {
        const principal = await this.#judge(user, password, "basic", source);
        return principal === undefined ? undefined : { name: principal.account.userPrincipalName, account: principal };
      },
      ntlm: (user, domain, source) => this.ntlm(user, domain, source),
      familiar: async (id, source) => {
        const account = await this.#options.directory.accounts.get(id as Account["accountId"]);
        return account !== undefined && (await this.#standing(account, source)).known;
      },
      accountKey: async (user, domain) => (await this.#byNtlmName(this.#options.directory, user, domain))?.accountId ?? user.toLowerCase(),
      ...(identity === undefined || target === undefined ? {} : { token: (token) => this.#byToken(identity, token, target) }),
      ...(bearerParameters === undefined ? {} : { bearerParameters }),
      ...(keytab === undefined ? {} : { kerberos: kerberosAcceptor({ keytab, account: (name) => this.#byPrincipal(name, "kerberos") }) }),
      ...(certificates === undefined ? {} : { certificate: (facts) => this.#byCertificate(facts, certificates) }),
    };
  }

  /**
   * For carriers whose mechanism is no exchange of ours (SSH): with the guard around it.
   *
   * @returns undefined for an unknown account and a wrong password alike
   * @throws Fault `account-locked`, `source-locked`
   */
  async password(user: string, password: string, source: string): Promise<Principal | undefined> {
    const { directory, guard, sources, pause } = this.#options;
    const account = await directory.accounts.find(user);
    const familiar = account !== undefined && (await this.#standing(account, source)).known;
    const attempt = guard.admit(account?.accountId ?? user, source, sources.nowMs(), familiar);
    let principal: Principal | undefined;
    try {
      principal = await this.#judge(user, password, "password", source);
    } catch (error) {
      attempt.abandoned();
      throw error;
    }
    if (principal !== undefined) {
      attempt.succeeded(sources.nowMs());
      return principal;
    }
    const { delayMs } = attempt.failed(sources.nowMs());
    await pause(delayMs);
    return undefined;
  }

  async #judge(user: string, password: string, mechanism: string, source: string): Promise<Principal | undefined> {
    await this.#options.identity?.federation.refusePassword(user);
    const account = await this.#options.directory.accounts.find(user);
    // Before the password: or the answer would tell a guesser that it was right.
    if (account !== undefined) await this.#refuseLocked(account, source);
    const found = await this.#check(user, password);
    if (found !== undefined) {
      return this.#usable(found.name as Account["accountId"], mechanism, source, found.account === APP_PASSWORD);
    }
    await this.#failed(user, source);
    return undefined;
  }

  /** The account behind an NTLM name, with its hash for the mechanism to judge; undefined where it may not use NTLM. */
  async ntlm(user: string, domain: string, source = ""): Promise<NtlmAccount | undefined> {
    const { directory, vaultKey } = this.#options;
    if (vaultKey === undefined) return undefined;
    const account = await this.#byNtlmName(directory, user, domain);
    if (account === undefined || account.ntHashSealed === null || !account.enabled) return undefined;
    await this.#refuseLocked(account, source);
    await this.#options.identity?.federation.refusePassword(account.userPrincipalName);
    const principal: Principal = { account, mechanism: "ntlm" };
    return { ntHash: openNtHash(vaultKey, account.accountId, account.ntHashSealed), name: account.userPrincipalName, account: principal };
  }

  /**
   * Who holds this SSH key (`type base64`, as in authorized_keys) under this user name. A lock is against guessing
   * passwords; keys, certificates and tickets are not guessed, and let in beside one.
   */
  async sshKey(user: string, key: string): Promise<Principal | undefined> {
    const account = await this.#options.directory.accounts.find(user);
    if (account === undefined || !account.enabled) return undefined;
    const wanted = key.split(" ").slice(0, 2).join(" ");
    return account.sshKeys.some((known) => known.split(" ").slice(0, 2).join(" ") === wanted) ? { account, mechanism: "key" } : undefined;
  }

  /** `alice@CONTOSO.LOCAL`: realms are written in capitals, our domains are not. */
  async #byPrincipal(principal: string, mechanism: string): Promise<FoundAccount | undefined> {
    const account = await this.#options.directory.accounts.find(principal);
    if (account === undefined || !account.enabled) return undefined;
    return { name: account.userPrincipalName, account: { account, mechanism } satisfies Principal };
  }

  /** The table first: it is there for what the certificate does not say, or not as the directory has it. */
  async #byCertificate(facts: CertificateFacts, mappings: readonly CertificateMapping[]): Promise<FoundAccount | undefined> {
    const mapped = await certificateTable(mappings)(facts);
    if (mapped !== undefined) return this.#byPrincipal(mapped.name, "certificate");
    for (const name of facts.principalNames) {
      // Only a whole name is one: `DOMAIN\\name` is a logon name, too.
      const found = name.includes("@") ? await this.#byPrincipal(name, "certificate") : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The account with its roles as they are now, if it may be used. */
  async #usable(id: Account["accountId"], mechanism: string, source: string, isForApp: boolean): Promise<Principal | undefined> {
    const { directory, sources } = this.#options;
    const account = await directory.accounts.get(id);
    if (account === undefined || !account.enabled) return undefined;
    const { known } = await this.#refuseLocked(account, source);
    if (!isForApp) await this.#refuseWeak(account);
    if (account.failedCount > 0 && !known) await directory.accounts.succeeded(id);
    await directory.knownSources.succeeded(account, source, sources.nowMs());
    return { account, mechanism };
  }

  /** A password alone is not enough where it has lapsed, or where the account has registered a second factor. */
  async #refuseWeak(account: Account): Promise<void> {
    const { identity, sources } = this.#options;
    const lapsed = new Fault("password-lapsed", { user: account.userPrincipalName });
    if (account.mustChangePassword) throw lapsed;
    if (identity === undefined) return;
    const settings = await identity.settings(account.tenantId).get();
    if (isPasswordExpired(settings, account.passwordChangedMs, sources.nowMs())) throw lapsed;
    if ((await identity.secondFactor.demand(account, "", "legacy")) === "proof") {
      throw new Fault("password-not-enough", { user: account.userPrincipalName });
    }
  }

  async #byToken(identity: IdentityService, token: string, target: string): Promise<FoundAccount> {
    const isTicket = isWebTicket(token);
    const holder = await (isTicket ? judgeWebTicket(identity, token, target) : judgeAccessToken(identity, token, target));
    if (holder.kind === "person") {
      const principal: Principal = { account: holder.account, mechanism: isTicket ? "ticket" : "token", amr: holder.amr };
      return { name: holder.account.userPrincipalName, account: principal };
    }
    const account = applicationAccount(holder.application);
    const principal: Principal = { account, mechanism: "token", amr: [], application: { appId: holder.appId } };
    return { name: account.userPrincipalName, account: principal };
  }

  #standing(account: Account, source: string): Promise<Standing> {
    return this.#options.directory.knownSources.standing(account, source, this.#options.sources.nowMs());
  }

  async #refuseLocked(account: Account, source: string): Promise<Standing> {
    const now = this.#options.sources.nowMs();
    const standing = await this.#standing(account, source);
    const { lockedUntilMs } = standing;
    if (lockedUntilMs !== null && lockedUntilMs > now) {
      throw new Fault("account-locked", { user: account.userPrincipalName, seconds: Math.ceil((lockedUntilMs - now) / 1000) });
    }
    return standing;
  }

  /** Counts in the directory too, so that a lock outlives this process. */
  async #failed(user: string, source: string): Promise<void> {
    const { directory, identity, sources } = this.#options;
    this.#options.refused?.(user.slice(0, MAX_LOGGED));
    const account = await directory.accounts.find(user);
    if (account === undefined) return;
    const lockout = this.#options.lockout ?? (await identity?.settings(account.tenantId).get())?.lockout ?? DEFAULT_LOCKOUT;
    const { known } = await this.#standing(account, source);
    if (known) await directory.knownSources.failed(account, source, lockout, sources.nowMs());
    else await directory.accounts.failed(account.accountId, lockout, sources.nowMs());
  }

  async #byNtlmName(directory: Directory, user: string, domain: string): Promise<Account | undefined> {
    if (domain === "" || user.includes("@")) return directory.accounts.find(user);
    return (await directory.accounts.find(`${domain}\\${user}`)) ?? directory.accounts.find(`${user}@${domain}`);
  }
}

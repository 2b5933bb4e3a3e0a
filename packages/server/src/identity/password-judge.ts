/**
 * Passwords that come to the authorization server, judged with the same guard as those that come to the endpoint, so that
 * guesses count together wherever they are made. The steps, in order; each refuses by throwing:
 *
 *     the guard admits            per account and per address; an address that the account knows counts for itself
 *     no lock of the directory    before the password: or the answer would tell a guesser that it was right
 *     the password is verified    the same work for an unknown account
 *     disablement, expiry         told to those alone who know the password
 */
import { hashPassword, isOutdatedPasswordHash, verifyPassword, type LogonGuard, type Sources } from "@tieline/auth";
import { Fault, isFault } from "@tieline/fault";
import type { Account, Directory, Standing, TenantId } from "../directory/index.ts";
import type { Queries } from "../store/index.ts";
import { isPasswordExpired, TenantSignIn } from "./tenant-sign-in.ts";

export interface PasswordJudgeOptions {
  db: Queries;
  directory: Directory;
  guard: LogonGuard;
  sources: Sources;
  /** Waits before a refusal. */
  pause: (ms: number) => Promise<void>;
  /**
   * What an unknown name is answered with. `named`: 50034, as administrators know it; `as-wrong-password`: 50126, which tells
   * a stranger nothing. The time is the same. Default `named`.
   */
  unknownAccount?: "named" | "as-wrong-password";
  /** Refuses the name of an account whose password is not known here. */
  refuseFederated?: (user: string) => Promise<void>;
}

export interface PasswordAttempt {
  user: string;
  password: string;
  /** The peer's address. */
  address: string;
  /** Where the sign-in is; another tenant's account is refused. */
  tenant?: TenantId;
  /** True at the page that can set a new password: then a lapsed one is good for that. */
  mayChange?: boolean;
  /** Another secret that is taken in the password's place: an application password. */
  instead?: (account: Account, password: string) => Promise<boolean>;
}

export interface PasswordVerdict {
  account: Account;
  /** The password is right and lapsed: nothing but a new one may follow. */
  mustChange: boolean;
  /** It was the other secret, not the password. */
  wasInstead: boolean;
}

export class PasswordJudge {
  readonly #options: PasswordJudgeOptions;

  constructor(options: PasswordJudgeOptions) {
    this.#options = options;
  }

  /** @throws Fault `aadsts-50034`, `aadsts-50126`, `aadsts-50053`, `aadsts-50057`, `aadsts-50055`, `aadsts-50020`, `sign-in-federated` */
  async judge(attempt: PasswordAttempt): Promise<PasswordVerdict> {
    const { directory, guard, sources } = this.#options;
    await this.#options.refuseFederated?.(attempt.user);
    const account = await directory.accounts.find(attempt.user);
    const standing = account === undefined ? undefined : await directory.knownSources.standing(account, attempt.address, sources.nowMs());
    refuseLocked(standing, sources.nowMs());
    const admitted = admit(guard, account?.accountId ?? attempt.user, attempt.address, sources.nowMs(), standing?.known === true);
    let isRight: boolean;
    let wasInstead = false;
    try {
      isRight = await verifyPassword(account?.passwordHash ?? undefined, attempt.password);
      if (!isRight && account !== undefined) wasInstead = (await attempt.instead?.(account, attempt.password)) === true;
    } catch (error) {
      admitted.abandoned();
      throw error;
    }
    if ((!isRight && !wasInstead) || account === undefined) {
      const { delayMs } = admitted.failed(sources.nowMs());
      if (account !== undefined) await this.#countFailure(account, attempt.address, standing?.known === true);
      await this.#options.pause(delayMs);
      throw account === undefined ? this.#unknown(attempt) : new Fault("aadsts-50126");
    }
    admitted.succeeded(sources.nowMs());
    return this.#usable(account, attempt, wasInstead, standing);
  }

  async #usable(account: Account, attempt: PasswordAttempt, wasInstead: boolean, standing: Standing | undefined): Promise<PasswordVerdict> {
    const { db, directory, sources } = this.#options;
    const now = sources.nowMs();
    if (attempt.tenant !== undefined && attempt.tenant !== account.tenantId) {
      throw new Fault("aadsts-50020", { user: account.userPrincipalName, tenant: attempt.tenant });
    }
    if (!account.enabled) throw new Fault("aadsts-50057");
    const settings = await new TenantSignIn(db, account.tenantId).get();
    const mustChange = !wasInstead && (account.mustChangePassword || isPasswordExpired(settings, account.passwordChangedMs, now));
    if (mustChange && attempt.mayChange !== true) throw new Fault("aadsts-50055");
    // Guesses from elsewhere stay counted: the owner at a known address must not wash them away.
    if (account.failedCount > 0 && standing?.known !== true) await directory.accounts.succeeded(account.accountId);
    await directory.knownSources.succeeded(account, attempt.address, now);
    if (!wasInstead && account.passwordHash !== null && isOutdatedPasswordHash(account.passwordHash)) {
      await directory
        .tenant(account.tenantId)
        .accounts.rehash(account.accountId, account.passwordHash, await hashPassword(attempt.password));
    }
    return { account, mustChange, wasInstead };
  }

  /** In the directory too, so that a lock outlives this process. */
  async #countFailure(account: Account, address: string, isKnown: boolean): Promise<void> {
    const { db, directory, sources } = this.#options;
    const { lockout } = await new TenantSignIn(db, account.tenantId).get();
    if (isKnown) await directory.knownSources.failed(account, address, lockout, sources.nowMs());
    else await directory.accounts.failed(account.accountId, lockout, sources.nowMs());
  }

  #unknown({ user, tenant }: PasswordAttempt): Fault {
    if (this.#options.unknownAccount === "as-wrong-password") return new Fault("aadsts-50126");
    return new Fault("aadsts-50034", { user: user.slice(0, 256), tenant: tenant ?? user.split("@")[1] ?? "common" });
  }
}

function refuseLocked(standing: Standing | undefined, nowMs: number): void {
  const lockedUntilMs = standing?.lockedUntilMs ?? null;
  if (lockedUntilMs !== null && lockedUntilMs > nowMs) {
    throw new Fault("aadsts-50053", { seconds: Math.ceil((lockedUntilMs - nowMs) / 1000) });
  }
}

function admit(guard: LogonGuard, account: string, address: string, nowMs: number, familiar: boolean) {
  try {
    return guard.admit(account, address, nowMs, familiar);
  } catch (error) {
    if (!isFault(error)) throw error;
    throw new Fault("aadsts-50053", { seconds: (error.fields as { seconds: number }).seconds }, { cause: error });
  }
}

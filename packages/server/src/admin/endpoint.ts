/**
 * The remote PowerShell endpoint of a site: who may open a session to which tenant, how many, how long, and what it may
 * run. The steps of an opening, in order; each throws when it refuses:
 *
 *     the tenant that is meant      AdminDomain of the address, else the account's own; another's is refused
 *     remote PowerShell allowed     the tenant's policy
 *     a role that may do anything   else "does not have permission to manage this tenant"
 *     a free seat                   three a user, twenty a tenant
 *     the runspace                  the catalogue as the roles see it, the audit, the end of its lifetime
 */
import { randomUUID } from "node:crypto";
import { asFault, Fault } from "@tieline/fault";
import { Catalogue, restrictedCommands } from "@tieline/language";
import type { Runspace, RunspaceHandler, SessionContext } from "@tieline/remoting";
import type { IdentityService } from "../identity/index.ts";
import { applicationAccount } from "./application-account.ts";
import { auditHook } from "./audit-hook.ts";
import { Budgets, type BudgetPolicy } from "./budget.ts";
import { observingHook, type EndpointEvent } from "./endpoint-event.ts";
import { HostedRunspace } from "./hosted-runspace.ts";
import { privateData } from "./private-data.ts";
import type { Principal } from "./principal.ts";
import { ShellQuota, type ShellLimits } from "./shell-quota.ts";
import type { Migration } from "../migration/index.ts";
import type { CmdletSession, SealNtHash } from "../cmdlets/session.ts";
import type { Account, Directory, Tenant } from "../directory/index.ts";
import { findRole } from "../directory/index.ts";

export interface EndpointLimits extends ShellLimits {
  lifetimeMs: number;
  /** What an account may use of the service's time; `off` for a service that nobody shares. */
  budget?: Partial<BudgetPolicy> | "off";
}

export interface EndpointOptions {
  kind: "online" | "pool";
  directory: Directory;
  catalogue: Catalogue;
  /** The host's name in records. */
  computer: string;
  limits: EndpointLimits;
  nowMs: () => number;
  /** Where applications are that administer by themselves; left out: there are none. */
  identity?: IdentityService | undefined;
  /** What moves users, of a pool that has it by now. */
  migration?: () => Migration | undefined;
  /** A password's NT hash, sealed; left out where NTLM is off. */
  sealNtHash?: SealNtHash | undefined;
  /** Told whose verified password must not be remembered any longer. */
  forget?: (accountId: string) => void;
  /** Told of what administrators cannot be shown. */
  log: EndpointLog;
  /** Told of what is counted. */
  observe?: (event: EndpointEvent) => void;
}

export interface EndpointLog {
  info(facts: Record<string, unknown>, text: string): void;
  warn(facts: Record<string, unknown>, text: string): void;
}

interface OpenSession {
  id: string;
  end: () => void;
}

/** Sixty minutes, whatever idle time a client asks for. */
export const SESSION_LIFETIME_MS = 60 * 60_000;

export class AdminEndpoint implements RunspaceHandler<Principal> {
  readonly quota: ShellQuota;
  readonly #budgets: Budgets | undefined;
  readonly #options: EndpointOptions;
  /** The open sessions by account, so that they can be ended. */
  readonly #sessions = new Map<string, Set<OpenSession>>();
  /** What each set of roles may see; few sets are in use at a time. */
  readonly #views = new Map<string, Catalogue>();

  constructor(options: EndpointOptions) {
    this.#options = options;
    options.identity?.whenSessionsEnd((account, keep) => this.#end(account, keep));
    this.quota = new ShellQuota(options.limits);
    const { budget = options.kind === "pool" ? "off" : {}, perUser } = options.limits;
    // A deployment of one's own is shared with nobody.
    this.#budgets = budget === "off" ? undefined : new Budgets(budget, perUser);
  }

  /** @throws Fault `tenant-not-permitted`, `tenant-powershell-disabled`, `modern-sign-in-off`, `shell-quota-user`, `shell-quota-tenant` */
  async open(session: SessionContext<Principal>): Promise<Runspace> {
    const { observe } = this.#options;
    try {
      const runspace = await this.#open(session);
      observe?.({ kind: "session-opened" });
      return runspace;
    } catch (error) {
      observe?.({ kind: "session-refused", code: asFault(error).code });
      throw error;
    }
  }

  async #open(session: SessionContext<Principal>): Promise<Runspace> {
    const { directory, identity, log, nowMs, limits } = this.#options;
    const { mechanism } = session.principal;
    const tenant = await this.#tenant(session.principal.account, session.endpoint);
    // Last of all that is waited for: what is taken from the account after this finds the session in the list below.
    const account = await this.#current(session.principal);
    if (account === undefined || !account.enabled) throw new Fault("logon-failed", { user: session.principal.account.userPrincipalName });
    if (!tenant.remotePowerShell) throw new Fault("tenant-powershell-disabled");
    // Asked here and not of each request: who switches it off does so in a session that must be able to end in order.
    if (mechanism === "token" && (await identity?.settings(tenant.tenantId).get())?.modernOverride === "Disallowed")
      throw new Fault("modern-sign-in-off", { tenant: tenant.displayName });
    const roles = account.roles;
    const catalogue = this.#view(roles);
    if (!this.#mayAnything(roles)) throw new Fault("tenant-not-permitted", { user: account.userPrincipalName });
    const leave = this.quota.take(tenant.tenantId, account.accountId);
    const budgets = this.#budgets;
    budgets?.opened(account.accountId, nowMs());
    const facts = {
      session: session.id,
      account: account.userPrincipalName,
      tenant: tenant.name,
      transport: session.transport,
      client: session.clientAddress,
    };
    const timer = setTimeout(() => {
      log.info(facts, "session ended by its lifetime");
      session.close(new Fault("session-lifetime-over", { minutes: Math.round(limits.lifetimeMs / 60_000) }));
    }, limits.lifetimeMs);
    timer.unref();
    const open: OpenSession = {
      id: session.id,
      end: () => session.close(new Fault("session-revoked", { user: account.userPrincipalName })),
    };
    const mine = this.#sessions.get(account.accountId) ?? new Set();
    this.#sessions.set(account.accountId, mine.add(open));
    log.info({ ...facts, mechanism }, "session opened");
    return new HostedRunspace({
      catalogue,
      session: {
        tenantId: tenant.tenantId,
        directory,
        caller: { accountId: account.accountId, userPrincipalName: account.userPrincipalName, roles },
        sessionId: session.id,
        endSessions: (account, keep) => this.#end(account, keep),
        sealNtHash: this.#options.sealNtHash,
        identity: this.#options.identity,
        nowMs,
        newGuid: randomUUID,
        federation: this.#options.identity?.federation,
        migration: this.#options.migration?.(),
        computer: this.#options.computer,
      },
      hooks: [
        auditHook({
          session: session.id,
          client: session.clientAddress ?? session.transport,
          nowMs,
          failed: (error, cmdlet) => log.warn({ ...facts, cmdlet, error: String(error) }, "an audit row could not be written"),
        }),
        ...(this.#options.observe === undefined ? [] : [observingHook<CmdletSession>(this.#options.observe, nowMs)]),
      ],
      privateData: privateData(limits.lifetimeMs),
      computer: this.#options.computer,
      ...(budgets === undefined ? {} : { budgets }),
      onClose: () => {
        clearTimeout(timer);
        leave();
        mine.delete(open);
        if (mine.size === 0 && this.#sessions.get(account.accountId) === mine) this.#sessions.delete(account.accountId);
        budgets?.closed(account.accountId, nowMs());
        log.info(facts, "session closed");
      },
    });
  }

  /** The account's rights or password changed. */
  #end(account: string, keep: string | undefined): void {
    this.#options.forget?.(account);
    for (const session of this.#sessions.get(account) ?? []) if (session.id !== keep) session.end();
  }

  /** As it is now, not as it was when the connection signed in. */
  async #current({ account, application }: Principal): Promise<Account | undefined> {
    const { directory, identity } = this.#options;
    if (application === undefined) return directory.accounts.get(account.accountId);
    const found = await identity?.applications(account.tenantId).find(application.appId);
    return found === undefined ? undefined : applicationAccount(found);
  }

  async #tenant(account: Account, endpoint: string | undefined): Promise<Tenant> {
    const { directory } = this.#options;
    const own = await directory.tenants.byId(account.tenantId);
    const domain = adminDomain(endpoint);
    const meant = domain === undefined ? own : await directory.tenants.byDomain(domain);
    // Whether another tenant exists is nobody's business but its own.
    if (own === undefined || meant?.tenantId !== own.tenantId) throw new Fault("tenant-not-permitted", { user: account.userPrincipalName });
    return own;
  }

  #view(roles: readonly string[]): Catalogue {
    const key = [...roles].sort().join("|");
    let view = this.#views.get(key);
    if (view === undefined) {
      view = new Catalogue([...restrictedCommands(), ...this.#options.catalogue.forRoles(roles).all()]);
      this.#views.set(key, view);
    }
    return view;
  }

  /** Any role of this kind of site may do something here. */
  #mayAnything(roles: readonly string[]): boolean {
    return roles.some((role) => findRole(role)?.kind === this.#options.kind);
  }
}

/** AdminDomain of the address; stock clients put `;PSVersion=` behind it, and letter case varies. */
export function adminDomain(endpoint: string | undefined): string | undefined {
  const query = endpoint?.split("?")[1];
  if (query === undefined) return undefined;
  for (const pair of query.split(/[&;]/)) {
    const [name = "", value = ""] = pair.split("=");
    if (name.toLowerCase() === "admindomain" && value !== "") return decoded(value);
  }
  return undefined;
}

/** A domain that is no proper encoding names no tenant. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll("+", " ")).toLowerCase();
  } catch {
    return value;
  }
}

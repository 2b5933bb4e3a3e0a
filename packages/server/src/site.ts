/**
 * What a site consists of: a store, the directory in it, the sign-in and the remote PowerShell endpoint with the cmdlets
 * of its kind. An `online` site is the service with its tenants, a `pool` an on-premises deployment. Sites meet only on
 * the wire, so each has a database of its own, also where one process hosts both.
 */
import { setTimeout as pause } from "node:timers/promises";
import { LogonGuard, ntHash, sealNtHash, SYSTEM_SOURCES, type LogonGuardOptions } from "@tieline/auth";
import {
  AdminEndpoint,
  DEFAULT_SHELL_LIMITS,
  SESSION_LIFETIME_MS,
  SignIn,
  type EndpointEvent,
  type EndpointLimits,
  type EndpointLog,
} from "./admin/index.ts";
import { onlineCatalogue, poolCatalogue } from "./cmdlets/index.ts";
import { Directory, type KnownSourcesOptions } from "./directory/index.ts";
import { IdentityService, type Factors, type FactorTransport, type IdentitySettings, type ServicePages } from "./identity/index.ts";
import type { Migration } from "./migration/index.ts";
import { openFactors } from "./site-factors.ts";
import { openStore, type Store } from "./store/index.ts";

export type SiteKind = "online" | "pool";

export interface SiteOptions {
  kind: SiteKind;
  /** Holds the database, or at least its lock. */
  folder: string;
  databaseUrl?: string | undefined;
  databasePassword?: string | undefined;
  /** A process beside the one that serves, on the same PostgreSQL server. */
  beside?: boolean | undefined;
  /** The key under which NT hashes are sealed; left out: nobody signs in with NTLM. */
  vaultKey?: Uint8Array;
  /** The authorization server; left out: the site takes no tokens. */
  identity?: IdentitySettings;
  /** Who sends messages and calls people for second factors; left out: nobody, and neither way is offered. */
  transport?: FactorTransport | undefined;
  /** The host's name in records. */
  computer: string;
  limits?: Partial<EndpointLimits>;
  knownSources?: KnownSourcesOptions;
  /** When guesses lock an account or an address. */
  guard?: LogonGuardOptions;
  log: EndpointLog;
  /** Told of what is counted. */
  observe?: ((event: EndpointEvent) => void) | undefined;
  /** Told before and after each step of a move that this site takes: for tests that kill. */
  reached?: ((step: string, when: "before" | "after") => void) | undefined;
}

export interface Site extends AsyncDisposable {
  readonly kind: SiteKind;
  readonly store: Store;
  readonly directory: Directory;
  readonly signIn: SignIn;
  readonly endpoint: AdminEndpoint;
  readonly identity: IdentityService | undefined;
  /** Second factors, and the pages of the sign-in: where there is an authorization server. */
  readonly factors: Factors | undefined;
  readonly pages: ServicePages | undefined;
  readonly log: EndpointLog;
  readonly reached: SiteOptions["reached"];
  /** Gives the sessions of a pool what moves users (hybrid.ts). */
  use(migration: Migration): void;
  readonly migration: Migration | undefined;
}

/** How often expired rows are swept. */
const SWEEP_MS = 60 * 60_000;

const CATALOGUES = { online: onlineCatalogue, pool: poolCatalogue } as const;

/** @throws Fault of the store's layer */
export async function openSite(options: SiteOptions): Promise<Site> {
  const { kind, log, vaultKey } = options;
  const nowMs = (): number => SYSTEM_SOURCES.nowMs();
  const store = await openStore({
    folder: options.folder,
    name: kind,
    databaseUrl: options.databaseUrl,
    databasePassword: options.databasePassword,
    beside: options.beside,
    nowMs: nowMs(),
  });
  const directory = Directory.of(store, options.knownSources);
  // One for the endpoint and the authorization server: guesses count together wherever they are made.
  const guard = new LogonGuard(options.guard);
  const identity =
    options.identity === undefined
      ? undefined
      : new IdentityService({ ...options.identity, db: store.db, directory, guard, sources: SYSTEM_SOURCES, pause, log });
  const { factors, pages } = openFactors(identity, options.transport);
  const signIn = new SignIn({
    directory,
    guard,
    identity,
    vaultKey,
    sources: SYSTEM_SOURCES,
    pause,
    refused: (user) => {
      log.warn({ user }, "sign-in refused");
      options.observe?.({ kind: "sign-in-refused" });
    },
  });
  let migration: Migration | undefined;
  const endpoint = new AdminEndpoint({
    kind,
    directory,
    catalogue: CATALOGUES[kind](),
    computer: options.computer,
    limits: { ...DEFAULT_SHELL_LIMITS, lifetimeMs: SESSION_LIFETIME_MS, ...options.limits },
    nowMs,
    identity,
    migration: () => migration,
    ...(vaultKey === undefined
      ? {}
      : { sealNtHash: (account, password) => sealNtHash(vaultKey, account, ntHash(password), SYSTEM_SOURCES) }),
    forget: (accountId) => signIn.forget(accountId),
    log,
    ...(options.observe === undefined ? {} : { observe: options.observe }),
  });
  const sweeping = setInterval(() => {
    Promise.all([identity?.sweep(), pages?.sweep()]).catch((error: unknown) =>
      log.warn({ error: String(error) }, "expired sign-ins could not be swept"),
    );
  }, SWEEP_MS).unref();
  const close = async (): Promise<void> => {
    clearInterval(sweeping);
    await store.close();
  };
  return {
    kind,
    store,
    directory,
    signIn,
    endpoint,
    identity,
    factors,
    pages,
    log,
    reached: options.reached,
    use: (given) => (migration = given),
    get migration() {
      return migration;
    },
    [Symbol.asyncDispose]: close,
  };
}

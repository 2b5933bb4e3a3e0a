/** `tieline account`: who is signed in on this machine, who signs in by default, and forgetting them. No token is shown. */
import { Fault } from "@tieline/fault";
import { idOf, type CachedAccount, type TokenCache } from "@tieline/connector";
import { PsObject } from "@tieline/remoting/objects";
import { EXIT } from "../exit-code.ts";
import type { CommonOptions, Surroundings } from "../invocation.ts";
import { printerFor } from "../printer-for.ts";
import { profileOf, tokenCache } from "../sign-in.ts";

interface AccountOptions extends CommonOptions {
  profile?: string;
  tenant?: string;
  all?: boolean;
}

export async function list(options: AccountOptions, around: Surroundings): Promise<number> {
  const cache = opened(around);
  const profile = profileOf(options, around.environment);
  const own = cache.defaultAccount(profile);
  const printer = printerFor(options, around);
  const accounts = cache.accounts();
  if (accounts.length === 0) around.stderr.write("No account is signed in here; `tieline connect` signs one in.\n");
  for (const account of accounts) {
    await printer.add(
      PsObject.of({
        Account: account.user,
        Tenant: account.tenantId,
        Default: own !== undefined && idOf(own) === idOf(account),
        Renewable: account.refreshToken !== undefined,
        SignedIn: new Date(account.signedInAtMs).toISOString(),
      }),
    );
  }
  await printer.end();
  return EXIT.ok;
}

export async function show(options: AccountOptions, around: Surroundings, name: string | undefined): Promise<number> {
  const cache = opened(around);
  const profile = profileOf(options, around.environment);
  const account = name === undefined ? cache.defaultAccount(profile) : found(cache, name, options.tenant);
  if (account === undefined)
    throw new Fault("account-unknown", { account: `of the profile ${profile}`, known: knownNames(cache.accounts()) });
  const printer = printerFor(options, around);
  await printer.add(
    PsObject.of({
      Account: account.user,
      Tenant: account.tenantId,
      TenantNames: account.tenantNames,
      Authority: account.authority,
      ClientId: account.clientId,
      Renewable: account.refreshToken !== undefined,
      SignedIn: new Date(account.signedInAtMs).toISOString(),
      Tokens: account.tokens.map(({ resource, expiresAtMs }) => `${resource} until ${new Date(expiresAtMs).toISOString()}`),
      KeptIn: cache.where,
    }),
  );
  await printer.end();
  return EXIT.ok;
}

export async function switchTo(options: AccountOptions, around: Surroundings, name: string): Promise<number> {
  const cache = opened(around);
  const account = found(cache, name, options.tenant);
  const profile = profileOf(options, around.environment);
  await cache.switchTo(profile, account);
  around.stderr.write(`${account.user} signs in by default now${profile === "default" ? "" : ` for the profile ${profile}`}.\n`);
  return EXIT.ok;
}

export async function remove(options: AccountOptions, around: Surroundings, name: string | undefined): Promise<number> {
  const cache = tokenCache(around.environment);
  if (options.all === true) {
    cache.clear();
    around.stderr.write("No account is signed in here any more.\n");
    return EXIT.ok;
  }
  if (name === undefined)
    throw new Fault("usage", { what: "Which account to forget was not said.", hint: "Name it, or forget all with --all." });
  const account = found(cache, name, options.tenant);
  await cache.remove([account]);
  around.stderr.write(`${account.user} is signed in here no more. Tokens that were given out lapse within the hour.\n`);
  return EXIT.ok;
}

function opened(around: Surroundings): TokenCache {
  const cache = tokenCache(around.environment);
  if (!cache.lasts) {
    around.stderr.write(
      "Nothing is kept between commands here: there is no keyring. Set TIELINE_CACHE_PASSPHRASE or TIELINE_CACHE_KEY_FILE to keep accounts.\n",
    );
  }
  return cache;
}

/** @throws Fault `account-unknown`, `account-ambiguous` */
function found(cache: TokenCache, name: string, tenant: string | undefined): CachedAccount {
  const accounts = cache.accounts();
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  const fitting = accounts.filter(
    (account) =>
      same(account.user, name) && (tenant === undefined || [account.tenantId, ...account.tenantNames].some((each) => same(each, tenant))),
  );
  const [first, second] = fitting;
  if (first === undefined) throw new Fault("account-unknown", { account: name, known: knownNames(accounts) });
  if (second !== undefined) {
    throw new Fault("account-ambiguous", { account: name, known: fitting.map(({ tenantId }) => `tenant ${tenantId}`).join(", ") });
  }
  return first;
}

function knownNames(accounts: readonly CachedAccount[]): string {
  return accounts.map(({ user }) => user).join(", ") || "none";
}

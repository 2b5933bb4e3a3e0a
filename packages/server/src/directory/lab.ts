/** Writes the made-up directory of generate.ts into an empty store: the online site's, or the deployment's. */
import type { NewAccount } from "./accounts.ts";
import type { Directory } from "./directory.ts";
import { chance } from "./chance.ts";
import type { AccountId } from "./ids.ts";
import {
  DEPLOYMENT_ACCOUNTS,
  generateUsers,
  LAB_ACCOUNTS,
  LAB_DEPLOYMENT,
  LAB_POOLS,
  LAB_TENANTS,
  type LabAccount,
  type LabSite,
} from "./generate.ts";
import type { Pool } from "./pools.ts";
import type { UserRecord } from "./user-record.ts";

export interface LabOptions {
  /** People of contoso.com, on both halves; fabrikam.com has a tenth of them, and three at least. */
  users: number;
  seed?: string;
  nowMs: number;
  /** Finished hashes for an account, by whoever knows the passwords. */
  credentials: (account: LabAccount) => Promise<{ passwordHash: string | null; ntHashSealed: string | null; sshKeys?: readonly string[] }>;
}

const BATCH = 500;

/** The service's tenants with their users and accounts; does nothing where they are there already. */
export async function createLabTenants(directory: Directory, options: LabOptions): Promise<void> {
  for (const [i, site] of LAB_TENANTS.entries()) {
    const users = i === 0 ? options.users : Math.max(3, Math.ceil(options.users / 10));
    const domains = new Set(site.domains.map((domain) => domain.name));
    const accounts = LAB_ACCOUNTS.filter((account) => domains.has(account.domain));
    await createSite(directory, site, accounts, { ...options, users });
  }
}

/** Contoso's deployment with its pool, its users and accounts; does nothing where it is there already. */
export async function createLabDeployment(directory: Directory, options: LabOptions): Promise<void> {
  await createSite(directory, LAB_DEPLOYMENT, DEPLOYMENT_ACCOUNTS, options, LAB_POOLS);
}

async function createSite(
  directory: Directory,
  site: LabSite,
  accounts: readonly LabAccount[],
  options: LabOptions,
  pools: readonly Pool[] = [],
): Promise<void> {
  const id = site.tenant.tenantId;
  if ((await directory.tenants.byId(id)) !== undefined) return;
  // Hashing takes its time: it is done before the transaction begins.
  const draw = chance(`${options.seed ?? "tieline"} accounts ${id}`);
  const made: NewAccount[] = [];
  for (const account of accounts) {
    made.push({
      accountId: draw.guid() as AccountId,
      userPrincipalName: `${account.name}@${account.domain}`,
      accountName: account.name,
      displayName: account.displayName,
      roles: account.roles,
      ...(await options.credentials(account)),
    });
  }
  await directory.transaction(async (inside) => {
    await inside.tenants.add({ ...site.tenant, createdMs: options.nowMs, changedMs: options.nowMs });
    for (const domain of site.domains) await inside.tenants.addDomain(site.tenant, domain, options.nowMs);
    const mine = inside.tenant(id);
    for (const pool of pools) await mine.pools.add(pool, options.nowMs);
    for (const { kind, name, settings } of site.settings) await mine.settings.add(kind, name, settings, options.nowMs);
    for (const { family, ...policy } of site.policies) await mine.policies.add(family, policy, options.nowMs);
    for (const account of made) await mine.accounts.add(account, options.nowMs);
    let batch: UserRecord[] = [];
    for (const user of generateUsers(site, options)) {
      batch.push(user);
      if (batch.length < BATCH) continue;
      await mine.users.add(batch);
      batch = [];
    }
    await mine.users.add(batch);
  });
}

/** Fills a new lab: made-up people, and accounts with the passwords of the lab's key; what is there stays. */
import { hashPassword, ntHash, sealNtHash, SYSTEM_SOURCES } from "@tieline/auth";
import {
  createLabDeployment,
  createLabTenants,
  DEPLOYMENT_ACCOUNTS,
  LAB_ACCOUNTS,
  type Account,
  type Directory,
  type LabAccount,
} from "../directory/index.ts";
import type { Site } from "../site.ts";
import type { LabSecrets } from "./secrets.ts";

export interface LabLogin {
  user: string;
  password: string;
  displayName: string;
  roles: readonly string[];
}

const ACCOUNTS: Readonly<Record<Site["kind"], readonly LabAccount[]>> = { online: LAB_ACCOUNTS, pool: DEPLOYMENT_ACCOUNTS };

/** Only a pool speaks NTLM, so only its accounts have an NT hash. */
export async function provision(site: Site, secrets: LabSecrets, users: number): Promise<LabLogin[]> {
  const nowMs = SYSTEM_SOURCES.nowMs();
  const options = { users, nowMs, credentials: async () => ({ passwordHash: null, ntHashSealed: null }) };
  await (site.kind === "online" ? createLabTenants : createLabDeployment)(site.directory, options);
  const logins: LabLogin[] = [];
  for (const { domain, name, displayName, roles } of ACCOUNTS[site.kind]) {
    const user = `${name}@${domain}`;
    const password = secrets.password(user);
    const account = await site.directory.accounts.find(user);
    // Somebody may have removed it since.
    if (account === undefined) continue;
    if (account.passwordHash === null)
      await setPassword(site.directory, account, password, site.kind === "pool" ? secrets.vaultKey : undefined, nowMs);
    logins.push({ user, password, displayName, roles });
  }
  return logins;
}

async function setPassword(
  directory: Directory,
  account: Account,
  password: string,
  vaultKey: Uint8Array | undefined,
  nowMs: number,
): Promise<void> {
  const sealed = vaultKey === undefined ? null : sealNtHash(vaultKey, account.accountId, ntHash(password), SYSTEM_SOURCES);
  await directory
    .tenant(account.tenantId)
    .accounts.setPassword(account.accountId, { passwordHash: await hashPassword(password), ntHashSealed: sealed }, nowMs);
}

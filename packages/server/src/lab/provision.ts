/** Fills a new lab: made-up people, and accounts with the passwords of the lab's key; what is there stays. */
import { X509Certificate } from "node:crypto";
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

/** An application of the lab that signs in by itself: `authority/<file>.crt` and `.key` are its certificate. */
export interface LabApplication {
  appId: string;
  displayName: string;
  /** Of the tenant that it is registered in. */
  domain: string;
  file: string;
  roles: readonly string[];
}

const application = (number: number, file: string, displayName: string, ...roles: string[]): LabApplication => ({
  appId: `5f1a4a52-0c7e-4a57-9a41-7a1e11e0000${number}`,
  displayName,
  domain: "contoso.com",
  file,
  roles,
});

/** Administers Contoso. */
export const AUTOMATION = application(1, "automation", "Lab automation", "Skype for Business Administrator");
/** Brings the deployment's users to the tenant. */
export const SYNCHRONISATION = application(2, "synchronisation", "Lab directory synchronisation", "Directory Synchronization Accounts");
/** The deployment's own, for moves that nobody watches: the roles that moving takes at the service. */
export const MIGRATION = application(3, "migration", "Lab migration", "Skype for Business Administrator", "User Administrator");

export const APPLICATIONS: readonly LabApplication[] = [AUTOMATION, SYNCHRONISATION, MIGRATION];

/** Lets programs send passwords at the lab's tenants, makes the applications where they are missing and gives each its certificate. */
export async function provisionApplications(
  { directory, identity }: Site,
  certificateOf: (application: LabApplication) => Promise<{ cert: string }>,
): Promise<void> {
  if (identity === undefined) return;
  for (const each of await directory.tenants.list()) await identity.settings(each.tenantId).set({ legacy: true }, SYSTEM_SOURCES.nowMs());
  for (const each of APPLICATIONS) {
    const tenant = await directory.tenants.byDomain(each.domain);
    if (tenant === undefined) continue;
    const { cert } = await certificateOf(each);
    const applications = identity.applications(tenant.tenantId);
    const { appId, displayName, roles } = each;
    if ((await applications.find(appId)) === undefined) await applications.add({ appId, displayName, roles });
    const thumbprint = new X509Certificate(cert).fingerprint.replaceAll(":", "");
    const known = await applications.credentials(appId);
    if (!known.some(({ hint }) => hint === thumbprint)) await applications.addCertificate(appId, cert);
  }
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

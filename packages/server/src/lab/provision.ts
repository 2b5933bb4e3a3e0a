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

/** The lab's application that administers Contoso by itself: `authority/<file>.crt` and `.key` are its certificate. */
export const AUTOMATION = {
  appId: "5f1a4a52-0c7e-4a57-9a41-7a1e11e00001",
  displayName: "Lab automation",
  domain: "contoso.com",
  file: "automation",
  roles: ["Skype for Business Administrator"],
} as const;

/** Makes it where it is missing, gives it the certificate at hand, and lets programs send passwords at the lab's tenants. */
export async function provisionApplication({ directory, identity }: Site, certificate: { cert: string }): Promise<void> {
  const tenant = await directory.tenants.byDomain(AUTOMATION.domain);
  if (tenant === undefined || identity === undefined) return;
  for (const each of await directory.tenants.list()) await identity.settings(each.tenantId).set({ legacy: true }, SYSTEM_SOURCES.nowMs());
  const applications = identity.applications(tenant.tenantId);
  const { appId, displayName, roles } = AUTOMATION;
  if ((await applications.find(appId)) === undefined) await applications.add({ appId, displayName, roles });
  const thumbprint = new X509Certificate(certificate.cert).fingerprint.replaceAll(":", "");
  const known = await applications.credentials(appId);
  if (!known.some((each) => each.hint === thumbprint)) await applications.addCertificate(appId, certificate.cert);
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

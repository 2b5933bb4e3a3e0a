/** What the session of an administrator gives to its cmdlets; the endpoint makes one a session. */
import { cmdletsFor, type CmdletContext } from "@tieline/language";
import type { AccountId, Directory, Tenant, TenantDirectory, TenantId } from "../directory/index.ts";
import type { Federation, IdentityService } from "../identity/index.ts";
import type { Migration } from "../migration/index.ts";
import { refuse } from "./refusals.ts";

export type SealNtHash = (account: AccountId, password: string) => string;

export interface CmdletSession {
  /** The tenant, or the deployment, that everything here is about. */
  tenantId: TenantId;
  directory: Directory;
  caller: {
    accountId: AccountId;
    userPrincipalName: string;
    roles: readonly string[];
  };
  /** Its own id, where it has one: what ends an account's other sessions leaves it. */
  sessionId?: string;
  /** The authorization server beside; the cmdlets of accounts and applications need it. */
  identity?: IdentityService | undefined;
  /** Ends what is open under an account, but for one session. */
  endSessions?: ((account: AccountId, keep?: string) => void) | undefined;
  /** A password's NT hash, sealed for an account; left out where NTLM is off. */
  sealNtHash?: SealNtHash | undefined;
  nowMs: () => number;
  /** A fresh GUID for something new. */
  newGuid: () => string;
  /** Where domains are federated; a site without an authorization server has none. */
  federation?: Federation | undefined;
  /** Of a pool: what moves users, batches of them, and synchronisation. */
  migration?: Migration | undefined;
  /** This host's name, for texts that name it. */
  computer?: string;
}

export type SessionContext = CmdletContext<CmdletSession>;

/** Declares a cmdlet of this service. */
export const cmdlet = cmdletsFor<CmdletSession>();

export function mine({ session }: SessionContext): TenantDirectory {
  return session.directory.tenant(session.tenantId);
}

/** @throws the refusal `no-sign-in` where the site has no authorization server */
export function identityOf(context: SessionContext): IdentityService {
  return context.session.identity ?? context.fail(refuse("no-sign-in", {}));
}

/** The session's tenant as it is now. */
export async function tenantOf(context: SessionContext): Promise<Tenant> {
  const tenant = await context.session.directory.tenants.byId(context.session.tenantId);
  return tenant ?? context.fail(refuse("tenant-gone", {}));
}

/** -Tenant: the session's own, or nothing; a session never reaches another. */
export function checkTenant(context: SessionContext, tenant: { text: string } | null | undefined): void {
  if (tenant !== undefined && tenant !== null && tenant.text.toLowerCase() !== context.session.tenantId) {
    context.fail(refuse("other-tenant", { tenant: tenant.text }));
  }
}

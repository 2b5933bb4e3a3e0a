/** Finding users for a cmdlet by what its -Identity says. */
import { tenantDn, userIdentity, type Tenant, type UserCondition, type UserRecord, type Users } from "../directory/index.ts";
import { refuse } from "./refusals.ts";
import { mine, type SessionContext } from "./session.ts";

/** The first condition of the identity that anybody fulfils who fulfils the other too, or undefined. */
export async function matching(
  users: Users,
  identity: string,
  tenant: Tenant,
  other: UserCondition = (eb) => eb.lit(true),
): Promise<UserCondition | undefined> {
  for (const condition of userIdentity(identity, tenant)) {
    if ((await users.find((eb) => eb.and([condition(eb), other(eb)]), 1)).length > 0) return condition;
  }
  return undefined;
}

/** The one user that a change is about; otherwise writes why not, and the command goes on with its next input. */
export async function oneUser(context: SessionContext, identity: string, tenant: Tenant): Promise<UserRecord | undefined> {
  if (identity.includes("*")) {
    context.writeError(refuse("user-wildcard", { identity }, identity));
    return undefined;
  }
  for (const condition of userIdentity(identity, tenant)) {
    const found = await mine(context).users.find(condition, 2);
    if (found.length > 1) {
      context.writeError(refuse("user-ambiguous", { identity }, identity));
      return undefined;
    }
    if (found.length === 1) return found[0];
  }
  context.writeError(refuse("user-not-found", { identity }, identity));
  return undefined;
}

/**
 * The same, of those who are enabled: a deployment knows people beside them, to most cmdlets they are not there. Online
 * everybody counts, since a tenant has nobody else.
 */
export async function oneEnabledUser(context: SessionContext, identity: string, tenant: Tenant): Promise<UserRecord | undefined> {
  const user = await oneUser(context, identity, tenant);
  if (tenant.kind === "online" || user === undefined || user.sipAddress !== null) return user;
  context.writeError(refuse("user-not-found", { identity }, identity));
  return undefined;
}

/** Whether -OU names the unit in which the tenant's users are, or one above it. */
export function isUnitOf(ou: string, tenant: Tenant): boolean {
  const wanted = ou
    .trim()
    .replace(/\s*,\s*/g, ",")
    .toLowerCase();
  const home = (tenant.kind === "online" ? tenantDn(tenant) : `CN=Users,${tenantDn(tenant)}`).toLowerCase();
  return wanted === tenant.tenantId || home === wanted || (wanted !== "" && home.endsWith(`,${wanted}`));
}

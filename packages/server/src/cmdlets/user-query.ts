/** What Get-CsOnlineUser and Get-CsUser share: from parameters to a stream of users. */
import type { PsValue } from "@tieline/remoting/objects";
import { userObject, type UserCondition, type UserView } from "../directory/index.ts";
import { userFilter } from "./filters.ts";
import { refuse } from "./refusals.ts";
import { mine, tenantOf, type SessionContext } from "./session.ts";
import { isUnitOf, matching } from "./user-lookup.ts";

export interface UserArguments {
  Identity?: string | null | undefined;
  Filter?: string | null | undefined;
  LdapFilter?: string | null | undefined;
  OU?: string | null | undefined;
  ResultSize?: number | "Unlimited" | null | undefined;
  OnModernServer?: boolean | undefined;
  OnOfficeCommunicationServer?: boolean | undefined;
  UnassignedUser?: boolean | undefined;
  SkipUserPolicies?: boolean | undefined;
  /** Only users who have a SIP address: those who are enabled, even if they may not sign in now. */
  EnabledUser?: boolean;
}

const PAGE = 500;

/** Puts the users out that the arguments ask for, by display name, a page at a time. */
export async function putOutUsers(context: SessionContext, args: UserArguments, view: UserView): Promise<void> {
  const tenant = await tenantOf(context);
  const { users } = mine(context);
  const filter = userFilter(context, view, args.Filter, args.LdapFilter);
  const limit = typeof args.ResultSize === "number" ? args.ResultSize : Number.POSITIVE_INFINITY;
  const conditions = [...serverConditions(args), ...(filter?.where === undefined ? [] : [filter.where])];
  if (typeof args.OU === "string" && args.OU !== "" && !isUnitOf(args.OU, tenant)) {
    return context.writeError(refuse("ou-not-found", { ou: args.OU }, args.OU));
  }
  if (typeof args.Identity === "string" && args.Identity !== "") {
    const identity = await matching(users, args.Identity, tenant, args.EnabledUser === true ? IS_ENABLED : undefined);
    if (identity === undefined) {
      // A pattern that fits nobody is no error, a name is.
      if (args.Identity.includes("*")) return;
      return context.writeError(refuse("user-not-found", { identity: args.Identity }, args.Identity));
    }
    conditions.push(identity);
  }
  if (limit === 0) return;
  const where: UserCondition | undefined =
    conditions.length === 0 ? undefined : (eb) => eb.and(conditions.map((condition) => condition(eb)));
  const pageSize = filter?.test === undefined ? Math.min(PAGE, limit) : PAGE;
  let count = 0;
  const without = { policies: args.SkipUserPolicies === true && filter?.needsPolicies !== true };
  for await (const page of users.pages({ where, pageSize, without })) {
    for (const user of page) {
      if (filter?.test !== undefined && !filter.test(user, tenant)) continue;
      const shown = args.SkipUserPolicies === true ? { ...user, policies: {} } : user;
      const slow = write(context, userObject(view, shown, tenant));
      if (slow !== undefined) await slow;
      count += 1;
      if (count >= limit) return;
    }
    if (context.signal.aborted) return;
  }
}

/** Whoever has a SIP address. */
const IS_ENABLED: UserCondition = (eb) => eb("sip_key", "is not", null);

/** Waits only where the reader is slow: thousands of needless turns of the event loop cost more than the objects. */
function write(context: SessionContext, value: PsValue): Promise<void> | undefined {
  const written: unknown = context.write(value);
  return written instanceof Promise ? (written as Promise<void>) : undefined;
}

/** Conditions by where a user is homed. There are no servers of older versions here: nobody is on one. */
function serverConditions(args: UserArguments): UserCondition[] {
  const conditions: UserCondition[] = [];
  if (args.EnabledUser === true) conditions.push(IS_ENABLED);
  if (args.OnModernServer === true) conditions.push((eb) => eb("registrar_pool", "is not", null));
  if (args.OnOfficeCommunicationServer === true) conditions.push((eb) => eb.lit(false));
  if (args.UnassignedUser === true) conditions.push((eb) => eb.and([eb("enabled", "=", 1), eb("registrar_pool", "is", null)]));
  return conditions;
}

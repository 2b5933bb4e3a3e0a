/** -Filter and -LdapFilter of the cmdlets: parsed, checked against the properties that there are, and made into predicates. */
import { compileFilter, filterProperties, parseFilter, type Filter } from "@tieline/language";
import type { PsObject } from "@tieline/remoting/objects";
import { narrow, userProperty, userValue, type Tenant, type UserCondition, type UserRecord, type UserView } from "../directory/index.ts";
import { LdapFilterError, parseLdapFilter } from "./ldap-filter.ts";
import { refuse } from "./refusals.ts";
import type { SessionContext } from "./session.ts";

/** Refuses properties that the objects do not have: a typing error should not look like an empty result. */
function check(context: SessionContext, filter: Filter, has: (name: string) => boolean): Filter {
  for (const { name, at } of filterProperties(filter)) {
    if (!has(name)) context.fail(refuse("filter-property", { name, position: at }, name));
  }
  return filter;
}

/** A predicate over objects; lets everything pass where there is no filter. */
export function objectFilter(context: SessionContext, text: string | null | undefined): (object: PsObject) => boolean {
  if (text === undefined || text === null || text.trim() === "") return () => true;
  const filter = parseFilter(text);
  return (object) => {
    check(context, filter, (name) => object.has(name));
    return compileFilter(filter, (each: PsObject, name) => each.get(name))(object);
  };
}

export interface UserFilter {
  /** Spares rows that cannot pass. */
  where?: UserCondition;
  /** Decides; absent where the condition has decided already. */
  test?: (user: UserRecord, tenant: Tenant) => boolean;
  /** It looks at policies, which must be loaded for it. */
  needsPolicies: boolean;
}

/**
 * The filter over users that the two parameters ask for, or undefined.
 *
 * @throws Fault `filter-syntax`
 */
export function userFilter(
  context: SessionContext,
  view: UserView,
  text: string | null | undefined,
  ldapText: string | null | undefined,
): UserFilter | undefined {
  const hasText = typeof text === "string" && text.trim() !== "";
  const hasLdap = typeof ldapText === "string" && ldapText.trim() !== "";
  if (hasText && hasLdap) context.fail(refuse("filter-twice", {}));
  if (!hasText && !hasLdap) return undefined;
  const parsed = hasText ? parseFilter(text) : parseLdap(context, ldapText as string);
  const filter = check(context, parsed, (name) => view.shape.indexOf(name) >= 0);
  const narrowing = narrow(filter);
  const needsPolicies = filterProperties(filter).some(
    ({ name }) => userProperty(name)?.imports === "policy" || name.toLowerCase() === "policies",
  );
  if (narrowing?.exact === true) return { where: narrowing.where, needsPolicies };
  let tenant: Tenant | undefined;
  const decide = compileFilter(filter, (user: UserRecord, name) => {
    const property = userProperty(name);
    return property === undefined ? undefined : userValue(property, user, tenant as Tenant);
  });
  return {
    ...(narrowing === undefined ? {} : { where: narrowing.where }),
    test: (user, of) => {
      tenant = of;
      return decide(user);
    },
    needsPolicies,
  };
}

function parseLdap(context: SessionContext, text: string): Filter {
  try {
    return parseLdapFilter(text);
  } catch (error) {
    if (!(error instanceof LdapFilterError)) throw error;
    return context.fail(refuse("ldap-filter", { position: error.position, reason: error.message }, text));
  }
}

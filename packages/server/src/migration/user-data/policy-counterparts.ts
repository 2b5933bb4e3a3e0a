/**
 * Policies stay where they were made; what a move carries is which of them a user was granted. A grant goes along where the
 * target has a policy of that family and name, in any letter case; the others are left behind, and said to be.
 */
import { GLOBAL, policyIdentity, type TenantId } from "../../directory/index.ts";
import type { Queries } from "../../store/index.ts";
import { byCodePoint } from "./canonical.ts";

/** The names that a site knows, by family. */
export type PolicyNames = Readonly<Record<string, readonly string[]>>;

/** What the other site, or this one, says when it is asked. */
export interface KnownPolicies {
  policyNames(): Promise<PolicyNames>;
}

export interface Counterparts {
  /** Family to name, as the target writes it. */
  kept: Record<string, string>;
  /** `ClientPolicy:Tag:Sales`, by code point. */
  left: string[];
}

/** Made once for a run of moves. */
export type CounterpartsOf = (granted: Readonly<Record<string, string>>) => Counterparts;

export function policyCounterparts(target: PolicyNames): CounterpartsOf {
  const known = new Map(
    Object.entries(target).map(([family, names]) => [family, new Map(names.map((name) => [name.toLowerCase(), name]))]),
  );
  return (granted) => {
    const kept: [family: string, name: string][] = [];
    const left: string[] = [];
    for (const [family, name] of Object.entries(granted)) {
      const counterpart = known.get(family)?.get(name.toLowerCase());
      // Global holds where nothing is granted: nobody is granted it.
      if (counterpart === undefined || counterpart === GLOBAL) left.push(`${family}:${policyIdentity(name)}`);
      else kept.push([family, counterpart]);
    }
    return { kept: Object.fromEntries(kept), left: left.sort(byCodePoint) };
  };
}

/**
 * The names at this site: those that come with it and those that the tenant has made.
 *
 * @param builtIn by family; which come with a site is known above this floor
 */
export function knownPolicies(db: Queries, tenant: TenantId, builtIn: PolicyNames): KnownPolicies {
  return {
    async policyNames() {
      const rows = await db
        .selectFrom("policies")
        .select(["family", "name"])
        .where("tenant_id", "=", tenant)
        .where("family", "in", Object.keys(builtIn))
        .orderBy("family")
        .orderBy("name_key")
        .execute();
      const own = Map.groupBy(rows, (row) => row.family);
      return Object.fromEntries(
        Object.entries(builtIn).map(([family, names]) => [family, [...names, ...(own.get(family) ?? []).map((row) => row.name)]]),
      );
    },
  };
}

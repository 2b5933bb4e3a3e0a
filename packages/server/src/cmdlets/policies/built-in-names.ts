/** The names of the policies that come with a kind of site, by family: what a move compares grants with, beside the site's own. */
import type { PolicyNames } from "../../migration/user-data/index.ts";
import type { Tenant } from "../../directory/index.ts";
import { POLICY_FAMILIES } from "./policy-families.ts";

/** A deployment begins with Global alone. */
export function builtInNames(kind: Tenant["kind"]): PolicyNames {
  return Object.fromEntries(
    POLICY_FAMILIES.map(({ family, builtIn }) => [family, kind === "online" ? builtIn.map((policy) => policy.name) : []]),
  );
}

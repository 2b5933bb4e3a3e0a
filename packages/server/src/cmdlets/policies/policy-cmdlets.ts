/** The five cmdlets of each family of policies, made of its entry; the same on both kinds of site. */
import type { Cmdlet } from "@tieline/language";
import { getPolicy } from "./get-policy.ts";
import { grantPolicy } from "./grant-policy.ts";
import { newPolicy } from "./new-policy.ts";
import { POLICY_FAMILIES, type PolicyFamily } from "./policy-families.ts";
import { removePolicy } from "./remove-policy.ts";
import { setPolicy } from "./set-policy.ts";

function policyCmdlets(family: PolicyFamily): Cmdlet[] {
  return [getPolicy(family), newPolicy(family), setPolicy(family), removePolicy(family), grantPolicy(family)];
}

export const POLICIES: readonly Cmdlet[] = POLICY_FAMILIES.flatMap(policyCmdlets);

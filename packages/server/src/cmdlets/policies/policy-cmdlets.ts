/** The five cmdlets of a family of policies, made of its entry. */
import type { Cmdlet } from "@tieline/language";
import { getPolicy } from "./get-policy.ts";
import { grantPolicy } from "./grant-policy.ts";
import { newPolicy } from "./new-policy.ts";
import type { PolicyFamily } from "./policy-families.ts";
import { removePolicy } from "./remove-policy.ts";
import { setPolicy } from "./set-policy.ts";

export function policyCmdlets(family: PolicyFamily): Cmdlet[] {
  return [getPolicy(family), newPolicy(family), setPolicy(family), removePolicy(family), grantPolicy(family)];
}

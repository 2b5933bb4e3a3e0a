/** What the tenant's policy says of remote PowerShell and of modern sign-in. */
import { isFault } from "@tieline/fault";
import type { Check } from "../examination.ts";
import { failed, ok, skipped, type Remark } from "../finding.ts";

export const policy: Check = {
  name: "policy",
  title: "Tenant policy",
  after: ["session", "mechanisms"],
  run: ({ learnt: { session, refusal, modernSignInOff } }) => {
    if (isFault(refusal) && (refusal.is("tenant-powershell-disabled") || refusal.is("modern-sign-in-off")))
      return Promise.resolve([failed(refusal)]);
    if (session === undefined) return Promise.resolve([skipped("permission", "No session was opened: the tenant's policy is not known.")]);
    const remarks: Remark[] = [ok("permission", "The tenant's policy allows remote PowerShell.")];
    // What was met at the authority is nearer than what the configuration says.
    const override = modernSignInOff === true ? "Disallowed" : session.modernAuthentication;
    if (override !== undefined) remarks.push(judgeOverride(override));
    return Promise.resolve(remarks);
  },
};

export function judgeOverride(override: string): Remark {
  const evidence = [`ClientAdalAuthOverride is ${override}`];
  if (override.toLowerCase() !== "disallowed") return ok("authentication", "Modern sign-in is on for the tenant.", evidence);
  return {
    verdict: "warning",
    layer: "authentication",
    text: "Modern sign-in is switched off for the tenant: accounts with a second factor cannot sign in.",
    evidence,
    cure: "Set-CsOAuthConfiguration -ClientAdalAuthOverride Allowed",
  };
}

/** Whether the account may administer the tenant: a role that opens a session, and cmdlets in it. */
import { isFault } from "@tieline/fault";
import type { Check } from "../examination.ts";
import { failed, ok, skipped } from "../finding.ts";

export const roles: Check = {
  name: "roles",
  title: "Roles",
  after: ["session"],
  run({ learnt: { session, refusal } }) {
    if (isFault(refusal) && refusal.is("tenant-not-permitted")) return Promise.resolve([failed(refusal)]);
    if (session === undefined)
      return Promise.resolve([skipped("permission", "No session was opened: what the account may do is not known.")]);
    if (session.commands > 0) return Promise.resolve([ok("permission", `The account's roles hold ${session.commands} cmdlets.`)]);
    return Promise.resolve([
      {
        verdict: "error",
        layer: "permission",
        text: "The session holds no cmdlet at all.",
        evidence: [],
        cause: "None of the account's roles holds any.",
        cure: "Have an administrative role of the tenant assigned to the account.",
      },
    ]);
  },
};

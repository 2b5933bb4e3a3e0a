import { Fault } from "@tieline/fault";
import type { Stage } from "../stage.ts";

/** Stage 1: the part after the @, or what was named instead. */
export const determineDomain: Stage = {
  words: "Determining domain to admin",
  async run({ wish, progress, say }) {
    const domain = wish.overrideAdminDomain ?? wish.user?.split("@")[1] ?? domainOf(wish.signIn?.tenant);
    if (domain === undefined || domain === "") {
      // With the endpoint named there is nothing to discover; the endpoint knows the account's own domain.
      if (wish.targetUri !== undefined) return;
      throw new Fault("domain-unknown", { user: wish.user ?? "" });
    }
    progress.adminDomain = adminDomain(domain);
    say(`AdminDomain = '${progress.adminDomain}'`);
  },
};

/** An application has no name with a domain; its tenant may be named by one. */
function domainOf(tenant: string | undefined): string | undefined {
  return tenant?.includes(".") === true ? tenant : undefined;
}

/** The domain in lower case. @throws Fault `domain-malformed` */
export function adminDomain(text: string): string {
  if (!/^[\p{L}\p{N}]([\p{L}\p{N}.-]{0,251}[\p{L}\p{N}])?$/u.test(text)) throw new Fault("domain-malformed", { domain: text });
  return text.toLowerCase();
}

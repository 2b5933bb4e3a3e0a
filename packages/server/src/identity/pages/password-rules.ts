/** A new password that its owner sets; which are taken is said by ../password-rule.ts. */
import { hashPassword, verifyPassword } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import type { Account } from "../../directory/index.ts";
import { forbiddenIn, MIN_PASSWORD, weaknessOf, type Weakness } from "../password-rule.ts";
import type { PageContext } from "./page-context.ts";
import { say } from "./words.ts";

/** @throws Fault `password-weak` */
export async function setNewPassword(context: PageContext, account: Account, password: string, again: string): Promise<void> {
  const weak = (word: "not-same" | "as-before" | Weakness): never => {
    throw new Fault("password-weak", { reason: say(word), minimum: MIN_PASSWORD });
  };
  if (password !== again) weak("not-same");
  const weakness = weaknessOf(password, [...forbiddenIn(account.userPrincipalName), account.displayName]);
  if (weakness !== undefined) weak(weakness);
  if (await verifyPassword(account.passwordHash ?? undefined, password)) weak("as-before");
  const hashes = { passwordHash: await hashPassword(password), ntHashSealed: null };
  await context.directory.tenant(account.tenantId).accounts.setPassword(account.accountId, hashes, context.sources.nowMs());
}

/** A new password: what is taken, and how it is set. */
import { hashPassword, verifyPassword } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import type { Account } from "../../directory/index.ts";
import type { PageContext } from "./page-context.ts";
import { say } from "./words.ts";

/** Characters; length is what counts (NIST SP 800-63B 5.1.1.2), so no kinds of characters are asked for. */
export const MIN_PASSWORD = 12;
const MAX_PASSWORD = 256;

/** @throws Fault `password-weak` */
export async function setNewPassword(context: PageContext, account: Account, password: string, again: string): Promise<void> {
  const weak = (word: "not-same" | "too-short" | "too-long" | "holds-name" | "as-before"): never => {
    throw new Fault("password-weak", { reason: say(word), minimum: MIN_PASSWORD });
  };
  if (password !== again) weak("not-same");
  if (Array.from(password).length < MIN_PASSWORD) weak("too-short");
  if (password.length > MAX_PASSWORD) weak("too-long");
  const plain = password.toLowerCase();
  const names = [account.userPrincipalName, account.accountName, account.displayName].map((name) => name.toLowerCase());
  if (names.some((name) => name.length > 3 && plain.includes(name) && plain.length - name.length < MIN_PASSWORD / 2)) weak("holds-name");
  if (await verifyPassword(account.passwordHash ?? undefined, password)) weak("as-before");
  const hashes = { passwordHash: await hashPassword(password), ntHashSealed: null };
  await context.directory.tenant(account.tenantId).accounts.setPassword(account.accountId, hashes, context.sources.nowMs());
}

/** A password that is given to an account of a deployment: judged, and hashed for every way to sign in that there is. */
import { hashPassword } from "@tieline/auth";
import { isFault } from "@tieline/fault";
import type { SecureString } from "@tieline/remoting/objects";
import type { AccountId } from "../../directory/index.ts";
import { checkPassword, forbiddenIn } from "../../identity/index.ts";
import { refuse } from "../refusals.ts";
import type { SessionContext } from "../session.ts";

export interface PasswordHashes {
  passwordHash: string;
  /** Null where NTLM is off: nothing is kept that is weaker than it must be. */
  ntHashSealed: string | null;
}

/** Undefined after the refusal was written. */
export async function passwordHashes(
  context: SessionContext,
  given: SecureString | null,
  { accountId, userPrincipalName }: { accountId: AccountId; userPrincipalName: string },
): Promise<PasswordHashes | undefined> {
  const password = given?.reveal() ?? "";
  try {
    checkPassword(password, forbiddenIn(userPrincipalName));
  } catch (error) {
    if (!isFault(error) || error.code !== "password-weak") throw error;
    const { reason, minimum } = error.fields as { reason: string; minimum: number };
    context.writeError(refuse("ad-password", { reason, minimum }, userPrincipalName));
    return undefined;
  }
  return { passwordHash: await hashPassword(password), ntHashSealed: context.session.sealNtHash?.(accountId, password) ?? null };
}

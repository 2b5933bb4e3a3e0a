/** A new password for an account: judged or drawn, and hashed. */
import { hashPassword } from "@tieline/auth";
import { isFault } from "@tieline/fault";
import type { SecureString } from "@tieline/remoting/objects";
import { checkPassword, drawPassword, forbiddenIn } from "../../identity/index.ts";
import { refuse } from "../refusals.ts";
import { identityOf, type SessionContext } from "../session.ts";

export interface NewPassword {
  passwordHash: string;
  /** Where it was drawn: to be shown once. */
  drawn?: string;
}

/** Undefined after the refusal was written. */
export async function newPassword(
  context: SessionContext,
  given: SecureString | null | undefined,
  userPrincipalName: string,
): Promise<NewPassword | undefined> {
  if (given === undefined || given === null) {
    const drawn = drawPassword(identityOf(context).options.sources);
    return { passwordHash: await hashPassword(drawn), drawn };
  }
  const password = given.reveal();
  try {
    checkPassword(password, forbiddenIn(userPrincipalName));
  } catch (error) {
    if (!isFault(error) || error.code !== "password-weak") throw error;
    const { reason, minimum } = error.fields as { reason: string; minimum: number };
    context.writeError(refuse("msol-password", { reason, minimum }, userPrincipalName));
    return undefined;
  }
  return { passwordHash: await hashPassword(password) };
}

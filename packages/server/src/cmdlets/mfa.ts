/** What the cmdlets of second factors share: the factors of the session's site, and faults of theirs as error records. */
import { isFault, type Fault } from "@tieline/fault";
import type { ErrorRecordParts } from "@tieline/language";
import type { PsValue } from "@tieline/remoting/objects";
import { Factors } from "../identity/index.ts";
import { identityOf, type SessionContext } from "./session.ts";

export function factorsOfSite(context: SessionContext): Factors {
  const identity = identityOf(context);
  const { db, sources } = identity.options;
  return new Factors({ db, vault: identity.vault, sources });
}

/** Runs the work; a refusal of the factors becomes the cmdlet's error. False where there was one. */
export async function orRefused(context: SessionContext, target: PsValue, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!isFault(error) || error.layer === "store") throw error;
    context.writeError(recordOf(error, target));
    return false;
  }
}

function recordOf(fault: Fault, target: PsValue): ErrorRecordParts {
  const id = fault.code.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
  return { message: fault.message, id, category: "InvalidArgument", type: "ArgumentException", recommendedAction: fault.cure, target };
}

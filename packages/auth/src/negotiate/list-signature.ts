/** The signature over SPNEGO's list of mechanisms (RFC 4178 5), by whatever the chosen mechanism has for it. */
import type { SecurityContext } from "../mechanism.ts";

export function signList(context: SecurityContext, list: Uint8Array): Uint8Array {
  return context.signMechanismList === undefined ? context.sign(list) : context.signMechanismList(list);
}

/** @throws Fault `message-integrity` */
export function verifyList(context: SecurityContext, list: Uint8Array, signature: Uint8Array): void {
  if (context.verifyMechanismList === undefined) context.verify(list, signature);
  else context.verifyMechanismList(list, signature);
}

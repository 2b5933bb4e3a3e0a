/** Second factors: see factors.ts. */
export { type AppPassword } from "./app-passwords.ts";
export { type ApprovalRequest } from "./approvers.ts";
export { drawGuid, drawSecret } from "./drawn.ts";
export { isSame, type Owner } from "./factor-context.ts";
export { factorSummary, type FactorSummary, Factors, type Offer } from "./factors.ts";
export { cleanName, type Method } from "./methods.ts";
export { type RelyingParty } from "./passkeys.ts";
export { maskedPhone } from "./phones.ts";
export { secondFactorOf } from "./second-factor-port.ts";
export { VERIFICATION_METHODS, type MfaSettings, type VerificationMethod } from "./settings.ts";
export { type MfaState } from "./state.ts";
export { FileOutbox, type FactorMessage, type FactorTransport } from "./transport.ts";

/** The authorization server of the service: keys, applications, tokens, sign-ins; see README.md. */
export { judgeAccessToken, sameAddress, type TokenHolder } from "./access-tokens.ts";
export {
  Applications,
  MIN_GIVEN_SECRET,
  PUBLIC_CLIENT_ID,
  type Application,
  type ApplicationCredential,
  type FederatedCredential,
  type NewApplication,
} from "./applications.ts";
export { AuthorizationServer } from "./authorization-server.ts";
export { bearerChallenge, bearerParameters } from "./bearer-challenge.ts";
export { ACCOUNT_CLAIMS, type AccountClaim, type FederatedDomain, type FederationSettings } from "./federation/federated-domains.ts";
export { providerRequests, type ProviderRequests } from "./federation/provider-requests.ts";
export type { Federation } from "./federation/federation.ts";
export type {
  FirstFactor,
  Interaction,
  InteractionEnd,
  InteractionOutcome,
  InteractionPages,
  PageAnswer,
  PageRequest,
} from "./interaction.ts";
export { PasswordJudge, type PasswordAttempt, type PasswordVerdict } from "./password-judge.ts";
export { checkPassword, drawPassword, forbiddenIn } from "./password-rule.ts";
export { asRefusal, refusalNumber } from "./refusal.ts";
export {
  factorSummary,
  Factors,
  FileOutbox,
  VERIFICATION_METHODS,
  type MfaSettings,
  type MfaState,
  type VerificationMethod,
  secondFactorOf,
  type FactorMessage,
  type FactorTransport,
} from "./factors/index.ts";
export { ServicePages } from "./pages/index.ts";
export type { FactorDemand, SecondFactor } from "./second-factor.ts";
export { IdentityService, type IdentityOptions, type IdentitySettings } from "./service.ts";
export { SignInLog, type SignInEntry } from "./sign-in-log.ts";
export { DEFAULT_SIGN_IN, isPasswordExpired, TenantSignIn, type ModernOverride, type SignInSettings } from "./tenant-sign-in.ts";
export { Vault } from "./vault.ts";
export { isWebTicket, judgeWebTicket } from "./ws-trust/web-ticket.ts";

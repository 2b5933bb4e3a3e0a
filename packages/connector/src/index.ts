/** The staged connection: see README.md. */
export { attach, closeShell, consoleHost, listShells, PowerShellError } from "@tieline/remoting";
export type { ClientCertificateFiles } from "./client-certificate.ts";
export * from "./bridge/index.ts";
export { diallerFor, type DiallerWishes } from "./dialler-options.ts";
export { MechanismAuthenticator, type ProxyAuthenticatorOptions, type ProxyScheme } from "./proxy/authenticator.ts";
export { parseProxyWish, proxyChoiceFor, type ProxySources, type ProxyWish } from "./proxy/choose.ts";
export { discoverDomain, onlinePowerShellEndpoint, type Discovered, type EndpointQuestion } from "./online-powershell-endpoint.ts";
export { hopsOf, type Hop } from "@tieline/discovery";
export {
  checkSessionOption,
  emptySessionOption,
  parseSessionOption,
  sessionOptionOf,
  type PSSessionOption,
  type SessionOption,
} from "./session-option.ts";
export { LAST_STAGE, openConnection, reachEndpoint, STAGES, type Connection, type StagedError, type Surroundings } from "./connect.ts";
export { KEPT_IDLE_MS } from "./stages/initialize-session.ts";
export { openLasting, type LastingConnection, type LastingWishes } from "./life/open-lasting.ts";
export { ShellBroker, type Borrowed, type BorrowOptions, type BrokerOptions, type SessionKey } from "./life/broker.ts";
export { LastingSession, type LastingOptions, type LivingShell } from "./life/lasting-session.ts";
export { isAt, reclaim } from "./life/reclaim.ts";
export type { RemoteRun, RemoteSession } from "./life/remote-session.ts";
export { ShellRegistry, type RegisteredShell, type ShellRecord } from "./life/shell-registry.ts";
export { hostedMigrationToken, type HostedToken, type HostedTokenSurroundings, type HostedTokenWish } from "./moves/hosted-token.ts";
export { KeptSessions, type KeptSession } from "./kept-sessions.ts";
export type { Host, Session, StreamRecord } from "@tieline/remoting";
export type { Authentication, Credential, Progress, Stage, Wish } from "./stage.ts";
export { openBrowser, openerFor } from "./sign-in/open-browser.ts";
export type { Person } from "./sign-in/means.ts";
export { chooseWay, SIGN_IN_WAYS, type Given, type SignInWay, type SignInWish } from "./sign-in/sign-in-wish.ts";
export { idOf, TokenCache } from "./sign-in/token-cache.ts";
export type { CachedAccount } from "./sign-in/cache-shape.ts";
export { cachePath, chooseStore } from "./sign-in/stores/choose-store.ts";
export { memoryStore } from "./sign-in/stores/store.ts";
export { secretFile } from "./sign-in/workload.ts";
export { discoveryUriOf } from "./teams-environments.ts";
export { newCsOnlineSession, type NewCsOnlineSessionParameters, type NewCsOnlineSessionSurroundings } from "./new-cs-online-session.ts";
export { CHECKS } from "./doctor/checks.ts";
export { examine, type Diagnosis, type DoctorOptions } from "./doctor/doctor.ts";
export type { Finding, Verdict } from "./doctor/finding.ts";
export { parseSubject, type Subject } from "./doctor/subject.ts";
export {
  isOver,
  MOVE_STATES,
  ONLINE_TARGET,
  type AddedUsers,
  type Batch,
  type HomedCounters,
  type MovedUser,
  type MoveState,
  type PreflightFinding,
} from "./moves/batch.ts";
export { CounterNotes } from "./moves/counter-notes.ts";
export { followBatch, isForSignIn, lastFailure, type FollowEvent } from "./moves/follow-batch.ts";
export { MoveCmdlets, USERS_A_CALL, type BatchWish, type MoveSession, type OnlineAccess } from "./moves/move-cmdlets.ts";
export { moveReport, type MoveReport } from "./moves/move-report.ts";
export { readUsers, type FileFinding, type ListedUser, type ReadUsers } from "./moves/read-users.ts";

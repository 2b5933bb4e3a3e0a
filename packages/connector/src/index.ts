/** The staged connection: see README.md. */
export { attach, closeShell, consoleHost, listShells, PowerShellError } from "@tieline/remoting";
export type { ClientCertificateFiles } from "./client-certificate.ts";
export { diallerFor, type DiallerWishes } from "./dialler-options.ts";
export { MechanismAuthenticator, type ProxyAuthenticatorOptions, type ProxyScheme } from "./proxy/authenticator.ts";
export { parseProxyWish, proxyChoiceFor, type ProxySources, type ProxyWish } from "./proxy/choose.ts";
export { LAST_STAGE, openConnection, reachEndpoint, STAGES, type Connection, type StagedError, type Surroundings } from "./connect.ts";
export { KEPT_IDLE_MS } from "./stages/initialize-session.ts";
export { KeptSessions, type KeptSession } from "./kept-sessions.ts";
export type { Host, Session, StreamRecord } from "@tieline/remoting";
export type { Authentication, Credential, Progress, Stage, Wish } from "./stage.ts";

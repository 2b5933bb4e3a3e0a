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
export { openBrowser, openerFor } from "./sign-in/open-browser.ts";
export type { Person } from "./sign-in/means.ts";
export { SIGN_IN_WAYS, type Given, type SignInWay, type SignInWish } from "./sign-in/sign-in-wish.ts";
export { idOf, TokenCache } from "./sign-in/token-cache.ts";
export type { CachedAccount } from "./sign-in/cache-shape.ts";
export { cachePath, chooseStore } from "./sign-in/stores/choose-store.ts";
export { secretFile } from "./sign-in/workload.ts";
export { discoveryUriOf } from "./teams-environments.ts";

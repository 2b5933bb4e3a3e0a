/** The remote PowerShell endpoint of a site. */
export { adminDomain, AdminEndpoint, SESSION_LIFETIME_MS, type EndpointLimits, type EndpointLog } from "./endpoint.ts";
export type { EndpointEvent } from "./endpoint-event.ts";
export type { Principal } from "./principal.ts";
export { DEFAULT_SHELL_LIMITS, type ShellLimits } from "./shell-quota.ts";
export { SignIn } from "./sign-in.ts";

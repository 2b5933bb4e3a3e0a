import type { FaultEntry } from "../entry.ts";

/**
 * The limits of an endpoint. The texts of the shells are founding document 003's, letter for letter; which number
 * newer Windows sends for them is not verified, so each is understood by its text first ([MS-WSMV] 3.1.4.5.2.1).
 */
export const LIMITS = {
  "shell-quota-user": {
    blame: "environment",
    layer: "limit",
    text: "The WS-Management service cannot process the request. The maximum number of concurrent shells for this user has been exceeded. Close existing shells or raise the quota for this user.",
    also: [
      "The WS-Management service cannot process the request. This user is allowed a maximum number of {limit} concurrent shells, which has been exceeded. Close existing shells or raise the quota for this user.",
      "The maximum number of concurrent shells for this user has been exceeded",
    ],
    why: "This account has {limit} sessions open already; sessions that were left without closing count until their idle time is over.",
    cure: "Close sessions that are no longer needed (`tieline sessions list`, `tieline sessions close`, or Remove-PSSession where they were opened), or wait until idle ones lapse.",
    station: "session",
    causes: [
      {
        cause: "Three sessions of this account are open (or as many as the endpoint allows).",
        confirm: "tieline sessions list shows them",
      },
      {
        cause: "Sessions were left without closing: a window was shut, a script crashed. They count until their idle time is over.",
        confirm: "tieline sessions list shows sessions that nobody uses",
      },
    ],
    commands: ["tieline sessions list ADMIN@DOMAIN", "tieline sessions close --user ADMIN@DOMAIN all", "Get-PSSession | Remove-PSSession"],
    source: "Founding document 003, Diagnose connection problems with the Skype for Business Online Connector",
    wsman: { code: 2150859173, side: "Sender", subcode: "w:QuotaLimit" },
  },
  "shell-quota-tenant": {
    blame: "environment",
    layer: "limit",
    text: "The WS-Management service cannot process the request. The maximum number of concurrent shells for this tenant has been exceeded. Close existing shells or raise the quota for this tenant.",
    also: ["The maximum number of concurrent shells for this tenant has been exceeded"],
    why: "The tenant's administrators together hold {limit} sessions.",
    cure: "Ask the tenant's other administrators to close sessions (Remove-PSSession), or wait until idle ones lapse.",
    station: "session",
    causes: [
      {
        cause: "The tenant's administrators together hold 20 sessions (or as many as the endpoint allows).",
        confirm: "the same error comes for an account that has none",
      },
      { cause: "Scripts of the tenant open sessions and do not close them.", confirm: "it happens at the hours at which they run" },
    ],
    commands: ["tieline sessions close --user ADMIN@DOMAIN all", "Get-PSSession | Remove-PSSession"],
    source: "Founding document 003, Diagnose connection problems with the Skype for Business Online Connector",
    wsman: { code: 2150859176, side: "Sender", subcode: "w:QuotaLimit" },
  },
  "operation-quota": {
    blame: "environment",
    layer: "limit",
    text: "The WS-Management service cannot process the request. The maximum number of concurrent operations for this user has been exceeded. Close existing operations for this user, or raise the quota for this user.",
    cure: "Let running commands finish, or close sessions.",
    wsman: { code: 2150859174, side: "Sender", subcode: "w:QuotaLimit" },
  },
  "command-quota": {
    blame: "environment",
    layer: "limit",
    text: "The WS-Management service cannot process the request. The maximum number of concurrent commands per shell has been exceeded. Close existing commands or raise the quota for this shell.",
    also: ["The maximum number of concurrent commands per shell has been exceeded"],
    cure: "Let running commands of this session finish, or open another session.",
    wsman: { code: 2150859241, side: "Sender", subcode: "w:QuotaLimit" },
  },
  "connection-quota": {
    blame: "environment",
    layer: "limit",
    text: "The service holds {limit} connections, as many as it may.",
    cure: "Try again later; the operator can raise the limit.",
    http: 503,
  },
} as const satisfies Record<string, FaultEntry>;

import type { FaultEntry } from "../entry.ts";

/** A session that goes on: renewal before its lifetime ends, reconnection, the broker of shells, budgets. */
export const RENEWAL = {
  "command-outcome-unknown": {
    blame: "environment",
    layer: "session",
    text: "The session was lost while {cmdlet} was running: whether it has had its effect is not known.",
    why: "It was sent at {sent}, and {outputs} outputs had come from it when the session ended ({reason}). It was not repeated, because it may have had its effect.",
    cure: "Look for its effect with the matching Get- cmdlet, or for session {session} in the tenant's audit, before you run it again.",
  },
  "shell-wait-timeout": {
    blame: "environment",
    layer: "limit",
    text: "No session became free within {seconds} seconds: {limit} may be open at a time, and {waiting} callers wait.",
    cure: "Let running commands finish, close sessions that are no longer needed, or wait longer.",
  },
  "shell-seats-held": {
    blame: "environment",
    layer: "limit",
    text: "The WS-Management service cannot process the request. The maximum number of concurrent shells for this user has been exceeded. Close existing shells or raise the quota for this user. The sessions of {user}: {holders}",
    why: "None of them was left behind by an ended process of this machine, so none was closed to make room.",
    cure: "Close those that are no longer needed with `tieline sessions close`, or wait until idle ones lapse.",
  },
  "session-superseded": {
    blame: "local",
    layer: "session",
    text: "The session is closed; nothing can be run in it any more.",
    cure: "Connect again.",
  },
  "budget-locked": {
    blame: "environment",
    layer: "limit",
    text: "The account '{user}' has used up its budget for remote PowerShell ({balance} of {cutoff} milliseconds) and is locked out for {seconds} seconds.",
    why: "The service gives each account so much working time; what exceeds it is delayed, and beyond the cutoff refused until the budget has recharged.",
    cure: "Wait, then run fewer cmdlets at a time; sessions of one account share its budget.",
    wsman: { code: 2150859174, side: "Sender", subcode: "w:QuotaLimit" },
  },
} as const satisfies Record<string, FaultEntry>;

import type { FaultEntry } from "../entry.ts";

/** What users have beside their accounts: contacts, groups, permissions, delegates, meetings, forwarding. All texts are OURS. */
export const USER_DATA = {
  "user-data-invalid": {
    blame: "peer",
    layer: "input",
    text: "The user data cannot be taken: {problems}.",
    cure: "Correct what is named; a place in a list counts from 0. The limits are in the documentation of Import-TielineUserData.",
    station: "move",
  },
  "user-data-syntax": {
    blame: "local",
    layer: "input",
    text: "The user data is no JSON: {reason}.",
    cure: "Write it as an object, or as a list of objects, each with the user and what the user has.",
    station: "move",
  },
  "user-data-differs": {
    blame: "environment",
    layer: "store",
    text: "What arrived of {user} is not what was sent: {count} field(s) differ, {field} the first of them.",
    why: "Something changed the data on its way, or at the target while it was being written.",
    cure: "Nothing was switched over; move the user again, and have the target's database checked if it happens again.",
    station: "move",
  },
} as const satisfies Record<string, FaultEntry>;

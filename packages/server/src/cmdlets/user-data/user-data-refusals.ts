/** The errors of the cmdlets of users' data; rows as in ../refusals.ts. OURS, all of them. */
import type { Refusal } from "../refusal.ts";

const MANAGEMENT = "Microsoft.Rtc.Management.ManagementException";

export const USER_DATA_REFUSALS = {
  "user-data-nobody": {
    id: "UserDataWithoutUser",
    category: "InvalidArgument",
    type: MANAGEMENT,
    text: "Entry {number} names no user.",
    cure: "Give each entry an identity: SIP address, user principal name, GUID, distinguished name or display name.",
  },
  "user-data-refused": {
    id: "UserDataInvalid",
    category: "InvalidData",
    type: MANAGEMENT,
    text: "The data of {identity} was not imported: {problems}.",
    cure: "Correct what is named; a place in a list counts from 0.",
  },
  "user-data-elsewhere": {
    id: "UserHomedElsewhere",
    category: "InvalidOperation",
    type: MANAGEMENT,
    text: "The data of {identity} was not imported: the user is not homed at this site but at {home}.",
    cure: "Import it at the site where the user is homed; a move brings it along.",
  },
  "user-data-moving": {
    id: "UserIsMoving",
    category: "ResourceBusy",
    type: MANAGEMENT,
    text: "The data of {identity} was not imported: the user is being moved since {since}, by {by}.",
    cure: "Import it at the site where the user is homed when the move has ended.",
  },
  "user-data-policies": {
    id: "PolicyNotFound",
    category: "ObjectNotFound",
    type: MANAGEMENT,
    text: "The data of {identity} was not imported: there is no policy {policies} here.",
    cure: "Make the policies first, or leave them out of the data.",
  },
} as const satisfies Readonly<Record<string, Refusal>>;

/**
 * What a user has beside the account and what a move carries along. Lists are in a canonical order (by their key, by code
 * point), so that two sites that hold the same hold it in the same form.
 */

/** Somebody in the contact list. */
export interface Contact {
  /** `sip:bob@contoso.com`, in lower case. */
  uri: string;
  displayName: string;
  /** Numbers of the groups that the contact is in, ascending. */
  groups: readonly number[];
  /** Whether the user is told of the contact's presence. */
  subscribed: boolean;
}

export interface ContactGroup {
  /** From 1, the user's own numbering. */
  number: number;
  name: string;
}

/** What one of the user's buddies may see: the containers of presence. */
export type PermissionLevel = "Blocked" | "External" | "Colleagues" | "Workgroup" | "Friends";

export interface Permission {
  /** A SIP URI, or `domain:fabrikam.com`. */
  member: string;
  level: PermissionLevel;
}

/** Somebody who may act for the user; the other half stands with that person's principal. */
export interface Delegate {
  uri: string;
  maySchedule: boolean;
  mayAnswer: boolean;
  mayCall: boolean;
}

export interface Meeting {
  /** The conference's id, as in its address. */
  conferenceId: string;
  subject: string;
  startsMs: number;
  endsMs: number;
  access: "Invited" | "SameEnterprise" | "Everyone" | "Organizer";
  /** SIP URIs, ascending. */
  presenters: readonly string[];
  /** Number for dialling in, where the meeting has one. */
  dialInId: string | null;
}

export interface Forwarding {
  mode: "None" | "ForwardImmediate" | "SimultaneousRing" | "TeamCall" | "DelegateRing";
  /** Where calls go: sip:, tel:, or `voicemail`; null where the mode needs none. */
  target: string | null;
  unansweredTo: string | null;
  unansweredSeconds: number;
  /** The members of the team, for TeamCall. */
  team: readonly string[];
}

export interface UserData {
  contacts: readonly Contact[];
  groups: readonly ContactGroup[];
  permissions: readonly Permission[];
  delegates: readonly Delegate[];
  meetings: readonly Meeting[];
  /** null: never set. */
  forwarding: Forwarding | null;
  /** Policies granted to the user itself: family to name. */
  policies: Readonly<Record<string, string>>;
}

export const NO_USER_DATA: UserData = {
  contacts: [],
  groups: [],
  permissions: [],
  delegates: [],
  meetings: [],
  forwarding: null,
  policies: {},
};

/** How many of each were moved: what reports show. */
export interface DataCounts {
  contacts: number;
  groups: number;
  permissions: number;
  delegates: number;
  meetings: number;
  forwarding: number;
  policies: number;
}

export function countsOf(data: UserData): DataCounts {
  return {
    contacts: data.contacts.length,
    groups: data.groups.length,
    permissions: data.permissions.length,
    delegates: data.delegates.length,
    meetings: data.meetings.length,
    forwarding: data.forwarding === null ? 0 : 1,
    policies: Object.keys(data.policies).length,
  };
}

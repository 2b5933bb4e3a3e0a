/** Tables of step 7: what users have beside their account: contacts, groups, permissions, delegates, meetings, forwarding. */
import type { Flag } from "../schema.ts";

/** The head of a user's data: how much of each there is, and where the calls go. A user without any has no row. */
export interface UserDataTable {
  tenant_id: string;
  object_id: string;
  /** Rows in the lists below; a list with 0 is not asked for. */
  contacts: number;
  contact_groups: number;
  permissions: number;
  delegates: number;
  meetings: number;
  /** null: never set, and so are the next four. */
  forward_mode: string | null;
  forward_target: string | null;
  forward_unanswered_to: string | null;
  forward_unanswered_seconds: number | null;
  /** JSON list of SIP URIs. */
  forward_team: string | null;
  /** When a move brought it; null where it was made here. */
  moved_ms: number | null;
  /** Meetings that came with it. */
  moved_meetings: number | null;
  changed_ms: number;
}

export interface UserContactsTable {
  tenant_id: string;
  object_id: string;
  uri: string;
  display_name: string;
  /** JSON list of numbers of groups. */
  member_of: string;
  subscribed: Flag;
}

export interface UserContactGroupsTable {
  tenant_id: string;
  object_id: string;
  number: number;
  name: string;
}

export interface UserPermissionsTable {
  tenant_id: string;
  object_id: string;
  member: string;
  level: string;
}

export interface UserDelegatesTable {
  tenant_id: string;
  /** The principal. */
  object_id: string;
  uri: string;
  may_schedule: Flag;
  may_answer: Flag;
  may_call: Flag;
}

export interface UserMeetingsTable {
  tenant_id: string;
  /** The organizer. */
  object_id: string;
  conference_id: string;
  subject: string;
  starts_ms: number;
  ends_ms: number;
  access: string;
  /** JSON list of SIP URIs. */
  presenters: string;
  dial_in_id: string | null;
}

export interface UserDataSchema {
  user_data: UserDataTable;
  user_contacts: UserContactsTable;
  user_contact_groups: UserContactGroupsTable;
  user_permissions: UserPermissionsTable;
  user_delegates: UserDelegatesTable;
  user_meetings: UserMeetingsTable;
}

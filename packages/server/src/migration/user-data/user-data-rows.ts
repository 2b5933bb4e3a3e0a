/** How a user's data lies in the database; writers and readers of the tables of store/schema/user-data.ts. */
import {
  fromJson,
  textsFromJson,
  toJson,
  type Schema,
  type UserContactGroupsTable,
  type UserContactsTable,
  type UserDataTable,
  type UserDelegatesTable,
  type UserMeetingsTable,
  type UserPermissionsTable,
} from "../../store/index.ts";
import type { ObjectId, TenantId } from "../../directory/index.ts";
import type { Contact, ContactGroup, Delegate, Forwarding, Meeting, Permission, UserData } from "./user-data.ts";

/** Whose rows they are: the beginning of every key. */
export interface Owner {
  tenant_id: TenantId;
  object_id: ObjectId;
}

/** The lists, by the column of the head that counts them. */
export const LISTS = {
  contacts: "user_contacts",
  contact_groups: "user_contact_groups",
  permissions: "user_permissions",
  delegates: "user_delegates",
  meetings: "user_meetings",
} as const satisfies Partial<Record<keyof UserDataTable, keyof Schema>>;

export type ListColumn = keyof typeof LISTS;
export const LIST_COLUMNS = Object.keys(LISTS) as ListColumn[];

type HeadColumns = Omit<UserDataTable, keyof Owner | "moved_ms" | "moved_meetings" | "changed_ms">;

export function headOf({ forwarding, ...data }: UserData): HeadColumns {
  return {
    contacts: data.contacts.length,
    contact_groups: data.groups.length,
    permissions: data.permissions.length,
    delegates: data.delegates.length,
    meetings: data.meetings.length,
    forward_mode: forwarding?.mode ?? null,
    forward_target: forwarding?.target ?? null,
    forward_unanswered_to: forwarding?.unansweredTo ?? null,
    forward_unanswered_seconds: forwarding?.unansweredSeconds ?? null,
    forward_team: forwarding === null ? null : toJson(forwarding.team),
  };
}

export function forwardingOf(head: HeadColumns): Forwarding | null {
  if (head.forward_mode === null) return null;
  return {
    mode: head.forward_mode as Forwarding["mode"],
    target: head.forward_target,
    unansweredTo: head.forward_unanswered_to,
    unansweredSeconds: head.forward_unanswered_seconds ?? 0,
    team: textsFromJson(head.forward_team ?? "[]", "user_data.forward_team"),
  };
}

const flag = (value: boolean): 0 | 1 => (value ? 1 : 0);

export function contactRow(contact: Contact): Omit<UserContactsTable, keyof Owner> {
  const { uri, displayName, groups, subscribed } = contact;
  return { uri, display_name: displayName, member_of: toJson(groups), subscribed: flag(subscribed) };
}

export function contactOf(row: Omit<UserContactsTable, keyof Owner>): Contact {
  const groups = fromJson(row.member_of, "user_contacts.member_of");
  return {
    uri: row.uri,
    displayName: row.display_name,
    groups: Array.isArray(groups) ? groups.map(Number) : [],
    subscribed: row.subscribed === 1,
  };
}

export function groupRow({ number, name }: ContactGroup): Omit<UserContactGroupsTable, keyof Owner> {
  return { number, name };
}

export function groupOf({ number, name }: Omit<UserContactGroupsTable, keyof Owner>): ContactGroup {
  return { number, name };
}

export function permissionRow({ member, level }: Permission): Omit<UserPermissionsTable, keyof Owner> {
  return { member, level };
}

export function permissionOf({ member, level }: Omit<UserPermissionsTable, keyof Owner>): Permission {
  return { member, level: level as Permission["level"] };
}

export function delegateRow(delegate: Delegate): Omit<UserDelegatesTable, keyof Owner> {
  const { uri, maySchedule, mayAnswer, mayCall } = delegate;
  return { uri, may_schedule: flag(maySchedule), may_answer: flag(mayAnswer), may_call: flag(mayCall) };
}

export function delegateOf(row: Omit<UserDelegatesTable, keyof Owner>): Delegate {
  return { uri: row.uri, maySchedule: row.may_schedule === 1, mayAnswer: row.may_answer === 1, mayCall: row.may_call === 1 };
}

export function meetingRow(meeting: Meeting): Omit<UserMeetingsTable, keyof Owner> {
  return {
    conference_id: meeting.conferenceId,
    subject: meeting.subject,
    starts_ms: meeting.startsMs,
    ends_ms: meeting.endsMs,
    access: meeting.access,
    presenters: toJson(meeting.presenters),
    dial_in_id: meeting.dialInId,
  };
}

export function meetingOf(row: Omit<UserMeetingsTable, keyof Owner>): Meeting {
  return {
    conferenceId: row.conference_id,
    subject: row.subject,
    startsMs: row.starts_ms,
    endsMs: row.ends_ms,
    access: row.access as Meeting["access"],
    presenters: textsFromJson(row.presenters, "user_meetings.presenters"),
    dialInId: row.dial_in_id,
  };
}

/** What the cmdlets show of a user's data: one entry a noun, everything known about it in that entry. Ours, names and all. */
import { enumType } from "@tieline/language";
import { DateTime, type PsValue } from "@tieline/remoting/objects";
import type { UserData } from "../../migration/user-data/index.ts";

export interface UserDataNoun {
  /** After `Get-`. */
  noun: string;
  typeName: string;
  /** To go on after "Shows". */
  what: string;
  description: string;
  /** An example beside those that all have: what to type after the cmdlet's name, and what it does. */
  example: { code: string; remarks: string };
  /** Properties of each object, behind Identity, which is the owner; those of the default view first. */
  properties: readonly string[];
  /** How many of them the default table has. */
  shown: number;
  /** Values in the order of the properties, a row an object. */
  rows(data: UserData): PsValue[][];
}

const LEVEL = enumType("Tieline.PermissionLevel", ["Blocked", "External", "Colleagues", "Workgroup", "Friends"]);
const ACCESS = enumType("Tieline.MeetingAccess", ["Invited", "SameEnterprise", "Everyone", "Organizer"]);
const MODE = enumType("Tieline.ForwardingMode", ["None", "ForwardImmediate", "SimultaneousRing", "TeamCall", "DelegateRing"]);

const at = (ms: number): DateTime => DateTime.fromDate(new Date(ms));

export const USER_DATA_NOUNS = {
  contact: {
    noun: "TielineUserContact",
    typeName: "Tieline.UserContact",
    what: "the contact lists of users",
    description:
      "Shows each contact with the groups that it is in, by their names. Subscribed says whether the user is told of the contact's presence.",
    example: { code: "alice@contoso.com | Select-Object Contact, Groups", remarks: "Shows who is in which group." },
    properties: ["Contact", "DisplayName", "Groups", "Subscribed", "GroupNumbers"],
    shown: 4,
    rows: ({ contacts, groups }) => {
      const names = new Map(groups.map(({ number, name }) => [number, name]));
      return contacts.map((contact) => [
        contact.uri,
        contact.displayName,
        contact.groups.map((number) => names.get(number) ?? String(number)),
        contact.subscribed,
        [...contact.groups],
      ]);
    },
  },
  group: {
    noun: "TielineUserContactGroup",
    typeName: "Tieline.UserContactGroup",
    what: "the groups of users' contact lists",
    description: "Shows each group by its number and name, with how many contacts are in it.",
    example: { code: '-Identity "Ken*"', remarks: "Shows the groups of everybody whose display name begins so." },
    properties: ["Number", "Name", "Contacts"],
    shown: 3,
    rows: ({ contacts, groups }) =>
      groups.map(({ number, name }) => [number, name, contacts.filter((contact) => contact.groups.includes(number)).length]),
  },
  permission: {
    noun: "TielineUserPermission",
    typeName: "Tieline.UserPermission",
    what: "what users let others see of their presence",
    description: "Shows each permission: a person (sip:) or a domain (domain:), and the level from Blocked to Friends.",
    example: { code: "alice@contoso.com | Sort-Object Level", remarks: "Shows one user's permissions, those who are blocked first." },
    properties: ["Member", "Level"],
    shown: 2,
    rows: ({ permissions }) => permissions.map(({ member, level }) => [member, LEVEL.of(level)]),
  },
  delegate: {
    noun: "TielineUserDelegate",
    typeName: "Tieline.UserDelegate",
    what: "who may act for users",
    description:
      "Shows the delegates of users, and with -Delegate the other way round: for whom somebody may act. People who act for each other are best moved together.",
    example: { code: "-Delegate pilar@contoso.com", remarks: "Shows for whom somebody may act." },
    properties: ["Delegate", "MaySchedule", "MayAnswer", "MayCall"],
    shown: 4,
    rows: ({ delegates }) => delegates.map((each) => [each.uri, each.maySchedule, each.mayAnswer, each.mayCall]),
  },
  meeting: {
    noun: "TielineUserMeeting",
    typeName: "Tieline.UserMeeting",
    what: "the meetings that users have scheduled",
    description: "Shows each meeting under its organizer, with times in UTC. DialInId is the number for dialling in, where it has one.",
    example: {
      code: "alice@contoso.com | Sort-Object Starts",
      remarks: "Shows one user's meetings in the order in which they take place.",
    },
    properties: ["ConferenceId", "Subject", "Starts", "Ends", "Access", "Presenters", "DialInId"],
    shown: 5,
    rows: ({ meetings }) =>
      meetings.map((each) => [
        each.conferenceId,
        each.subject,
        at(each.startsMs),
        at(each.endsMs),
        ACCESS.of(each.access),
        [...each.presenters],
        each.dialInId,
      ]),
  },
  forwarding: {
    noun: "TielineUserForwarding",
    typeName: "Tieline.UserForwarding",
    what: "where users' calls go",
    description:
      "Shows the call forwarding of each user who has set it: the mode with its target or team, and where calls go that nobody answers.",
    example: { code: '-Identity "*" | Where-Object Mode -eq ForwardImmediate', remarks: "Shows whose calls go elsewhere at once." },
    properties: ["Mode", "Target", "UnansweredTo", "UnansweredSeconds", "Team"],
    shown: 5,
    rows: ({ forwarding }) =>
      forwarding === null
        ? []
        : [[MODE.of(forwarding.mode), forwarding.target, forwarding.unansweredTo, forwarding.unansweredSeconds, [...forwarding.team]]],
  },
} as const satisfies Readonly<Record<string, UserDataNoun>>;

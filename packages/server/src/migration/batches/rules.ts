/**
 * What a batch knows about its users beside what a move's own check finds: one row a rule. A rule gives the fields of its fault where
 * it applies. Rules marked `always` hold at the move, too, where nobody has checked before.
 */
import type { FaultCode } from "@tieline/fault";
import { parseGuid, type UserRecord } from "../../directory/index.ts";
import { ONLINE_TARGET, type Finding, type MoveOptions } from "../moves/move.ts";
import { finding } from "./complaint.ts";
import { homeOf, isAt } from "./home.ts";

/** What is known of one user when the rules are asked. */
export interface UserFacts {
  user: UserRecord;
  target: string;
  options: MoveOptions;
  includeRooms: boolean;
  /** Name of another batch that has not ended and has the user, too. */
  otherBatch?: string | undefined;
  meetings?: number | undefined;
  /** Those who act with the user and are not in the batch, by SIP address. */
  apart?: readonly string[] | undefined;
}

interface Rule {
  code: FaultCode;
  severity: Finding["severity"];
  /** Needs nothing but the user. */
  always?: boolean;
  fields: (
    facts: UserFacts,
  ) => Readonly<Record<string, string | number>> | readonly Readonly<Record<string, string | number>>[] | undefined;
}

const nameOf = (user: UserRecord): string => user.sipAddress?.replace(/^sip:/i, "") ?? user.userPrincipalName;
const goesOnline = (facts: UserFacts): boolean => !isOnline(facts.user) && facts.target.toLowerCase() === ONLINE_TARGET;
const isOnline = (user: UserRecord): boolean => homeOf(user).toLowerCase() === ONLINE_TARGET;
const propertyOf = (user: UserRecord, name: string): string => (typeof user.properties[name] === "string" ? user.properties[name] : "");

/** The part before the @ that the service gives to what is left of deleted users: a GUID, with or without hyphens. */
function isLeftover(sipAddress: string | null): boolean {
  const name = /^(?:sip:)?([^@]*)@/i.exec(sipAddress ?? "")?.[1] ?? "";
  return parseGuid(name) !== undefined || /^[0-9a-f]{32}$/i.test(name);
}

const ROOM_TYPES = /^(meetingroom|commonareaphone|room|resource)/i;

/** What kind of device the account is of; undefined for a person. */
export function roomType(user: UserRecord): string | undefined {
  const type = propertyOf(user, "AccountType");
  if (ROOM_TYPES.test(type)) return type;
  const urn = propertyOf(user, "OwnerUrn");
  return urn.startsWith("urn:device:") ? urn : undefined;
}

const RULES: readonly Rule[] = [
  {
    code: "batch-user-already-there",
    severity: "warning",
    fields: ({ user, target }) => (isAt(user, target) ? { user: nameOf(user), target } : undefined),
  },
  {
    code: "batch-user-elsewhere",
    severity: "error",
    fields: ({ user, otherBatch }) => (otherBatch === undefined ? undefined : { user: nameOf(user), batch: otherBatch }),
  },
  {
    code: "batch-user-without-address",
    severity: "error",
    always: true,
    fields: ({ user }) => (user.sipAddress === null || user.sipAddress === "" ? { user: nameOf(user) } : undefined),
  },
  {
    code: "batch-user-leftover",
    severity: "error",
    always: true,
    fields: ({ user }) => (isLeftover(user.sipAddress) ? { user: nameOf(user) } : undefined),
  },
  {
    code: "batch-user-upn",
    severity: "warning",
    fields: ({ user }) =>
      user.sipAddress === null || user.sipAddress.toLowerCase() === `sip:${user.userPrincipalName.toLowerCase()}`
        ? undefined
        : { user: user.displayName, upn: user.userPrincipalName, sip: user.sipAddress },
  },
  {
    code: "batch-user-voice",
    severity: "warning",
    fields: (facts) =>
      facts.user.properties["EnterpriseVoiceEnabled"] === true && goesOnline(facts)
        ? { user: nameOf(facts.user), number: propertyOf(facts.user, "LineURI") || "(none)" }
        : undefined,
  },
  {
    code: "batch-user-meetings",
    severity: "warning",
    fields: (facts) =>
      facts.meetings === undefined || facts.meetings === 0 || !goesOnline(facts)
        ? undefined
        : { user: nameOf(facts.user), count: facts.meetings },
  },
  {
    code: "batch-user-room",
    severity: "error",
    fields: ({ user, includeRooms }) => {
      const type = roomType(user);
      return type === undefined || includeRooms ? undefined : { user: nameOf(user), type };
    },
  },
  {
    code: "batch-user-delegate",
    severity: "warning",
    fields: ({ user, apart = [] }) => apart.map((other) => ({ user: nameOf(user), other })),
  },
];

/** All findings of the rules about one user, in their order. */
export function judge(facts: UserFacts): Finding[] {
  return applied(RULES, facts);
}

/** The first that forbids the move, of those that need nothing but the user. */
export function forbids(facts: UserFacts): Finding | undefined {
  return applied(ALWAYS, facts)[0];
}

const ALWAYS = RULES.filter((rule) => rule.always === true);

function applied(rules: readonly Rule[], facts: UserFacts): Finding[] {
  return rules.flatMap((rule) => {
    const fields = rule.fields(facts);
    if (fields === undefined) return [];
    return [fields].flat().map((each) => finding(rule.severity, rule.code, each as never));
  });
}

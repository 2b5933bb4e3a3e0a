/**
 * User data as it comes from outside: from the other site, or from an import. What is not understood is refused by name,
 * never ignored; addresses are put in lower case, lists in canonical order. Absent lists are empty.
 */
import { Fault } from "@tieline/fault";
import { z } from "zod";
import { canonical } from "./canonical.ts";
import type { UserData } from "./user-data.ts";

/** What one user may have. */
export const USER_DATA_LIMITS = {
  contacts: 1000,
  groups: 64,
  permissions: 1000,
  delegates: 25,
  meetings: 1000,
  presenters: 250,
  team: 25,
  policies: 64,
  /** UTF-16 units: names, and subjects of meetings. */
  nameLength: 256,
  subjectLength: 512,
  /** Of a URI with its scheme. */
  uriLength: 454,
  /** Groups are numbered from 1. */
  groupNumber: 65_535,
  unansweredSeconds: 3600,
  /** The year 9999 ends: what a date can say. */
  timeMs: 253_402_300_799_999,
} as const;

const LIMITS = USER_DATA_LIMITS;
/** Problems that are told of one document. */
const PROBLEMS = 10;

/** What both engines keep as it is, on one line. */
const text = (length: number) =>
  z
    .string()
    .max(length)
    .refine((value) => !/[\u0000-\u001f\u007f]/.test(value), "it holds control characters")
    .refine((value) => value.isWellFormed(), "it holds half a surrogate pair");

const uri = (pattern: RegExp, reason: string) =>
  z
    .string()
    .max(LIMITS.uriLength)
    .transform((value) => value.toLowerCase())
    .refine((value) => pattern.test(value), reason);

const HOST = "[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?";
const SIP = `sip:[!-;=?A-~]+@${HOST}`;
const TEL = "tel:\\+?[0-9]{1,32}(?:;ext=[0-9]{1,16})?";
const Sip = uri(new RegExp(`^${SIP}$`), "it is no address as in sip:bob@contoso.com");
const Person = uri(new RegExp(`^(?:${SIP}|${TEL})$`), "it is no address as in sip:bob@contoso.com or tel:+14255550123");
const Member = uri(new RegExp(`^(?:${SIP}|domain:${HOST})$`), "it is neither sip:bob@contoso.com nor domain:fabrikam.com");
const CallTarget = uri(new RegExp(`^(?:${SIP}|${TEL}|voicemail)$`), "it is neither sip:, tel: nor voicemail");
const GroupNumber = z.int().min(1).max(LIMITS.groupNumber);
const Time = z.int().min(0).max(LIMITS.timeMs);

/** Its length is judged before its elements are: a list of a million costs no million refusals. */
function shortList<T extends z.ZodType>(element: T, limit: number) {
  return z.array(z.unknown()).max(limit).pipe(z.array(element));
}

/** A list whose keys are all different. */
function listOf<T extends z.ZodType>(element: T, limit: number, keyOf: (value: z.output<T>) => string | number) {
  return shortList(element, limit)
    .superRefine((list, context) => {
      const seen = new Set<string | number>();
      for (const [i, value] of list.entries()) {
        const key = keyOf(value);
        if (seen.has(key)) context.addIssue({ code: "custom", path: [i], message: "it is in the list twice" });
        seen.add(key);
      }
    })
    .default([]);
}

const ContactShape = z.strictObject({
  uri: Person,
  displayName: text(LIMITS.nameLength).default(""),
  groups: shortList(GroupNumber, LIMITS.groups).default([]),
  subscribed: z.boolean().default(true),
});

const MeetingShape = z
  .strictObject({
    conferenceId: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "it is no conference id"),
    subject: text(LIMITS.subjectLength).default(""),
    startsMs: Time,
    endsMs: Time,
    access: z.enum(["Invited", "SameEnterprise", "Everyone", "Organizer"]).default("SameEnterprise"),
    presenters: shortList(Sip, LIMITS.presenters).default([]),
    dialInId: z
      .string()
      .regex(/^[0-9]{1,16}$/, "it is no number for dialling in")
      .nullable()
      .default(null),
  })
  .refine((meeting) => meeting.endsMs >= meeting.startsMs, { path: ["endsMs"], message: "it lies before the beginning" });

const ForwardingShape = z
  .strictObject({
    mode: z.enum(["None", "ForwardImmediate", "SimultaneousRing", "TeamCall", "DelegateRing"]),
    target: CallTarget.nullable().default(null),
    unansweredTo: CallTarget.nullable().default(null),
    unansweredSeconds: z.int().min(0).max(LIMITS.unansweredSeconds).default(20),
    team: shortList(Sip, LIMITS.team).default([]),
  })
  .refine(({ mode, target }) => target !== null || (mode !== "ForwardImmediate" && mode !== "SimultaneousRing"), {
    path: ["target"],
    message: "the mode needs one",
  });

const Shape = z
  .strictObject({
    contacts: listOf(ContactShape, LIMITS.contacts, (contact) => contact.uri),
    groups: listOf(z.strictObject({ number: GroupNumber, name: text(LIMITS.nameLength).min(1) }), LIMITS.groups, (group) => group.number),
    permissions: listOf(
      z.strictObject({ member: Member, level: z.enum(["Blocked", "External", "Colleagues", "Workgroup", "Friends"]) }),
      LIMITS.permissions,
      (permission) => permission.member,
    ),
    delegates: listOf(
      z.strictObject({
        uri: Sip,
        maySchedule: z.boolean().default(false),
        mayAnswer: z.boolean().default(false),
        mayCall: z.boolean().default(false),
      }),
      LIMITS.delegates,
      (delegate) => delegate.uri,
    ),
    meetings: listOf(MeetingShape, LIMITS.meetings, (meeting) => meeting.conferenceId),
    forwarding: ForwardingShape.nullable().default(null),
    policies: z
      .record(z.string(), z.unknown())
      .refine((policies) => Object.keys(policies).length <= LIMITS.policies, `they are more than ${LIMITS.policies}`)
      .pipe(z.record(z.string().regex(/^[A-Z][A-Za-z0-9]{0,63}$/, "it is no family of policies"), text(LIMITS.nameLength).min(1)))
      .default({}),
  })
  .superRefine(({ contacts, groups }, context) => {
    const numbers = new Set(groups.map((group) => group.number));
    for (const [i, contact] of contacts.entries()) {
      const missing = contact.groups.find((number) => !numbers.has(number));
      if (missing === undefined) continue;
      context.addIssue({ code: "custom", path: ["contacts", i, "groups"], message: `there is no group ${missing}` });
    }
  });

/**
 * @param value any JSON
 * @throws Fault `user-data-invalid` with the first problems by their paths
 */
export function parseUserData(value: unknown): UserData {
  const parsed = Shape.safeParse(value);
  if (parsed.success) return canonical(parsed.data);
  const { issues } = parsed.error;
  const told = issues
    .slice(0, PROBLEMS)
    .map((issue) => `${issue.path.map(String).join(".") || "the whole"}: ${issue.message}`.slice(0, 200));
  const more = issues.length > PROBLEMS ? `; and ${issues.length - PROBLEMS} more` : "";
  throw new Fault("user-data-invalid", { problems: told.join("; ") + more });
}

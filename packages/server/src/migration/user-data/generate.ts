/**
 * Made-up data for made-up people: contacts among their colleagues, groups, permissions, assistants, meetings to come,
 * forwarding. The same seed, people and time give the same data on every machine. What a person has is drawn from the
 * person's own id, so it does not depend on who else is filled.
 */
import { chance, type Chance } from "../../directory/chance.ts";
import { addressPart, FIRST_NAMES, LAST_NAMES } from "../../directory/people.ts";
import { canonical } from "./canonical.ts";
import type { Contact, ContactGroup, Delegate, Forwarding, Meeting, Permission, PermissionLevel, UserData } from "./user-data.ts";

export interface Colleague {
  /** `sip:bob@contoso.com`, in lower case. */
  uri: string;
  displayName: string;
}

export interface GeneratedPerson extends Colleague {
  objectId: string;
  /** Has a number, and so dial-in for meetings. */
  hasVoice: boolean;
  /** Has something of everything; others of what chance gives. */
  isRich: boolean;
}

export interface GenerateDataOptions {
  seed?: string;
  nowMs: number;
  /** Contacts each; by default 8 to 40, as chance has it. */
  contacts?: number | undefined;
}

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

const GROUPS = ["Favourites", "Other Contacts", "Team", "Project", "Customers", "Suppliers"] as const;
const SUBJECTS = [
  "Weekly review",
  "Budget",
  "Planning of the next quarter",
  "Interview",
  "Handover",
  "Training",
  "Customer visit",
  "All hands",
  "One to one",
] as const;
const LEVELS: readonly PermissionLevel[] = ["Blocked", "External", "Colleagues", "Workgroup", "Friends"];
const ACCESS: readonly Meeting["access"][] = ["Invited", "SameEnterprise", "SameEnterprise", "Everyone", "Organizer"];
/** Without those that are read as another. */
const LETTERS = "23456789BCDFGHJKLMNPQRSTVWXYZ";
/** Where people outside are, for contacts and permissions. */
const PARTNERS = ["adatum.example", "litware.example", "northwind.example"] as const;

/** @param colleagues from whom contacts are drawn; the person itself among them is passed over */
export function generateUserData(person: GeneratedPerson, colleagues: readonly Colleague[], options: GenerateDataOptions): UserData {
  const draw = chance(`${options.seed ?? "tieline"} user data ${person.objectId}`);
  const groups = contactGroups(draw);
  const count = options.contacts ?? 8 + draw.below(33);
  const contacts = contactList(draw, person, colleagues, groups, count);
  const uris = contacts.map((contact) => contact.uri);
  const inside = uris.filter((uri) => !PARTNERS.some((partner) => uri.endsWith(`@${partner}`)));
  const delegates = person.isRich || draw.next() < 0.12 ? assistants(draw, inside) : [];
  return canonical({
    contacts,
    groups,
    permissions: permissions(draw, uris, person.isRich ? 3 : draw.below(6)),
    delegates,
    meetings: meetings(draw, person, inside, options.nowMs, person.isRich ? 2 + draw.below(4) : draw.below(5)),
    forwarding: person.isRich || draw.next() < 0.35 ? forwarding(draw, person, inside, delegates) : null,
    policies: {},
  });
}

function contactGroups(draw: Chance): ContactGroup[] {
  return GROUPS.slice(0, 2 + draw.below(GROUPS.length - 1)).map((name, i) => ({ number: i + 1, name }));
}

/** Colleagues first, each once; where there are too few, people outside fill up. */
function contactList(
  draw: Chance,
  person: GeneratedPerson,
  colleagues: readonly Colleague[],
  groups: readonly ContactGroup[],
  count: number,
): Contact[] {
  const found = new Map<string, Colleague>();
  const take = (each: Colleague | undefined): void => {
    if (each !== undefined && each.uri !== person.uri) found.set(each.uri, each);
  };
  // A run from somewhere in the list: people who stand together work together, and it costs the same in a list of any length.
  const from = draw.below(Math.max(1, colleagues.length));
  const wanted = Math.min(Math.ceil(count * 0.9), colleagues.length);
  for (let i = 0; found.size < wanted && i < colleagues.length; i += 1) take(colleagues[(from + i) % colleagues.length]);
  while (found.size < count) take(outsider(draw));
  return [...found.values()].map(({ uri, displayName }) => ({
    uri,
    displayName,
    groups: draw.next() < 0.85 ? [draw.pick(groups).number] : [],
    subscribed: draw.next() < 0.9,
  }));
}

function outsider(draw: Chance): Colleague {
  const [first, last] = [draw.pick(FIRST_NAMES), draw.pick(LAST_NAMES)];
  const tail = draw.below(100);
  return { uri: `sip:${addressPart(first)}.${addressPart(last)}${tail}@${draw.pick(PARTNERS)}`, displayName: `${first} ${last}` };
}

function permissions(draw: Chance, uris: readonly string[], count: number): Permission[] {
  const members = new Set([`domain:${draw.pick(PARTNERS)}`, ...uris.slice(0, count)]);
  return [...members].slice(0, count).map((member) => ({ member, level: draw.pick(LEVELS) }));
}

function assistants(draw: Chance, uris: readonly string[]): Delegate[] {
  return uris
    .slice(0, 1 + draw.below(2))
    .map((uri) => ({ uri, maySchedule: true, mayAnswer: draw.next() < 0.7, mayCall: draw.next() < 0.5 }));
}

/** Within two months, at full and half hours. */
function meetings(draw: Chance, person: GeneratedPerson, uris: readonly string[], nowMs: number, count: number): Meeting[] {
  const tomorrow = Math.ceil(nowMs / DAY_MS) * DAY_MS;
  const found = new Map<string, Meeting>();
  while (found.size < count) {
    const conferenceId = Array.from({ length: 8 }, () => LETTERS.charAt(draw.below(LETTERS.length))).join("");
    const startsMs = tomorrow + draw.below(60) * DAY_MS + (14 + draw.below(20)) * (HOUR_MS / 2);
    found.set(conferenceId, {
      conferenceId,
      subject: draw.pick(SUBJECTS),
      startsMs,
      endsMs: startsMs + (1 + draw.below(4)) * (HOUR_MS / 2),
      access: draw.pick(ACCESS),
      presenters: uris.filter(() => draw.next() < 0.1).slice(0, 4),
      dialInId: person.hasVoice ? String(100_000_000 + draw.below(900_000_000)) : null,
    });
  }
  return [...found.values()];
}

function forwarding(draw: Chance, person: GeneratedPerson, uris: readonly string[], delegates: readonly Delegate[]): Forwarding {
  const modes: Forwarding["mode"][] = ["ForwardImmediate", "SimultaneousRing"];
  if (!person.isRich) modes.push("None");
  if (delegates.length > 0) modes.push("DelegateRing");
  if (uris.length > 2) modes.push("TeamCall");
  const mode = draw.pick(modes);
  const goesSomewhere = mode === "ForwardImmediate" || mode === "SimultaneousRing";
  return {
    mode,
    target: goesSomewhere ? draw.pick([`tel:+1425555${String(draw.below(10_000)).padStart(4, "0")}`, uris[0] ?? "voicemail"]) : null,
    unansweredTo: person.hasVoice ? "voicemail" : null,
    unansweredSeconds: 10 + 5 * draw.below(8),
    team: mode === "TeamCall" ? uris.slice(0, 3) : [],
  };
}

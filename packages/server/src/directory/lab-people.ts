/**
 * The people of the lab who have a name in scripts, documents and tests. The first are those of the scripts that
 * administrators brought along; each of the others is a case that a move meets. They stand at the beginning of
 * contoso.com's people, in this order, so that a lab of n people has the first n of them; fabrikam.com has the first five.
 *
 * | account       | homed       | what it shows                                                                        |
 * | ------------- | ----------- | ------------------------------------------------------------------------------------ |
 * | kenmyer, user | on premises | may move online as they are                                                          |
 * | alice, bob    | online      | synchronised, may move back                                                          |
 * | pilar         | online      | never on premises: no move back                                                      |
 * | nolicence     | on premises | no service plan at all                                                               |
 * | noev          | on premises | Enterprise Voice without MCOEV                                                       |
 * | nomeetadv     | on premises | dial-in conferencing without MCOMEETADV                                              |
 * | principal     | on premises | has a delegate, who must move in the same wave                                       |
 * | assistant     | on premises | is that delegate                                                                     |
 * | jdoe          | on premises | signs in as jdoe@contoso.com and is reached as john.doe@contoso.com                  |
 * | room.baker    | on premises | a meeting room                                                                       |
 * | lobby.phone   | on premises | a common-area phone                                                                  |
 * | leftover      | online      | what is left of a deleted user: a GUID for SIP address, no licence                   |
 * | dialin        | on premises | dial-in conferencing and Enterprise Voice, with the licences for both                |
 * | ucs           | on premises | contacts are kept by the mail server (unified contact store)                         |
 * | oldpolicy     | on premises | a client policy that the tenant has none of                                          |
 * | notsynced     | on premises | an account of the tenant that the synchronisation never joined                       |
 */
import type { JsonRecord } from "../store/index.ts";

/** How somebody is homed: `on-premises` is a user of the deployment of whom the tenant knows the account alone. */
export type Homing = "hybrid-online" | "hybrid-on-premises" | "on-premises" | "online" | "none";

export interface NamedPerson {
  first: string;
  last: string;
  account: string;
  homing: Homing;
  /** Enterprise Voice; left out: drawn. */
  voice?: boolean;
  /** May hold conferences that are dialled into. */
  dialIn?: boolean;
  /** Service plans that somebody like this should have and has not. */
  lacks?: readonly string[];
  /** The SIP address without scheme and domain, where it is not the account's name. */
  sip?: string;
  /** Properties of both sites. */
  properties?: JsonRecord;
  /** Properties at the pool alone. */
  onPremises?: JsonRecord;
  /** Policies granted at the pool: family to name. */
  policies?: Readonly<Record<string, string>>;
  /** The account of whoever this one is a delegate of. */
  assists?: string;
}

/** What marks accounts behind which nobody sits, in their property AccountType. The values are ours. */
export const ROOM = "MeetingRoom";
export const COMMON_AREA_PHONE = "CommonAreaPhone";

const here = (account: string, first: string, last: string, more: Partial<NamedPerson> = {}): NamedPerson => ({
  account,
  first,
  last,
  homing: "hybrid-on-premises",
  voice: false,
  ...more,
});

const SCRIPTS: readonly NamedPerson[] = [
  { first: "Ken", last: "Myer", account: "kenmyer", homing: "hybrid-on-premises" },
  { first: "Alice", last: "Jones", account: "alice", homing: "hybrid-online" },
  { first: "Bob", last: "Kelly", account: "bob", homing: "hybrid-online" },
  { first: "Pilar", last: "Ackerman", account: "pilar", homing: "online" },
  { first: "Test", last: "User", account: "user", homing: "hybrid-on-premises" },
];

const CASES: readonly NamedPerson[] = [
  here("nolicence", "Nora", "Licht", { lacks: ["MCOSTANDARD", "TEAMS1"] }),
  here("noev", "Evan", "Noll", { voice: true, lacks: ["MCOEV"] }),
  here("nomeetadv", "Meta", "Advani", { dialIn: true, lacks: ["MCOMEETADV"] }),
  here("principal", "Priya", "Prinz"),
  here("assistant", "Astrid", "Sand", { assists: "principal" }),
  here("jdoe", "John", "Doe", { sip: "john.doe" }),
  here("room.baker", "Baker", "Room", { properties: { AccountType: ROOM } }),
  here("lobby.phone", "Lobby", "Phone", { voice: true, properties: { AccountType: COMMON_AREA_PHONE } }),
  {
    ...here("leftover", "Former", "Employee"),
    homing: "online",
    sip: "0f5c1d7e-4a83-4c2b-9e1f-6b7d8a9c0e21",
    lacks: ["MCOSTANDARD", "TEAMS1"],
  },
  here("dialin", "Dia", "Lindt", { voice: true, dialIn: true }),
  here("ucs", "Uma", "Costa", { onPremises: { UcsMode: "Migrated" } }),
  here("oldpolicy", "Olaf", "Pohl", { policies: { ClientPolicy: "Branch Office" } }),
  here("notsynced", "Nadia", "Synger", { homing: "on-premises" }),
];

/** Who stands at the beginning of a site's people. */
export function namedPeople(isHybrid: boolean): readonly NamedPerson[] {
  return isHybrid ? [...SCRIPTS, ...CASES] : SCRIPTS;
}

/** Delegates and whose they are, by account. */
export const LAB_DELEGATES: readonly { principal: string; delegate: string }[] = CASES.flatMap(({ account, assists }) =>
  assists === undefined ? [] : [{ principal: assists, delegate: account }],
);

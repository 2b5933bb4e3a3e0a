import { DateTime, Guid, PsDictionary, PsObject, type PsValue } from "@tieline/remoting/objects";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ObjectId, TenantId } from "../../directory/index.ts";
import { fillLab, UserDataStore, type UserData } from "../../migration/user-data/index.ts";
import { MoveJournal } from "../../migration/moves/journal.ts";
import { FULL } from "../../migration/user-data/user-data.fixture.ts";
import { ENGINES } from "../../store/engines.fixture.ts";
import { onlineCatalogue, poolCatalogue } from "../catalogues.ts";
import { column, command, CONTOSO, DEPLOYMENT, NOW, openLab, type Lab, type Shell } from "../lab.fixture.ts";

/** Homed at the site of each kind, and somebody who is known there and homed elsewhere. */
const SITES = [
  { kind: "online", tenant: CONTOSO, get: "Get-CsOnlineUser", here: "alice@contoso.com", elsewhere: "kenmyer@contoso.com", at: "SRV:" },
  { kind: "pool", tenant: DEPLOYMENT, get: "Get-CsUser", here: "kenmyer@contoso.com", elsewhere: "alice@contoso.com", at: "sipfed" },
] as const;

const NOUNS = ["Contact", "ContactGroup", "Permission", "Delegate", "Meeting", "Forwarding"] as const;

async function open(engine = ENGINES[0]): Promise<Lab> {
  const lab = await openLab(60, await engine?.open());
  onTestFinished(() => lab.store.close());
  return lab;
}

async function idOf(lab: Lab, tenant: TenantId, upn: string): Promise<ObjectId> {
  const [user] = await lab.directory.tenant(tenant).users.find((eb) => eb("upn_key", "=", upn));
  return user?.objectId as ObjectId;
}

describe.each(SITES)("users' data at a site of kind $kind", ({ kind, tenant, get, here, elsewhere, at }) => {
  const shellOf = (lab: Lab): Shell => (kind === "online" ? lab.online() : lab.pool());

  /** A lab in which the one user homed here has FULL. */
  async function withData(data: UserData = FULL): Promise<{ lab: Lab; run: Shell; id: ObjectId; store: UserDataStore }> {
    const lab = await open();
    const id = await idOf(lab, tenant, here);
    const store = new UserDataStore(lab.store.db, tenant);
    await store.write(id, data, NOW);
    return { lab, run: shellOf(lab), id, store };
  }

  it.each(NOUNS)("shows with Get-TielineUser%s what one user has, by every form of identity and by pipeline", async (noun) => {
    const { run } = await withData();
    const name = `Get-TielineUser${noun}`;
    const answer = await run(command(name, { Identity: here }));
    expect(answer.said).toEqual([]);
    expect(answer.rows.length).toBeGreaterThan(0);
    expect(answer.rows[0]?.typeNames[0]).toBe(`Tieline.User${noun}`);
    expect(new Set(column(answer, "Identity"))).toEqual(new Set([here]));
    for (const again of [
      await run(command(name, { Identity: `sip:${here}` })),
      await run(command(get, { Identity: here }), command(name)),
      await run(command(name)),
    ]) {
      expect(again.said).toEqual([]);
      expect(again.rows.map(String)).toEqual(answer.rows.map(String));
    }
    expect((await run(command(name, { Identity: elsewhere }))).rows).toEqual([]);
  });

  it("shows each in its types", async () => {
    const { run } = await withData();
    const first = async (noun: string): Promise<PsObject> =>
      (await run(command(`Get-TielineUser${noun}`, { Identity: here }))).rows[0] as PsObject;
    const contact = await first("Contact");
    expect(contact.get("Contact")).toBe("sip:bob@contoso.com");
    expect(contact.get("Groups")).toEqual(["Favourites", "Other Contacts"]);
    expect(contact.get("Subscribed")).toBe(true);
    expect((await first("ContactGroup")).get("Contacts")).toBe(1);
    expect(String((await first("Permission")).get("Level"))).toBe("Blocked");
    expect((await first("Delegate")).get("MayCall")).toBe(false);
    const meeting = await first("Meeting");
    expect(meeting.get("ConferenceId")).toBe("3H5J6P9T");
    expect((meeting.get("Starts") as DateTime).toDate().getTime()).toBe(Date.UTC(2020, 8, 2, 9));
    const forwarding = await first("Forwarding");
    expect(String(forwarding.get("Mode"))).toBe("TeamCall");
    expect(forwarding.get("Team")).toEqual(["sip:bob@contoso.com"]);
  });

  it("shows as many as -ResultSize allows, of all users together", async () => {
    const lab = await open();
    await fillLab(lab.store.db, tenant, { nowMs: NOW });
    const run = shellOf(lab);
    const all = (await run(command("Get-TielineUserContact"))).rows.map(String);
    expect(all.length).toBeGreaterThan(100);
    for (const size of [0, 1, 33, all.length + 1])
      expect((await run(command("Get-TielineUserContact", { ResultSize: size }))).rows.map(String)).toEqual(all.slice(0, size));
    const piped = await run(command(get), command("Get-TielineUserContact", { ResultSize: 50 }));
    expect(piped.rows).toHaveLength(50);
    expect((await run(command("Get-TielineUserContact", { ResultSize: -1 }))).outcome.state).toBe("failed");
  });

  it("says whom it does not find, and nothing for a pattern", async () => {
    const { run } = await withData();
    const name = "Get-TielineUserContact";
    expect((await run(command(name, { Identity: "nobody" }))).said).toEqual(['Management object not found for identity "nobody".']);
    expect((await run(command(name, { Identity: "Zzz*" }))).said).toEqual([]);
  });

  it("shows for whom somebody may act", async () => {
    const { run } = await withData();
    for (const Delegate of ["pilar@contoso.com", "SIP:Pilar@contoso.com"]) {
      const answer = await run(command("Get-TielineUserDelegate", { Delegate }));
      expect([column(answer, "Identity"), column(answer, "Delegate")]).toEqual([[here], ["sip:pilar@contoso.com"]]);
    }
    expect((await run(command("Get-TielineUserDelegate", { Delegate: "bob@contoso.com" }))).rows).toEqual([]);
  });

  it("imports a document, replaces what it gives and leaves the rest", async () => {
    const { run, id, store } = await withData();
    const Data = JSON.stringify({ users: [{ identity: here, contacts: [{ uri: "SIP:Zoe@contoso.com" }], forwarding: null }] });
    const answer = await run(command("Import-TielineUserData", { Data, PassThru: true }));
    expect(answer.said).toEqual([]);
    expect(column(answer, "Contacts")).toEqual([1]);
    expect(column(answer, "Meetings")).toEqual([2]);
    const contacts = [{ uri: "sip:zoe@contoso.com", displayName: "", groups: [], subscribed: true }];
    expect(await store.read(id)).toEqual({ ...FULL, contacts, forwarding: null });
    expect((await run(command("Import-TielineUserData", { Data }))).rows).toEqual([]);
  });

  it("takes entries from the pipeline: objects, dictionaries, lists of them", async () => {
    const { lab, id, store } = await withData();
    const contact = PsObject.of({ Uri: "sip:zoe@contoso.com", DisplayName: "Zoe", Groups: [1n], Subscribed: false });
    const group = new PsDictionary([
      ["number", 1],
      ["name", "One"],
    ]);
    for (const entry of [
      PsObject.of({ Identity: here, Contacts: [contact], Groups: [group] }),
      PsDictionary.of({ identity: here, contacts: [contact], groups: [group] }),
    ] satisfies PsValue[]) {
      await store.write(id, FULL, NOW);
      const answer = await shellOf(lab)(command("Import-TielineUserData", { InputObject: [entry] }));
      expect(answer.said).toEqual([]);
      expect(await store.read(id)).toEqual({
        ...FULL,
        contacts: [{ uri: "sip:zoe@contoso.com", displayName: "Zoe", groups: [1], subscribed: false }],
        groups: [{ number: 1, name: "One" }],
      });
    }
  });

  it("goes on after each entry that it refuses, and says which and why", async () => {
    const { run, id, store } = await withData();
    const entries = [
      { contacts: [] },
      { identity: "nobody", contacts: [] },
      { identity: elsewhere, contacts: [] },
      { identity: here, contacts: [{ uri: "bob" }] },
      { identity: here, unknown: 1 },
      { identity: here, policies: { ClientPolicy: "Nowhere" } },
      { identity: here, permissions: [] },
    ];
    const answer = await run(command("Import-TielineUserData", { Data: JSON.stringify(entries) }));
    expect(answer.outcome.state).toBe("completed");
    expect(answer.said).toEqual([
      "Entry 1 names no user.",
      'Management object not found for identity "nobody".',
      expect.stringMatching(new RegExp(`^The data of ${elsewhere} was not imported: the user is not homed at this site but at ${at}`)),
      expect.stringMatching(/contacts\.0\.uri: it is no address/),
      expect.stringMatching(/the whole: .*unknown/),
      `The data of ${here} was not imported: there is no policy ClientPolicy:Tag:Nowhere here.`,
    ]);
    expect(await store.read(id)).toEqual({ ...FULL, permissions: [] });
  });

  it("imports nothing for a user who is being moved", async () => {
    const { lab, run, id, store } = await withData();
    const row = { moveId: "m", objectId: id, sipAddress: `sip:${here}`, source: "a", target: "b", state: "frozen", by: "anna" };
    await new MoveJournal(lab.store.db, tenant).begin({ ...row, role: "leader", direction: "to-online" }, NOW);
    const answer = await run(command("Import-TielineUserData", { Data: JSON.stringify({ identity: here, contacts: [] }) }));
    expect(answer.said).toEqual([
      `The data of ${here} was not imported: the user is being moved since ${new Date(NOW).toISOString()}, by anna.`,
    ]);
    expect(await store.read(id)).toEqual(FULL);
  });

  it.each<[string, RegExp]>([
    ["{", /^The user data is no JSON/],
    ["1", /an entry is no object/],
    ["[[]]", /an entry is no object/],
    ['{"users":[],"more":1}', /beside users there is more/],
  ])("refuses %s as a document", async (Data, expected) => {
    const answer = await shellOf(await open())(command("Import-TielineUserData", { Data }));
    expect(answer.outcome.state).toBe("failed");
    expect(answer.said[0]).toMatch(expected);
  });

  it("changes nothing under -WhatIf, and says what is wrong all the same", async () => {
    const { run, id, store } = await withData();
    const entries = [
      { identity: here, contacts: [] },
      { identity: here, contacts: [1] },
    ];
    const answer = await run(command("Import-TielineUserData", { Data: JSON.stringify(entries), WhatIf: true, PassThru: true }));
    expect(answer.said).toEqual([expect.stringMatching(/contacts\.0/)]);
    expect(answer.rows).toEqual([]);
    expect(await store.read(id)).toEqual(FULL);
  });

  it("grants policies that are there, in their own spelling, and not those of the other kind of site", async () => {
    const { lab, run, id, store } = await withData();
    await lab.directory.tenant(tenant).policies.add("MobilityPolicy", { name: "Drivers", settings: {} }, NOW);
    const entry = (policies: Record<string, string>): string => JSON.stringify({ identity: here, policies });
    expect((await run(command("Import-TielineUserData", { Data: entry({ MobilityPolicy: "DRIVERS" }) }))).said).toEqual([]);
    expect((await store.read(id)).policies).toEqual({ MobilityPolicy: "Drivers" });
    const builtIn = await run(command("Import-TielineUserData", { Data: entry({ ClientPolicy: "ClientPolicyNoIMURL" }) }));
    expect(builtIn.said).toHaveLength(kind === "online" ? 0 : 1);
  });
});

describe("Get-CsMeetingMigrationStatus", () => {
  const NAME = "Get-CsMeetingMigrationStatus";

  it.each(ENGINES)("shows the users whose meetings came by a move, on $name", async (engine) => {
    const lab = await open(engine);
    const store = new UserDataStore(lab.store.db, CONTOSO);
    const [alice, bob] = [await idOf(lab, CONTOSO, "alice@contoso.com"), await idOf(lab, CONTOSO, "bob@contoso.com")];
    await store.write(alice, FULL, NOW, { moved: true });
    await store.write(bob, FULL, NOW);
    const run = lab.online();
    const answer = await run(command(NAME));
    expect(answer.said).toEqual([]);
    expect(column(answer, "UserPrincipalName")).toEqual(["alice@contoso.com"]);
    expect(column(answer, "State").map(String)).toEqual(["Succeeded"]);
    expect(column(answer, "Meetings")).toEqual([2]);
    expect(column(answer, "ObjectId")).toEqual([new Guid(alice)]);
    // What is imported later does not make it another move.
    await store.write(alice, { ...FULL, meetings: [] }, NOW + 1);
    expect(column(await run(command(NAME)), "Meetings")).toEqual([2]);
    const size = async (named: Record<string, PsValue>): Promise<number> => (await run(command(NAME, named))).rows.length;
    expect(await size({ Identity: "alice@contoso.com" })).toBe(1);
    expect(await size({ Identity: "bob@contoso.com" })).toBe(0);
    expect(await size({ State: "Failed" })).toBe(0);
    expect(await size({ State: "Succeeded" })).toBe(1);
    const time = (ms: number): DateTime => DateTime.fromDate(new Date(ms));
    expect(await size({ StartTime: time(NOW), EndTime: time(NOW) })).toBe(1);
    expect(await size({ StartTime: time(NOW + 1) })).toBe(0);
    expect(await size({ EndTime: time(NOW - 1) })).toBe(0);
    // Brought, and not homed here: the move is not decided, or was undone.
    await store.write(await idOf(lab, CONTOSO, "kenmyer@contoso.com"), FULL, NOW, { moved: true });
    expect(await size({})).toBe(1);
    const summary = await run(command(NAME, { SummaryOnly: true }));
    expect(summary.rows.map((row) => [String(row.get("State")), row.get("UserCount")])).toEqual([
      ["Pending", 0],
      ["InProgress", 0],
      ["Failed", 0],
      ["Succeeded", 1],
    ]);
  });

  it("refuses another tenant, and a user who is not there", async () => {
    const run = (await open()).online();
    expect((await run(command(NAME, { Tenant: new Guid(DEPLOYMENT) }))).said[0]).toMatch(/may not act on the tenant/);
    expect((await run(command(NAME, { Identity: "nobody" }))).said[0]).toMatch(/not found/);
  });
});

describe("who may", () => {
  it.each([
    ["online", "Global Reader", false],
    ["online", "Global Administrator", true],
    ["online", "Skype for Business Administrator", true],
    ["pool", "CsHelpDesk", false],
    ["pool", "CsViewOnlyAdministrator", false],
    ["pool", "CsUserAdministrator", true],
  ] as const)("%s, %s: shows, and imports: %s", (kind, role, imports) => {
    const catalogue = (kind === "online" ? onlineCatalogue : poolCatalogue)().forRoles([role]);
    for (const noun of NOUNS) expect(catalogue.find(`Get-TielineUser${noun}`), noun).toBeDefined();
    expect(catalogue.find("Import-TielineUserData") !== undefined).toBe(imports);
  });
});

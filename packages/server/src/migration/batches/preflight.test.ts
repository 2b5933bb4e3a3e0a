import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { UserRecord } from "../../directory/index.ts";
import { ENGINES } from "../../store/engines.fixture.ts";
import type { Store } from "../../store/index.ts";
import { ONLINE_TARGET } from "../moves/move.ts";
import { NO_USER_DATA, UserDataStore } from "../user-data/index.ts";
import { batchLab, NOW, person, planned, POOL, TENANT, TOKEN, type BatchLab } from "./batches.fixture.ts";
import { finding } from "./complaint.ts";
import { MailOutbox } from "./mail-outbox.ts";
import { forbids, judge, roomType, type UserFacts } from "./rules.ts";

const facts = (changes: Partial<UserRecord>, more: Partial<UserFacts> = {}): UserFacts => ({
  user: person(1, changes),
  target: ONLINE_TARGET,
  options: {},
  includeRooms: false,
  ...more,
});
const online = { hostingProvider: ONLINE_TARGET, registrarPool: null };

describe("what a batch knows of its users", () => {
  it.each<[string, UserFacts, string[]]>([
    ["nothing", facts({}), []],
    ["is there already", facts(online), ["warning batch-user-already-there"]],
    ["is in another batch", facts({}, { otherBatch: "Berlin" }), ["error batch-user-elsewhere"]],
    ["has no address", facts({ sipAddress: null }), ["error batch-user-without-address"]],
    [
      "is left of a deleted user",
      facts({ sipAddress: "sip:0f5c1d7e-4a83-4c2b-9e1f-6b7d8a9c0e21@contoso.com" }),
      ["error batch-user-leftover", "warning batch-user-upn"],
    ],
    [
      "the same without hyphens",
      facts({ sipAddress: "sip:0F5C1D7E4A834C2B9E1F6B7D8A9C0E21@contoso.com" }),
      ["error batch-user-leftover", "warning batch-user-upn"],
    ],
    ["signs in otherwise", facts({ userPrincipalName: "u1@contoso.local" }), ["warning batch-user-upn"]],
    ["signs in in other letters", facts({ userPrincipalName: "USER1@contoso.com" }), []],
    ["has a voice", facts({ properties: { EnterpriseVoiceEnabled: true, LineURI: "tel:+14255550100" } }), ["warning batch-user-voice"]],
    ["has a voice and comes back", facts({ ...online, properties: { EnterpriseVoiceEnabled: true } }, { target: POOL }), []],
    ["has meetings", facts({}, { meetings: 3 }), ["warning batch-user-meetings"]],
    ["has meetings and comes back", facts(online, { target: POOL, meetings: 3 }), []],
    ["is a room", facts({ properties: { AccountType: "MeetingRoom" } }), ["error batch-user-room"]],
    ["is a room that is wanted", facts({ properties: { AccountType: "MeetingRoom" } }, { includeRooms: true }), []],
    ["is a telephone", facts({ properties: { OwnerUrn: "urn:device:commonareaphone" } }), ["error batch-user-room"]],
    [
      "has delegates elsewhere",
      facts({}, { apart: ["a@contoso.com", "b@contoso.com"] }),
      ["warning batch-user-delegate", "warning batch-user-delegate"],
    ],
  ])("%s", (_title, given, expected) => {
    const found = judge(given);
    expect(found.map(({ severity, code }) => `${severity} ${code}`)).toEqual(expected);
    for (const { text, cure } of found) expect(`${text}${cure}`).not.toMatch(/\{\w+\}/);
  });

  it("forbids a move by itself only for what nobody else would notice", () => {
    expect(forbids(facts({ sipAddress: "sip:0f5c1d7e4a834c2b9e1f6b7d8a9c0e21@contoso.com" }))?.code).toBe("batch-user-leftover");
    expect(forbids(facts(online))).toBeUndefined();
    expect(roomType(person(1))).toBeUndefined();
  });
});

describe.each(ENGINES)("the check of a batch on $name", ({ open }) => {
  const PEOPLE = [1, 2, 3, 4, 5].map((n) => person(n));
  let store: Store;
  let lab: BatchLab;
  beforeEach(async () => {
    store = await open();
    lab = await batchLab(store, PEOPLE);
  });
  afterEach(() => store.close());

  const codes = async (batch: Awaited<ReturnType<typeof planned>>): Promise<string[]> => {
    const found: string[] = [];
    for await (const page of lab.service.check(batch)) {
      for (const { user, findings } of page) for (const { code } of findings) found.push(`${user.sequence} ${code}`);
    }
    return found;
  };

  it("puts together what the engine and the batch find, says the same once, and keeps it with the users", async () => {
    const data = new UserDataStore(store.db, TENANT);
    const delegate = (n: number) => ({ uri: `sip:user${n}@contoso.com`, maySchedule: true, mayAnswer: true, mayCall: true });
    await data.write(PEOPLE[0]!.objectId, { ...NO_USER_DATA, delegates: [delegate(2), delegate(5)] }, NOW);
    await lab.directory.tenant(TENANT).users.update(PEOPLE[2]!.objectId, online, NOW);
    const batch = await planned(lab, PEOPLE.slice(0, 4));
    await lab.directory.tenant(TENANT).users.remove(PEOPLE[3]!.objectId);
    lab.engine.findings = new Map([
      [PEOPLE[1]!.objectId, [finding("error", "hosted-migration-licence", {})]],
      [PEOPLE[2]!.objectId, [finding("error", "move-already-there", { user: "user3", target: ONLINE_TARGET })]],
    ]);
    const found = ["1 batch-user-delegate", "2 hosted-migration-licence", "3 batch-user-already-there", "4 batch-user-gone"];
    expect(await codes(batch)).toEqual(found);
    const kept = await lab.service.page(batch.batchId, { limit: 10 });
    expect(kept.flatMap(({ sequence, findings }) => (findings ?? []).map(({ code }) => `${sequence} ${code}`))).toEqual(found);
    expect(lab.opened.length).toBe(1);
    expect(lab.hosted.open).toBe(0);
  });

  it("says that the other site was not asked where nobody has signed in", async () => {
    const batch = await lab.service.create({ name: "Unsigned", target: ONLINE_TARGET, by: "admin" });
    await lab.service.add(batch.batchId, [{ identity: "user1", user: PEOPLE[0]! }]);
    expect(await codes(await lab.service.find("Unsigned"))).toEqual(["1 batch-online-unchecked"]);
  });

  it("knows who is in another batch that has not ended", async () => {
    const first = await planned(lab, PEOPLE.slice(0, 2));
    await lab.service.start(first.batchId, {}, "admin");
    const second = await planned(lab, PEOPLE.slice(1, 3), { name: "Second" });
    expect(await codes(second)).toEqual(["1 batch-user-elsewhere"]);
    await lab.work(lab.worker(), "Pilots");
    expect(await codes(second)).toEqual(["1 batch-user-already-there"]);
  });

  it("adds nobody twice, and nobody after the start", async () => {
    const batch = await planned(lab, PEOPLE.slice(0, 2));
    const again = PEOPLE.slice(1, 3).map((user) => ({ identity: user.displayName, user }));
    expect(await lab.service.add(batch.batchId, [...again, ...again])).toEqual({ added: 1, duplicates: ["User 2", "User 2", "User 3"] });
    await lab.service.start(batch.batchId, {}, "admin");
    await expect(lab.service.add(batch.batchId, again)).rejects.toMatchObject({ code: "batch-state" });
  });

  it("moves delegates with their principals, rooms not or last", async () => {
    const data = new UserDataStore(store.db, TENANT);
    const delegates = [{ uri: "sip:user4@contoso.com", maySchedule: true, mayAnswer: true, mayCall: true }];
    await data.write(PEOPLE[0]!.objectId, { ...NO_USER_DATA, delegates }, NOW);
    const room = { properties: { AccountType: "MeetingRoom" } };
    await lab.directory.tenant(TENANT).users.update(PEOPLE[1]!.objectId, room, NOW);
    for (const [name, includeRooms, expected] of [
      ["Without", false, ["1 waiting", "0 skipped", "2 waiting", "1 waiting", "2 waiting"]],
      ["With", true, ["1 waiting", "3 waiting", "2 waiting", "1 waiting", "2 waiting"]],
    ] as const) {
      const batch = await planned(lab, PEOPLE, { name, includeRooms, limits: { waveSize: 2 } });
      await lab.service.start(batch.batchId, {}, "admin");
      const users = await lab.service.page(batch.batchId, { limit: 10 });
      expect(users.map(({ wave, state }) => `${wave} ${state}`)).toEqual(expected);
      await lab.service.stop(batch.batchId, "admin");
    }
  });

  it("refuses what cannot be: names, targets, hours, zones, an empty batch, no sign-in, the wrong moment", async () => {
    const wish = { name: "New", target: ONLINE_TARGET, by: "admin" };
    const batch = await lab.service.create(wish);
    const refusal = async (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => "nothing",
        (error: unknown) => (error as { code: string }).code,
      );
    expect([
      await refusal(lab.service.create({ ...wish, name: "NEW" })),
      await refusal(lab.service.create({ ...wish, name: "a", target: "pool99.contoso.local" })),
      await refusal(lab.service.create({ ...wish, name: "b", limits: { window: "at night" } })),
      await refusal(lab.service.create({ ...wish, name: "c", limits: { timeZone: "Atlantis" } })),
      await refusal(lab.service.start(batch.batchId, {}, "admin")),
      await refusal(lab.service.start(batch.batchId, TOKEN, "admin")),
      await refusal(lab.service.resume(batch.batchId, {}, "admin")),
      await refusal(lab.service.find("nowhere")),
      await refusal(lab.service.remove(batch.batchId)),
      await refusal(lab.service.find("New")),
    ]).toEqual([
      "batch-exists",
      "batch-target",
      "batch-window",
      "batch-time-zone",
      "batch-sign-in-missing",
      "batch-empty",
      "batch-state",
      "batch-not-found",
      "nothing",
      "batch-not-found",
    ]);
  });

  it("keeps the sign-in sealed: no table holds it in clear", async () => {
    const batch = await planned(lab, PEOPLE.slice(0, 1));
    const row = await store.db.selectFrom("move_batches").selectAll().where("tenant_id", "=", TENANT).executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toContain("secret-token");
    expect(row.sign_in_sealed).toMatch(/^v1\$/);
    expect(JSON.stringify(await lab.service.find(batch.batchId))).not.toContain("v1$");
  });
});

describe("the outbox of mails", () => {
  it("has each mail once, whole, for its owner alone, however often it is handed over", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tieline-mails-"));
    try {
      const outbox = new MailOutbox(join(folder, "outbox"), () => NOW);
      const mail = { key: "batch-1", to: "ken@contoso.com", subject: "Moved", text: "Dear Ken" };
      await outbox.send(mail);
      await outbox.send({ ...mail, text: "again" });
      await outbox.send({ ...mail, key: "../batch-2" });
      expect(readdirSync(join(folder, "outbox")).sort()).toEqual(["mail-.._batch-2.json", "mail-batch-1.json"]);
      const text = readFileSync(join(folder, "outbox", "mail-batch-1.json"), "utf8");
      expect(JSON.parse(text)).toEqual({ to: mail.to, subject: "Moved", at: "2020-08-05T10:00:00.000Z", text: "Dear Ken" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

import { isFault } from "@tieline/fault";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createLabTenants,
  Directory,
  LAB_TENANTS,
  type ObjectId,
  type Tenant,
  type TenantId,
  type UserRecord,
} from "../../directory/index.ts";
import { ENGINES } from "../../store/engines.fixture.ts";
import type { Store } from "../../store/index.ts";
import { MoveJournal } from "../moves/journal.ts";
import { digestOf, NO_USER_DATA, policyCounterparts, UserDataStore } from "../user-data/index.ts";
import { FULL } from "../user-data/user-data.fixture.ts";
import type { RequestOf } from "./contract.ts";
import { Follower } from "./follower.ts";

const NOW = Date.UTC(2020, 7, 5);
const CONTOSO = LAB_TENANTS[0]?.tenant.tenantId as TenantId;
const [KEN, ALICE] = ["sip:kenmyer@contoso.com", "sip:alice@contoso.com"] as const;
const ONLINE = "sipfed.online.lync.com";

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "done",
    (error: unknown) => (isFault(error) ? error.code : String(error)),
  );
}

const there = (sipAddress: string, more: object = {}): RequestOf<"freeze">["user"] => ({
  sipAddress,
  userPrincipalName: sipAddress.slice(4),
  displayName: "",
  hasEnterpriseVoice: false,
  hasDialInConferencing: false,
  lineUri: null,
  ...more,
});

const importOf = (moveId: string, more: Partial<RequestOf<"import">> = {}): RequestOf<"import"> => ({
  moveId,
  user: there(KEN),
  source: "pool01.contoso.local",
  proxy: ONLINE,
  options: {},
  by: "admin@contoso.com",
  data: FULL,
  ...more,
});

const freezeOf = (moveId: string): RequestOf<"freeze"> => ({
  moveId,
  user: there(ALICE),
  target: "pool01.contoso.local",
  options: {},
  by: "admin@contoso.com",
});

describe.each(ENGINES)("the follower on $name", ({ open }) => {
  let store: Store;
  let directory: Directory;
  let follower: Follower;
  let tenant: Tenant;
  let data: UserDataStore;
  beforeEach(async () => {
    store = await open();
    directory = Directory.of(store);
    const credentials = () => Promise.resolve({ passwordHash: null, ntHashSealed: null });
    await createLabTenants(directory, { users: 5, nowMs: NOW, credentials });
    tenant = (await directory.tenants.byId(CONTOSO)) as Tenant;
    data = new UserDataStore(store.db, CONTOSO);
    const counterparts = () => Promise.resolve(policyCounterparts({ ClientPolicy: ["CLIENTPOLICYNOIMURL"] }));
    follower = new Follower({ directory, counterparts, nowMs: () => NOW });
  });
  afterEach(() => store.close());

  const user = async (sip: string): Promise<UserRecord> => {
    const [found] = await directory.tenant(CONTOSO).users.find((eb) => eb("sip_key", "=", sip), 1);
    if (found === undefined) throw new Error(`no ${sip}`);
    return found;
  };
  const read = async (sip: string) => data.read((await user(sip)).objectId);
  const openMoves = async (): Promise<number> => (await new MoveJournal(store.db, CONTOSO).list({ activeOnly: true })).length;

  it("stores everything of a user who comes, serves nobody yet, and serves when it is told", async () => {
    const answer = await follower.import(tenant, importOf("m1"));
    expect(answer).toEqual({
      digest: digestOf({ ...FULL, policies: {} }),
      leftPolicies: ["ConferencingPolicy:Tag:BposSIMP"],
      teamsUpgradeMode: "SfBOnly",
    });
    expect(await read(KEN)).toEqual({ ...FULL, policies: { ClientPolicy: "CLIENTPOLICYNOIMURL" } });
    expect((await user(KEN)).registrarPool).toBeNull();
    expect(await follower.settle(tenant, "commit", "m1")).toEqual({ state: "done" });
    const now = await user(KEN);
    expect([now.hostingProvider, now.registrarPool, now.interpretedUserType]).toEqual([
      ONLINE,
      tenant.registrarPool,
      "HybridOnlineSfBUser",
    ]);
  });

  it("gives everything of a user who goes, serves nobody, and removes it when it is told", async () => {
    const alice = await user(ALICE);
    await data.write(alice.objectId, FULL, NOW);
    const answer = await follower.freeze(tenant, freezeOf("m1"));
    expect(answer).toEqual({ data: FULL, digest: digestOf({ ...FULL, policies: {} }) });
    expect(await openMoves()).toBe(1);
    await follower.settle(tenant, "commit", "m1");
    expect([(await user(ALICE)).registrarPool, (await read(ALICE)).contacts]).toEqual([null, []]);
    expect(await openMoves()).toBe(0);
  });

  it("is after an abort as before, with the policies of before", async () => {
    const ken = await user(KEN);
    await data.write(ken.objectId, { ...NO_USER_DATA, policies: { TeamsUpgradePolicy: "Islands" } }, NOW);
    const before = await read(KEN);
    await follower.import(tenant, importOf("m1"));
    // What was granted here ahead of the move stands, and goes on standing.
    expect((await read(KEN)).policies).toEqual({ ClientPolicy: "CLIENTPOLICYNOIMURL", TeamsUpgradePolicy: "Islands" });
    await follower.settle(tenant, "abort", "m1", KEN);
    expect(await read(KEN)).toEqual(before);
    const alice = await user(ALICE);
    await data.write(alice.objectId, FULL, NOW);
    await follower.freeze(tenant, freezeOf("m2"));
    await follower.settle(tenant, "abort", "m2", ALICE);
    expect([(await user(ALICE)).registrarPool, await read(ALICE)]).toEqual([alice.registrarPool, FULL]);
    expect(await openMoves()).toBe(0);
  });

  it("does nothing the second time, whatever it is asked twice", async () => {
    const first = await follower.import(tenant, importOf("m1"));
    // Another body under the same id is the same request.
    expect(await follower.import(tenant, importOf("m1", { data: {} }))).toEqual(first);
    for (const _time of [1, 2]) expect(await follower.settle(tenant, "commit", "m1")).toEqual({ state: "done" });
    expect(await follower.import(tenant, importOf("m1"))).toEqual(first);
    expect((await read(KEN)).contacts).toEqual(FULL.contacts);
    const frozen = await follower.freeze(tenant, freezeOf("m2"));
    expect(await follower.freeze(tenant, freezeOf("m2"))).toEqual(frozen);
    for (const _time of [1, 2]) expect(await follower.settle(tenant, "abort", "m2", ALICE)).toEqual({ state: "undone" });
  });

  it("refuses what arrives after it was undone, also where it had never arrived", async () => {
    expect(await follower.settle(tenant, "abort", "m1", KEN)).toEqual({ state: "undone" });
    expect(await codeOf(follower.import(tenant, importOf("m1")))).toBe("move-undone");
    await follower.settle(tenant, "abort", "m2", ALICE);
    expect(await codeOf(follower.freeze(tenant, freezeOf("m2")))).toBe("move-undone");
    expect(await read(KEN)).toEqual(NO_USER_DATA);
    // And the user moves again under another id.
    expect(await codeOf(follower.import(tenant, importOf("m3")))).toBe("done");
  });

  it("never does one thing and then the other", async () => {
    await follower.import(tenant, importOf("m1"));
    await follower.settle(tenant, "commit", "m1");
    expect(await codeOf(follower.settle(tenant, "abort", "m1", KEN))).toBe("move-contradiction");
    expect(await codeOf(follower.settle(tenant, "commit", "unknown"))).toBe("move-contradiction");
    await follower.freeze(tenant, freezeOf("m2"));
    await follower.settle(tenant, "abort", "m2", ALICE);
    expect(await codeOf(follower.settle(tenant, "commit", "m2"))).toBe("move-contradiction");
    expect((await user(KEN)).registrarPool).not.toBeNull();
  });

  it("takes one of two moves of a user, and one of two kinds", async () => {
    const both = await Promise.all(["m1", "m2"].map((id) => codeOf(follower.import(tenant, importOf(id)))));
    expect(both.toSorted((a, b) => a.localeCompare(b))).toEqual(["done", "move-in-progress"]);
    expect(await codeOf(follower.freeze(tenant, { ...freezeOf("m3"), user: there(KEN) }))).toBe("hosted-migration-homed-elsewhere");
    expect((await read(KEN)).contacts).toEqual(FULL.contacts);
    expect(await openMoves()).toBe(1);
  });

  it.each<[code: string, request: Partial<RequestOf<"import">>]>([
    ["hosted-migration-teams-licence", { user: there("sip:user@contoso.com"), options: { moveToTeams: true } }],
    ["move-not-provisioned", { user: there("sip:nobody@contoso.com") }],
    ["hosted-migration-homed-elsewhere", { user: there(ALICE) }],
    ["user-data-invalid", { data: { contacts: "all" } }],
  ])("stores nothing where it refuses: %s", async (code, request) => {
    const { objectId } = await user("sip:user@contoso.com");
    await store.db.deleteFrom("user_plans").where("object_id", "=", objectId).execute();
    expect(await codeOf(follower.import(tenant, importOf("m1", request)))).toBe(code);
    expect(await new MoveJournal(store.db, CONTOSO).list({})).toEqual([]);
    for (const sip of [KEN, "sip:user@contoso.com"]) expect(await read(sip)).toEqual(NO_USER_DATA);
  });

  it("settles the move of a user who is gone, and says so in its journal and to whoever asks", async () => {
    for (const [moveId, order] of [
      ["m1", "commit"],
      ["m2", "abort"],
    ] as const) {
      const sip = order === "commit" ? KEN : "sip:user@contoso.com";
      expect(await codeOf(follower.import(tenant, importOf(moveId, { user: there(sip) })))).toBe("done");
      const id: ObjectId = (await user(sip)).objectId;
      await directory.tenant(CONTOSO).users.remove(id);
      const answer = order === "commit" ? { state: "done", userGone: true } : { state: "undone" };
      // Whoever did not hear the first answer hears it in the second.
      for (const _time of [1, 2]) expect(await follower.settle(tenant, order, moveId, sip)).toEqual(answer);
      expect(await data.read(id)).toEqual(NO_USER_DATA);
      expect(await new MoveJournal(store.db, CONTOSO).get(moveId)).toMatchObject({ active: false, faultCode: "move-user-gone" });
    }
  });
});

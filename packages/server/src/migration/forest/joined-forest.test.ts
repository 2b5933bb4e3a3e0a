/** A deployment and its forest: what comes in, what is written, and whose word counts. */
import { Fault } from "@tieline/fault";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Directory, LAB_DEPLOYMENT, objectId, type ObjectId, type TenantDirectory, type UserChanges } from "../../directory/index.ts";
import { chance } from "../../directory/chance.ts";
import { ENGINES } from "../../store/engines.fixture.ts";
import type { Store } from "../../store/index.ts";
import { JoinedForest } from "./joined-forest.ts";
import { MemoryForest } from "./memory-forest.fixture.ts";

const ADA = objectId("aaaaaaaa-0000-4000-8000-000000000001");
const BOB = objectId("bbbbbbbb-0000-4000-8000-000000000002");
const EVE = objectId("eeeeeeee-0000-4000-8000-000000000003");
const TENANT = LAB_DEPLOYMENT.tenant.tenantId;
const POOL = "pool01.corp.test";
const ONLINE = "sipfed.online.lync.com";
const NONE = { added: 0, changed: 0, removed: 0, refused: 0 };

const homed = (name: string): Record<string, readonly string[]> => ({
  sAMAccountName: [name],
  userPrincipalName: [`${name}@corp.test`],
  displayName: [name.toUpperCase()],
  mail: [`${name}@corp.test`],
  proxyAddresses: [`SMTP:${name}@corp.test`, `sip:${name}@corp.test`],
  "msRTCSIP-PrimaryUserAddress": [`sip:${name}@corp.test`],
  "msRTCSIP-UserEnabled": ["TRUE"],
  "msRTCSIP-DeploymentLocator": ["SRV:"],
  "msRTCSIP-OptionFlags": ["256"],
  "msRTCSIP-PrimaryHomeServer": [POOL],
});

describe.each(ENGINES)("a deployment joined to a forest on $name", ({ open }) => {
  let store: Store;
  let directory: Directory;
  let mine: TenantDirectory;
  let forest: MemoryForest;
  let joined: JoinedForest;
  let now: number;

  const join = (): JoinedForest =>
    new JoinedForest({ name: "memory", open: () => Promise.resolve(forest), db: store.db, tenant: TENANT, nowMs: () => now });
  /** What a move or a cmdlet does: the change and its note in one transaction. */
  const change = (id: ObjectId, changes: UserChanges): Promise<void> =>
    directory.transaction(async (inside, queries) => {
      await inside.tenant(TENANT).users.update(id, changes, now);
      await joined.enqueue(queries, id);
    });
  const online = (id: ObjectId): Promise<void> => change(id, { hostingProvider: ONLINE, registrarPool: null });
  const written = (id: ObjectId): Readonly<Record<string, readonly string[]>> => forest.entries.get(id)?.attributes ?? {};

  beforeEach(async () => {
    now = Date.UTC(2020, 7, 5);
    store = await open();
    directory = Directory.of(store);
    await directory.tenants.add({ ...LAB_DEPLOYMENT.tenant, createdMs: now, changedMs: now });
    mine = directory.tenant(TENANT);
    forest = new MemoryForest();
    for (const [id, name] of [
      [ADA, "ada"],
      [BOB, "bob"],
      [EVE, "eve"],
    ] as const)
      forest.set(id, homed(name));
    joined = join();
  });
  afterEach(() => store.close());

  it("brings all users in, then what has changed, then nothing", async () => {
    expect(await joined.refresh()).toEqual({ ...NONE, added: 3 });
    expect(await mine.users.get(ADA)).toMatchObject({
      userPrincipalName: "ada@corp.test",
      displayName: "ADA",
      accountName: "ada",
      sipAddress: "sip:ada@corp.test",
      enabled: true,
      hostingProvider: "SRV:",
      registrarPool: POOL,
      properties: { WindowsEmailAddress: "ada@corp.test", ProxyAddresses: ["SMTP:ada@corp.test", "sip:ada@corp.test"] },
    });
    forest.set(ADA, { department: ["Engines"], title: ["Countess"] });
    expect(await joined.refresh()).toEqual({ ...NONE, changed: 1 });
    expect((await mine.users.get(ADA))?.properties).toMatchObject({ Department: "Engines", Title: "Countess" });
    forest.set(ADA, { department: [] });
    expect(await joined.refresh()).toEqual({ ...NONE, changed: 1 });
    expect((await mine.users.get(ADA))?.properties).not.toHaveProperty("Department");
    expect(await joined.refresh()).toEqual(NONE);
    expect(await joined.refresh({ all: true })).toEqual(NONE);
  });

  it.each([true, false])("removes who is gone, whether the forest tells of it (%s) or those who are there are compared", async (tells) => {
    await joined.refresh();
    forest.tellsDeleted = tells;
    await change(BOB, { enabled: false });
    forest.remove(BOB);
    expect(await joined.refresh()).toEqual({ ...NONE, removed: 1 });
    expect(await mine.users.get(BOB)).toBeUndefined();
    expect(await joined.pending()).toBe(0);
    expect(await mine.users.count()).toBe(2);
  });

  it("leaves users alone that never came from the forest", async () => {
    const own = objectId("dddddddd-0000-4000-8000-000000000009");
    await mine.users.add([{ ...record("dora"), objectId: own }]);
    expect(await joined.refresh()).toEqual({ ...NONE, added: 3 });
    expect(await mine.users.get(own)).toBeDefined();
  });

  it("removes no more than the limit in one reading, and then reads from where it stood", async () => {
    await joined.refresh();
    for (const id of [ADA, BOB, EVE]) forest.entries.delete(id);
    forest.set(ADA, homed("ada"));
    await expect(joined.refresh({ all: true, removalLimit: 1 })).rejects.toMatchObject({
      code: "forest-removals",
      fields: { count: 2, limit: 1 },
    });
    expect(await mine.users.count()).toBe(3);
    expect(await joined.refresh({ all: true, removalLimit: 2 })).toEqual({ ...NONE, removed: 2 });
  });

  it("removes by itself a fifth at most, ten at least", async () => {
    const guid = (n: number): string => `cccccccc-0000-4000-8000-${String(n).padStart(12, "0")}`;
    for (let i = 0; i < 60; i += 1) forest.set(guid(i), { sAMAccountName: [`crowd${i}`] });
    await joined.refresh();
    for (let i = 0; i < 14; i += 1) forest.remove(guid(i));
    await expect(joined.refresh()).rejects.toMatchObject({ code: "forest-removals", fields: { limit: 13 } });
    forest.set(guid(0), { sAMAccountName: ["crowd0"] });
    await joined.refresh();
    expect(await mine.users.count()).toBe(50);
    for (let i = 14; i < 24; i += 1) forest.remove(guid(i));
    expect(await joined.refresh()).toEqual({ ...NONE, removed: 10 });
  });

  it("is written by another process where the one that had begun was killed", async () => {
    await joined.refresh();
    await online(ADA);
    let letGo = (): void => {};
    const reached = new Promise<void>((arrive) => {
      forest.disturb = () => {
        arrive();
        return new Promise<void>((resolve) => (letGo = resolve));
      };
    });
    const killed = joined.publish([ADA]);
    await reached;
    forest.disturb = () => {};
    const other = join();
    await other.publish([ADA]);
    expect(await other.flush()).toBe(0);
    expect(await other.pending()).toBe(1);
    now += 120_000;
    expect(await other.flush()).toBe(1);
    letGo();
    await killed;
    expect(await other.pending()).toBe(0);
  });

  it("writes a change once, with the address among the forest's own", async () => {
    await joined.refresh();
    forest.set(ADA, { proxyAddresses: ["SMTP:ada@corp.test", "smtp:countess@corp.test", "sip:ada@corp.test"] });
    await change(ADA, { sipAddress: "sip:ada.l@corp.test", hostingProvider: ONLINE, registrarPool: null });
    expect(await joined.pending()).toBe(1);
    await joined.publish([ADA]);
    expect(await joined.pending()).toBe(0);
    expect(written(ADA)).toMatchObject({
      "msRTCSIP-PrimaryUserAddress": ["sip:ada.l@corp.test"],
      "msRTCSIP-DeploymentLocator": [ONLINE],
      "msRTCSIP-UserEnabled": ["TRUE"],
      proxyAddresses: ["SMTP:ada@corp.test", "smtp:countess@corp.test", "sip:ada.l@corp.test"],
    });
    expect(written(ADA)).not.toHaveProperty("msRTCSIP-PrimaryHomeServer");
    await joined.publish([ADA]);
    expect(forest.writes).toEqual([ADA]);
  });

  it("is not there without its change, nor the change without it", async () => {
    await joined.refresh();
    const failed = directory.transaction(async (inside, queries) => {
      await joined.enqueue(queries, ADA);
      await inside.tenant(TENANT).users.update(ADA, { sipAddress: "sip:bob@corp.test" }, now);
    });
    await expect(failed).rejects.toMatchObject({ code: "directory-duplicate" });
    expect(await joined.pending()).toBe(0);
  });

  it("keeps its own homing while it is still to be written, and takes names and mail from the forest", async () => {
    await joined.refresh();
    await online(ADA);
    forest.set(ADA, { displayName: ["Ada L."], proxyAddresses: ["SMTP:al@corp.test", "sip:ada@corp.test"], "msRTCSIP-Line": ["tel:+1"] });
    expect(await joined.refresh()).toEqual({ ...NONE, changed: 1 });
    expect(await mine.users.get(ADA)).toMatchObject({
      displayName: "Ada L.",
      hostingProvider: ONLINE,
      registrarPool: null,
      properties: { ProxyAddresses: ["SMTP:al@corp.test", "sip:ada@corp.test"] },
    });
    expect(await joined.flush()).toBe(1);
    expect(written(ADA)).toMatchObject({ displayName: ["Ada L."], "msRTCSIP-DeploymentLocator": [ONLINE] });
    expect(await joined.refresh()).toEqual(NONE);
    forest.set(ADA, { "msRTCSIP-DeploymentLocator": ["SRV:"], "msRTCSIP-PrimaryHomeServer": [POOL] });
    expect(await joined.refresh()).toEqual({ ...NONE, changed: 1 });
    expect(await mine.users.get(ADA)).toMatchObject({ hostingProvider: "SRV:", registrarPool: POOL });
  });

  it("is not undone by a reading that had begun before it was written", async () => {
    await joined.refresh();
    forest.set(ADA, { title: ["Countess"] });
    forest.disturb = async (what) => {
      if (what !== "page") return;
      forest.disturb = () => {};
      await online(ADA);
      await joined.publish([ADA]);
    };
    await joined.refresh();
    expect(await mine.users.get(ADA)).toMatchObject({ hostingProvider: ONLINE, properties: { Title: "Countess" } });
    expect(await joined.refresh()).toEqual(NONE);
  });

  it("is written again where the user was changed during the writing", async () => {
    await joined.refresh();
    await online(ADA);
    forest.disturb = async (what) => {
      if (what !== "write") return;
      forest.disturb = () => {};
      await change(ADA, { hostingProvider: "SRV:", registrarPool: POOL });
    };
    await joined.publish([ADA]);
    expect(forest.writes).toEqual([ADA, ADA]);
    expect(written(ADA)).toMatchObject({ "msRTCSIP-DeploymentLocator": ["SRV:"] });
    expect(await joined.pending()).toBe(0);
  });

  it("waits while the forest is away, at longer and longer intervals, and survives the process", async () => {
    await joined.refresh();
    await online(ADA);
    await online(BOB);
    const asked: string[] = [];
    forest.disturb = (what, guid) => {
      asked.push(`${what} ${guid}`);
      throw new Fault("forest-unreachable", { server: "dc1", reason: "connection refused" });
    };
    await joined.publish([ADA]);
    expect(await joined.flush()).toBe(0);
    expect(await joined.flush()).toBe(0);
    expect(asked).toEqual([`write ${ADA}`, `write ${BOB}`]);
    now += 1000;
    expect(await joined.flush()).toBe(0);
    expect(asked.length).toBeLessThanOrEqual(4);
    expect(await joined.pending()).toBe(2);
    forest.disturb = () => {};
    joined = join();
    now += 300_000;
    expect(await joined.flush()).toBe(2);
    expect(await joined.pending()).toBe(0);
  });

  it("says that rights are missing, writes the others, and tries again later", async () => {
    await joined.refresh();
    for (const id of [ADA, BOB, EVE]) await online(id);
    forest.disturb = (what, guid) => {
      if (what === "write" && guid === BOB) throw new Fault("directory-insufficient-rights", { server: "dc1.corp.test" });
    };
    await expect(joined.publish([ADA, BOB, EVE])).rejects.toThrow(
      'Active Directory operation failed on "dc1.corp.test". You cannot retry this operation: "Insufficient access rights to perform the operation"',
    );
    expect(await joined.pending()).toBe(1);
    const sinceMs = now;
    forest.disturb = () => {};
    expect(await joined.flush()).toBe(0);
    now += 60_000;
    await online(ADA);
    expect(await joined.backlog()).toEqual({ users: 2, sinceMs, faultCode: "directory-insufficient-rights" });
    expect(await joined.flush()).toBe(2);
    expect(await joined.backlog()).toEqual({ users: 0, sinceMs: null, faultCode: null });
    expect(forest.writes.toSorted()).toEqual([ADA, ADA, BOB, EVE]);
  });

  it("shows a password that was refused once a minute, not once a user", async () => {
    await joined.refresh();
    for (const id of [ADA, BOB, EVE]) await online(id);
    let tries = 0;
    forest.disturb = () => {
      tries += 1;
      throw new Fault("forest-login", { server: "dc1", user: "svc", reason: "wrong password" });
    };
    for (const id of [ADA, BOB, EVE]) await joined.publish([id]);
    await expect(joined.refresh()).rejects.toMatchObject({ code: "forest-login" });
    await expect(joined.checkWritable([ADA])).rejects.toMatchObject({ code: "forest-login" });
    expect(tries).toBe(1);
    now += 60_000;
    await expect(joined.refresh()).rejects.toMatchObject({ code: "forest-login" });
    expect(tries).toBe(2);
  });

  it("is opened anew after a refusal: the password may be another by then", async () => {
    let tries = 0;
    const changed = new JoinedForest({
      name: "changed",
      open: () => Promise.resolve(((tries += 1), forest)),
      db: store.db,
      tenant: TENANT,
      nowMs: () => now,
    });
    await changed.refresh();
    forest.disturb = () => {
      forest.disturb = () => {};
      throw new Fault("forest-login", { server: "dc1", user: "svc", reason: "wrong password" });
    };
    await expect(changed.refresh()).rejects.toMatchObject({ code: "forest-login" });
    now += 60_000;
    await changed.refresh();
    expect(tries).toBe(2);
  });

  it("drops what was to be written to a user whom the forest no longer has", async () => {
    await joined.refresh();
    await online(ADA);
    forest.remove(ADA);
    await expect(joined.publish([ADA])).rejects.toMatchObject({ code: "forest-object" });
    expect(await joined.pending()).toBe(0);
    expect([...(await joined.checkWritable([ADA, BOB])).keys()]).toEqual([ADA]);
  });

  it("lets a user wait whose address another has, and takes it over when the address is free", async () => {
    forest.set(BOB, { ...homed("bob"), "msRTCSIP-PrimaryUserAddress": ["sip:ada@corp.test"] });
    expect(await joined.refresh()).toEqual({ ...NONE, added: 2, refused: 1 });
    expect(await joined.refresh()).toEqual({ ...NONE, refused: 1 });
    forest.set(ADA, { "msRTCSIP-PrimaryUserAddress": ["sip:countess@corp.test"] });
    expect(await joined.refresh()).toEqual({ ...NONE, added: 1, changed: 1 });
    expect((await mine.users.get(BOB))?.sipAddress).toBe("sip:ada@corp.test");
  });

  it("takes two addresses that change hands, within one reading", async () => {
    await joined.refresh();
    forest.set(ADA, { "msRTCSIP-PrimaryUserAddress": ["sip:bob@corp.test"] });
    forest.set(BOB, { "msRTCSIP-PrimaryUserAddress": ["sip:new@corp.test"] });
    expect(await joined.refresh()).toEqual({ ...NONE, changed: 2 });
  });

  it("reads in one process at a time, and a reader that was killed is followed after two minutes", async () => {
    forest.disturb = async (what) => {
      if (what === "read") expect(await join().refresh()).toEqual(NONE);
    };
    expect(await joined.refresh()).toEqual({ ...NONE, added: 3 });
    await store.db
      .updateTable("forest_state")
      .set({ lease_until_ms: now + 120_000 })
      .where("tenant_id", "=", TENANT)
      .execute();
    forest.disturb = () => {};
    forest.set(ADA, { title: ["Countess"] });
    expect(await joined.refresh()).toEqual(NONE);
    now += 120_000;
    expect(await joined.refresh()).toEqual({ ...NONE, changed: 1 });
  });

  it("begins again where it stood when a reading broke off", async () => {
    let pages = 0;
    forest.disturb = (what) => {
      if (what === "page" && (pages += 1) === 2) throw new Fault("forest-unreachable", { server: "dc1", reason: "gone" });
    };
    await expect(joined.refresh()).rejects.toMatchObject({ code: "forest-unreachable" });
    expect(await mine.users.count()).toBe(2);
    expect(await joined.refresh()).toEqual({ ...NONE, added: 1 });
  });

  it("undoes no move, in whatever order moves, readings and writings of two processes come", async () => {
    await joined.refresh();
    const other = join();
    const draw = chance("orders of a forest");
    const turns = async (): Promise<void> => {
      for (let n = draw.below(6); n > 0; n -= 1) await new Promise((resolve) => setImmediate(resolve));
    };
    forest.disturb = turns;
    const undone: string[] = [];
    const moving = new Set([ADA, BOB, EVE]);
    const move = async (id: ObjectId, who: JoinedForest): Promise<void> => {
      for (let n = 0; n < 8; n += 1) {
        const registrarPool = `pool${n}.corp.test`;
        const look = async (): Promise<void> => {
          await turns();
          const found = (await mine.users.get(id))?.registrarPool;
          if (found !== registrarPool) undone.push(`${id}: ${registrarPool} became ${found}`);
        };
        await change(id, { registrarPool });
        await look();
        await who.publish([id]);
        await look();
      }
      moving.delete(id);
    };
    const meanwhile = async (work: () => Promise<unknown>): Promise<void> => {
      while (moving.size > 0) {
        await work();
        await turns();
      }
    };
    let n = 0;
    const rename = async (): Promise<void> => forest.set([ADA, BOB, EVE][n % 3] as ObjectId, { title: [`title ${(n += 1)}`] });
    await Promise.all([
      move(ADA, joined),
      move(BOB, other),
      move(EVE, joined),
      meanwhile(() => joined.refresh({ all: true })),
      meanwhile(() => other.refresh()),
      meanwhile(() => other.flush()),
      meanwhile(rename),
    ]);
    expect(undone).toEqual([]);
    await joined.flush();
    await joined.refresh();
    for (const id of [ADA, BOB, EVE]) {
      expect(written(id)["msRTCSIP-PrimaryHomeServer"]).toEqual(["pool7.corp.test"]);
      expect(await mine.users.get(id)).toMatchObject({
        registrarPool: "pool7.corp.test",
        properties: { Title: written(id)["title"]?.[0] },
      });
    }
  });

  it("opens the forest again where it could not be opened", async () => {
    let tries = 0;
    const shy = new JoinedForest({
      name: "shy",
      open: () =>
        (tries += 1) === 1 ? Promise.reject(new Fault("forest-unreachable", { server: "dc1", reason: "off" })) : Promise.resolve(forest),
      db: store.db,
      tenant: TENANT,
      nowMs: () => now,
    });
    await expect(shy.refresh()).rejects.toMatchObject({ code: "forest-unreachable" });
    expect(await shy.refresh()).toEqual({ ...NONE, added: 3 });
    await shy.flush();
    expect(tries).toBe(2);
  });
});

function record(name: string): Omit<Parameters<TenantDirectory["users"]["add"]>[0][number], "objectId"> {
  return {
    userPrincipalName: `${name}@corp.test`,
    sipAddress: null,
    displayName: name,
    accountName: name,
    enabled: false,
    hostingProvider: null,
    registrarPool: null,
    interpretedUserType: null,
    properties: {},
    policies: {},
    plans: [],
    createdMs: 0,
    changedMs: 0,
  };
}

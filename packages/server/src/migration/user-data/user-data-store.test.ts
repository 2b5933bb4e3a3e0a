import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLabTenants, Directory, LAB_TENANTS, type ObjectId, type TenantId } from "../../directory/index.ts";
import { ENGINES } from "../../store/engines.fixture.ts";
import type { Store } from "../../store/index.ts";
import { contactList, FULL } from "./user-data.fixture.ts";
import { UserDataStore } from "./user-data-store.ts";
import { compareUserData } from "./compare.ts";
import { countsOf, NO_USER_DATA, type UserData } from "./user-data.ts";

const NOW = Date.UTC(2020, 7, 5);
const [CONTOSO, FABRIKAM] = LAB_TENANTS.map((site) => site.tenant.tenantId) as [TenantId, TenantId];

describe.each(ENGINES)("UserDataStore on $name", ({ open }) => {
  let store: Store;
  let directory: Directory;
  let data: UserDataStore;
  let alice: ObjectId;
  let bob: ObjectId;
  beforeEach(async () => {
    store = await open();
    directory = Directory.of(store);
    await createLabTenants(directory, {
      users: 5,
      nowMs: NOW,
      credentials: () => Promise.resolve({ passwordHash: null, ntHashSealed: null }),
    });
    data = new UserDataStore(store.db, CONTOSO);
    [alice, bob] = (await Promise.all(["alice", "bob"].map(idOf))) as [ObjectId, ObjectId];
  });
  afterEach(() => store.close());

  const idOf = async (account: string): Promise<ObjectId> => {
    const [user] = await directory.tenant(CONTOSO).users.find((eb) => eb("account_key", "=", account));
    return user?.objectId as ObjectId;
  };

  it("gives back what it was given, in canonical order", async () => {
    expect(await data.read(alice)).toEqual(NO_USER_DATA);
    await data.write(alice, FULL, NOW);
    expect(await data.read(alice)).toEqual(FULL);
    const turned: UserData = { ...FULL, contacts: FULL.contacts.toReversed(), groups: FULL.groups.toReversed() };
    await data.write(alice, turned, NOW);
    expect(JSON.stringify(await data.read(alice))).toBe(JSON.stringify(FULL));
  });

  it("replaces all, and leaves other users and other tenants alone", async () => {
    await data.write(alice, FULL, NOW);
    await data.write(bob, FULL, NOW);
    const fewer: UserData = { ...NO_USER_DATA, contacts: FULL.contacts.slice(0, 1).map((contact) => ({ ...contact, groups: [] })) };
    await data.write(alice, fewer, NOW + 1);
    expect(await data.read(alice)).toEqual(fewer);
    expect(await data.read(bob)).toEqual(FULL);
    expect(await new UserDataStore(store.db, FABRIKAM).read(bob)).toEqual(NO_USER_DATA);
  });

  it("removes all but the policies, and says what there was", async () => {
    await data.write(alice, FULL, NOW);
    expect(await data.remove(alice)).toEqual({ ...countsOf(FULL), policies: 0 });
    expect(await data.read(alice)).toEqual({ ...NO_USER_DATA, policies: FULL.policies });
    expect(await data.remove(alice)).toEqual(countsOf(NO_USER_DATA));
    await data.write(alice, FULL, NOW);
    expect(await data.read(alice)).toEqual(FULL);
  });

  it("leaves no trace of nothing", async () => {
    await data.write(alice, FULL, NOW, { moved: true });
    await data.write(alice, { ...NO_USER_DATA, policies: FULL.policies }, NOW);
    expect(await data.having([alice])).toEqual(new Set());
    expect(await data.read(alice)).toEqual({ ...NO_USER_DATA, policies: FULL.policies });
  });

  it("counts without reading", async () => {
    expect(await data.counts(alice)).toEqual(countsOf(NO_USER_DATA));
    await data.write(alice, FULL, NOW);
    expect(await data.counts(alice)).toEqual(countsOf(FULL));
  });

  it("replaces granted policies, adds to them, or keeps them", async () => {
    await directory.tenant(CONTOSO).users.setPolicy(alice, "MobilityPolicy", "Own", NOW);
    await directory.tenant(CONTOSO).users.setPolicy(alice, "ClientPolicy", "Own", NOW);
    const policies = async () => (await data.read(alice)).policies;
    await data.write(alice, FULL, NOW, { policies: "keep" });
    expect(await policies()).toEqual({ ClientPolicy: "Own", MobilityPolicy: "Own" });
    await data.write(alice, FULL, NOW, { policies: "add" });
    expect(await policies()).toEqual({ ...FULL.policies, MobilityPolicy: "Own" });
    await data.write(alice, NO_USER_DATA, NOW, { policies: "add" });
    expect(await policies()).toEqual({ ...FULL.policies, MobilityPolicy: "Own" });
    await data.write(alice, FULL, NOW);
    expect(await policies()).toEqual(FULL.policies);
    await data.write(alice, NO_USER_DATA, NOW);
    expect(await policies()).toEqual({});
  });

  it("reads many at once, each asked for with an entry", async () => {
    await data.write(alice, FULL, NOW);
    await data.write(bob, contactList(3), NOW);
    const others = Array.from({ length: 120 }, (_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, "0")}` as ObjectId);
    const found = await data.readMany([...others.slice(0, 60), alice, ...others.slice(60), bob]);
    expect(found.size).toBe(122);
    expect(found.get(alice)).toEqual(FULL);
    expect(found.get(bob)).toEqual(contactList(3));
    expect(found.get(others[7] as ObjectId)).toEqual(NO_USER_DATA);
  });

  it("knows whose delegate somebody is", async () => {
    await data.write(alice, FULL, NOW);
    await data.write(bob, FULL, NOW);
    expect(await data.principalsOf("sip:Pilar@contoso.com")).toEqual([alice, bob].toSorted());
    await data.remove(bob);
    expect(await data.principalsOf("sip:pilar@contoso.com")).toEqual([alice]);
    expect(await data.principalsOf("sip:alice@contoso.com")).toEqual([]);
    expect(await new UserDataStore(store.db, FABRIKAM).principalsOf("sip:pilar@contoso.com")).toEqual([]);
  });

  it("takes the longest lists that may come", async () => {
    const long = contactList(1000);
    await data.write(alice, long, NOW);
    expect(await data.read(alice)).toEqual(long);
    const more = long.contacts.map((contact) => ({ ...contact, uri: contact.uri.replace("person", "robot") }));
    const longer: UserData = { ...long, contacts: [...long.contacts, ...more] };
    await data.write(alice, longer, NOW);
    expect(await data.read(alice)).toEqual(longer);
  });

  it("refuses data of nobody, and writes nothing then", async () => {
    const nobody = "00000000-0000-4000-8000-000000000000" as ObjectId;
    await expect(data.write(nobody, FULL, NOW)).rejects.toMatchObject({ code: "user-not-found" });
    await expect(new UserDataStore(store.db, FABRIKAM).write(alice, FULL, NOW)).rejects.toMatchObject({ code: "user-not-found" });
    expect(await store.db.selectFrom("user_contacts").selectAll().execute()).toEqual([]);
  });

  it("goes with its user", async () => {
    await data.write(alice, FULL, NOW);
    expect(await directory.tenant(CONTOSO).users.remove(alice)).toBe(true);
    for (const table of [
      "user_data",
      "user_contacts",
      "user_contact_groups",
      "user_permissions",
      "user_delegates",
      "user_meetings",
    ] as const)
      expect(await store.db.selectFrom(table).selectAll().execute(), table).toEqual([]);
  });

  it("keeps all of a transaction or nothing", async () => {
    await data.write(alice, FULL, NOW);
    const work = store.transaction(async (trx) => {
      const inside = new UserDataStore(trx, CONTOSO);
      await inside.write(bob, FULL, NOW);
      await inside.remove(alice);
      throw new Error("cut");
    });
    await expect(work).rejects.toThrow("cut");
    expect(await data.read(alice)).toEqual(FULL);
    expect(await data.read(bob)).toEqual(NO_USER_DATA);
  });

  it("lets two writers of one user pass one after the other", async () => {
    const [one, two] = [FULL, contactList(7)];
    await Promise.all([data.write(alice, one, NOW), data.write(alice, two, NOW), data.write(alice, one, NOW), data.write(alice, two, NOW)]);
    const found = await data.read(alice);
    expect([compareUserData(one, found), compareUserData(two, found)]).toContainEqual([]);
  });

  it("says that a list is not whole", async () => {
    await data.write(alice, FULL, NOW);
    await store.db.deleteFrom("user_contacts").where("uri", "=", "sip:bob@contoso.com").execute();
    await expect(data.read(alice)).rejects.toMatchObject({ code: "store-damaged" });
    await data.write(alice, FULL, NOW);
    expect(await data.read(alice)).toEqual(FULL);
  });
});

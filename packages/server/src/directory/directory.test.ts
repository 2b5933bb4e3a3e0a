import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENGINES } from "../store/engines.fixture.ts";
import type { Store } from "../store/index.ts";
import { Directory } from "./directory.ts";
import { userDn } from "./distinguished-name.ts";
import { generateUsers, LAB_DEPLOYMENT, LAB_TENANTS } from "./generate.ts";
import { accountId, type TenantId } from "./ids.ts";
import { createLabDeployment, createLabTenants, type LabOptions } from "./lab.ts";
import type { Tenant } from "./tenants.ts";
import { userIdentity } from "./user-identity.ts";
import type { UserRecord } from "./user-record.ts";

const NOW = Date.UTC(2020, 7, 5, 10);
const [CONTOSO, FABRIKAM] = LAB_TENANTS.map((site) => site.tenant.tenantId) as [TenantId, TenantId];
const OPTIONS: LabOptions = {
  users: 120,
  nowMs: NOW,
  credentials: (account) => Promise.resolve({ passwordHash: `hash of ${account.name}`, ntHashSealed: null }),
};

describe.each(ENGINES)("contract of the directory on $name", ({ open }) => {
  let store: Store;
  let directory: Directory;
  let contoso: Tenant;
  let known: UserRecord[];

  beforeAll(async () => {
    store = await open();
    directory = Directory.of(store);
    await createLabTenants(directory, OPTIONS);
    await createLabDeployment(directory, OPTIONS);
    contoso = (await directory.tenants.byId(CONTOSO)) as Tenant;
    known = [...generateUsers(LAB_TENANTS[0] as (typeof LAB_TENANTS)[0], OPTIONS)];
  });
  afterAll(() => store.close());

  const who = async (identity: string, tenant: Tenant = contoso): Promise<string[]> => {
    for (const condition of userIdentity(identity, tenant)) {
      const found = await directory.tenant(tenant.tenantId).users.find(condition);
      if (found.length > 0) return found.map((user) => user.accountName);
    }
    return [];
  };

  it("makes the lab once: a second start changes nothing", async () => {
    const before = await directory.tenants.list();
    await createLabTenants(directory, { ...OPTIONS, users: 7 });
    await createLabDeployment(directory, OPTIONS);
    expect(await directory.tenants.list()).toEqual(before);
    expect(before.map((tenant) => tenant.displayName)).toEqual(["Contoso.com", "Contoso", "Fabrikam.com"]);
    expect(await directory.tenant(CONTOSO).users.count()).toBe(120);
    expect(await directory.tenant(FABRIKAM).users.count()).toBe(12);
  });

  it("finds a tenant by any of its domains, its initial one and its id", async () => {
    for (const text of ["contoso.com", "CONTOSO.onmicrosoft.com", CONTOSO, CONTOSO.toUpperCase()]) {
      expect((await directory.tenants.byDomain(text))?.tenantId, text).toBe(CONTOSO);
    }
    expect(await directory.tenants.byDomain("nobody.com")).toBeUndefined();
    expect((await directory.tenants.byNetbiosName("contoso"))?.kind).toBe("pool");
  });

  it("gives a domain to one tenant only", async () => {
    const adding = directory.tenants.addDomain(
      { tenantId: FABRIKAM, kind: "online" },
      { name: "Contoso.COM", verified: true, isDefault: false, sip: true },
      NOW,
    );
    await expect(adding).rejects.toMatchObject({ code: "directory-duplicate" });
  });

  it("reads back what was written, licences and policies included", async () => {
    const mine = known[7] as UserRecord;
    expect(await directory.tenant(CONTOSO).users.get(mine.objectId)).toEqual({
      ...mine,
      plans: mine.plans.toSorted((a, b) => (a.planId < b.planId ? -1 : 1)),
    });
  });

  it.each([1, 7, 119, 120, 500])("lists all users in one stable order, in pages of %i", async (pageSize) => {
    const listed: string[] = [];
    for await (const user of directory.tenant(CONTOSO).users.stream({ pageSize })) listed.push(user.objectId);
    const expected = known.toSorted(
      (a, b) => compare(a.displayName.toLowerCase(), b.displayName.toLowerCase()) || compare(a.objectId, b.objectId),
    );
    expect(listed).toEqual(expected.map((user) => user.objectId));
  });

  it("never shows one tenant what is another's", async () => {
    const alice = (await directory.tenant(CONTOSO).users.find((eb) => eb("account_key", "=", "alice")))[0] as UserRecord;
    const other = directory.tenant(FABRIKAM);
    expect(await other.users.get(alice.objectId)).toBeUndefined();
    expect(await other.users.find((eb) => eb("upn_key", "=", "alice@contoso.com"))).toEqual([]);
    // A condition that is always true must not widen the tenant.
    expect(
      (await other.users.find((eb) => eb.or([eb.lit(true), eb("tenant_id", "=", CONTOSO)]))).every((user) =>
        user.userPrincipalName.endsWith("@fabrikam.com"),
      ),
    ).toBe(true);
    await expect(other.users.update(alice.objectId, { displayName: "Mallory" }, NOW)).rejects.toMatchObject({ code: "user-not-found" });
    await expect(other.users.setPolicy(alice.objectId, "ClientPolicy", "X", NOW)).rejects.toMatchObject({ code: "user-not-found" });
    expect(await other.users.remove(alice.objectId)).toBe(false);
    await directory.tenant(CONTOSO).policies.add("ClientPolicy", { name: "Secret", settings: {} }, NOW);
    expect(await other.policies.list("ClientPolicy")).toEqual([]);
    expect(await other.policies.remove("ClientPolicy", "Secret")).toBe(false);
    const admin = await directory.accounts.find("admin@contoso.com");
    await other.accounts.setEnabled(admin?.accountId as never, false, NOW);
    expect((await directory.accounts.find("admin@contoso.com"))?.enabled).toBe(true);
    await directory.tenant(CONTOSO).audit.add(AUDIT);
    expect(await other.audit.list({ limit: 10 })).toEqual([]);
    expect(await other.pools.list()).toEqual([]);
    expect((await other.domains.list()).map((domain) => domain.name)).toEqual(["fabrikam.com", "fabrikam.onmicrosoft.com"]);
    expect((await directory.tenant(CONTOSO).users.get(alice.objectId))?.displayName).toBe("Alice Jones");
  });

  it("finds a user by every form of identity", async () => {
    const alice = known[1] as UserRecord;
    const dn = userDn(contoso, alice.objectId, alice.displayName);
    for (const form of [
      "sip:alice@contoso.com",
      "SIP:Alice@Contoso.com",
      "alice@contoso.com",
      alice.objectId,
      `{${alice.objectId.toUpperCase()}}`,
      dn,
      dn.replaceAll(",", " , ").toLowerCase(),
      "Alice Jones",
      "alice jones",
      "Alice J*",
      "alice",
    ]) {
      expect(await who(form), form).toEqual(["alice"]);
    }
    expect(await who(dn.replace(CONTOSO, FABRIKAM))).toEqual([]);
    expect(await who("nobody")).toEqual([]);
    expect(await who("")).toEqual([]);
    expect(await who("a\0b")).toEqual([]);
  });

  it("takes a bare account name last: a display name goes before it", async () => {
    const mine = directory.tenant(CONTOSO).users;
    const other = known[9] as UserRecord;
    await mine.update(other.objectId, { displayName: "kenmyer" }, NOW);
    expect(await who("kenmyer")).toEqual([other.accountName]);
    await mine.update(other.objectId, { displayName: other.displayName }, NOW);
    expect(await who("kenmyer")).toEqual(["kenmyer"]);
  });

  it("takes only * for a wildcard, not the letters that the database uses", async () => {
    expect(await who("%")).toEqual([]);
    expect(await who("Alice_Jones*")).toEqual([]);
    expect((await who("*")).length).toBe(120);
    expect(await who("*JONES")).toContain("alice");
  });

  it("finds people of a deployment by DOMAIN\\logon and by distinguished name", async () => {
    const deployment = (await directory.tenants.byId(LAB_DEPLOYMENT.tenant.tenantId)) as Tenant;
    expect(await who("CONTOSO\\kenmyer", deployment)).toEqual(["kenmyer"]);
    expect(await who("OTHER\\kenmyer", deployment)).toEqual([]);
    expect(await who("CN=Ken Myer,CN=Users,DC=contoso,DC=local", deployment)).toEqual(["kenmyer"]);
    expect(userDn({ ...deployment }, "x", 'Myer, Ken "K"')).toBe('CN=Myer\\, Ken \\"K\\",CN=Users,DC=contoso,DC=local');
  });

  it("merges changes of properties, and takes one away with null", async () => {
    const mine = directory.tenant(CONTOSO).users;
    const { objectId } = known[3] as UserRecord;
    await Promise.all([
      mine.update(objectId, { properties: { LineURI: "tel:+1" } }, NOW + 1),
      mine.update(objectId, { properties: { PrivateLine: "tel:+2" } }, NOW + 2),
    ]);
    expect((await mine.get(objectId))?.properties).toMatchObject({
      LineURI: "tel:+1",
      PrivateLine: "tel:+2",
      City: expect.any(String) as string,
    });
    await mine.update(objectId, { properties: { LineURI: null } }, NOW + 3);
    const after = await mine.get(objectId);
    expect(after?.properties).not.toHaveProperty("LineURI");
    expect(after?.changedMs).toBe(NOW + 3);
  });

  it("refuses a name that another user of the tenant has, and allows it in another tenant", async () => {
    const mine = directory.tenant(CONTOSO).users;
    const { objectId } = known[3] as UserRecord;
    await expect(mine.update(objectId, { sipAddress: "sip:ALICE@contoso.com" }, NOW)).rejects.toMatchObject({
      code: "directory-duplicate",
      fields: { property: "SIP address", value: "sip:ALICE@contoso.com" },
    });
    const twin = { ...(known[1] as UserRecord) };
    await directory.tenant(FABRIKAM).users.add([twin]);
    expect(await directory.tenant(FABRIKAM).users.remove(twin.objectId)).toBe(true);
    expect(await who("alice")).toEqual(["alice"]);
  });

  it("grants a policy to a user and takes it away", async () => {
    const mine = directory.tenant(CONTOSO);
    const { objectId } = known[4] as UserRecord;
    await mine.users.setPolicy(objectId, "MobilityPolicy", "NoVoice", NOW);
    await mine.users.setPolicy(objectId, "MobilityPolicy", "Other", NOW);
    expect((await mine.users.get(objectId))?.policies).toEqual({ MobilityPolicy: "Other" });
    expect(await mine.policies.grants("MobilityPolicy", "OTHER")).toBe(1);
    await mine.users.setPolicy(objectId, "MobilityPolicy", null, NOW);
    expect((await mine.users.get(objectId))?.policies).toEqual({});
  });

  it("keeps of a policy what differs from the defaults", async () => {
    const { policies } = directory.tenant(CONTOSO);
    await policies.change("MobilityPolicy", "Global", { EnableMobility: false, VoiceSettings: "x" }, NOW);
    await policies.change("MobilityPolicy", "global", { VoiceSettings: null, AllowSaveCredentials: false }, NOW);
    expect(await policies.list("MobilityPolicy")).toEqual([
      { name: "Global", settings: { EnableMobility: false, AllowSaveCredentials: false } },
    ]);
    expect(await policies.remove("MobilityPolicy", "GLOBAL")).toBe(true);
    expect(await policies.get("MobilityPolicy", "Global")).toBeUndefined();
  });

  it("loses no change of a policy that two make at once, even the first ones", async () => {
    const { policies } = directory.tenant(FABRIKAM);
    const names = ["A", "B", "C", "D", "E"];
    await Promise.all(names.map((name) => policies.change("ClientPolicy", "Global", { [name]: true }, NOW)));
    expect(Object.keys((await policies.get("ClientPolicy", "Global"))?.settings ?? {}).toSorted()).toEqual(names);
  });

  it("finds accounts by principal name and by DOMAIN\\name, with their roles", async () => {
    const admin = await directory.accounts.find("ADMIN@contoso.com");
    expect(admin).toMatchObject({
      tenantId: CONTOSO,
      passwordHash: "hash of admin",
      roles: ["Global Administrator", "Skype for Business Administrator"],
      enabled: true,
    });
    expect(await directory.accounts.find("CONTOSO\\Administrator")).toMatchObject({ roles: ["CsAdministrator"] });
    expect(await directory.accounts.find("FABRIKAM\\admin")).toBeUndefined();
    // So tickets name accounts, also those whose user principal name is in another domain; online there is no such name.
    const { accountId } = (await directory.accounts.find("CONTOSO\\viewer")) ?? {};
    await store.db
      .updateTable("accounts")
      .set({ upn: "v@contoso.com", upn_key: "v@contoso.com" })
      .where("account_id", "=", accountId ?? "")
      .execute();
    for (const name of ["viewer@CONTOSO.LOCAL", "v@contoso.com"]) expect(await directory.accounts.find(name)).toMatchObject({ accountId });
    for (const name of ["viewer@contoso", "viewer@fabrikam.local", "viewer@contoso.local@contoso.local"])
      expect(await directory.accounts.find(name)).toBeUndefined();
    expect((await directory.tenant(CONTOSO).accounts.list()).map((account) => account.accountName)).toEqual([
      "admin",
      "helpdesk",
      "hybridadmin",
      "localadmin",
      "viewer",
    ]);
    const again = directory.tenant(FABRIKAM).accounts.add({ ...NEW_ACCOUNT, userPrincipalName: "Admin@contoso.com" }, NOW);
    await expect(again).rejects.toMatchObject({ code: "directory-duplicate" });
    await expect(directory.tenant(FABRIKAM).accounts.add({ ...NEW_ACCOUNT, roles: ["King"] }, NOW)).rejects.toThrow("no such role: King");
    expect(await directory.accounts.find(NEW_ACCOUNT.userPrincipalName)).toBeUndefined();
  });

  it("locks an account after failures in a row, forgets old ones and those before a success", async () => {
    const rule = { failures: 3, lockMs: 60_000, windowMs: 600_000 };
    const { accountId: id } = (await directory.accounts.find("viewer@contoso.com")) as { accountId: ReturnType<typeof accountId> };
    expect(await directory.accounts.failed(id, rule, NOW)).toBe(false);
    expect(await directory.accounts.failed(id, rule, NOW + 1)).toBe(false);
    await directory.accounts.succeeded(id);
    expect(await directory.accounts.failed(id, rule, NOW + 2)).toBe(false);
    expect(await directory.accounts.failed(id, rule, NOW + rule.windowMs + 3)).toBe(false);
    const hits = await Promise.all([4, 5].map((ms) => directory.accounts.failed(id, rule, NOW + rule.windowMs + ms)));
    expect(hits.filter(Boolean)).toHaveLength(1);
    expect((await directory.accounts.get(id))?.lockedUntilMs).toBeGreaterThan(NOW + rule.windowMs + rule.lockMs);
    await directory.tenant(CONTOSO).accounts.unlock(id, NOW);
    expect((await directory.accounts.get(id))?.lockedUntilMs).toBeNull();
  });

  it("keeps an audit row for each cmdlet, newest first, and forgets old ones", async () => {
    const { audit } = directory.tenant(FABRIKAM);
    for (const atMs of [NOW, NOW + 2, NOW + 1]) await audit.add({ ...AUDIT, atMs, parameters: { Identity: "alice", At: atMs } });
    expect((await audit.list({ limit: 2 })).map((entry) => entry.atMs)).toEqual([NOW + 2, NOW + 1]);
    expect(await audit.list({ sinceMs: NOW + 2, limit: 9 })).toEqual([
      { ...AUDIT, atMs: NOW + 2, parameters: { Identity: "alice", At: NOW + 2 } },
    ]);
    expect(await audit.forget(NOW + 2)).toBe(2);
  });

  it("shows the pools of the deployment", async () => {
    const pools = await directory.tenant(LAB_DEPLOYMENT.tenant.tenantId).pools.list();
    expect(pools.map((pool) => pool.identity)).toEqual(["edge01.contoso.local", "pool01.contoso.local", "pool02.contoso.local"]);
    expect(pools[1]?.services).toContain("Registrar:pool01.contoso.local");
  });
});

const AUDIT = {
  atMs: NOW,
  accountId: "a",
  account: "admin@contoso.com",
  session: "s",
  client: "127.0.0.1",
  cmdlet: "Get-CsOnlineUser",
  parameters: {},
  outcome: "done" as const,
  faultCode: null,
  durationMs: 3,
};

const NEW_ACCOUNT = {
  accountId: accountId("00000000-0000-4000-8000-00000000000a"),
  userPrincipalName: "new@fabrikam.com",
  accountName: "new",
  displayName: "New",
  passwordHash: null,
  roles: ["Global Reader"],
};

function compare(a: string, b: string): number {
  const [x, y] = [Buffer.from(a).toString("hex"), Buffer.from(b).toString("hex")];
  return x < y ? -1 : x > y ? 1 : 0;
}

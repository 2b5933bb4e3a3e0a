import { afterAll, beforeAll, expect, test } from "vitest";
import { createLabDeployment, createLabTenants, Directory, LAB_DEPLOYMENT, LAB_TENANTS, type UserRecord } from "../directory/index.ts";
import { UserDataStore } from "../migration/index.ts";
import { sqliteDialect, storeOver, type Store } from "../store/index.ts";
import { provisionUserData } from "./user-data.ts";

const NOW = Date.UTC(2020, 7, 5);
const DEPLOYMENT = LAB_DEPLOYMENT.tenant.tenantId;
const CONTOSO = (LAB_TENANTS[0] as (typeof LAB_TENANTS)[0]).tenant.tenantId;

let store: Store;
let directory: Directory;
beforeAll(async () => {
  store = await storeOver(sqliteDialect(":memory:"), "sqlite", NOW);
  directory = Directory.of(store);
  const options = { users: 30, nowMs: NOW, credentials: () => Promise.resolve({ passwordHash: null, ntHashSealed: null }) };
  await createLabTenants(directory, options);
  await createLabDeployment(directory, options);
  await provisionUserData({ directory, store }, NOW);
});
afterAll(() => store.close());

async function named(tenant: typeof CONTOSO, account: string): Promise<UserRecord> {
  const [user] = await directory.tenant(tenant).users.find((eb) => eb("account_key", "=", account), 1);
  return user as UserRecord;
}

test("whoever is homed at a site has data there and nowhere else", async () => {
  const counts = async (tenant: typeof CONTOSO, account: string) =>
    (await new UserDataStore(store.db, tenant).counts((await named(tenant, account)).objectId)).contacts;
  expect(await counts(DEPLOYMENT, "kenmyer")).toBeGreaterThan(5);
  expect(await counts(CONTOSO, "kenmyer")).toBe(0);
  expect(await counts(CONTOSO, "alice")).toBeGreaterThan(5);
  expect(await counts(DEPLOYMENT, "alice")).toBe(0);
});

test("the principal whom the table names has the assistant for a delegate", async () => {
  const { objectId } = await named(DEPLOYMENT, "principal");
  const { delegates } = await new UserDataStore(store.db, DEPLOYMENT).read(objectId);
  expect(delegates.map(({ uri }) => uri)).toEqual(["sip:assistant@contoso.com"]);
});

test("a second start gives nothing back that a move took away", async () => {
  const data = new UserDataStore(store.db, DEPLOYMENT);
  const { objectId } = await named(DEPLOYMENT, "user");
  await data.remove(objectId);
  await provisionUserData({ directory, store }, NOW + 1);
  expect((await data.counts(objectId)).contacts).toBe(0);
});

/** The lab's people, who are known at both sites before anything was ever synchronised. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { createLabDeployment, createLabTenants, Directory, type UserRecord } from "../../directory/index.ts";
import { sqliteDialect, storeOver, type Store } from "../../store/index.ts";
import { CONTOSO, NOW, openBoth } from "./synchronisation.fixture.ts";

let store: Store;
beforeAll(async () => {
  store = await storeOver(sqliteDialect(":memory:"), "sqlite", NOW);
  const options = { users: 300, nowMs: NOW, credentials: () => Promise.resolve({ passwordHash: null, ntHashSealed: null }) };
  await createLabTenants(Directory.of(store), options);
  await createLabDeployment(Directory.of(store), options);
});
afterAll(() => store.close());

it("are joined, and nobody who was synchronised is homed elsewhere than before", async () => {
  const both = await openBoth(store, { keepPeople: true });
  const homing = async (): Promise<Map<string, Partial<UserRecord>>> => {
    const found = new Map<string, Partial<UserRecord>>();
    for await (const user of both.tenant.directory.tenant(CONTOSO).users.stream()) {
      const { hostingProvider, registrarPool, interpretedUserType, sipAddress, enabled } = user;
      found.set(user.userPrincipalName, { hostingProvider, registrarPool, interpretedUserType, sipAddress, enabled });
    }
    return found;
  };
  const before = await homing();
  const run = await (await both.open()).cycle("Initial", { by: "test" });
  const people = await both.users.count();
  expect(run).toMatchObject({ result: "success" });
  expect(run.steps[2]?.counters).toMatchObject({ adds: people, errors: 0 });
  const after = await homing();
  const changed = [...after].filter(([name, now]) => JSON.stringify(now) !== JSON.stringify(before.get(name)));
  // The one whom the lab keeps out of the synchronisation, until there is one.
  expect(changed).toEqual([["notsynced@contoso.com", expect.objectContaining({ interpretedUserType: "HybridOnpremSfBUser" })]]);
  expect(after.size).toBe(before.size);
});

import { describe, expect, it } from "vitest";
import { createLabDeployment, createLabTenants, Directory, LAB_DEPLOYMENT, LAB_TENANTS, type TenantId } from "../../directory/index.ts";
import { ENGINES } from "../../store/engines.fixture.ts";
import { digestOf } from "./compare.ts";
import { generateUserData } from "./generate.ts";
import { fillLab } from "./lab-fill.ts";
import { parseUserData } from "./parse.ts";
import { UserDataStore } from "./user-data-store.ts";
import { countsOf } from "./user-data.ts";

const NOW = Date.UTC(2020, 7, 5, 10);
const [CONTOSO] = LAB_TENANTS.map((site) => site.tenant.tenantId) as [TenantId];
const DEPLOYMENT = LAB_DEPLOYMENT.tenant.tenantId;

describe.each(ENGINES)("fillLab on $name", ({ open }) => {
  it("gives everybody homed at the site data that fits, the known ones something of everything, and nobody else", async () => {
    const store = await open();
    try {
      const directory = Directory.of(store);
      const options = { users: 40, nowMs: NOW, credentials: () => Promise.resolve({ passwordHash: null, ntHashSealed: null }) };
      await createLabTenants(directory, options);
      await createLabDeployment(directory, options);
      const rich: string[] = [];
      for (const tenant of [CONTOSO, DEPLOYMENT]) {
        const homed = await directory.tenant(tenant).users.find((eb) => eb("registrar_pool", "is not", null));
        expect(await fillLab(store.db, tenant, { nowMs: NOW })).toBe(homed.length);
        expect(homed.length).toBeGreaterThan(5);
        const data = new UserDataStore(store.db, tenant);
        for await (const user of directory.tenant(tenant).users.stream()) {
          const found = await data.read(user.objectId);
          const counts = countsOf(found);
          expect(counts.contacts > 0, user.userPrincipalName).toBe(user.registrarPool !== null);
          expect(parseUserData(found)).toEqual(found);
          expect(found.contacts.some((contact) => contact.uri === user.sipAddress)).toBe(false);
          const { policies: _none, ...rest } = counts;
          if (user.registrarPool !== null && /^(kenmyer|alice|bob|user)@contoso.com$/.test(user.userPrincipalName)) {
            rich.push(user.userPrincipalName);
            expect(Math.min(...Object.values(rest)), user.userPrincipalName).toBeGreaterThan(0);
            expect(found.meetings.every((meeting) => meeting.startsMs > NOW)).toBe(true);
          }
        }
        expect(await fillLab(store.db, tenant, { nowMs: NOW })).toBe(0);
      }
      expect(rich.toSorted()).toEqual(["alice@contoso.com", "bob@contoso.com", "kenmyer@contoso.com", "user@contoso.com"]);
    } finally {
      await store.close();
    }
  });
});

describe("generateUserData", () => {
  const colleagues = Array.from({ length: 200 }, (_, i) => ({ uri: `sip:person${i}@contoso.com`, displayName: `Person ${i}` }));
  const person = { uri: "sip:person7@contoso.com", displayName: "Person 7", hasVoice: true, isRich: false };
  const of = (objectId: string, seed?: string) =>
    generateUserData({ ...person, objectId }, colleagues, { nowMs: NOW, ...(seed === undefined ? {} : { seed }) });

  it("gives the same for the same seed and person, something else for another", () => {
    expect(digestOf(of("a"))).toBe(digestOf(of("a")));
    expect(digestOf(of("a"))).not.toBe(digestOf(of("b")));
    expect(digestOf(of("a"))).not.toBe(digestOf(of("a", "other")));
  });

  it("is always data that the parser takes as it is", () => {
    for (let i = 0; i < 300; i += 1) {
      const data = of(`person ${i}`);
      expect(parseUserData(data)).toEqual(data);
    }
  });

  it("has as many contacts as wished, with and without colleagues", () => {
    for (const among of [colleagues, colleagues.slice(0, 3), []])
      expect(generateUserData({ ...person, objectId: "a" }, among, { nowMs: NOW, contacts: 50 }).contacts).toHaveLength(50);
  });
});

/** Which domains are federated, on each engine: whose they are, their secret, and how often a provider may be asked. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SYSTEM_SOURCES } from "@tieline/auth";
import { createLabTenants, Directory } from "../../directory/index.ts";
import { ENGINES } from "../../store/engines.fixture.ts";
import type { Store } from "../../store/index.ts";
import { CONTOSO, FABRIKAM } from "../authority.fixture.ts";
import { Vault } from "../vault.ts";
import { FederatedDomains, type FederationSettings } from "./federated-domains.ts";
import { ScriptedProvider } from "./scripted-provider.fixture.ts";

const NOW = Date.UTC(2026, 0, 1);
const provider = new ScriptedProvider("https://sts.adatum.example");
const SETTINGS: FederationSettings = {
  ...provider.addresses,
  metadataUrl: null,
  clientId: "us",
  accountClaim: "upn",
  acceptsProviderMfa: true,
  trustsInsideNetwork: false,
  brand: "Adatum",
};

describe.each(ENGINES)("on $name", ({ open }) => {
  let store: Store;
  const vault = new Vault(new Uint8Array(32).fill(1), SYSTEM_SOURCES);
  const domains = (tenant = CONTOSO): FederatedDomains => new FederatedDomains(store.db, vault, tenant);

  beforeAll(async () => {
    store = await open();
    await createLabTenants(Directory.of(store), {
      users: 3,
      nowMs: NOW,
      credentials: () => Promise.resolve({ passwordHash: null, ntHashSealed: null }),
    });
  });
  afterAll(() => store.close());

  test("a domain is one tenant's: no other finds it, sets it or takes it away", async () => {
    await domains().set(" Contoso.com", SETTINGS, "secret", NOW);
    expect(await domains().find("CONTOSO.COM")).toEqual({ ...SETTINGS, domain: "contoso.com", hasSecret: true, changedMs: NOW });
    expect(await domains(FABRIKAM).find("contoso.com")).toBeUndefined();
    expect(await domains(FABRIKAM).list()).toEqual([]);
    await expect(domains(FABRIKAM).set("contoso.com", SETTINGS, null, NOW)).rejects.toMatchObject({ code: "federation-settings" });
    expect(await domains(FABRIKAM).remove("contoso.com")).toBe(false);
    expect(await domains().list()).toHaveLength(1);
  });

  test("the secret stays where none is given, and goes where the key takes its place", async () => {
    await domains().set("contoso.com", { ...SETTINGS, brand: null }, undefined, NOW + 1);
    expect(await domains().secret("contoso.com")).toBe("secret");
    await domains().set("contoso.com", SETTINGS, null, NOW + 2);
    expect(await domains().secret("contoso.com")).toBeUndefined();
    await expect(domains().set("contoso.com", SETTINGS, "", NOW)).rejects.toMatchObject({ code: "federation-settings" });
  });

  test("of those who want the provider's keys at once, one may ask; keys of an address that was changed are not kept", async () => {
    const asked = await Promise.all([1, 2, 3].map(() => domains().mayReadKeys("contoso.com", NOW, 60_000)));
    expect(asked.filter(Boolean)).toHaveLength(1);
    expect(await domains().mayReadKeys("contoso.com", NOW + 59_999, 60_000)).toBe(false);
    expect(await domains().mayReadKeys("contoso.com", NOW + 60_000, 60_000)).toBe(true);
    await domains().keepKeys("contoso.com", "https://sts.adatum.example/other", [{ kty: "RSA", kid: "x" }], NOW);
    expect(await domains().keys("contoso.com")).toEqual({ keys: [], readMs: 0 });
    await domains().keepKeys("contoso.com", SETTINGS.keysUrl, [{ kty: "RSA", kid: "x" }], NOW);
    expect(await domains().keys("contoso.com")).toEqual({ keys: [{ kty: "RSA", kid: "x" }], readMs: NOW });
  });

  test("a domain that is managed again keeps nothing", async () => {
    expect(await domains().remove("Contoso.com")).toBe(true);
    expect(await domains().find("contoso.com")).toBeUndefined();
    expect(await store.db.selectFrom("federated_domains").selectAll().execute()).toEqual([]);
  });
});

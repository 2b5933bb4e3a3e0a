import { describe, expect, it } from "vitest";
import { Directory, LAB_DEPLOYMENT } from "../../directory/index.ts";
import { ENGINES } from "../../store/engines.fixture.ts";
import { knownPolicies, policyCounterparts } from "./policy-counterparts.ts";

const NOW = Date.UTC(2020, 7, 5);

describe("a granted policy", () => {
  const counterparts = policyCounterparts({ ClientPolicy: ["Global", "NoEmoticons"], MobilityPolicy: [] });

  it("goes along where the target has its name, as the target writes it", () => {
    expect(counterparts({ ClientPolicy: "noemoticons" })).toEqual({ kept: { ClientPolicy: "NoEmoticons" }, left: [] });
  });

  it("is left behind where the target has neither name nor family", () => {
    const granted = { MobilityPolicy: "Drivers", ClientPolicy: "Sales", ArchivingPolicy: "NoEmoticons" };
    expect(counterparts(granted)).toEqual({
      kept: {},
      left: ["ArchivingPolicy:Tag:NoEmoticons", "ClientPolicy:Tag:Sales", "MobilityPolicy:Tag:Drivers"],
    });
  });

  it("is never the Global one, nor a property that every object has", () => {
    expect(counterparts({ ClientPolicy: "Global" }).kept).toEqual({});
    expect(counterparts({ constructor: "name", toString: "x" }).kept).toEqual({});
    expect(counterparts({})).toEqual({ kept: {}, left: [] });
  });
});

describe.each(ENGINES)("the policies that a site knows, on $name", ({ open }) => {
  it("are those that come with it and the tenant's own, of the families it has", async () => {
    const store = await open();
    try {
      const directory = Directory.of(store);
      const { tenant } = LAB_DEPLOYMENT;
      await directory.tenants.add({ ...tenant, createdMs: NOW, changedMs: NOW });
      const { policies } = directory.tenant(tenant.tenantId);
      await policies.add("ClientPolicy", { name: "Sales", settings: {} }, NOW);
      await policies.add("OtherPolicy", { name: "Other", settings: {} }, NOW);
      await policies.setTenantGrant("ClientPolicy", "Sales", NOW);
      const known = knownPolicies(store.db, tenant.tenantId, { ClientPolicy: ["ClientPolicyNoIMURL"], MobilityPolicy: [] });
      expect(await known.policyNames()).toEqual({ ClientPolicy: ["ClientPolicyNoIMURL", "Sales"], MobilityPolicy: [] });
    } finally {
      await store.close();
    }
  });
});

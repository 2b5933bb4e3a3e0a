/** What a tenant does with what a deployment sends it, on both engines. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ENGINES } from "../../store/engines.fixture.ts";
import type { Store } from "../../store/index.ts";
import type { ObjectId } from "../../directory/index.ts";
import type { Result } from "./contract.ts";
import { movesOfUsers } from "./moves-of-users.ts";
import { LICENSED, ONLINE, openTenant, outcomes, person, POOL_ONLINE, type TestTenant } from "./synchronisation.fixture.ts";

const ONLINE_LOCATOR = { "msRTCSIP-DeploymentLocator": ONLINE };
const NO_SIP = { "msRTCSIP-DeploymentLocator": null, "msRTCSIP-PrimaryUserAddress": null, "msRTCSIP-UserEnabled": null };

function errorOf(results: readonly Result[], index = 0): unknown {
  const result = results[index];
  return result !== undefined && "error" in result ? result.error : result;
}

describe.each(ENGINES)("a tenant on $name", ({ open }) => {
  let store: Store;
  let at: TestTenant;
  beforeEach(async () => {
    store = await open();
    at = await openTenant(store);
  });
  afterEach(() => store.close());

  it("takes a new user with what flows, homed on premises", async () => {
    const more = {
      department: "Sales",
      "msRTCSIP-Line": "tel:+14255550100",
      "msRTCSIP-OptionFlags": 385,
      enterpriseVoiceEnabled: true,
      unknown: 1,
    };
    expect(outcomes(await at.send(person("anna", more)))).toEqual(["added"]);
    expect(await at.user("anna@contoso.com")).toMatchObject({
      sipAddress: "sip:anna@contoso.com",
      enabled: true,
      hostingProvider: "SRV:",
      registrarPool: null,
      interpretedUserType: "HybridOnpremSfBUser",
      properties: {
        DirSyncEnabled: true,
        Department: "Sales",
        OnPremLineURI: "tel:+14255550100",
        OnPremSipAddress: "sip:anna@contoso.com",
        OnPremSIPEnabled: true,
        OnPremHostingProvider: "SRV:",
        OnPremEnterpriseVoiceEnabled: true,
        OptionFlags: 385,
        ProxyAddresses: ["SMTP:anna@contoso.com", "sip:anna@contoso.com"],
        SipProxyAddress: ["sip:anna@contoso.com"],
      },
    });
  });

  it("changes what differs, takes away what is not there any more, and leaves alone what is the same", async () => {
    await at.send(person("anna", { department: "Sales", title: "Buyer" }));
    const before = await at.user("anna@contoso.com");
    expect(outcomes(await at.send(person("anna", { department: "Sales", title: "Buyer" }, "update")))).toEqual(["unchanged"]);
    expect(await at.user("anna@contoso.com")).toEqual(before);
    expect(outcomes(await at.send(person("anna", { department: "Law" }, "update")))).toEqual(["updated"]);
    const after = await at.user("anna@contoso.com");
    expect(after?.objectId).toBe(before?.objectId);
    expect(after?.properties).toMatchObject({ Department: "Law" });
    expect(after?.properties).not.toHaveProperty("Title");
  });

  it("follows a rename by the anchor", async () => {
    await at.send(person("anna"));
    const before = await at.user("anna@contoso.com");
    const renamed = { ...person("anne"), anchor: "anchor-of-anna" };
    expect(outcomes(await at.send(renamed))).toEqual(["renamed"]);
    expect((await at.user("anne@contoso.com"))?.objectId).toBe(before?.objectId);
    expect(await at.user("anna@contoso.com")).toBeUndefined();
  });

  it("deletes by the anchor, twice as well as once, and lets the addresses go", async () => {
    await at.send(person("anna"));
    const gone = { ...person("anna"), operation: "delete" as const, attributes: {} };
    expect(outcomes(await at.send(gone))).toEqual(["deleted"]);
    expect(outcomes(await at.send(gone))).toEqual(["deleted"]);
    expect(await at.user("anna@contoso.com")).toBeUndefined();
    expect(outcomes(await at.send({ ...person("anna"), anchor: "another" }))).toEqual(["added"]);
  });

  it("gives a user of a foreign domain a name in the tenant's initial one", async () => {
    await at.send(person("anna", { userPrincipalName: "anna@contoso.local" }));
    expect((await at.user("anna@contoso.onmicrosoft.com"))?.properties).toMatchObject({
      OnPremisesUserPrincipalName: "anna@contoso.local",
    });
  });

  describe("joins", () => {
    it("a cloud user by SIP address, who then is homed where the deployment says", async () => {
      const cloud = await at.add("berta@contoso.com", { sipAddress: "sip:anna@contoso.com" });
      expect(outcomes(await at.send(person("anna")))).toEqual(["joined"]);
      expect(await at.user("anna@contoso.com")).toMatchObject({
        objectId: cloud.objectId,
        hostingProvider: "SRV:",
        registrarPool: null,
        plans: LICENSED.toSorted((a, b) => (a.planId < b.planId ? -1 : 1)),
      });
    });

    it("a cloud user by name, who stays online where the deployment agrees (Enable-CsUser -HostingProviderProxyFqdn)", async () => {
      await at.add("anna@contoso.com", { sipAddress: null });
      expect(outcomes(await at.send(person("anna", ONLINE_LOCATOR)))).toEqual(["joined"]);
      expect(await at.user("anna@contoso.com")).toMatchObject({
        hostingProvider: ONLINE,
        registrarPool: POOL_ONLINE,
        interpretedUserType: "HybridOnlineSfBUser",
        sipAddress: "sip:anna@contoso.com",
      });
    });

    it("nobody whom another anchor has: InvalidSoftMatch names both", async () => {
      await at.send(person("anna"));
      const results = await at.send({ ...person("anna"), anchor: "other" }, person("berta"));
      expect(outcomes(results)).toEqual(["InvalidSoftMatch", "added"]);
      expect(errorOf(results)).toMatchObject({ attribute: "msRTCSIP-PrimaryUserAddress", other: "anna@contoso.com" });
    });

    it("no object of another kind: ObjectTypeMismatch", async () => {
      await at.add("room@contoso.com", { properties: { AccountType: "ResourceAccount" } });
      await at.add("anna@contoso.com");
      const results = await at.send(person("room"), { ...person("anna"), objectType: "Contact" });
      expect(outcomes(results)).toEqual(["ObjectTypeMismatch", "ObjectTypeMismatch"]);
      expect(errorOf(results)).toMatchObject({ other: "room@contoso.com" });
    });
  });

  describe("refuses an object and goes on", () => {
    it.each([
      ["userPrincipalName", { userPrincipalName: "berta@contoso.com" }],
      ["msRTCSIP-PrimaryUserAddress", { "msRTCSIP-PrimaryUserAddress": "sip:BERTA@contoso.com" }],
      ["proxyAddresses", { proxyAddresses: ["SMTP:anna@contoso.com", "smtp:Berta@contoso.com"] }],
    ])("AttributeValueMustBeUnique: %s", async (attribute, more) => {
      await at.send(person("anna"), person("berta"));
      const results = await at.send(person("anna", more, "update"), person("carla"));
      expect(outcomes(results)).toEqual(["AttributeValueMustBeUnique", "added"]);
      expect(errorOf(results)).toMatchObject({ attribute, other: "berta@contoso.com", text: expect.stringMatching(/berta@contoso\.com/i) });
    });

    it("AttributeValueMustBeUnique inside one batch, too", async () => {
      const results = await at.send(person("anna"), { ...person("berta", { proxyAddresses: ["smtp:anna@contoso.com"] }) });
      expect(outcomes(results)).toEqual(["added", "AttributeValueMustBeUnique"]);
    });

    it("an address that was given up earlier in the batch is free", async () => {
      await at.send(person("anna"), person("berta"));
      const extra = ["smtp:sales@contoso.com"];
      await at.send(person("anna", { proxyAddresses: extra }, "update"));
      const results = await at.send(
        person("anna", { proxyAddresses: null }, "update"),
        person("berta", { proxyAddresses: extra }, "update"),
      );
      expect(outcomes(results)).toEqual(["updated", "updated"]);
    });

    it.each([
      ["userPrincipalName", { userPrincipalName: null }],
      ["userPrincipalName", { userPrincipalName: "anna" }],
      ["displayName", { displayName: " " }],
      ["department", { department: 7 }],
      ["department", { department: "x".repeat(65) }],
      ["title", { title: "a\0b" }],
      ["title", { title: "\ud800" }],
      ["msRTCSIP-UserEnabled", { "msRTCSIP-UserEnabled": "yes" }],
      ["msRTCSIP-OptionFlags", { "msRTCSIP-OptionFlags": 1.5 }],
      ["proxyAddresses", { proxyAddresses: "smtp:x@contoso.com" }],
      ["msRTCSIP-PrimaryUserAddress", { "msRTCSIP-PrimaryUserAddress": "anna@contoso.com" }],
      ["msRTCSIP-PrimaryUserAddress", { "msRTCSIP-PrimaryUserAddress": "sip:anna@elsewhere.test" }],
    ])("DataValidationFailed: %s of %j", async (attribute, more) => {
      const results = await at.send(person("anna", more as never), person("berta"));
      expect(outcomes(results)).toEqual(["DataValidationFailed", "added"]);
      expect(errorOf(results)).toMatchObject({ attribute });
    });

    it("LargeObject: too many values, or too many bytes", async () => {
      const many = Array.from({ length: 401 }, (_, i) => `smtp:a${i}@contoso.com`);
      const long = { ...person("carla"), attributes: { ...person("carla").attributes, note: "x".repeat(70_000) } };
      expect(outcomes(await at.send(person("anna", { proxyAddresses: many }), person("berta"), long))).toEqual([
        "LargeObject",
        "added",
        "LargeObject",
      ]);
    });
  });

  describe("homing", () => {
    it("is left alone while a move is under way; the rest flows, and the object is deferred", async () => {
      await at.send(person("anna"));
      const { objectId } = (await at.user("anna@contoso.com"))!;
      at.moves.set(objectId, "under-way");
      const more = { ...ONLINE_LOCATOR, department: "Law", "msRTCSIP-Line": "tel:+1" };
      expect(outcomes(await at.send(person("anna", more, "update")))).toEqual(["deferred"]);
      const user = await at.user("anna@contoso.com");
      expect(user).toMatchObject({ hostingProvider: "SRV:", properties: { Department: "Law", OnPremHostingProvider: "SRV:" } });
      expect(user?.properties).not.toHaveProperty("OnPremLineURI");
      expect(outcomes(await at.send({ ...person("anna"), operation: "delete", attributes: {} }))).toEqual(["deferred"]);
    });

    it("of somebody whom a move brought online is not taken back: HomingConflict", async () => {
      await at.add("anna@contoso.com");
      await at.send(person("anna", ONLINE_LOCATOR));
      const { objectId } = (await at.user("anna@contoso.com"))!;
      at.moves.set(objectId, "moved");
      expect(outcomes(await at.send(person("anna", {}, "update")))).toEqual(["HomingConflict"]);
      expect(await at.user("anna@contoso.com")).toMatchObject({ hostingProvider: ONLINE, registrarPool: POOL_ONLINE });
    });

    it("of somebody who was changed since the run began is left to the next run", async () => {
      const cloud = await at.add("anna@contoso.com");
      await at.send(person("anna", ONLINE_LOCATOR));
      const runId = "aaaaaaaa-1111-4000-8000-000000000001";
      await at.runs.begin({ runId, kind: "delta", source: "contoso.local" }, "test");
      const users = at.directory.tenant(at.tenant.tenantId).users;
      await users.update(cloud.objectId, { properties: { Title: "Moved just now" } }, at.clock.nowMs + 5);
      const { results } = await at.runs.take(runId, { sequence: 1, changes: [person("anna", {}, "update")] });
      expect(outcomes(results)).toEqual(["deferred"]);
      expect(await at.user("anna@contoso.com")).toMatchObject({ hostingProvider: ONLINE, registrarPool: POOL_ONLINE });
    });

    it("without a licence waits: HybridOnlineDisabledUserNeedsProvisioning, and the run after the licence provisions", async () => {
      await at.send(person("anna", ONLINE_LOCATOR));
      const user = (await at.user("anna@contoso.com"))!;
      expect(user).toMatchObject({ registrarPool: null, enabled: false, interpretedUserType: "HybridOnlineDisabledUserNeedsProvisioning" });
      await at.directory.tenant(at.tenant.tenantId).users.replace({ ...user, plans: LICENSED });
      await at.send(person("berta"));
      expect(await at.user("anna@contoso.com")).toMatchObject({
        registrarPool: POOL_ONLINE,
        enabled: true,
        interpretedUserType: "HybridOnlineSfBUser",
      });
    });

    it("HybridOnlineSfBUser becomes DirSyncSfBUserNeedsProvisioning, then DirSyncSfBUser, where the on-premises attributes go", async () => {
      await at.add("anna@contoso.com");
      await at.send(person("anna", ONLINE_LOCATOR));
      await at.send(person("anna", NO_SIP, "update"));
      expect(await at.user("anna@contoso.com")).toMatchObject({
        interpretedUserType: "DirSyncSfBUserNeedsProvisioning",
        hostingProvider: ONLINE,
        registrarPool: POOL_ONLINE,
        sipAddress: "sip:anna@contoso.com",
      });
      await at.send(person("berta"));
      expect(await at.user("anna@contoso.com")).toMatchObject({ interpretedUserType: "DirSyncSfBUser" });
      expect(outcomes(await at.send(person("anna", NO_SIP, "update")))).toEqual(["unchanged"]);
    });

    it("a user who is not enabled on premises is HybridOnpremDisabledUser; one without anything DirSyncNoService", async () => {
      await at.send(person("anna", { "msRTCSIP-UserEnabled": false }), person("berta", { ...NO_SIP, proxyAddresses: null }));
      expect(await at.user("anna@contoso.com")).toMatchObject({ interpretedUserType: "HybridOnpremDisabledUser", enabled: false });
      expect(await at.user("berta@contoso.com")).toMatchObject({ interpretedUserType: "DirSyncNoService", hostingProvider: null });
    });
  });

  it("knows from the journal of moves who is on the way, who was brought online, and what was undone", async () => {
    const row = (object: number, state: string, active: 0 | 1, direction: "to-online" | "to-pool", changed: number) => ({
      tenant_id: at.tenant.tenantId,
      move_id: `m${object}-${changed}`,
      object_id: `user${object}`,
      sip_key: "",
      role: "follower" as const,
      direction,
      source: "",
      target: "",
      state,
      active,
      steps: "[]",
      options: "{}",
      by_account: "",
      owner: "",
      lease_ms: 0,
      started_ms: changed,
      changed_ms: changed,
    });
    await store.db
      .insertInto("moves")
      .values([
        row(1, "done", 0, "to-online", 1),
        row(2, "done", 0, "to-online", 1),
        row(2, "done", 0, "to-pool", 2),
        row(3, "done", 0, "to-online", 1),
        row(3, "undone", 0, "to-pool", 2),
        row(4, "imported", 1, "to-online", 1),
        row(5, "undone", 0, "to-online", 7),
      ])
      .execute();
    const marks = await movesOfUsers(
      store.db,
      at.tenant,
      [1, 2, 3, 4, 5, 6].map((n) => `user${n}` as ObjectId),
    );
    expect([...marks].map(([user, { state, changedMs }]) => `${user} ${state} ${changedMs}`).toSorted()).toEqual([
      "user1 moved 1",
      "user2 none 2",
      "user3 moved 2",
      "user4 under-way 1",
      "user5 none 7",
    ]);
  });

  describe("a run", () => {
    const RUN = { runId: "aaaaaaaa-2222-4000-8000-000000000001", kind: "delta" as const, source: "contoso.local" };
    const OTHER = { ...RUN, runId: "aaaaaaaa-2222-4000-8000-000000000002" };

    it("answers a batch that is sent again as before, and applies it once", async () => {
      await at.runs.begin(RUN, "test");
      const first = await at.runs.take(RUN.runId, { sequence: 1, changes: [person("anna")] });
      const changed = await at.user("anna@contoso.com");
      expect(await at.runs.take(RUN.runId, { sequence: 1, changes: [person("anna")] })).toEqual(first);
      expect(await at.user("anna@contoso.com")).toEqual(changed);
      expect(await at.runs.finish(RUN.runId)).toMatchObject({ lastSequence: 1, counters: { added: 1, updated: 0, error: 0 } });
    });

    it("takes no other batch under the same number, none out of order, and no object twice", async () => {
      await at.runs.begin(RUN, "test");
      await at.runs.take(RUN.runId, { sequence: 1, changes: [person("anna")] });
      await expect(at.runs.take(RUN.runId, { sequence: 1, changes: [person("berta")] })).rejects.toMatchObject({ code: "sync-sequence" });
      await expect(at.runs.take(RUN.runId, { sequence: 3, changes: [person("berta")] })).rejects.toMatchObject({ code: "sync-sequence" });
      const twice = [person("carla"), person("carla")];
      await expect(at.runs.take(RUN.runId, { sequence: 2, changes: twice })).rejects.toMatchObject({ code: "sync-request" });
      expect(await at.runs.begin(RUN, "test")).toMatchObject({ nextSequence: 2, lastRunId: null });
    });

    it("marks the tenant as one that is synchronised", async () => {
      await store.db.updateTable("tenants").set({ properties: '{"City":"Redmond"}' }).execute();
      await at.runs.begin(RUN, "test");
      expect((await at.directory.tenants.byId(at.tenant.tenantId))?.properties).toEqual({ City: "Redmond", DirSyncEnabled: true });
    });

    it("is over when it is finished, and when another one is begun", async () => {
      await at.runs.begin(RUN, "test");
      expect(await at.runs.begin(OTHER, "test")).toMatchObject({ nextSequence: 1, lastRunId: RUN.runId });
      const over = { code: "sync-run-over" };
      await expect(at.runs.take(RUN.runId, { sequence: 1, changes: [person("anna")] })).rejects.toMatchObject(over);
      await expect(at.runs.begin(RUN, "test")).rejects.toMatchObject(over);
      await at.runs.finish(OTHER.runId);
      await expect(at.runs.take(OTHER.runId, { sequence: 1, changes: [person("anna")] })).rejects.toMatchObject(over);
    });
  });
});

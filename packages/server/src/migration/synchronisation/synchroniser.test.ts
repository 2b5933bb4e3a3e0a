/** A deployment and its tenant, end to end over a wire that is none; on both engines. */
import { Fault } from "@tieline/fault";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ObjectId } from "../../directory/index.ts";
import { ENGINES } from "../../store/engines.fixture.ts";
import type { Store } from "../../store/index.ts";
import { LEASE_MS } from "./schedule.ts";
import type { StepCounters, SyncObject, SyncRun } from "./sync-run.ts";
import { guids, ONLINE, openBoth, poolUser, type TestDeployment } from "./synchronisation.fixture.ts";
import type { Synchroniser } from "./synchroniser.ts";

const BY = { by: "administrator@contoso.local" };
const cut = (): never => {
  throw new Fault("connection-lost", { host: "admin0a.online.lync.com", reason: "cut" });
};

/** Counters of each step, those that are not 0. */
function counted(run: SyncRun | undefined): Partial<StepCounters>[] {
  return (run?.steps ?? []).map(({ counters }) => Object.fromEntries(Object.entries(counters).filter(([, count]) => count !== 0)));
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe.each(ENGINES)("a deployment on $name", ({ open }) => {
  let store: Store;
  let at: TestDeployment;
  let sync: Synchroniser;
  beforeEach(async () => {
    store = await open();
    at = await openBoth(store);
    sync = await at.open();
  });
  afterEach(() => store.close());

  /** What the tenant has of everybody, without ids and times. */
  async function tenantState(): Promise<unknown[]> {
    const users = at.tenant.directory.tenant(at.tenant.tenant.tenantId).users;
    const list = await all(users.stream());
    return list.map(({ objectId: _id, createdMs: _created, changedMs: _changed, ...rest }) => rest);
  }
  const errors = (): Promise<SyncObject[]> => all(sync.objects({ hasError: true }));

  it("synchronises everything the first time, and finds nothing to do the second time", async () => {
    for (const name of ["anna", "berta", "carla"]) await at.hire(name);
    const first = await sync.cycle("Initial", BY);
    expect(first).toMatchObject({ policy: "Initial", result: "success", startedBy: BY.by, fault: null });
    expect(first.steps.map((step) => `${step.connector}: ${step.profile}, ${step.result}`)).toEqual([
      "contoso.local: Full Import, success",
      "contoso.local: Full Synchronization, success",
      "contoso.com: Export, success",
    ]);
    expect(counted(first)).toEqual([{ adds: 3 }, { adds: 3 }, { adds: 3 }]);
    const state = await tenantState();
    expect(state).toHaveLength(3);
    expect(counted(await sync.cycle("Delta", BY))).toEqual([{}, {}, {}]);
    expect(counted(await sync.cycle("Initial", BY))).toEqual([{ unchanged: 3 }, { unchanged: 3 }, { unchanged: 3 }]);
    expect(await tenantState()).toEqual(state);
    expect(at.requests).toEqual(["begin", "batches", "finish", "begin", "finish", "begin", "batches", "finish"]);
  });

  it("carries over what was added, changed, renamed and removed since; a touch without a difference is unchanged", async () => {
    for (const name of ["anna", "berta", "carla", "dora"]) await at.hire(name);
    await sync.cycle("Initial", BY);
    await at.change("anna", { properties: { Department: "Law" } });
    await at.change("berta", { userPrincipalName: "bertha@contoso.com" });
    await at.change("carla", { properties: { HomeServer: "does not flow" } });
    await at.dismiss("dora");
    await at.hire("emma");
    const delta = { adds: 1, updates: 1, renames: 1, deletes: 1 };
    expect(counted(await sync.cycle("Delta", BY))).toEqual([{ ...delta, unchanged: 1 }, delta, delta]);
    expect((await tenantState()).map((user) => (user as { userPrincipalName: string }).userPrincipalName).toSorted()).toEqual([
      "anna@contoso.com",
      "bertha@contoso.com",
      "carla@contoso.com",
      "emma@contoso.com",
    ]);
    expect(counted(await sync.cycle("Delta", BY))).toEqual([{}, {}, {}]);
  });

  it("finds a user who was brought along with a date of long ago", async () => {
    await sync.cycle("Initial", BY);
    await at.hire("anna", { changedMs: Date.UTC(2010, 1, 1) });
    expect(counted(await sync.cycle("Delta", BY))[2]).toEqual({ adds: 1 });
  });

  it("keeps an error with its object, exports the others, and tries again until it is gone", async () => {
    const anna = await at.hire("anna", { sipAddress: "sip:elsewhere@fabrikam.test" });
    await at.hire("berta");
    const run = await sync.cycle("Initial", BY);
    expect(run.result).toBe("completed-export-errors");
    expect(counted(run)[2]).toEqual({ adds: 1, errors: 1 });
    expect(await errors()).toMatchObject([
      {
        anchor: anna,
        name: "anna@contoso.com",
        pending: "add",
        error: {
          code: "DataValidationFailed",
          attribute: "msRTCSIP-PrimaryUserAddress",
          runId: run.runId,
          text: expect.stringMatching(/fabrikam/),
        },
      },
    ]);
    expect(counted(await sync.cycle("Delta", BY))).toEqual([{}, {}, { errors: 1 }]);
    await at.change("anna", { sipAddress: null, hostingProvider: null });
    expect(await sync.cycle("Delta", BY)).toMatchObject({ result: "success" });
    expect(await errors()).toEqual([]);
  });

  it("an address that two exchange, or that one takes from another, needs no second run", async () => {
    // Anchors go by their order: the one that takes comes before the one that gives.
    const taker = "dddddddd-0000-4000-8000-000000000000" as ObjectId;
    await at.users.add([poolUser(taker, "taker")]);
    await at.hire("giver", { properties: { ProxyAddresses: ["smtp:sales@contoso.com"] } });
    await sync.cycle("Initial", BY);
    await at.change("taker", { properties: { ProxyAddresses: ["smtp:sales@contoso.com"] } });
    await at.change("giver", { properties: { ProxyAddresses: null } });
    expect(counted(await sync.cycle("Delta", BY))).toEqual([{ updates: 2 }, { updates: 2 }, { updates: 2 }]);
    expect(await errors()).toEqual([]);
  });

  it("asks again for what a move kept from being taken", async () => {
    await at.hire("anna");
    await sync.cycle("Initial", BY);
    const { objectId } = (await at.tenant.user("anna@contoso.com"))!;
    at.tenant.moves.set(objectId, "under-way");
    await at.change("anna", { properties: { LineURI: "tel:+14255550100" } });
    expect(counted(await sync.cycle("Delta", BY))[2]).toEqual({ deferred: 1 });
    expect(counted(await sync.cycle("Delta", BY))).toEqual([{}, {}, { deferred: 1 }]);
    at.tenant.moves.set(objectId, "moved");
    expect(counted(await sync.cycle("Delta", BY))).toEqual([{}, {}, { updates: 1 }]);
    expect((await at.tenant.user("anna@contoso.com"))?.properties).toMatchObject({ OnPremLineURI: "tel:+14255550100" });
  });

  it("joins the online user whom Enable-CsUser -HostingProviderProxyFqdn speaks of", async () => {
    const cloud = await at.tenant.add("anna@contoso.com");
    await at.hire("anna", { hostingProvider: ONLINE, registrarPool: null });
    expect(counted(await sync.cycle("Delta", BY))[2]).toEqual({ adds: 1 });
    expect(await at.tenant.user("anna@contoso.com")).toMatchObject({
      objectId: cloud.objectId,
      interpretedUserType: "HybridOnlineSfBUser",
      hostingProvider: ONLINE,
    });
  });

  it("does not export more deletions than the threshold, unless it is told to", async () => {
    for (const name of ["anna", "berta", "carla"]) await at.hire(name);
    await sync.cycle("Initial", BY);
    const careful = await at.open({ deletionThreshold: 2 });
    for (const name of ["anna", "berta", "carla"]) await at.dismiss(name);
    await expect(careful.cycle("Delta", BY)).rejects.toMatchObject({ code: "sync-deletions", fields: { count: 3, limit: 2 } });
    expect(await tenantState()).toHaveLength(3);
    expect((await careful.runs(1))[0]).toMatchObject({ result: "stopped-deletion-threshold-exceeded", fault: { code: "sync-deletions" } });
    expect(counted(await careful.cycle("Delta", { ...BY, allowDeletions: true }))[2]).toEqual({ deletes: 3 });
    expect(await tenantState()).toEqual([]);
  });

  it("exports everything again to a tenant that was set back", async () => {
    for (const name of ["anna", "berta"]) await at.hire(name);
    await sync.cycle("Initial", BY);
    await sync.cycle("Delta", BY);
    const state = await tenantState();
    const { tenantId } = at.tenant.tenant;
    const users = at.tenant.directory.tenant(tenantId).users;
    for (const user of await all(users.stream())) await users.remove(user.objectId);
    for (const table of ["sync_anchors", "sync_proxy_addresses", "sync_inbound_batches", "sync_inbound_runs"] as const)
      await store.db.deleteFrom(table).where("tenant_id", "=", tenantId).execute();
    expect(counted(await sync.cycle("Delta", BY))).toEqual([{}, {}, { adds: 2 }]);
    expect(await tenantState()).toEqual(state);
  });

  describe("on a bad network", () => {
    it("tries again with growing pauses, and applies a batch whose answer was lost once", async () => {
      await at.hire("anna");
      let failures = 0;
      const { runs } = at.tenant;
      const take = runs.take.bind(runs);
      runs.take = async (...args) => {
        const answer = await take(...args);
        // It arrived, and the answer did not.
        return (failures += 1) <= 3 ? cut() : answer;
      };
      expect(counted(await sync.cycle("Initial", BY))[2]).toEqual({ adds: 1 });
      expect(at.pauses).toEqual([1000, 2000, 4000]);
      expect(await tenantState()).toHaveLength(1);
    });

    it("gives up after six attempts with sync-unreachable, and the next run goes on", async () => {
      await at.hire("anna");
      at.before = cut;
      await expect(sync.cycle("Initial", BY)).rejects.toMatchObject({ code: "sync-unreachable", fields: { attempts: 6 } });
      expect((await sync.runs(1))[0]).toMatchObject({ result: "stopped-connectivity" });
      at.before = () => undefined;
      expect(counted(await sync.cycle("Delta", BY))).toEqual([{}, {}, { adds: 1 }]);
    });

    it("is stopped in the middle of a pause, too", async () => {
      await at.hire("anna");
      at.before = cut;
      const stop = new AbortController();
      const impatient = await at.open({
        pause: () => {
          stop.abort();
          return Promise.reject(new DOMException("aborted", "AbortError"));
        },
      });
      await expect(impatient.cycle("Initial", { ...BY, signal: stop.signal })).rejects.toMatchObject({ code: "interrupted" });
      expect((await sync.runs(1))[0]).toMatchObject({ result: "stopped-user-termination" });
    });

    it("does not try again what would be refused again", async () => {
      await at.hire("anna");
      at.before = () => {
        throw new Fault("tls-untrusted", { host: "admin0a.online.lync.com", reason: "self-signed" });
      };
      await expect(sync.cycle("Initial", BY)).rejects.toMatchObject({ code: "tls-untrusted" });
      expect(at.pauses).toEqual([]);
      expect((await sync.runs(1))[0]).toMatchObject({ result: "no-start-connection" });
    });
  });

  describe("cut off after batch", () => {
    const COUNT = 1203;
    beforeEach(async () => {
      const next = guids("f");
      const many = Array.from({ length: COUNT }, (_, i) => poolUser(next() as ObjectId, `user${i}`));
      await at.users.add(many);
    });

    it.each([0, 1, 2])("%i, the same end is reached, and nothing is there twice", async (whole) => {
      // The process dies: nothing is tidied up, and the lease stays.
      const dying = await at.open({
        pause: () => {
          throw new Error("killed");
        },
      });
      at.before = (path) => {
        if (path.endsWith("batches") && at.requests.filter((each) => each === "batches").length >= whole) cut();
      };
      const untidy = await store.db.selectFrom("sync_schedule").selectAll().execute();
      expect(untidy).toEqual([]);
      await expect(dying.cycle("Initial", BY)).rejects.toMatchObject({ code: "internal" });
      await store.db
        .updateTable("sync_schedule")
        .set({ lease_owner: "dead", lease_until_ms: at.tenant.clock.nowMs + LEASE_MS })
        .execute();
      await store.db.updateTable("sync_runs").set({ result: "in-progress", ended_ms: null }).execute();
      await store.db.updateTable("sync_run_steps").set({ result: "in-progress" }).where("profile", "=", "Export").execute();
      at.before = () => undefined;
      await expect(sync.cycle("Delta", BY)).rejects.toMatchObject({ code: "sync-busy" });
      at.tenant.clock.nowMs += LEASE_MS + 1;
      const run = await sync.cycle("Delta", BY);
      expect(counted(run)[2]).toEqual({ adds: COUNT - 500 * whole });
      expect((await sync.runs(5)).map((each) => each.result)).toEqual(["success", "stopped-server-down"]);
      const state = await tenantState();
      expect(state).toHaveLength(COUNT);
      expect(counted(await sync.cycle("Initial", BY))[2]).toEqual({ unchanged: COUNT });
      expect(await tenantState()).toEqual(state);
    });

    it("by an administrator, it says so, and the next run goes on", async () => {
      const stop = new AbortController();
      const onProgress = ({ profile, done }: { profile: string; done: number }): void => {
        if (profile === "Export" && done >= 500) stop.abort();
      };
      await expect(sync.cycle("Initial", { ...BY, signal: stop.signal, onProgress })).rejects.toMatchObject({ code: "interrupted" });
      expect((await sync.runs(1))[0]).toMatchObject({ result: "stopped-user-termination" });
      expect(counted(await sync.cycle("Delta", BY))[2]).toEqual({ adds: COUNT - 500 });
    });

    it("a process whose lease was taken over stops, and leaves the history to the other", async () => {
      at.before = async (path) => {
        if (path.endsWith("batches")) await store.db.updateTable("sync_schedule").set({ lease_owner: "another" }).execute();
      };
      await expect(sync.cycle("Initial", BY)).rejects.toMatchObject({ code: "sync-lease-lost" });
      expect(await store.db.selectFrom("sync_schedule").select("lease_owner").executeTakeFirst()).toEqual({ lease_owner: "another" });
    });
  });

  describe("the scheduler", () => {
    it("runs Initial at first, then Delta every 30 minutes, and not while it is switched off", async () => {
      await at.hire("anna");
      expect(await sync.schedule()).toMatchObject({ enabled: true, intervalMinutes: 30, nextPolicy: "Initial", isRunning: false });
      expect(await sync.tick()).toMatchObject({ policy: "Initial", startedBy: "scheduler" });
      expect(await sync.tick()).toBeUndefined();
      at.tenant.clock.nowMs += 30 * 60_000;
      expect(await sync.tick()).toMatchObject({ policy: "Delta" });
      await sync.setSchedule({ enabled: false });
      at.tenant.clock.nowMs += 30 * 60_000;
      expect(await sync.tick()).toBeUndefined();
    });

    it("keeps what was set, over restarts; a shorter interval holds at once", async () => {
      await sync.tick();
      await sync.setSchedule({ intervalMinutes: 5, nextPolicy: "Initial" });
      const again = await at.open({ schedule: { intervalMinutes: 60 } });
      expect(await again.schedule()).toMatchObject({ intervalMinutes: 5, nextPolicy: "Initial" });
      at.tenant.clock.nowMs += 5 * 60_000;
      expect(await again.tick()).toMatchObject({ policy: "Initial" });
    });

    it("logs what stopped a run, and tries the same policy at the next time", async () => {
      at.before = cut;
      expect(await sync.tick()).toBeUndefined();
      expect(at.logged).toEqual([expect.stringMatching(/sync-unreachable/)]);
      expect(await sync.schedule()).toMatchObject({ nextPolicy: "Initial", isRunning: false });
    });
  });
});

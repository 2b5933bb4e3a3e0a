/** Moves in a world that changes under them: users and settings that go, other moves, clocks, disks, journals that disagree. */
import { DatabaseSync } from "node:sqlite";
import { SYSTEM_SOURCES } from "@tieline/auth";
import { isFault, type Fault } from "@tieline/fault";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LAB_DEPLOYMENT, LAB_TENANTS, type ObjectId, type TenantId } from "./directory/index.ts";
import { FULL, giveData, ONLINE, openTestHybrid, POOL, type Hybrid } from "./hybrid.fixture.ts";
import { Vault } from "./identity/index.ts";
import { MoveJournal, UserDataStore, type MoveOptions, type MoveOutcome, type MoveStep } from "./migration/index.ts";

const CONTOSO = LAB_TENANTS[0]?.tenant.tenantId as TenantId;
const DEPLOYMENT = LAB_DEPLOYMENT.tenant.tenantId;
const SECOND = "pool02.contoso.local";

let hybrid: Hybrid;
beforeAll(async () => {
  hybrid = await openTestHybrid();
});
afterAll(() => hybrid[Symbol.asyncDispose]());

const at = (account: string): string => `${account}@contoso.com`;

type OnStep = (step: MoveStep) => void;

/** The user is looked up by what the pool has at the beginning. */
async function move(account: string, target: string, options: MoveOptions = {}, onStep?: OnStep): Promise<MoveOutcome> {
  const user = await hybrid.user(at(account));
  await using hosted = await hybrid.open();
  return await hybrid.migration.moves.move({ user: user.objectId, target, options, by: "test" }, { hosted, onStep });
}

async function faultOf(work: Promise<unknown>): Promise<Fault> {
  const error = await work.then(
    () => new Error("it was done"),
    (thrown: unknown) => thrown,
  );
  if (!isFault(error)) throw error;
  return error;
}

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => (isFault(error) ? error.code : String(error)),
  );

/**
 * Runs the work as the step is told of, and holds the move until it is done: SQLite is called as it goes, so work of one
 * statement is in the database before the step's own transaction begins.
 */
function atStep(wanted: MoveStep, work: () => Promise<unknown>): { onStep: OnStep; done: () => Promise<unknown> } {
  let running: Promise<unknown> | undefined;
  return {
    onStep: (step) => {
      if (step === wanted) running ??= work();
    },
    done: () => running ?? Promise.reject(new Error(`there was no ${wanted}`)),
  };
}

/** No open move at either site, and one home. */
async function settledAt(home: "here" | "there", account: string): Promise<void> {
  expect(await hybrid.migration.moves.settle()).toBe(0);
  for (const [db, tenant] of [
    [hybrid.pool.store.db, DEPLOYMENT],
    [hybrid.online.store.db, CONTOSO],
  ] as const)
    expect(await new MoveJournal(db, tenant).list({ activeOnly: true })).toEqual([]);
  const [here, there] = [await hybrid.user(at(account)), await hybrid.onlineUser(at(account))];
  expect([here.registrarPool !== null, there.registrarPool !== null]).toEqual([home === "here", home === "there"]);
}

describe("policies", () => {
  test("with a counterpart go along, those without are left behind by name, and both come back as they were", async () => {
    await hybrid.online.store.db
      .insertInto("policies")
      .values({
        tenant_id: CONTOSO,
        family: "ConferencingPolicy",
        name: "Sales",
        name_key: "sales",
        settings: "{}",
        created_ms: 0,
        changed_ms: 0,
      } as never)
      .execute();
    await giveData(hybrid, at("oldpolicy"));
    const user = await hybrid.user(at("oldpolicy"));
    const store = new UserDataStore(hybrid.pool.store.db, DEPLOYMENT);
    const policies = { ClientPolicy: "Branch Office", ConferencingPolicy: "SALES" };
    await store.write(user.objectId, { ...FULL, policies }, Date.now());
    const gone = await move("oldpolicy", ONLINE);
    expect(gone.leftPolicies).toEqual(["ClientPolicy:Tag:Branch Office"]);
    expect(gone.warnings.join()).toContain("ClientPolicy:Tag:Branch Office");
    expect((await hybrid.onlineUser(at("oldpolicy"))).policies).toEqual({ ConferencingPolicy: "Sales" });
    const back = await move("oldpolicy", POOL);
    // The pool has no conferencing policy of that name, but what was granted there stands.
    expect(back.leftPolicies).toEqual(["ConferencingPolicy:Tag:Sales"]);
    expect((await hybrid.user(at("oldpolicy"))).policies).toEqual(policies);
    await settledAt("here", "oldpolicy");
  });
});

describe("voice and Teams", () => {
  test("Enterprise Voice and the line are after a round trip as before, and in between at the service", async () => {
    const before = await hybrid.user(at("dialin"));
    expect(before.properties).toMatchObject({ EnterpriseVoiceEnabled: true, LineURI: expect.stringMatching(/^tel:\+\d+/) as unknown });
    await move("dialin", ONLINE);
    const there = await hybrid.onlineUser(at("dialin"));
    expect(there.properties).toMatchObject({
      EnterpriseVoiceEnabled: true,
      LineURI: before.properties["LineURI"],
      OnPremEnterpriseVoiceEnabled: false,
    });
    await move("dialin", POOL);
    const [after, left] = [await hybrid.user(at("dialin")), await hybrid.onlineUser(at("dialin"))];
    expect(after.properties).toEqual(before.properties);
    expect(left.properties["EnterpriseVoiceEnabled"]).toBe(false);
    expect(left.properties["LineURI"] ?? null).toBeNull();
    await settledAt("here", "dialin");
  });

  test("without the licence for it, a bypassed check takes the user and not the voice", async () => {
    const before = await hybrid.user(at("noev"));
    expect(await codeOf(move("noev", ONLINE))).toBe("hosted-migration-voice-licence");
    await move("noev", ONLINE, { bypassEnterpriseVoiceCheck: true });
    const there = await hybrid.onlineUser(at("noev"));
    expect([there.properties["EnterpriseVoiceEnabled"], there.properties["LineURI"] ?? null]).toEqual([false, null]);
    await move("noev", POOL);
    expect((await hybrid.user(at("noev"))).properties).toEqual(before.properties);
  });

  test("-MoveToTeams ends in TeamsOnly; back on premises nobody is TeamsOnly", async () => {
    expect((await move("user", ONLINE, { moveToTeams: true })).teamsUpgradeMode).toBe("TeamsOnly");
    expect((await hybrid.onlineUser(at("user"))).properties["TeamsUpgradeEffectiveMode"]).toBe("TeamsOnly");
    expect((await move("user", POOL)).teamsUpgradeMode).toBe("SfBOnly");
    expect((await hybrid.onlineUser(at("user"))).properties["TeamsUpgradeEffectiveMode"] ?? null).toBeNull();
    expect((await move("user", ONLINE)).teamsUpgradeMode).not.toBe("TeamsOnly");
    await move("user", POOL);
  });
});

describe("-Force", () => {
  test.each([
    ["online", ONLINE, "there"],
    ["back", POOL, "here"],
  ] as const)("%s: the data are gone at both sites, and the warning counts them", async (way, target, home) => {
    if (way === "back") await move("principal", ONLINE);
    else await giveData(hybrid, at("principal"));
    if (way === "back") {
      const there = await hybrid.onlineUser(at("principal"));
      await new UserDataStore(hybrid.online.store.db, CONTOSO).write(there.objectId, { ...FULL, policies: there.policies }, Date.now());
    }
    const outcome = await move("principal", target, { force: true });
    expect(outcome.moved).toMatchObject({ contacts: 0, meetings: 0, groups: 0, forwarding: 0 });
    expect(outcome.warnings[0]).toMatch(/-Force: 2 contacts, 1 meetings and 5 other entries of sip:principal@contoso.com/);
    for (const [site, user] of [
      ["here", await hybrid.user(at("principal"))],
      ["there", await hybrid.onlineUser(at("principal"))],
    ] as const)
      expect(await hybrid.data(site, user.objectId)).toMatchObject({
        contacts: [],
        groups: [],
        meetings: [],
        delegates: [],
        permissions: [],
        forwarding: null,
      });
    await settledAt(home, "principal");
    if (home === "there") await move("principal", POOL);
  });

  test("moves a user whose contacts are in the unified contact store, who is refused without it", async () => {
    expect(await codeOf(move("ucs", ONLINE))).toBe("move-unified-contact-store");
    expect(await codeOf(move("ucs", ONLINE, { force: true }))).toBe("done");
    await move("ucs", POOL, { force: true });
  });
});

describe("somebody deletes the user", () => {
  const gone = (site: "here" | "there", account: string) => async (): Promise<void> => {
    const user = site === "here" ? await hybrid.user(at(account)) : await hybrid.onlineUser(at(account));
    await hybrid[site].users.remove(user.objectId);
  };
  const open = async (): Promise<number> =>
    (await new MoveJournal(hybrid.pool.store.db, DEPLOYMENT).list({ activeOnly: true })).length +
    (await new MoveJournal(hybrid.online.store.db, CONTOSO).list({ activeOnly: true })).length;
  const left = async (site: "here" | "there", id: string): Promise<number> => {
    const { contacts, meetings } = await hybrid.data(site, id as never);
    return contacts.length + meetings.length;
  };

  test("at the pool before the decision: it is undone, and the service keeps nothing", async () => {
    await giveData(hybrid, at("jdoe").replace("jdoe", "john.doe"));
    const [here, there] = [await hybrid.user("john.doe@contoso.com"), await hybrid.onlineUser("john.doe@contoso.com")];
    const { onStep, done } = atStep("import", gone("here", "john.doe"));
    const fault = await faultOf(move("john.doe", ONLINE, {}, onStep));
    await done();
    expect(fault.code).toBe("move-user-gone");
    expect(await open()).toBe(0);
    expect((await hybrid.onlineUser("john.doe@contoso.com")).registrarPool).toBeNull();
    expect([await left("here", here.objectId), await left("there", there.objectId)]).toEqual([0, 0]);
  });

  test("at the pool after the decision: it is completed, and the service serves", async () => {
    await giveData(hybrid, at("assistant"));
    const [here, there] = [await hybrid.user(at("assistant")), await hybrid.onlineUser(at("assistant"))];
    const { onStep, done } = atStep("redirect", gone("here", "assistant"));
    expect((await move("assistant", ONLINE, {}, onStep)).moved.contacts).toBe(2);
    await done();
    expect(await open()).toBe(0);
    expect((await hybrid.onlineUser(at("assistant"))).registrarPool).not.toBeNull();
    expect([await left("here", here.objectId), (await hybrid.data("there", there.objectId)).contacts.length]).toEqual([0, 2]);
  });

  test("at the service before the decision: both journals and the outcome say so, and nothing of a user who is gone stays there", async () => {
    await giveData(hybrid, at("room.baker"));
    const there = await hybrid.onlineUser(at("room.baker"));
    const { onStep, done } = atStep("switch", gone("there", "room.baker"));
    const { warnings } = await move("room.baker", ONLINE, {}, onStep);
    await done();
    expect(warnings).toEqual([expect.stringMatching(/room\.baker@contoso\.com .*deleted there.* Synchronise the user/)]);
    const [led] = await new MoveJournal(hybrid.pool.store.db, DEPLOYMENT).list({ user: (await hybrid.user(at("room.baker"))).objectId });
    expect(led).toMatchObject({ state: "done", active: false, faultCode: "move-user-gone-online", outcome: { warnings } });
    expect(await hybrid.migration.moves.settle()).toBe(0);
    expect(await open()).toBe(0);
    expect(await left("there", there.objectId)).toBe(0);
    const [row] = await new MoveJournal(hybrid.online.store.db, CONTOSO).list({ user: there.objectId });
    expect(row).toMatchObject({ active: false, faultCode: "move-user-gone" });
  });

  test("at the service before it takes anything: refused, and the user is as before", async () => {
    await giveData(hybrid, at("lobby.phone"));
    const here = await hybrid.user(at("lobby.phone"));
    const { onStep, done } = atStep("export", gone("there", "lobby.phone"));
    const fault = await faultOf(move("lobby.phone", ONLINE, {}, onStep));
    await done();
    expect(fault.code).toBe("move-not-provisioned");
    expect(await open()).toBe(0);
    const now = await hybrid.user(at("lobby.phone"));
    expect([now.registrarPool, (await hybrid.data("here", here.objectId)).contacts.length]).toEqual([here.registrarPool, 2]);
  });

  test("at the pool on the way back, before and after the decision", async () => {
    const { onStep, done } = atStep("export", gone("here", "alice"));
    const there = await hybrid.onlineUser(at("alice"));
    const contacts = (await hybrid.data("there", there.objectId)).contacts.length;
    expect(await codeOf(move("alice", POOL, {}, onStep))).toBe("move-user-gone");
    await done();
    // The service goes on serving, with everything.
    expect((await hybrid.onlineUser(at("alice"))).registrarPool).not.toBeNull();
    expect((await hybrid.data("there", there.objectId)).contacts).toHaveLength(contacts);
    expect(await open()).toBe(0);
    const after = atStep("redirect", gone("here", "bob"));
    expect(await codeOf(move("bob", POOL, {}, after.onStep))).toBe("done");
    await after.done();
    expect((await hybrid.onlineUser(at("bob"))).registrarPool).toBeNull();
    expect(await open()).toBe(0);
  });
});

describe("settings change", () => {
  const provider = async (changes: Record<string, boolean>): Promise<void> => {
    const [one] = await hybrid.here.settings.list("HostingProvider");
    await hybrid.here.settings.set("HostingProvider", one?.name ?? "", changes, Date.now());
  };

  test("a hosting provider that is switched off, or hosts no users, is no target", async () => {
    for (const switched of ["Enabled", "HostsOCSUsers"]) {
      await provider({ [switched]: false });
      const fault = await faultOf(move("kenmyer", ONLINE));
      expect([fault.code, fault.cure]).toEqual(["move-target-unknown", expect.not.stringContaining(ONLINE) as unknown]);
      await provider({ Enabled: true, HostsOCSUsers: true });
    }
  });

  test("switched off while a user is online, it stops nobody on the way back", async () => {
    await move("kenmyer", ONLINE);
    await provider({ Enabled: false });
    expect(await codeOf(move("kenmyer", POOL))).toBe("done");
    await provider({ Enabled: true });
  });

  test("a tenant that shares no address space any more refuses, and the user is as before", async () => {
    const share = (value: boolean): Promise<unknown> =>
      hybrid.there.settings.set("TenantFederationConfiguration", "Global", { SharedSipAddressSpace: value }, Date.now());
    await share(false);
    const fault = await faultOf(move("kenmyer", ONLINE));
    await share(true);
    expect(fault.message).toContain("Error=(510), Description=(This user's tenant is not enabled for shared sip address space.)");
    await settledAt("here", "kenmyer");
  });
});

describe("another move meanwhile", () => {
  test("of another kind is told of the first, at every step until the decision and until the end", async () => {
    const user = await hybrid.user(at("kenmyer"));
    const wish = { user: user.objectId, target: SECOND, options: {}, by: "another" };
    for (const step of ["export", "import", "redirect", "release"] as const) {
      let second = Promise.resolve("");
      await move("kenmyer", ONLINE, {}, (now) => {
        if (now === step) second = codeOf(hybrid.migration.moves.move(wish, {}));
      });
      // After the decision a user is online for whoever looks: from there it would be another kind of move, with a sign-in.
      expect(["move-in-progress", "move-credential-missing"], step).toContain(await second);
      await move("kenmyer", POOL);
      await settledAt("here", "kenmyer");
    }
  });

  test("between pools goes there and back, with everything, and without the service", async () => {
    await giveData(hybrid, at("kenmyer"));
    const user = await hybrid.user(at("kenmyer"));
    const to = (target: string) => hybrid.migration.moves.move({ user: user.objectId, target, options: {}, by: "test" }, {});
    const both = await Promise.all([codeOf(to(SECOND)), codeOf(to(SECOND))]);
    expect(both).toContain("done");
    expect((await hybrid.user(at("kenmyer"))).registrarPool).toBe(SECOND);
    expect((await hybrid.data("here", user.objectId)).contacts).toHaveLength(2);
    await to(POOL);
  });
});

describe("clocks", () => {
  test("that differ by minutes are worth a warning, and stop nobody", async () => {
    await using hosted = await hybrid.open();
    hybrid.shiftDates(10 * 60_000);
    const user = await hybrid.user(at("kenmyer"));
    const findings = await hybrid.migration.moves.check([{ user: user.objectId, target: ONLINE, options: {}, by: "test" }], hosted);
    hybrid.shiftDates(0);
    expect(findings.get(user.objectId)).toMatchObject([{ severity: "warning", code: "move-clocks-apart" }]);
    expect(findings.get(user.objectId)?.[0]?.fields["seconds"]).toBeGreaterThan(590);
  });

  test("the journal has every step of a move, in order", async () => {
    await move("kenmyer", ONLINE);
    await move("kenmyer", POOL);
    const user = await hybrid.user(at("kenmyer"));
    const [row] = await new MoveJournal(hybrid.pool.store.db, DEPLOYMENT).list({ user: user.objectId });
    expect(row?.steps.map(([step]) => step)).toEqual(["frozen", "switched", "done"]);
  });
});

describe("no room on the disk", () => {
  /** Nothing can be added from here on; what is freed inside the file may still be used, hence the ballast. */
  async function full<T>(site: "pool" | "online", work: () => Promise<T>): Promise<T> {
    const { db } = hybrid[site].store;
    await sql.raw("create table if not exists ballast (filling text)").execute(db);
    const pages = (await sql<{ page_count: number }>`pragma page_count`.execute(db)).rows[0]?.page_count ?? 0;
    await sql.raw(`pragma max_page_count = ${pages}`).execute(db);
    try {
      for (const size of [3000, 300, 30]) {
        for (let n = 0; n < 5000; n += 1) {
          try {
            await sql`insert into ballast values (${"x".repeat(size)})`.execute(db);
          } catch {
            break;
          }
        }
      }
      // The journal's own last page may have room for one move more.
      const journal = new MoveJournal(db, site === "pool" ? DEPLOYMENT : CONTOSO);
      const move = { objectId: "" as ObjectId, sipAddress: "", role: "follower", direction: "to-pool", source: "", target: "" } as const;
      for (let n = 0; n < 100; n += 1) {
        try {
          await journal.begin({ ...move, moveId: `ballast ${n}`, state: "", by: "", active: false }, 0);
        } catch {
          break;
        }
      }
      return await work();
    } finally {
      await sql.raw("pragma max_page_count = 1000000").execute(db);
      await sql.raw("delete from moves where move_id like 'ballast %'").execute(db);
      await sql.raw("drop table ballast").execute(db);
    }
  }

  test("at the pool: told as that, and the user is as before", async () => {
    await giveData(hybrid, at("kenmyer"));
    const user = await hybrid.user(at("kenmyer"));
    await using hosted = await hybrid.open();
    const wish = { user: user.objectId, target: ONLINE, options: {}, by: "test" };
    expect(await full("pool", () => codeOf(hybrid.migration.moves.move(wish, { hosted })))).toBe("store-full");
    await settledAt("here", "kenmyer");
    expect((await hybrid.data("here", user.objectId)).contacts).toHaveLength(2);
  });

  test("at the pool from each step on: settled as soon as there is room, at one home, with everything", async () => {
    for (const step of ["export", "import", "switch", "redirect", "release"] as const) {
      const user = await hybrid.user(at("kenmyer"));
      await using hosted = await hybrid.open();
      const wish = { user: user.objectId, target: ONLINE, options: {}, by: "test" };
      const end = Promise.withResolvers<void>();
      let filled: Promise<void> | undefined;
      const onStep = (now: MoveStep): void => {
        if (now === step) filled = full("pool", () => end.promise);
      };
      const code = await codeOf(hybrid.migration.moves.move(wish, { hosted, onStep }));
      end.resolve();
      await filled;
      expect(["store-full", "move-unsettled", "done"], step).toContain(code);
      expect(await hybrid.migration.moves.settle()).toBe(0);
      const home = (await hybrid.user(at("kenmyer"))).registrarPool === null ? "there" : "here";
      await settledAt(home, "kenmyer");
      const { objectId } = await (home === "here" ? hybrid.user(at("kenmyer")) : hybrid.onlineUser(at("kenmyer")));
      expect((await hybrid.data(home, objectId)).contacts).toHaveLength(2);
      if (home === "there") await move("kenmyer", POOL);
    }
  });

  test("at the service: told, undone as soon as there is room, and the user is as before", async () => {
    const user = await hybrid.user(at("kenmyer"));
    const data = new UserDataStore(hybrid.pool.store.db, DEPLOYMENT);
    const contacts = Array.from({ length: 500 }, (_, i) => ({
      uri: `sip:contact${i}@contoso.com`,
      displayName: "x".repeat(200),
      groups: [],
      subscribed: true,
    }));
    await data.write(user.objectId, { ...FULL, contacts, policies: user.policies }, Date.now());
    await using hosted = await hybrid.open();
    const wish = { user: user.objectId, target: ONLINE, options: {}, by: "test" };
    const fault = await full("online", () => faultOf(hybrid.migration.moves.move(wish, { hosted })));
    expect(["move-unsettled", "store-full"]).toContain(fault.code);
    await settledAt("here", "kenmyer");
    expect((await hybrid.data("here", user.objectId)).contacts).toHaveLength(500);
    expect((await hybrid.data("there", user.objectId)).contacts).toEqual([]);
    await move("kenmyer", ONLINE);
    await move("kenmyer", POOL);
    await giveData(hybrid, at("kenmyer"));
  });
});

describe("a database that another program holds", () => {
  test("at the pool: told as that, and the user is as before", async () => {
    const user = await hybrid.user(at("kenmyer"));
    await using hosted = await hybrid.open();
    const [where] = (await sql<{ file: string }>`pragma database_list`.execute(hybrid.pool.store.db)).rows;
    const other = new DatabaseSync(where?.file ?? "");
    other.exec("begin immediate");
    await sql.raw("pragma busy_timeout = 1").execute(hybrid.pool.store.db);
    const wish = { user: user.objectId, target: ONLINE, options: {}, by: "test" };
    const code = await codeOf(hybrid.migration.moves.move(wish, { hosted }));
    await sql.raw("pragma busy_timeout = 5000").execute(hybrid.pool.store.db);
    other.exec("rollback");
    other.close();
    expect(code).toBe("store-failed");
    await settledAt("here", "kenmyer");
    expect(await codeOf(move("kenmyer", ONLINE))).toBe("done");
    await move("kenmyer", POOL);
  });
});

describe("journals that disagree, as after a backup was restored", () => {
  const rewrite = (state: string) => async (): Promise<void> => {
    await hybrid.online.store.db.updateTable("moves").set({ state, active: 0 }).where("active", "=", 1).execute();
  };

  test("a service that says it has undone what the pool has decided: nothing is guessed, the move stays open and says why", async () => {
    const { onStep, done } = atStep("redirect", rewrite("undone"));
    const fault = await faultOf(move("kenmyer", ONLINE, {}, onStep));
    await done();
    expect(fault.code).toBe("move-unsettled");
    expect(fault.message).toContain("told to commit a move that is undone there");
    expect(await hybrid.migration.moves.settle()).toBe(1);
    // Somebody puts the service's journal right: then it goes on.
    const there = await hybrid.onlineUser(at("kenmyer"));
    const [row] = await new MoveJournal(hybrid.online.store.db, CONTOSO).list({ user: there.objectId, limit: 1 });
    await hybrid.online.store.db
      .updateTable("moves")
      .set({ state: "imported", active: 1 })
      .where("move_id", "=", row?.moveId ?? "")
      .execute();
    await settledAt("there", "kenmyer");
    expect((await hybrid.data("there", there.objectId)).contacts).toHaveLength(2);
    await move("kenmyer", POOL);
  });
});

describe("a ticket that the service takes no more", () => {
  /** As after the service's key was replaced: what the pool has kept of its runs is of no use. */
  async function spoilTickets(): Promise<void> {
    const { db } = hybrid.pool.store;
    const vault = new Vault(hybrid.secrets.migrationKey, SYSTEM_SOURCES);
    for (const { run_id: run } of await db.selectFrom("hosted_runs").select("run_id").execute())
      await db
        .updateTable("hosted_runs")
        .set({ ticket_sealed: vault.seal(`ticket of run ${run}`, "v1$of-another-key") })
        .where("run_id", "=", run)
        .execute();
  }

  test.each(["kenmyer", "dialin"])("is replaced by the next sign-in, whomever that moves: %s", async (next) => {
    hybrid.lose("request", "commit", 3);
    expect(await codeOf(move("kenmyer", ONLINE))).toBe("move-unsettled");
    hybrid.lose("request", "commit", 0);
    await spoilTickets();
    expect(await hybrid.migration.moves.settle()).toBe(1);
    const journal = new MoveJournal(hybrid.pool.store.db, DEPLOYMENT);
    const { objectId } = await hybrid.user(at("kenmyer"));
    expect(await journal.active(objectId)).toMatchObject({ state: "switched", faultCode: "hosted-ticket-refused" });
    await move(next, next === "kenmyer" ? POOL : ONLINE);
    expect(await journal.active(objectId)).toBeUndefined();
    for (const account of next === "kenmyer" ? [] : [next, "kenmyer"]) await move(account, POOL);
    await settledAt("here", "kenmyer");
  });
});

describe("another process", () => {
  test("whose lease has not lapsed keeps its moves on a shared database; when it has, they are taken over", async () => {
    const journal = new MoveJournal(hybrid.pool.store.db, DEPLOYMENT);
    const user = await hybrid.user(at("kenmyer"));
    const [last] = await journal.list({ limit: 1 });
    await journal.begin(
      {
        moveId: "0a1b2c3d-0000-4000-8000-00000000ffff",
        objectId: user.objectId,
        sipAddress: `sip:${at("kenmyer")}`,
        role: "leader",
        direction: "to-online",
        source: POOL,
        target: ONLINE,
        state: "frozen",
        by: "test",
        owner: "another process",
        runId: last?.runId ?? null,
        leaseMs: Date.now() + 3_600_000,
      },
      Date.now(),
    );
    expect(await codeOf(move("kenmyer", ONLINE))).toBe("move-in-progress");
    // A database of one's own is nobody else's: whoever was there is dead. (Where others share it: settlement.test.ts.)
    await settledAt("here", "kenmyer");
    expect((await journal.get("0a1b2c3d-0000-4000-8000-00000000ffff"))?.state).toBe("undone");
  });
});

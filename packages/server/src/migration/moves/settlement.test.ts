import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SYSTEM_SOURCES } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { createLabDeployment, Directory, LAB_DEPLOYMENT, type ObjectId } from "../../directory/index.ts";
import { Vault } from "../../identity/index.ts";
import { ENGINES } from "../../store/engines.fixture.ts";
import type { Store } from "../../store/index.ts";
import { policyCounterparts } from "../user-data/index.ts";
import type { AnswerOf } from "../hosted/contract.ts";
import type { NewMove } from "./journal.ts";
import { LeadingSite } from "./leading-site.ts";
import type { LeaderState } from "./machine.ts";
import { Runs } from "./runs.ts";
import { settleMoves } from "./settlement.ts";
import { Tickets } from "./tickets.ts";

const NOW = Date.UTC(2020, 7, 5);
const LEASE = 30_000;
const DEPLOYMENT = LAB_DEPLOYMENT.tenant.tenantId;
const done = (): Promise<AnswerOf<"commit">> => Promise.resolve({ state: "done" });
const OUTCOME = { moveId: "m", moved: {}, warnings: [] };

describe.each(ENGINES)("what another process left, on $name", ({ open }) => {
  let store: Store;
  let directory: Directory;
  let nowMs = NOW;
  let told: string[] = [];
  /** What the service does when it is told. */
  let answer: (ticket: string) => Promise<AnswerOf<"commit">> = done;
  let users: readonly ObjectId[] = [];
  let logged: string[] = [];
  beforeEach(async () => {
    [nowMs, told, logged, answer] = [NOW, [], [], done];
    store = await open();
    directory = Directory.of(store);
    const credentials = () => Promise.resolve({ passwordHash: null, ntHashSealed: null });
    await createLabDeployment(directory, { users: 6, nowMs: NOW, credentials });
    users = (await directory.tenant(DEPLOYMENT).users.find((eb) => eb.lit(true), 6)).map(({ objectId }) => objectId);
  });
  afterEach(() => store.close());

  /** A process of a pool; only `exclusive` differs between a database of its own and a shared one. */
  function process(name: string, exclusive = false): { site: LeadingSite; runs: Runs; settle: () => Promise<number> } {
    let serial = 0;
    const newGuid = (): string => (serial++ === 0 ? name : `run-${name}-${serial}`);
    const vault = new Vault(new Uint8Array(32).fill(9), SYSTEM_SOURCES);
    const site = new LeadingSite({
      directory,
      tenant: DEPLOYMENT,
      vault,
      counterparts: () => Promise.resolve(policyCounterparts({})),
      nowMs: () => nowMs,
      newGuid,
      pause: () => Promise.resolve(),
      settleBy: async (_url, ticket, order, moveId) => {
        told.push(`${name} ${order} ${moveId} ${ticket}`);
        return answer(ticket);
      },
      log: { info: () => undefined, warn: (_facts, text) => void logged.push(text) },
      exclusive,
      leaseMs: LEASE,
    });
    const runs = new Runs(directory, DEPLOYMENT, vault, newGuid);
    const tickets = new Tickets(runs, () => nowMs);
    return { site, runs, settle: () => settleMoves(site, tickets) };
  }

  /** A move as a process that died would leave it. */
  async function left(by: ReturnType<typeof process>, moveId: string, state: LeaderState, more: Partial<NewMove> = {}): Promise<void> {
    const link = {
      url: "https://admin0a.online.lync.com/HostedMigration/hostedmigrationservice.svc",
      ticket: "a ticket",
      tenantId: "contoso",
    };
    const runId = more.runId === undefined ? await by.runs.of(link as never, nowMs) : more.runId;
    const move = {
      moveId,
      objectId: users[0] as ObjectId,
      sipAddress: "sip:kenmyer@contoso.com",
      role: "leader" as const,
      direction: "to-pool" as const,
      source: "sipfed.online.lync.com",
      target: "pool01.contoso.local",
      state,
      by: "test",
      owner: by.site.owner,
      leaseMs: nowMs + LEASE,
      outcome: OUTCOME,
      runId,
      ...more,
    };
    await by.site.journal.begin(move, nowMs);
  }

  const state = async (moveId: string): Promise<string | undefined> => (await process("reader").site.journal.get(moveId))?.state;

  it("stays its own until its lease has lapsed; then it is undone or completed by what its row says", async () => {
    const [one, two] = [process("one"), process("two")];
    await left(one, "m1", "frozen");
    await left(one, "m2", "switched", { objectId: users[1] as ObjectId });
    await left(one, "m3", "undoing", { objectId: users[2] as ObjectId });
    nowMs += LEASE - 1;
    expect(await two.settle()).toBe(3);
    expect(told).toEqual([]);
    nowMs += 1;
    expect(await two.settle()).toBe(0);
    expect(told.toSorted()).toEqual(["two abort m1 a ticket", "two abort m3 a ticket", "two commit m2 a ticket"]);
    expect([await state("m1"), await state("m2"), await state("m3")]).toEqual(["undone", "done", "undone"]);
  });

  it("whose lease is renewed is left alone", async () => {
    const [one, two] = [process("one"), process("two")];
    await left(one, "m1", "frozen");
    one.site.running.add("m1");
    nowMs += LEASE - 1;
    await one.site.journal.renew(one.site.owner, one.site.leaseMs);
    nowMs += LEASE - 1;
    expect(await two.settle()).toBe(1);
    expect(await one.settle()).toBe(1);
    expect(told).toEqual([]);
  });

  it("on a database of one's own is anybody's who starts: nobody else can be alive", async () => {
    await left(process("one", true), "m1", "frozen");
    expect(await process("two", true).settle()).toBe(0);
    expect(await state("m1")).toBe("undone");
  });

  it("is settled by one of two that find it at once", async () => {
    await left(process("one"), "m1", "switched");
    nowMs += LEASE;
    await Promise.all([process("two").settle(), process("three").settle()]);
    expect(told).toHaveLength(1);
    expect(await state("m1")).toBe("done");
  });

  it("goes to the next who looks where the one that took it over dies, too", async () => {
    await left(process("one"), "m1", "frozen");
    nowMs += LEASE;
    answer = () => Promise.reject(new Error("cut"));
    expect(await process("two").settle()).toBe(1);
    // That it is to be undone is written down before anybody hears of it.
    expect(await state("m1")).toBe("undoing");
    answer = done;
    expect(await process("three").settle()).toBe(1);
    nowMs += LEASE;
    expect(await process("three").settle()).toBe(0);
    expect(await state("m1")).toBe("undone");
  });

  it("is not switched any more by its first process, which was taken for dead", async () => {
    const one = process("one");
    await left(one, "m1", "frozen");
    const seen = await one.site.journal.get("m1");
    if (seen === undefined) throw new Error("no move");
    nowMs += LEASE;
    await process("two").settle();
    expect(await one.site.journal.advance(seen, "switched", nowMs, {}, one.site.owner)).toBe(false);
    expect(await state("m1")).toBe("undone");
  });

  it.each([
    ["to-online", "move-user-gone-online", 1],
    ["to-pool", null, 0],
  ] as const)("is said of a user who is gone at the service, where that is the user's home: %s", async (direction, faultCode, warnings) => {
    await left(process("one"), "m1", "switched", { direction });
    nowMs += LEASE;
    answer = () => Promise.resolve({ state: "done", userGone: true });
    expect(await process("two").settle()).toBe(0);
    const row = await process("reader").site.journal.get("m1");
    expect(row).toMatchObject({ state: "done", active: false, faultCode });
    expect(row?.outcome).toMatchObject({ warnings: { length: warnings } });
    expect(logged).toEqual(warnings === 0 ? [] : [expect.stringContaining("deleted there")]);
  });

  describe("by a ticket that is refused", () => {
    const [PLACE, ELSEWHERE] = ["https://admin0a.online.lync.com/h.svc", "https://admin1b.online.lync.com/h.svc"];
    const refusing =
      (...tickets: string[]): typeof answer =>
      (ticket) =>
        tickets.includes(ticket) ? Promise.reject(new Fault("hosted-ticket-refused", { reason: "it has expired" })) : done();
    const signIn = (by: ReturnType<typeof process>, ticket: string, url = PLACE, tenantId = "contoso"): Promise<string> =>
      by.runs.of({ url, ticket, tenantId } as never, (nowMs += 1));

    it("is left alone for longer each time, and says why in the journal", async () => {
      const [one, two] = [process("one"), process("two")];
      const runId = await signIn(one, "old");
      await left(one, "m1", "switched", { runId });
      await left(one, "m2", "undoing", { runId, objectId: users[1] as ObjectId });
      nowMs += LEASE;
      answer = refusing("old");
      const tries = async (forMs: number): Promise<number> => {
        const before = told.length;
        for (let passedMs = 0; passedMs < forMs; passedMs += 5_000, nowMs += 5_000) expect(await two.settle()).toBe(2);
        return told.length - before;
      };
      // One move stands for all of its run.
      expect(await tries(30_000)).toBe(1);
      for (const moveId of ["m1", "m2"])
        expect(await two.site.journal.get(moveId)).toMatchObject({ active: true, faultCode: "hosted-ticket-refused" });
      expect(await two.site.journal.openCount("hosted-ticket-refused")).toBe(2);
      expect([await tries(60_000), await tries(120_000)]).toEqual([1, 1]);
      // The key that it was sealed with is back.
      answer = done;
      nowMs += 15 * 60_000;
      expect(await two.settle()).toBe(0);
      expect(await two.site.journal.get("m1")).toMatchObject({ state: "done", faultCode: null });
      expect(await two.site.journal.get("m2")).toMatchObject({ state: "undone", faultCode: "move-undone" });
    });

    it("is settled at once by that of whoever signs in to the same tenant at the same address, in whichever process", async () => {
      const [one, two, three] = [process("one"), process("two"), process("three")];
      await left(one, "m1", "switched", { runId: await signIn(one, "old") });
      nowMs += LEASE;
      answer = refusing("old");
      expect(await two.settle()).toBe(1);
      await signIn(three, "of another tenant", PLACE, "fabrikam");
      await signIn(three, "of another service", ELSEWHERE);
      expect(await two.settle()).toBe(1);
      await signIn(three, "new");
      expect(await two.settle()).toBe(0);
      expect(told.map((line) => line.split(" ").slice(3).join(" "))).toEqual(["old", "old", "new"]);
      expect(await state("m1")).toBe("done");
    });

    it("goes on waiting where the next is refused as well, until there is another", async () => {
      const [one, two] = [process("one"), process("two")];
      await left(one, "m1", "undoing", { runId: await signIn(one, "old") });
      nowMs += LEASE;
      answer = refusing("old", "second");
      await signIn(two, "second");
      for (const _time of [1, 2, 3]) expect(await two.settle()).toBe(1);
      expect(told).toHaveLength(2);
      await signIn(two, "third");
      expect(await two.settle()).toBe(0);
      expect(await state("m1")).toBe("undone");
    });

    it("that a version of before has kept, without its tenant, is nobody else's", async () => {
      const [one, two] = [process("one"), process("two")];
      await left(one, "m1", "frozen", { runId: await signIn(one, "old") });
      await store.db.updateTable("hosted_runs").set({ hosted_tenant: null }).execute();
      await signIn(two, "new");
      nowMs += LEASE;
      answer = refusing("old");
      expect(await two.settle()).toBe(1);
      expect(told).toEqual(["two abort m1 old"]);
    });

    it("or cannot be opened here any more, as the pool's key was replaced, is as one that was refused", async () => {
      const [one, two] = [process("one"), process("two")];
      await left(one, "m1", "frozen", { runId: await signIn(one, "old") });
      await store.db.updateTable("hosted_runs").set({ ticket_sealed: "v1$AAAA" }).execute();
      nowMs += LEASE;
      expect(await two.settle()).toBe(1);
      expect(await two.site.journal.get("m1")).toMatchObject({ faultCode: "hosted-ticket-refused" });
      await signIn(two, "new");
      nowMs += LEASE;
      expect(await two.settle()).toBe(0);
      expect(told).toEqual(["two abort m1 new"]);
    });
  });

  it("without the ticket of its run stays open, and says nothing to anybody", async () => {
    await left(process("one"), "m1", "frozen", { runId: null });
    nowMs += LEASE;
    expect(await process("two").settle()).toBe(1);
    expect(told).toEqual([]);
  });
});

import { isFault } from "@tieline/fault";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLabTenants, Directory, LAB_TENANTS, type ObjectId, type TenantId } from "../../directory/index.ts";
import { ENGINES } from "../../store/engines.fixture.ts";
import type { Store } from "../../store/index.ts";
import { MoveJournal, type MoveRow, type NewMove } from "./journal.ts";

const NOW = Date.UTC(2020, 7, 5);
const [CONTOSO, FABRIKAM] = LAB_TENANTS.map((site) => site.tenant.tenantId) as [TenantId, TenantId];
const ALICE = "00000000-0000-4000-8000-00000000000a" as ObjectId;
const BOB = "00000000-0000-4000-8000-00000000000b" as ObjectId;

const newMove = (moveId: string, more: Partial<NewMove> = {}): NewMove => ({
  moveId,
  objectId: ALICE,
  sipAddress: "sip:Alice@contoso.com",
  role: "leader",
  direction: "to-online",
  source: "pool01.contoso.local",
  target: "sipfed.online.lync.com",
  state: "frozen",
  by: "administrator@contoso.local",
  owner: "one",
  leaseMs: NOW + 30_000,
  ...more,
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "done";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

describe.each(ENGINES)("MoveJournal on $name", ({ open }) => {
  let store: Store;
  let directory: Directory;
  let journal: MoveJournal;
  beforeEach(async () => {
    store = await open();
    directory = Directory.of(store);
    const credentials = () => Promise.resolve({ passwordHash: null, ntHashSealed: null });
    await createLabTenants(directory, { users: 1, nowMs: NOW, credentials });
    journal = new MoveJournal(store.db, CONTOSO);
  });
  afterEach(() => store.close());

  const row = async (moveId: string): Promise<MoveRow> => (await journal.get(moveId)) as MoveRow;

  it("gives back what it was given, the address in small letters, the first step with its time", async () => {
    const options = { force: true };
    await journal.begin(newMove("m1", { options, batchId: "b1", runId: "r1", outcome: { moved: 1 } }), NOW);
    expect(await row("m1")).toEqual({
      ...newMove("m1"),
      sipAddress: "sip:alice@contoso.com",
      active: true,
      steps: [["frozen", NOW]],
      options,
      batchId: "b1",
      runId: "r1",
      outcome: { moved: 1 },
      faultCode: null,
      startedMs: NOW,
      changedMs: NOW,
    });
    expect(await journal.active(ALICE)).toEqual(await row("m1"));
  });

  it("lets one of two begin, tells the other who it was, and lets the next begin when that has ended", async () => {
    const both = await Promise.all(["m1", "m2"].map((id) => codeOf(journal.begin(newMove(id), NOW))));
    expect(both.toSorted()).toEqual(["done", "move-in-progress"]);
    await expect(journal.begin(newMove("m3"), NOW + 1)).rejects.toMatchObject({
      fields: { by: "administrator@contoso.local", since: new Date(NOW).toISOString(), user: "sip:Alice@contoso.com" },
    });
    expect(await codeOf(journal.begin(newMove("m4", { objectId: BOB }), NOW))).toBe("done");
    const open = (await journal.active(ALICE)) as MoveRow;
    expect(await journal.advance(open, "undone", NOW + 2, { active: false })).toBe(true);
    expect(await codeOf(journal.begin(newMove("m3"), NOW + 3))).toBe("done");
  });

  it("lets a refused one go on inside its transaction", async () => {
    await journal.begin(newMove("m1"), NOW);
    await store.db.transaction().execute(async (trx) => {
      const inside = new MoveJournal(trx, CONTOSO);
      expect(await codeOf(inside.begin(newMove("m2"), NOW))).toBe("move-in-progress");
      await inside.begin(newMove("m3", { objectId: BOB }), NOW);
    });
    expect(await journal.openCount()).toBe(2);
  });

  it("advances from the state that was seen, by whoever holds it, and by nobody else", async () => {
    await journal.begin(newMove("m1"), NOW);
    const seen = await row("m1");
    expect(await journal.advance(seen, "switched", NOW + 1, {}, "another")).toBe(false);
    expect(await row("m1")).toEqual(seen);
    expect(await journal.advance(seen, "switched", NOW + 1, { outcome: { moved: 2 } }, "one")).toBe(true);
    // The same step from the state of before: it has gone by.
    expect(await journal.advance(seen, "undoing", NOW + 2, {}, "one")).toBe(false);
    expect(await row("m1")).toMatchObject({
      state: "switched",
      active: true,
      outcome: { moved: 2 },
      changedMs: NOW + 1,
      steps: [
        ["frozen", NOW],
        ["switched", NOW + 1],
      ],
    });
    expect(await journal.advance(await row("m1"), "done", NOW + 3, { active: false, faultCode: "x" })).toBe(true);
    expect(await row("m1")).toMatchObject({ active: false, faultCode: "x", outcome: { moved: 2 } });
  });

  it("keeps every step, also where the row that was seen is of before", async () => {
    await journal.begin(newMove("m1"), NOW);
    const seen = await row("m1");
    await journal.advance(seen, "switched", NOW + 1);
    await journal.advance({ ...seen, state: "switched" }, "done", NOW + 2, { active: false });
    expect((await row("m1")).steps).toEqual([
      ["frozen", NOW],
      ["switched", NOW + 1],
      ["done", NOW + 2],
    ]);
  });

  it("of two that switch and undo at once, one does", async () => {
    await journal.begin(newMove("m1"), NOW);
    const seen = await row("m1");
    const [switched, undone] = await Promise.all([
      journal.advance(seen, "switched", NOW + 1, {}, "one"),
      journal.advance(seen, "undoing", NOW + 1, {}, "one"),
    ]);
    expect([switched, undone].filter(Boolean)).toHaveLength(1);
    expect((await row("m1")).state).toBe(switched ? "switched" : "undoing");
  });

  it("is taken over by one of two; the first holder changes nothing any more", async () => {
    await journal.begin(newMove("m1"), NOW);
    const seen = await row("m1");
    const both = await Promise.all(["two", "three"].map((owner) => journal.takeOver(seen, owner, NOW + 60_000)));
    expect(both.filter(Boolean)).toHaveLength(1);
    const owner = both[0] === true ? "two" : "three";
    expect(await row("m1")).toMatchObject({ owner, leaseMs: NOW + 60_000, state: "frozen" });
    expect(await journal.advance(seen, "switched", NOW + 1, {}, "one")).toBe(false);
    expect(await journal.advance(seen, "switched", NOW + 1, {}, owner)).toBe(true);
  });

  it("is not taken over by a look of before a lease was renewed, nor when it has ended", async () => {
    await journal.begin(newMove("m1"), NOW);
    const seen = await row("m1");
    await journal.renew("one", NOW + 90_000);
    expect(await journal.takeOver(seen, "two", NOW + 60_000)).toBe(false);
    const renewed = await row("m1");
    await journal.advance(renewed, "undone", NOW + 1, { active: false });
    expect(await journal.takeOver(renewed, "two", NOW + 60_000)).toBe(false);
  });

  it("renews its own leads alone", async () => {
    await journal.begin(newMove("m1"), NOW);
    await journal.begin(newMove("m2", { objectId: BOB, owner: "two" }), NOW);
    await journal.renew("one", NOW + 90_000);
    expect([(await row("m1")).leaseMs, (await row("m2")).leaseMs]).toEqual([NOW + 90_000, NOW + 30_000]);
  });

  it("finds leads whose lease has lapsed, the oldest first, and neither what follows nor what has ended", async () => {
    const user = (n: number): ObjectId => `00000000-0000-4000-8000-0000000000${n}` as ObjectId;
    await journal.begin(newMove("late", { objectId: user(11), leaseMs: NOW }), NOW - 1);
    await journal.begin(newMove("early", { objectId: user(12), leaseMs: NOW - 5 }), NOW - 2);
    await journal.begin(newMove("held", { objectId: user(13), leaseMs: NOW + 1 }), NOW - 3);
    await journal.begin(newMove("follows", { objectId: user(14), role: "follower", leaseMs: 0 }), NOW - 4);
    await journal.begin(newMove("over", { objectId: user(15), leaseMs: 0, active: false }), NOW - 5);
    expect((await journal.orphans(NOW, 10)).map(({ moveId }) => moveId)).toEqual(["early", "late"]);
    expect((await journal.orphans(NOW, 1)).map(({ moveId }) => moveId)).toEqual(["early"]);
    expect(await journal.openCount()).toBe(3);
  });

  it("lists the newest first, of one user, of one batch, open ones, and so many", async () => {
    await journal.begin(newMove("m1", { active: false, batchId: "b1" }), NOW);
    await journal.begin(newMove("m2", { batchId: "b1" }), NOW + 1);
    await journal.begin(newMove("m3", { objectId: BOB }), NOW + 2);
    const ids = async (query: Parameters<MoveJournal["list"]>[0]): Promise<string[]> =>
      (await journal.list(query)).map(({ moveId }) => moveId);
    expect(await ids({})).toEqual(["m3", "m2", "m1"]);
    expect(await ids({ user: ALICE })).toEqual(["m2", "m1"]);
    expect(await ids({ batchId: "b1" })).toEqual(["m2", "m1"]);
    expect(await ids({ activeOnly: true })).toEqual(["m3", "m2"]);
    expect(await ids({ limit: 1 })).toEqual(["m3"]);
  });

  it("knows nothing of another tenant's moves, and changes none", async () => {
    await journal.begin(newMove("m1", { leaseMs: 0 }), NOW);
    const other = new MoveJournal(store.db, FABRIKAM);
    const seen = await row("m1");
    expect(await other.get("m1")).toBeUndefined();
    expect(await other.active(ALICE)).toBeUndefined();
    expect(await other.list({})).toEqual([]);
    expect(await other.orphans(NOW, 10)).toEqual([]);
    expect(await other.openCount()).toBe(0);
    expect(await other.advance(seen, "done", NOW)).toBe(false);
    expect(await other.takeOver(seen, "two", NOW)).toBe(false);
    await other.renew("one", NOW + 1);
    expect(await row("m1")).toEqual(seen);
    // The same id, and the same user, are another tenant's own.
    expect(await codeOf(other.begin(newMove("m1"), NOW))).toBe("done");
  });
});

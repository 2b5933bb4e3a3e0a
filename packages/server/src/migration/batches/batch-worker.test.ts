import { Fault } from "@tieline/fault";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ENGINES } from "../../store/engines.fixture.ts";
import type { Store } from "../../store/index.ts";
import { MoveJournal } from "../moves/journal.ts";
import { ONLINE_TARGET } from "../moves/move.ts";
import { batchLab, NOW, person, planned, POOL, TENANT, TOKEN, type BatchLab } from "./batches.fixture.ts";
import { homeOf } from "./home.ts";
import { DEFAULT_RETRY } from "./retry.ts";

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const PEOPLE = range(12).map((n) => person(n));
const BY = "admin@contoso.local";

describe.each(ENGINES)("batches on $name", ({ open }) => {
  let store: Store;
  let lab: BatchLab;
  beforeEach(async () => {
    store = await open();
    lab = await batchLab(store, PEOPLE);
  });
  afterEach(() => store.close());

  const homes = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const user of lab.directory.tenant(TENANT).users.stream()) found.push(homeOf(user));
    return found.sort();
  };

  it("moves everybody and ends, with the sign-in erased", async () => {
    const batch = await planned(lab, PEOPLE);
    await lab.service.start(batch.batchId, {}, BY);
    await lab.work(lab.worker(), "Pilots");
    const after = await lab.service.find("pilots");
    expect(after).toMatchObject({ state: "Completed", hasSignIn: false, users: 12 });
    expect(lab.engine.moved.length).toBe(12);
    expect(await homes()).toEqual(PEOPLE.map(() => ONLINE_TARGET));
    expect(lab.opened.length).toBe(1);
    expect(lab.hosted.open).toBe(0);
    const { counts } = await lab.service.progress(after);
    expect(counts).toEqual({ waiting: 0, moving: 0, moved: 12, failed: 0, skipped: 0, undone: 0 });
  });

  it("two workers on one store never take the same user", async () => {
    const batch = await planned(lab, PEOPLE, { limits: { concurrentMoves: 5 } });
    await lab.service.start(batch.batchId, {}, BY);
    const [one, other] = [lab.worker(), lab.worker()];
    for (let i = 0; i < 40; i += 1) {
      await Promise.all([one.round(), other.round()]);
      lab.clock.nowMs += 100;
    }
    await Promise.all([one.settled(), other.settled()]);
    await lab.work(one, "Pilots");
    const moved = lab.engine.moved.map(({ user }) => user);
    expect(new Set(moved).size).toBe(12);
    expect(moved.length).toBe(12);
    expect(lab.engine.most).toBeLessThanOrEqual(5);
  });

  it("a worker that dies is replaced when its lease lapses, and not before", async () => {
    const batch = await planned(lab, PEOPLE.slice(0, 2));
    await lab.service.start(batch.batchId, {}, BY);
    const [dead, next] = [lab.worker(), lab.worker()];
    // The first moves nobody: it stops in the middle of both.
    lab.engine.middle = () => new Promise(() => undefined);
    await dead.round();
    await lab.engine.reached(2);
    lab.engine.middle = () => undefined;
    await next.round();
    await next.settled();
    expect(await lab.states("Pilots")).toEqual(["moving", "moving"]);
    lab.clock.nowMs += 61_000;
    await lab.work(next, "Pilots");
    expect(await lab.states("Pilots")).toEqual(["moved", "moved"]);
    expect(lab.engine.settles).toBeGreaterThan(0);
    expect(lab.logged).toContain("takes over users of a worker that has not been heard of");
  });

  it("a lease that is renewed does not lapse", async () => {
    const batch = await planned(lab, PEOPLE.slice(0, 1));
    await lab.service.start(batch.batchId, {}, BY);
    const [slow, next] = [lab.worker(), lab.worker()];
    let release = (): void => undefined;
    lab.engine.middle = () => new Promise((resolve) => (release = resolve));
    await slow.round();
    await lab.engine.reached(1);
    for (let i = 0; i < 6; i += 1) {
      lab.clock.nowMs += 30_000;
      await slow.round();
      await next.round();
    }
    release();
    await slow.settled();
    expect(lab.engine.moved.length).toBe(1);
    expect(lab.logged).not.toContain("takes over users of a worker that has not been heard of");
  });

  it("what a dead worker's engine had done is recorded as moved, not moved again", async () => {
    const batch = await planned(lab, PEOPLE.slice(0, 1));
    await lab.service.start(batch.batchId, {}, BY);
    const dead = lab.worker();
    lab.engine.middle = () => new Promise(() => undefined);
    await dead.round();
    await lab.engine.reached(1);
    // The engine of another process ended the move; its record in the batch is missing.
    await lab.directory
      .tenant(TENANT)
      .users.update(PEOPLE[0]!.objectId, { hostingProvider: ONLINE_TARGET, registrarPool: null }, lab.clock.nowMs);
    lab.clock.nowMs += 61_000;
    await lab.work(lab.worker(), "Pilots");
    expect(await lab.states("Pilots")).toEqual(["moved"]);
    expect(lab.engine.moved.length).toBe(0);
    expect((await lab.service.find("Pilots")).state).toBe("Completed");
  });

  it("tries again what is transient, later each time, and gives up what is not at once", async () => {
    const batch = await planned(lab, PEOPLE.slice(0, 3));
    const tries = new Map<string, number>();
    lab.engine.before = ({ user }) => {
      const n = (tries.get(user) ?? 0) + 1;
      tries.set(user, n);
      if (user === PEOPLE[0]!.objectId && n < 3) return new Fault("move-not-provisioned");
      return user === PEOPLE[1]!.objectId ? new Fault("hosted-migration-licence") : undefined;
    };
    await lab.service.start(batch.batchId, {}, BY);
    await lab.work(lab.worker(), "Pilots");
    const users = await lab.service.page(batch.batchId, { limit: 10 });
    expect(users.map(({ state }) => state)).toEqual(["moved", "failed", "moved"]);
    expect([...tries.values()]).toEqual([3, 1, 1]);
    expect(users[1]?.complaint).toMatchObject({ code: "hosted-migration-licence" });
    expect(users[1]?.complaint?.text).toContain("Error=(507)");
    expect((await lab.service.find("Pilots")).state).toBe("CompletedWithErrors");
  });

  it("goes on with those who failed when it is resumed after its end", async () => {
    const batch = await planned(lab, PEOPLE.slice(0, 2));
    lab.engine.before = ({ user }) => (user === PEOPLE[1]!.objectId ? new Fault("hosted-migration-licence") : undefined);
    await lab.service.start(batch.batchId, {}, BY);
    await lab.work(lab.worker(), "Pilots");
    lab.engine.before = () => undefined;
    await lab.service.resume(batch.batchId, TOKEN, BY);
    await lab.work(lab.worker(), "Pilots");
    expect(await lab.states("Pilots")).toEqual(["moved", "moved"]);
    expect((await lab.service.find("Pilots")).state).toBe("Completed");
  });

  it("faults of the same environment in a row pause the batch and fail nobody", async () => {
    const batch = await planned(lab, PEOPLE);
    lab.engine.before = () => new Fault("store-full", { file: "online.db" });
    await lab.service.start(batch.batchId, {}, BY);
    const worker = lab.worker();
    await lab.work(worker, "Pilots");
    const paused = await lab.service.find("Pilots");
    expect(paused.state).toBe("Suspended");
    expect(paused.reason?.code).toBe("batch-paused");
    expect(paused.reason?.text).toContain("no room left");
    expect(new Set(await lab.states("Pilots"))).toEqual(new Set(["waiting"]));
    lab.engine.before = () => undefined;
    await lab.service.resume(batch.batchId, {}, BY);
    await lab.work(worker, "Pilots");
    expect((await lab.service.find("Pilots")).state).toBe("Completed");
  });

  it("moves that cannot be ended, as the other site is away, pause the batch before everybody is begun with", async () => {
    const batch = await planned(lab, PEOPLE);
    const begun = new Set<string>();
    lab.engine.before = ({ user }) => {
      begun.add(user);
      const cause = new Fault("connection-refused", { host: "admin0a.online.lync.com", port: 443 });
      return new Fault("move-unsettled", { user, reason: "nobody answers", decision: "to be undone" }, { cause });
    };
    await lab.service.start(batch.batchId, {}, BY);
    const worker = lab.worker();
    await lab.work(worker, "Pilots");
    const paused = await lab.service.find("Pilots");
    expect(paused).toMatchObject({ state: "Suspended", reason: { code: "batch-paused" } });
    expect(paused.reason?.text).toContain("admin0a.online.lync.com");
    expect(begun.size).toBeLessThan(PEOPLE.length);
    lab.engine.before = () => undefined;
    await lab.service.resume(batch.batchId, {}, BY);
    await lab.work(worker, "Pilots");
    expect((await lab.service.find("Pilots")).state).toBe("Completed");
  });

  it("a move whose ticket is refused is settled by the batch's sign-in of now", async () => {
    const { batchId } = await planned(lab, PEOPLE.slice(0, 1));
    const [user] = PEOPLE as [(typeof PEOPLE)[number]];
    const journal = new MoveJournal(lab.store.db, TENANT);
    const move = { moveId: "left", objectId: user.objectId, sipAddress: "", source: POOL, target: ONLINE_TARGET, by: BY };
    await journal.begin({ ...move, role: "leader", direction: "to-online", state: "undoing", batchId }, NOW);
    await journal.note("left", "hosted-ticket-refused");
    lab.engine.before = () => new Fault("move-unsettled", { user: "user1", reason: "gone", decision: "to be undone" });
    await lab.service.start(batchId, {}, BY);
    const worker = lab.worker();
    const round = async (): Promise<void> => {
      await worker.round();
      await worker.settled();
      lab.clock.nowMs += 600_000;
    };
    await round();
    const offered: unknown[] = [];
    lab.engine.settling = (hosted) => Promise.resolve(void offered.push(hosted));
    await round();
    expect(offered).toEqual([undefined, expect.objectContaining({ url: expect.any(String) as string })]);
    const [row] = await lab.service.users(batchId).page({ limit: 1 });
    expect(row?.complaint?.text).toContain("new sign-in to this tenant");
    lab.engine.before = () => undefined;
    lab.engine.settling = async (hosted) => {
      const left = await journal.get("left");
      if (hosted !== undefined && left !== undefined) await journal.advance(left, "undone", NOW, { active: false });
    };
    await lab.work(worker, "Pilots");
    expect(await lab.states("Pilots")).toEqual(["moved"]);
  });

  it("nobody counts as moved whose move is open still", async () => {
    const { batchId } = await planned(lab, PEOPLE.slice(0, 1));
    const [user] = PEOPLE as [(typeof PEOPLE)[number]];
    const journal = new MoveJournal(lab.store.db, TENANT);
    const move = {
      moveId: "left",
      objectId: user.objectId,
      sipAddress: user.sipAddress ?? "",
      source: POOL,
      target: ONLINE_TARGET,
      by: BY,
    };
    await journal.begin({ ...move, role: "leader", direction: "to-online", state: "switched", batchId }, NOW);
    lab.engine.before = () => new Fault("move-unsettled", { user: "user1", reason: "gone", decision: "to be completed" });
    await lab.service.start(batchId, {}, BY);
    const worker = lab.worker();
    const round = async (): Promise<void> => {
      await worker.round();
      await worker.settled();
      lab.clock.nowMs += 60_000;
    };
    await round();
    // The decision is on the disk, and the other site has not been told.
    await lab.directory.tenant(TENANT).users.update(user.objectId, { hostingProvider: ONLINE_TARGET, registrarPool: null }, NOW);
    await round();
    expect(await lab.states("Pilots")).toEqual(["waiting"]);
    const left = await journal.get("left");
    expect(left !== undefined && (await journal.advance(left, "done", NOW, { active: false }))).toBe(true);
    await lab.work(worker, "Pilots");
    expect(await lab.states("Pilots")).toEqual(["moved"]);
    expect(lab.engine.moved.length).toBe(0);
  });

  it("whom the batch itself has moved is moved, however often it was paused since", async () => {
    const { batchId } = await planned(lab, PEOPLE.slice(0, 1));
    const [user] = PEOPLE as [(typeof PEOPLE)[number]];
    const journal = new MoveJournal(lab.store.db, TENANT);
    const move = {
      moveId: "before",
      objectId: user.objectId,
      sipAddress: user.sipAddress ?? "",
      source: POOL,
      target: ONLINE_TARGET,
      by: BY,
    };
    const outcome = { moveId: "before", direction: "to-online", source: POOL, target: ONLINE_TARGET };
    await journal.begin({ ...move, role: "leader", direction: "to-online", state: "done", active: false, batchId, outcome }, NOW);
    await lab.directory.tenant(TENANT).users.update(user.objectId, { hostingProvider: ONLINE_TARGET, registrarPool: null }, NOW);
    await lab.service.start(batchId, {}, BY);
    await lab.work(lab.worker(), "Pilots");
    expect(await lab.states("Pilots")).toEqual(["moved"]);
    expect(lab.engine.moved.length).toBe(0);
  });

  it("a good move in between begins the count of faults anew", async () => {
    const batch = await planned(lab, PEOPLE);
    let n = 0;
    lab.engine.before = () => ((n += 1) % 3 === 0 ? undefined : new Fault("store-full", { file: "online.db" }));
    await lab.service.start(batch.batchId, {}, BY);
    await lab.work(lab.worker({ concurrency: 1, retry: { ...DEFAULT_RETRY, maxAttempts: 50 } }), "Pilots", 600_000);
    expect((await lab.service.find("Pilots")).state).toBe("Completed");
  });

  it("a sign-in that ends suspends the batch, and another one goes on with it", async () => {
    const batch = await planned(lab, PEOPLE);
    lab.hosted.endsMs = lab.clock.nowMs + 62_000;
    await lab.service.start(batch.batchId, {}, BY);
    const worker = lab.worker();
    await worker.round();
    await worker.settled();
    lab.clock.nowMs += 10_000;
    await lab.work(worker, "Pilots");
    const paused = await lab.service.find("Pilots");
    expect(paused).toMatchObject({ state: "Suspended", reason: { code: "batch-sign-in-ended" } });
    expect(paused.reason?.cure).toContain("Sign in again");
    lab.hosted.endsMs = undefined;
    const authentication = { kind: "token", token: "another" } as const;
    await lab.service.resume(batch.batchId, { authentication }, BY);
    await lab.work(worker, "Pilots");
    expect((await lab.service.find("Pilots")).state).toBe("Completed");
    expect(lab.opened.at(-1)?.authentication).toEqual(authentication);
    expect(lab.engine.moved.length).toBe(12);
  });

  it("moves wave after wave", async () => {
    const batch = await planned(lab, PEOPLE, { limits: { waveSize: 5 } });
    await lab.service.start(batch.batchId, {}, BY);
    expect((await lab.service.find("Pilots")).waves).toBe(3);
    const worker = lab.worker({ concurrency: 100 });
    const sizes: number[] = [];
    for (let before = 0; before < 12; before = lab.engine.moved.length) {
      await worker.round();
      await worker.settled();
      sizes.push(lab.engine.moved.length - before);
    }
    expect(sizes).toEqual([5, 5, 2]);
  });

  it("obeys the rate over all workers", async () => {
    const batch = await planned(lab, PEOPLE, { limits: { ratePerMinute: 4 } });
    await lab.service.start(batch.batchId, {}, BY);
    const workers = [lab.worker(), lab.worker()];
    const started = lab.clock.nowMs;
    for (const ms = 1_000; lab.clock.nowMs < started + 60_000; lab.clock.nowMs += ms) {
      for (const worker of workers) await worker.round();
    }
    for (const worker of workers) await worker.settled();
    expect(lab.engine.moved.length).toBe(4);
  });

  it("begins within its hours only, and finishes what it has begun", async () => {
    const batch = await planned(lab, PEOPLE, { limits: { window: "20:00-06:00", timeZone: "Europe/Berlin" } });
    await lab.service.start(batch.batchId, {}, BY);
    const worker = lab.worker();
    await worker.round();
    expect(await lab.states("Pilots")).not.toContain("moving");
    expect((await lab.service.progress(await lab.service.find("Pilots"))).isOutsideWindow).toBe(true);
    lab.clock.nowMs = Date.UTC(2020, 7, 5, 18, 1);
    await lab.work(worker, "Pilots");
    expect(lab.engine.moved.length).toBe(12);
  });

  it("suspends: moves under way finish, nobody else begins; another process resumes it", async () => {
    const batch = await planned(lab, PEOPLE);
    await lab.service.start(batch.batchId, {}, BY);
    const releases: (() => void)[] = [];
    lab.engine.middle = () => new Promise((resolve) => void releases.push(resolve));
    const worker = lab.worker();
    await worker.round();
    await lab.engine.reached(4);
    await lab.service.suspend(batch.batchId, BY);
    for (const release of releases) release();
    await worker.settled();
    await worker.round();
    expect(lab.engine.moved.length).toBe(4);
    expect(await lab.service.find("Pilots")).toMatchObject({ state: "Suspended", reason: { code: "batch-suspended-by" } });
    lab.engine.middle = () => undefined;
    await lab.service.resume(batch.batchId, {}, BY);
    await lab.work(lab.worker(), "Pilots");
    expect(lab.engine.moved.length).toBe(12);
  });

  it("stops for good: whoever waits is passed over, moves under way finish, the sign-in is erased", async () => {
    const batch = await planned(lab, PEOPLE);
    await lab.service.start(batch.batchId, {}, BY);
    const releases: (() => void)[] = [];
    lab.engine.middle = () => new Promise((resolve) => void releases.push(resolve));
    const worker = lab.worker();
    await worker.round();
    await lab.engine.reached(4);
    await lab.service.stop(batch.batchId, BY);
    for (const release of releases) release();
    await worker.settled();
    const after = await lab.service.find("Pilots");
    expect(after).toMatchObject({ state: "Cancelled", hasSignIn: false });
    expect((await lab.service.progress(after)).counts).toMatchObject({ moved: 4, skipped: 8 });
  });

  it("takes a batch back to where each was", async () => {
    const batch = await planned(lab, PEOPLE);
    await lab.service.start(batch.batchId, {}, BY);
    await lab.work(lab.worker(), "Pilots");
    await expect(lab.service.undo(batch.batchId, undefined, {}, BY)).rejects.toMatchObject({ code: "batch-sign-in-missing" });
    await lab.service.undo(batch.batchId, undefined, TOKEN, BY);
    await lab.work(lab.worker(), "Pilots");
    expect((await lab.service.find("Pilots")).state).toBe("Undone");
    expect(await homes()).toEqual(PEOPLE.map(() => POOL));
    expect(new Set(await lab.states("Pilots"))).toEqual(new Set(["undone"]));
  });

  it("takes a batch back while it runs: also those who are under way", async () => {
    const batch = await planned(lab, PEOPLE);
    await lab.service.start(batch.batchId, {}, BY);
    const releases: (() => void)[] = [];
    const worker = lab.worker();
    await worker.round();
    await worker.settled();
    lab.engine.middle = () => new Promise((resolve) => void releases.push(resolve));
    await worker.round();
    await lab.engine.reached(4);
    await lab.service.undo(batch.batchId, undefined, {}, BY);
    lab.engine.middle = () => undefined;
    for (const release of releases) release();
    await worker.settled();
    await lab.work(worker, "Pilots");
    const after = await lab.service.find("Pilots");
    expect((await lab.service.progress(after)).counts).toMatchObject({ undone: 8, skipped: 4, moved: 0 });
    expect(after.state).toBe("Undone");
    expect(await homes()).toEqual(PEOPLE.map(() => POOL));
  });

  it("takes one user back, of a batch that runs or has ended", async () => {
    const batch = await planned(lab, PEOPLE);
    await lab.service.start(batch.batchId, {}, BY);
    const worker = lab.worker();
    await worker.round();
    await worker.settled();
    await lab.service.undo(batch.batchId, [2], {}, BY);
    await lab.work(worker, "Pilots");
    expect((await lab.states("Pilots")).map((state, i) => (state === "undone" ? i + 1 : 0)).filter(Boolean)).toEqual([2]);
    await lab.service.undo(batch.batchId, [5], TOKEN, BY);
    await lab.work(worker, "Pilots");
    expect((await lab.states("Pilots")).map((state, i) => (state === "undone" ? i + 1 : 0)).filter(Boolean)).toEqual([2, 5]);
    expect((await lab.service.find("Pilots")).state).toBe("Completed");
  });

  it("whoever cannot be taken back stays moved, with the reason, and may be tried again", async () => {
    const batch = await planned(lab, PEOPLE.slice(0, 2));
    await lab.service.start(batch.batchId, {}, BY);
    await lab.work(lab.worker(), "Pilots");
    lab.engine.before = ({ user }) => (user === PEOPLE[0]!.objectId ? new Fault("hosted-migration-account") : undefined);
    await lab.service.undo(batch.batchId, undefined, TOKEN, BY);
    await lab.work(lab.worker(), "Pilots");
    const users = await lab.service.page(batch.batchId, { limit: 10 });
    expect(users.map(({ state, complaint }) => [state, complaint?.code])).toEqual([
      ["moved", "hosted-migration-account"],
      ["undone", undefined],
    ]);
    expect((await lab.service.find("Pilots")).state).toBe("CompletedWithErrors");
    lab.engine.before = () => undefined;
    await lab.service.resume(batch.batchId, TOKEN, BY);
    await lab.work(lab.worker(), "Pilots");
    expect((await lab.service.find("Pilots")).state).toBe("Undone");
  });

  it("mails the moved, each once, and not those who were taken back", async () => {
    const mailTemplate = "Subject: Moved to {Target}\n\nDear {DisplayName},\n{SipAddress} moved on {Date}. {Other}";
    const batch = await planned(lab, PEOPLE.slice(0, 3), { mailTemplate });
    await lab.service.start(batch.batchId, {}, BY);
    await lab.work(lab.worker(), "Pilots");
    await lab.service.undo(batch.batchId, undefined, TOKEN, BY);
    await lab.work(lab.worker(), "Pilots");
    expect(lab.mails.size).toBe(3);
    expect([...lab.mails.values()][0]).toMatchObject({
      to: "user1@contoso.com",
      subject: `Moved to ${ONLINE_TARGET}`,
      text: "Dear User 1,\nuser1@contoso.com moved on 2020-08-05. {Other}",
    });
  });

  it("a user who was deleted meanwhile fails alone, one who is there already is passed over", async () => {
    const batch = await planned(lab, PEOPLE.slice(0, 3));
    await lab.directory.tenant(TENANT).users.remove(PEOPLE[0]!.objectId);
    await lab.directory
      .tenant(TENANT)
      .users.update(PEOPLE[1]!.objectId, { hostingProvider: ONLINE_TARGET, registrarPool: null }, lab.clock.nowMs);
    await lab.service.start(batch.batchId, {}, BY);
    await lab.work(lab.worker(), "Pilots");
    const users = await lab.service.page(batch.batchId, { limit: 10 });
    expect(users.map(({ state, complaint }) => [state, complaint?.code])).toEqual([
      ["failed", "batch-user-gone"],
      ["skipped", "batch-user-already-there"],
      ["moved", undefined],
    ]);
  });

  it("works by itself until it is told to end, and finishes what it has begun", async () => {
    const batch = await planned(lab, PEOPLE);
    await lab.service.start(batch.batchId, {}, BY);
    const releases: (() => void)[] = [];
    lab.engine.middle = () => new Promise((resolve) => void releases.push(resolve));
    const end = new AbortController();
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    let isOver = false;
    const running = lab
      .worker({ pause: turn })
      .run(end.signal)
      .then(() => (isOver = true));
    await lab.engine.reached(4);
    end.abort();
    for (let i = 0; i < 20; i += 1) await turn();
    expect(isOver).toBe(false);
    for (const release of releases) release();
    await running;
    const { counts } = await lab.service.progress(await lab.service.find("Pilots"));
    expect(counts).toMatchObject({ moved: 4, waiting: 8, moving: 0 });
    expect(lab.hosted.open).toBe(0);
  });

  it("followers miss no change and see none twice", async () => {
    const batch = await planned(lab, PEOPLE);
    let since = 0;
    const seen = new Map<number, string[]>();
    const follow = async (): Promise<void> => {
      for (;;) {
        const page = await lab.service.page(batch.batchId, { since, limit: 5 });
        for (const user of page) seen.set(user.sequence, [...(seen.get(user.sequence) ?? []), user.state]);
        if (page.length === 0) return;
        since = page.at(-1)!.changeNumber;
      }
    };
    await follow();
    await lab.service.start(batch.batchId, {}, BY);
    const worker = lab.worker();
    for (let i = 0; i < 6; i += 1) {
      await worker.round();
      await worker.settled();
      await follow();
    }
    expect([...seen.values()].every((states) => states.at(-1) === "moved")).toBe(true);
    const before = since;
    await follow();
    expect(since).toBe(before);
  });
});

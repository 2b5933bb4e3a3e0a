/** Moves between two sites that meet on the wire: each direction, each refusal, each fault between two steps. */
import { isFault } from "@tieline/fault";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADMIN, FULL, giveData, ONLINE, openTestHybrid, POOL, type Hybrid } from "./hybrid.fixture.ts";
import type { MoveOptions, MoveStep } from "./migration/index.ts";

let hybrid: Hybrid;
beforeAll(async () => {
  hybrid = await openTestHybrid();
});
afterAll(() => hybrid[Symbol.asyncDispose]());

async function move(address: string, target: string, options: MoveOptions = {}, onStep?: (step: MoveStep) => void) {
  const user = await hybrid.user(address);
  await using hosted = await hybrid.open();
  return await hybrid.migration.moves.move({ user: user.objectId, target, options, by: "administrator@contoso.local" }, { hosted, onStep });
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "done";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

describe("a move online and back", () => {
  test("takes everything along, step by step, and leaves nothing behind", async () => {
    await giveData(hybrid, "kenmyer@contoso.com");
    const steps: string[] = [];
    const outcome = await move("kenmyer@contoso.com", ONLINE, {}, (step) => steps.push(step));
    expect(steps).toEqual(["check", "freeze", "export", "import", "switch", "redirect", "release"]);
    expect(outcome.moved).toMatchObject({ contacts: 2, groups: 2, meetings: 1, delegates: 1, permissions: 1, forwarding: 1 });
    const [here, there] = [await hybrid.user("kenmyer@contoso.com"), await hybrid.onlineUser("kenmyer@contoso.com")];
    expect([here.hostingProvider, here.registrarPool]).toEqual([ONLINE, null]);
    expect([there.hostingProvider, there.interpretedUserType]).toEqual([ONLINE, "HybridOnlineSfBUser"]);
    expect(there.registrarPool).not.toBeNull();
    expect(await hybrid.data("there", there.objectId)).toMatchObject({ ...FULL, policies: expect.anything() as unknown });
    expect((await hybrid.data("here", here.objectId)).contacts).toEqual([]);
  });

  test("brings it back to a pool with the same", async () => {
    const outcome = await move("kenmyer@contoso.com", POOL);
    expect(outcome.direction).toBe("to-pool");
    const [here, there] = [await hybrid.user("kenmyer@contoso.com"), await hybrid.onlineUser("kenmyer@contoso.com")];
    expect([here.hostingProvider, here.registrarPool]).toEqual(["SRV:", POOL]);
    expect([there.hostingProvider, there.registrarPool, there.interpretedUserType]).toEqual(["SRV:", null, "HybridOnpremSfBUser"]);
    expect(await hybrid.data("here", here.objectId)).toMatchObject({ ...FULL, policies: expect.anything() as unknown });
    expect((await hybrid.data("there", there.objectId)).contacts).toEqual([]);
  });

  test("a move to where the user is, or to nowhere, is refused", async () => {
    expect(await codeOf(move("kenmyer@contoso.com", POOL))).toBe("move-already-there");
    expect(await codeOf(move("kenmyer@contoso.com", "nowhere.contoso.local"))).toBe("move-target-unknown");
  });

  test("two moves of a user at once: one goes, the other is told of it", async () => {
    let second = Promise.resolve("");
    const again = (step: MoveStep): void => {
      if (step === "export") second = codeOf(move("kenmyer@contoso.com", ONLINE));
    };
    await move("kenmyer@contoso.com", ONLINE, {}, again);
    expect(["move-in-progress", "move-already-there"]).toContain(await second);
    await move("kenmyer@contoso.com", POOL);
  });
});

test("whoever asks first is refused before anything is frozen", async () => {
  const user = await hybrid.user("nolicence@contoso.com");
  await using hosted = await hybrid.open();
  const steps: string[] = [];
  const wish = { user: user.objectId, target: ONLINE, options: {}, by: "test" };
  const call = { hosted, asksFirst: true, onStep: (step: MoveStep) => void steps.push(step) };
  expect(await codeOf(hybrid.migration.moves.move(wish, call))).toBe("hosted-migration-licence");
  expect(steps).toEqual(["check"]);
});

describe("the sign-in", () => {
  test("by the password of an account with a second factor is refused", async () => {
    const account = await hybrid.online.directory.accounts.find(ADMIN);
    if (account === undefined) throw new Error("no administrator");
    await hybrid.online.factors?.accounts.change(account, "enforce");
    expect(await codeOf(hybrid.open())).toMatch(/^aadsts-/);
    await hybrid.online.factors?.accounts.change(account, "disable");
  });

  test("by an account without the roles is refused", async () => {
    const user = "helpdesk@contoso.com";
    expect(await codeOf(hybrid.open({ kind: "credential", user, password: hybrid.secrets.password(user) }))).toBe(
      "hosted-migration-caller",
    );
  });
});

describe("the other site is away", () => {
  test("before the decision: the user is as before", async () => {
    const user = await hybrid.user("kenmyer@contoso.com");
    await using hosted = await hybrid.open();
    const work = hybrid.migration.moves.move(
      { user: user.objectId, target: ONLINE, options: {}, by: "test" },
      { hosted, onStep: (step) => void (step === "export" && hybrid.stopService()) },
    );
    expect(await codeOf(work)).toBe("move-unsettled");
    await hybrid.startService();
    expect(await hybrid.migration.moves.settle()).toBe(0);
    expect((await hybrid.user("kenmyer@contoso.com")).hostingProvider).toBe("SRV:");
    expect((await hybrid.data("here", user.objectId)).contacts).toHaveLength(2);
    expect((await hybrid.data("there", user.objectId)).contacts).toEqual([]);
  });

  test("after the decision: the move is completed as soon as it is back", async () => {
    const user = await hybrid.user("kenmyer@contoso.com");
    await using hosted = await hybrid.open();
    const work = hybrid.migration.moves.move(
      { user: user.objectId, target: ONLINE, options: {}, by: "test" },
      { hosted, onStep: (step) => void (step === "switch" && hybrid.stopService()) },
    );
    expect(await codeOf(work)).toBe("move-unsettled");
    await hybrid.startService();
    expect(await hybrid.migration.moves.settle()).toBe(0);
    expect((await hybrid.onlineUser("kenmyer@contoso.com")).registrarPool).not.toBeNull();
    expect((await hybrid.data("there", user.objectId)).contacts).toHaveLength(2);
    expect((await hybrid.data("here", user.objectId)).contacts).toEqual([]);
  });
});

describe("the network is cut", () => {
  const CUTS = (["request", "answer"] as const).flatMap((what) => [
    ...(["import", "commit"] as const).map((operation) => ({ way: "to-online", what, operation })),
    ...(["freeze", "commit"] as const).map((operation) => ({ way: "to-pool", what, operation })),
  ]);

  test.each(CUTS)(
    "$way: the $what of $operation is lost, once or for long: one home, nothing lost, nothing twice",
    async ({ way, what, operation }) => {
      for (const times of [1, 4]) {
        const isHere = (await hybrid.user("kenmyer@contoso.com")).registrarPool !== null;
        if (isHere !== (way === "to-online")) await move("kenmyer@contoso.com", isHere ? ONLINE : POOL);
        hybrid.lose(what, operation, times);
        const code = await codeOf(move("kenmyer@contoso.com", way === "to-online" ? ONLINE : POOL));
        hybrid.lose(what, operation, 0);
        expect(await hybrid.migration.moves.settle()).toBe(0);
        const [here, there] = [await hybrid.user("kenmyer@contoso.com"), await hybrid.onlineUser("kenmyer@contoso.com")];
        expect([here.registrarPool !== null, there.registrarPool !== null].filter(Boolean)).toHaveLength(1);
        const home = here.registrarPool === null ? "there" : "here";
        // A commit is repeated, and completed later if need be; what is lost before the decision undoes the move.
        expect(home).toBe((operation === "commit") === (way === "to-online") ? "there" : "here");
        expect(["done", "move-unsettled", "connection-lost", "connection-reset"]).toContain(code);
        expect((await hybrid.data(home, here.objectId)).contacts).toHaveLength(2);
        expect((await hybrid.data(home === "here" ? "there" : "here", here.objectId)).contacts).toEqual([]);
      }
    },
  );
});

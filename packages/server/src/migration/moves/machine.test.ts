import { describe, expect, test } from "vitest";
import { PLANS, remedyFor, served, settled, type FollowerState, type LeaderState } from "./machine.ts";

const LEADER: readonly (LeaderState | undefined)[] = [undefined, "frozen", "undoing", "switched", "done", "undone"];
const FOLLOWER: readonly (FollowerState | undefined)[] = [undefined, "frozen", "imported", "done", "undone"];
const WAYS = ["to-online", "to-pool"] as const;
type Way = (typeof WAYS)[number];
interface Journals {
  leader: LeaderState | undefined;
  follower: FollowerState | undefined;
}

/** What each site does by its own journal alone, without a look at the other: the pool by its homing, the service by its own. */
const SERVES = {
  pool: (way: Way, leader: LeaderState | undefined): boolean => {
    if (leader === "frozen" || leader === "undoing") return false;
    const isSwitched = leader === "switched" || leader === "done";
    return (way === "to-pool") === isSwitched;
  },
  service: (way: Way, follower: FollowerState | undefined): boolean => {
    if (way === "to-online") return follower === "done";
    return follower === undefined || follower === "undone";
  },
};

describe("the steps of a plan", () => {
  test("have one order in every direction, and begin with a check at which nothing is written", () => {
    const order = ["check", "freeze", "export", "import", "switch", "redirect", "release"];
    for (const plan of Object.values(PLANS)) {
      const places = plan.map(({ step }) => order.indexOf(step));
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(plan[0]?.step).toBe("check");
      expect([plan[0]?.leader, plan[0]?.follower]).toEqual([undefined, undefined]);
    }
  });

  test.each(WAYS)("%s: each step writes where it is taken, and the pool decides before the service is told", (way) => {
    for (const { at, leader, follower } of PLANS[way]) {
      if (leader !== undefined) expect(["leader", "both"]).toContain(at);
      if (follower !== undefined) expect(["follower", "both"]).toContain(at);
    }
    const place = (step: string): number => PLANS[way].findIndex((each) => each.step === step);
    expect(PLANS[way][place("switch")]).toMatchObject({ at: "leader", leader: "switched" });
    expect(PLANS[way].slice(0, place("switch")).map(({ leader }) => leader)).not.toContain("switched");
    expect(PLANS[way].findIndex(({ follower }) => follower === "done")).toBeGreaterThan(place("switch"));
  });

  test.each(WAYS)("%s: the source serves before the first of them and the target after the last, at one site each", (way) => {
    const [first, last] = [{ leader: undefined, follower: undefined }, PLANS[way].reduce<Journals>(taken, NOTHING)];
    expect([served(way, first.leader, first.follower), served(way, last.leader, last.follower)]).toEqual(["source", "target"]);
  });
});

const NOTHING: Journals = { leader: undefined, follower: undefined };

function taken(before: Journals, { leader, follower }: { leader?: LeaderState; follower?: FollowerState }): Journals {
  return { leader: leader ?? before.leader, follower: follower ?? before.follower };
}

describe("an order to a follower", () => {
  const TABLE: readonly [state: FollowerState | undefined, commit: string, abort: string][] = [
    [undefined, "contradiction", "undone"],
    ["frozen", "done", "undone"],
    ["imported", "done", "undone"],
    ["done", "done", "contradiction"],
    ["undone", "contradiction", "undone"],
  ];

  test("the table has every state", () => {
    expect(TABLE.map(([state]) => state)).toEqual(FOLLOWER);
  });

  test.each(TABLE)("in state %s: commit ends in %s, abort in %s", (state, commit, abort) => {
    expect([settled(state, "commit"), settled(state, "abort")]).toEqual([commit, abort]);
  });

  test.each(["commit", "abort"] as const)("%s, told twice, changes nothing the second time", (order) => {
    for (const state of FOLLOWER) {
      const next = settled(state, order);
      if (next !== "contradiction") expect(settled(next, order)).toBe(next);
    }
  });

  test("what was ended one way is never ended the other way", () => {
    for (const state of FOLLOWER) {
      const [commit, abort] = [settled(state, "commit"), settled(state, "abort")];
      if (commit !== "contradiction") expect(settled(commit, "abort")).toBe("contradiction");
      if (abort !== "contradiction") expect(settled(abort, "commit")).toBe("contradiction");
    }
  });
});

describe("what was left", () => {
  test.each([
    ["frozen", "undo"],
    ["undoing", "undo"],
    ["switched", "complete"],
    ["done", "nothing"],
    ["undone", "nothing"],
  ] as const)("at %s: %s", (state, remedy) => {
    expect(remedyFor(state)).toBe(remedy);
  });
});

/** Every pair of journals that deaths, lost messages and settling can lead to; each step may also be the last one. */
function reachable(way: Way): Journals[] {
  const seen = new Map<string, Journals>();
  const visit = (journals: Journals, step: number): void => {
    const name = `${journals.leader ?? "-"} ${journals.follower ?? "-"} ${step}`;
    if (seen.has(name)) return;
    seen.set(name, journals);
    const { leader, follower } = journals;
    const planned = PLANS[way][step];
    if (planned !== undefined) {
      // At both sites: the pool first.
      if (planned.at === "both" && planned.leader !== undefined) visit(taken(journals, { leader: planned.leader }), PLANS[way].length);
      visit(taken(journals, planned), step + 1);
    }
    // Whoever finds it from here on settles it, step by step.
    const end = PLANS[way].length;
    const remedy = leader === undefined ? "nothing" : remedyFor(leader);
    if (remedy === "undo") {
      if (leader === "frozen") visit({ leader: "undoing", follower }, end);
      else {
        const next = settled(follower, "abort");
        expect(next).not.toBe("contradiction");
        visit({ leader, follower: next as FollowerState }, end);
        if (follower === "undone") visit({ leader: "undone", follower }, end);
      }
    } else if (remedy === "complete") {
      const next = settled(follower, "commit");
      expect(next).not.toBe("contradiction");
      visit({ leader, follower: next as FollowerState }, end);
      if (follower === "done") visit({ leader: "done", follower }, end);
    }
  };
  visit(NOTHING, 0);
  return [...seen.values()];
}

describe.each(WAYS)("who serves, %s", (way) => {
  const target = way === "to-pool" ? "pool" : "service";

  test("for no pair of journals that can come about do both sites serve, and never is an order a contradiction", () => {
    const all = reachable(way);
    // The walk has been somewhere: every state of the pool, and every one that this way knows at the service.
    expect(new Set(all.map(({ leader }) => leader))).toEqual(new Set(LEADER));
    expect(all.map(({ follower }) => follower)).toEqual(expect.arrayContaining([undefined, "done", "undone"]));
    for (const { leader, follower } of all) {
      const [pool, service] = [SERVES.pool(way, leader), SERVES.service(way, follower)];
      expect(pool && service, `${leader} ${follower}`).toBe(false);
      const said = served(way, leader, follower);
      expect(
        said === "target" ? target : said === "source" ? (target === "pool" ? "service" : "pool") : undefined,
        `${leader} ${follower}`,
      ).toBe(pool ? "pool" : service ? "service" : undefined);
    }
  });

  test("what has ended is served by exactly one", () => {
    for (const { leader, follower } of reachable(way)) {
      if (leader === "done") expect([SERVES.pool(way, leader), SERVES.service(way, follower)].filter(Boolean)).toHaveLength(1);
      if (leader === "undone") expect(served(way, leader, follower)).toBe("source");
    }
  });
});

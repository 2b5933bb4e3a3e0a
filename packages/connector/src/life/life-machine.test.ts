/** The table of a session's life: renewal while idle, running and crowded, losses, and the end. */
import { describe, expect, test } from "vitest";
import { LifeMachine, type LifeAction, type LifeEvent, type LifeOptions } from "./life-machine.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** Plays events, a number being the time from then on; gives what was done, without words unless asked. */
function play(
  events: readonly (LifeEvent | number)[],
  options: Partial<LifeOptions> = {},
): { machine: LifeMachine; done: string[]; said: string[] } {
  const machine = new LifeMachine(options);
  const done: string[] = [];
  const said: string[] = [];
  let nowMs = 0;
  for (const event of events) {
    if (typeof event === "number") nowMs = event;
    else machine.receive(event, nowMs);
    for (let action = machine.nextAction(); action !== undefined; action = machine.nextAction()) {
      if (action.do === "say") said.push(action.words);
      else done.push(written(action));
    }
  }
  return { machine, done, said };
}

function written(action: LifeAction): string {
  switch (action.do) {
    case "open":
      return action.after === undefined ? "open" : `open after ${action.after}`;
    case "serve":
    case "close":
      return `${action.do} ${action.shell}`;
    case "wake":
      return `wake ${action.atMs / MINUTE}`;
    default:
      return action.do;
  }
}

const wanted: LifeEvent = { event: "wanted" };
const time: LifeEvent = { event: "time" };
const opened = (shell: number, endsMs: number | undefined = HOUR, stateful = false): LifeEvent => ({
  event: "opened",
  shell,
  endsMs,
  stateful,
});
const began = (shell: number): LifeEvent => ({ event: "began", shell });
const ended = (shell: number): LifeEvent => ({ event: "ended", shell });
const lost = (shell: number): LifeEvent => ({ event: "lost", shell });
const failed = (quota: boolean): LifeEvent => ({ event: "open-failed", quota });

describe("renewal", () => {
  test("idle: the next shell is there before the old one is closed", () => {
    const { done, said } = play([wanted, opened(1), began(1), ended(1), 55 * MINUTE, time, opened(2, 2 * HOUR)]);
    expect(done).toEqual(["open", "wake 55", "serve 1", "open", "close 1", "wake 115"]);
    expect(said).toEqual(["renewing", "renewed"]);
  });

  test("running: the pipeline ends first", () => {
    const { done } = play([wanted, opened(1), began(1), 55 * MINUTE, time, 57 * MINUTE, ended(1), opened(2, 2 * HOUR)]);
    expect(done).toEqual(["open", "wake 55", "serve 1", "open", "close 1", "wake 115"]);
  });

  test("running while another pipeline is wanted: that goes to the next shell, and the old one drains", () => {
    const { done } = play([wanted, opened(1), began(1), 55 * MINUTE, time, wanted, opened(2, 2 * HOUR), began(2), ended(1)]);
    expect(done).toEqual(["open", "wake 55", "serve 1", "open", "wake 115", "serve 2", "close 1"]);
  });

  test("no seat for two: the old one is closed first, as soon as nothing runs in it", () => {
    expect(play([wanted, opened(1), 55 * MINUTE, time, failed(true), opened(2, 2 * HOUR)]).done).toEqual([
      "open",
      "wake 55",
      "serve 1",
      "open",
      "open after 1",
      "wake 115",
    ]);
    const { done } = play([wanted, opened(1), began(1), 55 * MINUTE, time, wanted, failed(true), ended(1), opened(2, 2 * HOUR)]);
    expect(done).toEqual(["open", "wake 55", "serve 1", "open", "open after 1", "wake 115", "serve 2"]);
  });

  test("fails otherwise: the old one serves on, and it is tried again", () => {
    const { done, said } = play([wanted, opened(1), 55 * MINUTE, time, wanted, failed(false), 55.5 * MINUTE, time, opened(2, 2 * HOUR)]);
    expect(done).toEqual(["open", "wake 55", "serve 1", "open", "wake 55.5", "serve 1", "open", "close 1", "wake 115"]);
    expect(said).toEqual(["renewing", "renewing-later", "renewing", "renewed"]);
  });

  test("a session that may hold variables is kept until it ends, and that is said", () => {
    const { done, said } = play([wanted, opened(1, HOUR, true), 55 * MINUTE, time, wanted, lost(1), wanted]);
    expect(done).toEqual(["open", "wake 55", "serve 1", "serve 1", "close 1", "open"]);
    expect(said).toEqual(["kept", "state-lost"]);
  });

  test("a life shorter than two margins is renewed at its half; one that nobody knows not at all", () => {
    expect(play([wanted, opened(1, 6 * MINUTE)]).done).toContain("wake 3");
    expect(play([wanted, { event: "opened", shell: 1, endsMs: undefined, stateful: false }]).done).toEqual(["open", "serve 1"]);
    expect(play([wanted, opened(1)], { renew: false }).done).toEqual(["open", "serve 1"]);
  });
});

test("a timer that comes early is set again", () => {
  expect(play([wanted, opened(1), 55 * MINUTE - 1, time, 55 * MINUTE, time]).done).toEqual([
    "open",
    "wake 55",
    "serve 1",
    "wake 55",
    "open",
  ]);
});

describe("loss", () => {
  test("while idle: the next pipeline opens another", () => {
    expect(play([wanted, opened(1), lost(1), wanted, opened(2)]).done).toEqual([
      "open",
      "wake 55",
      "serve 1",
      "close 1",
      "open",
      "wake 55",
      "serve 2",
    ]);
  });

  test("during a renewal: the one on its way serves", () => {
    expect(play([wanted, opened(1), 55 * MINUTE, time, lost(1), wanted, opened(2, 2 * HOUR)]).done).toEqual([
      "open",
      "wake 55",
      "serve 1",
      "open",
      "close 1",
      "wake 115",
      "serve 2",
    ]);
  });

  test("of a shell that drains, or one that is long gone, changes nothing", () => {
    const before = [wanted, opened(1), began(1), 55 * MINUTE, time, wanted, opened(2, 2 * HOUR)];
    expect(play([...before, lost(1)]).machine.state).toBe("live");
    expect(play([...before, lost(1), lost(1), lost(7), ended(1)]).done.filter((each) => each === "close 1")).toHaveLength(1);
  });
});

describe("the end", () => {
  test("closes what is open and what comes open later, and tells those who wait", () => {
    const before = [wanted, opened(1), began(1), 55 * MINUTE, time, wanted];
    expect(play([...before, { event: "close" }, opened(2)]).done.slice(-3)).toEqual(["close 1", "fail", "close 2"]);
    expect(play([wanted, { event: "close" }, opened(1)]).done).toEqual(["open", "fail", "close 1"]);
    expect(play([...before, opened(2), { event: "close" }]).done.slice(-2)).toEqual(["close 2", "close 1"]);
  });
});

test("whatever happens in whatever order, each shell is closed once at the end and nobody waits for ever", () => {
  let chance = 7;
  const next = (below: number): number => (chance = (chance * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
  for (let round = 0; round < 2000; round++) {
    const machine = new LifeMachine({ marginMs: 100, retryMs: 10 });
    const open = new Set<number>();
    const running = new Map<number, number>();
    let opening = 0;
    let waiting = 0;
    let last = 0;
    let nowMs = 0;
    const receive = (event: LifeEvent): void => {
      machine.receive(event, nowMs);
      for (let action = machine.nextAction(); action !== undefined; action = machine.nextAction()) {
        if (action.do === "open") {
          if (action.after !== undefined) expect(open.delete(action.after)).toBe(true);
          opening += 1;
        } else if (action.do === "close") expect(open.delete(action.shell)).toBe(true);
        else if (action.do === "fail") waiting = 0;
        else if (action.do === "serve") {
          expect(open.has(action.shell)).toBe(true);
          running.set(action.shell, (running.get(action.shell) ?? 0) + waiting);
          for (; waiting > 0; waiting--) machine.receive({ event: "began", shell: action.shell }, nowMs);
        }
      }
    };
    const answer = (): void => {
      opening -= 1;
      if (next(4) > 0) {
        open.add(++last);
        receive(opened(last, nowMs + 300));
      } else receive(failed(next(2) === 0));
    };
    for (let step = 0; step < 60; step++) {
      nowMs += next(60);
      const choice = next(6);
      if (choice === 0) {
        waiting += 1;
        receive(wanted);
      } else if (choice === 1 && opening > 0) answer();
      else if (choice === 2) receive(time);
      else if (choice === 3 && last > 0) receive(lost(1 + next(last)));
      else if (last > 0) {
        const shell = 1 + next(last);
        const count = running.get(shell) ?? 0;
        if (count > 0) {
          running.set(shell, count - 1);
          receive(ended(shell));
        }
      }
      expect(opening).toBeLessThan(2);
    }
    const answerAll = (): void => {
      for (const _ of Array.from({ length: 5 })) if (opening > 0) answer();
    };
    answerAll();
    for (const [shell, count] of running) for (let i = 0; i < count; i++) receive(ended(shell));
    answerAll();
    expect(waiting).toBe(0);
    receive({ event: "close" });
    expect([...open]).toEqual([]);
  }
});

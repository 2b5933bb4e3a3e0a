/** The service's word for "too fast", and obeying it. */
import { expect, test } from "vitest";
import { FakeClock } from "./fake-clock.fixture.ts";
import { recogniseMicroDelay } from "./micro-delay.ts";
import { Pace, Paces } from "./pace.ts";

const WARNING =
  "Micro delay applied. Actual delayed: 21956 msecs, Enforced: True, Capped delay: 21956 msecs, Required: False, Additional info: .; " +
  "PolicyDN: CN=Policy,CN=Global Settings,DC=local; BudgetType: PowerShell; ActiveRunspaces: 0/20; Balance: -1608289/2160000/-3000000; " +
  "PowerShellCmdletsLeft: 384/400; CmdletTimePeriod: 5; DestructiveCmdletsLeft: 120/120; QueueDepth: 100; RunSpacesRemaining: 20/20; Locked: False";

test("the warning is read with its dump, alone or as a console prints it", () => {
  for (const text of [WARNING, `WARNING: ${WARNING}`, WARNING.replaceAll("; ", ";\r\n")]) {
    expect(recogniseMicroDelay(text)).toMatchObject({
      actualMs: 21_956,
      enforced: true,
      cappedMs: 21_956,
      required: false,
      budget: {
        PolicyDN: "CN=Policy,CN=Global Settings,DC=local",
        Balance: "-1608289/2160000/-3000000",
        Locked: "False",
        CmdletTimePeriod: "5",
      },
    });
  }
  expect(
    recogniseMicroDelay(
      "Micro delay applied. Actual delayed: 5 msecs, Enforced: False, Capped delay: 0 msecs, Required: True, Additional info: .;",
    ),
  ).toEqual({
    actualMs: 5,
    enforced: false,
    cappedMs: 0,
    required: true,
    budget: {},
  });
});

test.each(["", "The session is slow.", "Micro delay applied.", WARNING.slice(0, 60), "Micro delay applied. Actual delayed: many msecs"])(
  "another warning is none: %j",
  (text) => {
    expect(recogniseMicroDelay(text)).toBeUndefined();
  },
);

test("a warning of any length and shape is read in a moment", () => {
  for (const filler of [";", "a:", " ", "a: b;", ":;"]) recogniseMicroDelay(`${WARNING}${filler.repeat(100_000)}`);
  expect(recogniseMicroDelay(WARNING + ";".repeat(100_000))?.actualMs).toBe(21_956);
});

/** Asks for turns and tells when each came. */
function runner(pace: Pace, clock: FakeClock): { begun: number[]; ask: (count: number) => void } {
  const begun: number[] = [];
  return {
    begun,
    ask: (count) => {
      for (let i = 0; i < count; i++) void pace.turn().then(() => begun.push(clock.nowMs()));
    },
  };
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("nobody waits until the service says so; then all wait in line, and no faster than before", async () => {
  const clock = new FakeClock();
  const said: string[] = [];
  const pace = new Pace({ clock, say: (words) => said.push(words) });
  const { begun, ask } = runner(pace, clock);
  ask(100);
  await settle();
  expect(begun).toHaveLength(100);
  pace.warned("Something else");
  expect(pace.intervalMs).toBe(0);
  pace.warned(WARNING);
  ask(3);
  clock.pass(21_955);
  await settle();
  expect(begun).toHaveLength(100);
  clock.pass(1);
  await settle();
  // A hundred in the last minute: from now on one in 600 ms.
  clock.pass(600);
  await settle();
  clock.pass(600);
  await settle();
  expect(begun.slice(100)).toEqual([21_956, 22_556, 23_156]);
  expect(said).toEqual(["The service delays this account (22 s): going slower for a while"]);
});

test("warnings of one burst count once; later ones halve the pace, down to the slowest", () => {
  const clock = new FakeClock();
  const pace = new Pace({ clock, slowestMs: 500 });
  for (let i = 0; i < 10; i++) pace.warned(WARNING);
  expect(pace.intervalMs).toBe(100);
  for (const expected of [200, 400, 500, 500]) {
    clock.pass(1000);
    pace.warned(WARNING);
    expect(pace.intervalMs).toBe(expected);
  }
});

test("without warnings the pace recovers, and that is said once", async () => {
  const clock = new FakeClock();
  const said: string[] = [];
  const pace = new Pace({ clock, say: (words) => said.push(words) });
  for (let i = 0; i < 3; i++) {
    pace.warned(WARNING);
    clock.pass(1000);
  }
  expect(pace.intervalMs).toBe(400);
  clock.pass(59_000);
  await pace.turn();
  expect(pace.intervalMs).toBe(200);
  clock.pass(180_000);
  await pace.turn();
  expect([pace.intervalMs, said.length]).toEqual([0, 2]);
});

test("who waits may give up; sessions of one credential share a pace, others do not", async () => {
  const clock = new FakeClock();
  const paces = new Paces({ clock });
  const pace = paces.of("Admin@contoso.com", "https://host/");
  expect(paces.of("admin@contoso.com", "https://HOST/")).toBe(pace);
  pace.warned(WARNING);
  const given = new AbortController();
  const waiting = pace.turn(given.signal);
  given.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await paces.of("other@contoso.com", "https://host/").turn();
});

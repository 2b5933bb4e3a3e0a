import { Fault } from "@tieline/fault";
import { expect, test } from "vitest";
import type { DeploymentForest, Refreshed } from "./deployment-forest.ts";
import { watchForest } from "./watch-forest.ts";

const NONE: Refreshed = { added: 0, changed: 0, removed: 0, refused: 0 };

test("reads and writes until it is ended; says what goes wrong once, that it is over, and who waits, also among those who were written", async () => {
  const away = (): never => {
    throw new Fault("forest-unreachable", { server: "dc1", reason: "off" });
  };
  const readings: (() => Refreshed)[] = [() => ({ ...NONE, added: 3 }), away, away, () => NONE, () => NONE];
  const flushes = [
    { written: 0, left: 2 },
    { written: 0, left: 2 },
    { written: 2, left: 0 },
    { written: 3, left: 1 },
  ];
  let left = 0;
  const forest = {
    name: "ldaps://dc1",
    refresh: async () => (readings.shift() ?? (() => NONE))(),
    flush: async () => {
      const next = flushes.shift();
      left = next?.left ?? left;
      return next?.written ?? 0;
    },
    pending: async () => left,
  } as Partial<DeploymentForest> as DeploymentForest;
  const said: string[] = [];
  const log = {
    info: (facts: Record<string, unknown>, text: string) => said.push(`info ${text} ${JSON.stringify(facts)}`),
    warn: ({ error: _error, ...facts }: Record<string, unknown>, text: string) => said.push(`warn ${text} ${JSON.stringify(facts)}`),
  };
  const pauses: Record<number, number> = {};
  let enough = (): void => {};
  const over = new Promise<void>((resolve) => (enough = resolve));
  const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
    pauses[ms] = (pauses[ms] ?? 0) + 1;
    if (pauses[ms] < 5) return;
    if ((pauses[100] ?? 0) >= 5 && (pauses[7] ?? 0) >= 5) enough();
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  };
  const watch = watchForest(forest, { refreshEveryMs: 100, flushEveryMs: 7, pause, log });
  await over;
  await watch[Symbol.asyncDispose]();
  expect(said.toSorted()).toEqual([
    'info the forest answers again {"forest":"ldaps://dc1"}',
    'info the forest was read {"forest":"ldaps://dc1","added":3,"changed":0,"removed":0,"refused":0}',
    'info users were written to the forest {"forest":"ldaps://dc1","written":2,"waiting":0}',
    'info users were written to the forest {"forest":"ldaps://dc1","written":3,"waiting":1}',
    'warn the forest could not be kept in step {"forest":"ldaps://dc1","code":"forest-unreachable"}',
    'warn users wait to be written to the forest {"forest":"ldaps://dc1","waiting":1}',
    'warn users wait to be written to the forest {"forest":"ldaps://dc1","waiting":2}',
  ]);
});

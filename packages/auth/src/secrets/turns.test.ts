import { isFault } from "@tieline/fault";
import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

function bench(turns: Turns) {
  const began: number[] = [];
  const ends: (() => void)[] = [];
  const come = (number: number): Promise<number> =>
    turns.take(() => {
      began.push(number);
      return new Promise((resolve) => ends.push(() => resolve(number)));
    });
  return { began, ends, come };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("so many at once, the others in the order in which they came, and one too many is refused at once", async () => {
  const turns = new Turns({ atOnce: 2, waiting: 2 });
  const { began, ends, come } = bench(turns);
  const all = [1, 2, 3, 4].map(come);
  expect(turns.load).toEqual({ taken: 2, waiting: 2 });
  await expect(come(5)).rejects.toSatisfy((error) => isFault(error) && error.code === "sign-in-crowded");
  ends[1]?.();
  await turn();
  expect(began).toEqual([1, 2, 3]);
  const sixth = come(6);
  for (let i = 0; i < 6; i += 1) {
    for (const end of ends) end();
    await turn();
  }
  expect(await Promise.all([...all, sixth])).toEqual([1, 2, 3, 4, 6]);
  expect(began).toEqual([1, 2, 3, 4, 6]);
  expect(turns.load).toEqual({ taken: 0, waiting: 0 });
});

test("work that fails hands its turn on", async () => {
  const turns = new Turns({ atOnce: 1, waiting: 1 });
  const failing = turns.take(() => Promise.reject(new Error("no")));
  const next = turns.take(() => Promise.resolve("next"));
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("next");
  expect(turns.load).toEqual({ taken: 0, waiting: 0 });
});

import { expect, test } from "vitest";
import { Deadlines } from "./deadlines.ts";

test("deadlines fall due in order, moved and lifted ones where they are now", () => {
  const deadlines = new Deadlines<string>();
  deadlines.set("a", 30);
  deadlines.set("b", 10);
  deadlines.set("c", 20);
  deadlines.set("b", 40);
  deadlines.lift("c");
  expect(deadlines.next()).toBe(30);
  expect(deadlines.due(29)).toBeUndefined();
  expect(deadlines.due(30)).toBe("a");
  expect(deadlines.due(100)).toBe("b");
  expect(deadlines.next()).toBeUndefined();
});

test("a deadline that is moved back and forth falls due once", () => {
  const deadlines = new Deadlines<number>();
  for (const at of [10, 20, 10]) deadlines.set(1, at);
  expect(deadlines.due(15)).toBe(1);
  expect(deadlines.due(50)).toBeUndefined();
});

test("many moves of few deadlines agree with a plain list", () => {
  const deadlines = new Deadlines<number>();
  const plain = new Map<number, number>();
  let state = 7;
  const random = (n: number): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) % n;
  for (let step = 0; step < 20_000; step++) {
    const key = random(50);
    if (random(5) === 0) {
      deadlines.lift(key);
      plain.delete(key);
    } else {
      const at = random(1_000_000);
      deadlines.set(key, at);
      plain.set(key, at);
    }
    if (step % 100 === 0) expect(deadlines.next()).toBe(plain.size === 0 ? undefined : Math.min(...plain.values()));
  }
  const order: number[] = [];
  for (let key = deadlines.due(1e9); key !== undefined; key = deadlines.due(1e9)) order.push(plain.get(key) as number);
  expect(order).toEqual([...plain.values()].sort((a, b) => a - b));
});

import { expect, test } from "vitest";
import { again } from "./again.ts";

test("begins at once and goes on after a fault, which is told; its end waits for what is under way, and tells nothing more", async () => {
  const told: string[] = [];
  const times: number[] = [];
  const third = Promise.withResolvers<void>();
  const loop = again(
    async (signal) => {
      times.push(times.length);
      if (times.length === 2) throw new Error("once");
      if (times.length < 3) return;
      const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      third.resolve();
      await stopped;
      throw new Error("cut short");
    },
    { everyMs: 7, failed: (error) => told.push(String(error)), pause: async (ms) => void told.push(`waits ${ms}`) },
  );
  await third.promise;
  await loop[Symbol.asyncDispose]();
  expect(times).toEqual([0, 1, 2]);
  expect(told).toEqual(["waits 7", "Error: once", "waits 7"]);
});

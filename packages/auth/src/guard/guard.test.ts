import { isFault, type Fault } from "@tieline/fault";
import { expect, test } from "vitest";
import { SYSTEM_SOURCES } from "../sources.ts";
import { LogonGuard } from "./logon-guard.ts";
import { DEFAULT_MECHANISM_POLICY, LEGACY_MECHANISMS } from "./mechanism-policy.ts";
import { VerifiedPasswords } from "./verified-passwords.ts";

function refused(action: () => unknown): Fault | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
}

test("legacy mechanisms are off by default", () => {
  for (const mechanism of LEGACY_MECHANISMS) expect(DEFAULT_MECHANISM_POLICY[mechanism]).toBe(false);
});

test("the delay doubles with each failure up to its limit, and is gone after a success", () => {
  const guard = new LogonGuard({ accountThreshold: 0, sourceThreshold: 0, firstDelayMs: 100, longestDelayMs: 1000 });
  const delays = [1, 2, 3, 4, 5, 6].map((i) => guard.admit("alice", "a", i).failed(i).delayMs);
  expect(delays).toEqual([100, 200, 400, 800, 1000, 1000]);
  guard.admit("alice", "a", 7).succeeded(7);
  expect(guard.admit("alice", "a", 8).failed(8).delayMs).toBe(100);
});

test("an account is locked after its threshold, in any letter case, for its time, and says for how long", () => {
  const guard = new LogonGuard({ accountThreshold: 3, lockMs: 60_000 });
  for (let i = 0; i < 3; i++) guard.admit(i % 2 === 0 ? "Alice" : "aLICE", `10.0.0.${i}`, 1000).failed(1000);
  const fault = refused(() => guard.admit("alice", "10.0.0.9", 31_000));
  expect(fault?.code).toBe("account-locked");
  expect(fault?.fields).toEqual({ user: "alice", seconds: 30 });
  expect(guard.locked(31_000)).toEqual({ accounts: 1, sources: 0 });
  expect(refused(() => guard.admit("bob", "10.0.0.9", 31_000))).toBeUndefined();
  expect(refused(() => guard.admit("alice", "10.0.0.9", 61_000))).toBeUndefined();
});

test("an administrator unlocks", () => {
  const guard = new LogonGuard({ accountThreshold: 1 });
  guard.admit("alice", "a", 0).failed(0);
  expect(refused(() => guard.admit("alice", "a", 1))?.code).toBe("account-locked");
  guard.unlock("ALICE");
  expect(refused(() => guard.admit("alice", "a", 1))).toBeUndefined();
});

test("one password tried on many accounts locks the source, and one good logon does not wash that away", () => {
  const guard = new LogonGuard({ sourceThreshold: 5 });
  for (let i = 0; i < 4; i++) guard.admit(`user${i}`, "10.0.0.1", i).failed(i);
  guard.admit("mine", "10.0.0.1", 5).succeeded(5);
  guard.admit("user9", "10.0.0.1", 6).failed(6);
  expect(refused(() => guard.admit("user10", "10.0.0.1", 7))?.code).toBe("source-locked");
  expect(refused(() => guard.admit("user10", "10.0.0.2", 7))).toBeUndefined();
});

test("failures are forgotten after a quiet time", () => {
  const guard = new LogonGuard({ accountThreshold: 3, forgetMs: 1000 });
  guard.admit("alice", "a", 0).failed(0);
  guard.admit("alice", "a", 10).failed(10);
  expect(guard.admit("alice", "a", 1010).failed(1010).delayMs).toBe(200);
  expect(refused(() => guard.admit("alice", "a", 1011))).toBeUndefined();
});

test("guesses sent at once are not all judged", () => {
  const guard = new LogonGuard({ accountThreshold: 3, concurrentAttempts: 2 });
  const open = Array.from({ length: 30 }, () => guard.admit("alice", "a", 0));
  expect(refused(() => guard.admit("alice", "a", 0))?.code).toBe("account-locked");
  open[0]?.failed(0);
  open.slice(2, 30).forEach((attempt) => attempt.abandoned());
  guard.admit("alice", "a", 0);
  expect(refused(() => guard.admit("alice", "a", 0))?.code).toBe("account-locked");
});

test("100,000 guesses in a day from 1,000 sources at one account: few are looked at, and its owner gets in each hour", () => {
  const guard = new LogonGuard();
  const day = 24 * 60 * 60_000;
  let looked = 0;
  for (let i = 0; i < 100_000; i++) {
    const now = Math.floor((i * day) / 100_000);
    try {
      guard.admit("alice", `10.1.${i % 4}.${i % 250}`, now).failed(now);
      looked++;
    } catch (error) {
      expect(isFault(error) && error.code.endsWith("-locked")).toBe(true);
    }
    if (i % 4166 === 0) guard.admit("alice", "192.0.2.1", now, true).succeeded(now);
  }
  expect(looked).toBeLessThanOrEqual(10 * 24 * 4);
  expect(looked).toBeGreaterThan(100);
});

test("100,000 guesses spread over 1,000 sources and 1,000 accounts at once: ten of each account are looked at", () => {
  const guard = new LogonGuard();
  let looked = 0;
  for (let i = 0; i < 100_000; i++) {
    if (refused(() => guard.admit(`user${i % 1000}`, `10.2.${Math.floor(i / 1000) % 4}.${i % 250}`, i).failed(i)) === undefined) looked++;
  }
  expect(looked).toBe(10_000);
});

test("a familiar source counts for itself, and its owner's mistakes lock it alone", () => {
  const guard = new LogonGuard({ accountThreshold: 2 });
  for (let i = 0; i < 2; i++) guard.admit("alice", "home", 0, true).failed(0);
  expect(refused(() => guard.admit("alice", "home", 1, true))?.code).toBe("account-locked");
  expect(refused(() => guard.admit("alice", "office", 1, true))).toBeUndefined();
  expect(refused(() => guard.admit("alice", "elsewhere", 1))).toBeUndefined();
  guard.unlock("Alice");
  expect(refused(() => guard.admit("alice", "home", 2, true))).toBeUndefined();
});

test("an attempt counts once", () => {
  const guard = new LogonGuard({ accountThreshold: 2 });
  const attempt = guard.admit("alice", "a", 0);
  attempt.failed(0);
  expect(attempt.failed(0).delayMs).toBe(0);
  expect(refused(() => guard.admit("alice", "a", 0))).toBeUndefined();
});

test("a million names do not fill the memory, and do not free a locked account among the recent ones", () => {
  const guard = new LogonGuard({ capacity: 1000, accountThreshold: 1, sourceThreshold: 0 });
  guard.admit("victim", "a", 0).failed(0);
  for (let i = 0; i < 50_000; i++) guard.admit(`u${i}`, `s${i}`, 1).abandoned();
  expect(refused(() => guard.admit("victim", "z", 2))?.code).toBe("account-locked");
});

test("a right password is remembered for its time, a wrong one never, and forgotten on demand", async () => {
  let now = 0;
  let asked = 0;
  const memory = new VerifiedPasswords({ sources: { ...SYSTEM_SOURCES, nowMs: () => now }, rememberMs: 1000, capacity: 2 });
  const port = memory.before((user, password) => {
    asked++;
    return Promise.resolve(password === "right" ? { name: user } : undefined);
  });
  expect(await port("alice", "right")).toEqual({ name: "alice" });
  expect(await port("alice", "right")).toEqual({ name: "alice" });
  expect(asked).toBe(1);
  expect(await port("alice", "wrong")).toBeUndefined();
  expect(await port("alice", "wrong")).toBeUndefined();
  expect(asked).toBe(3);
  now = 1000;
  await port("alice", "right");
  expect(asked).toBe(4);
  memory.forget("alice");
  await port("alice", "right");
  expect(asked).toBe(5);
  await port("bob", "right");
  await port("carol", "right");
  await port("alice", "right");
  expect(asked).toBe(8);
});

/** Budgets: counts of a period, the balance, delays, the lock, and the words. */
import { expect, test } from "vitest";
import { Budgets, DEFAULT_BUDGET } from "./budget.ts";

const HOUR = 3_600_000;
const admit = (budgets: Budgets, nowMs: number, cmdlets: readonly string[] = ["Get-CsTenant"], account = "a"): number =>
  budgets.admit(account, `${account}@contoso.com`, cmdlets, nowMs).delayMs;

test("four hundred cmdlets in five seconds are free; the next one waits for the next period", () => {
  const budgets = new Budgets({}, 3);
  for (let i = 0; i < 400; i++) expect(admit(budgets, 1000 + i)).toBe(0);
  expect(admit(budgets, 2000)).toBe(4000);
  expect(admit(budgets, 2000)).toBe(4000);
  expect(admit(budgets, 11_000)).toBe(0);
});

test("of those that destroy there are fewer, and others go on meanwhile", () => {
  const budgets = new Budgets({}, 3);
  for (let i = 0; i < 120; i++) expect(admit(budgets, 0, ["Remove-CsThing"])).toBe(0);
  expect(admit(budgets, 0)).toBe(0);
  expect(admit(budgets, 0, ["Disable-CsUser"])).toBe(5000);
});

test("whoever sends ever more waits ever longer, period by period, and no longer than the longest delay", () => {
  const budgets = new Budgets({ cmdlets: 10, longestDelayMs: 12_000 }, 3);
  const delays = Array.from({ length: 60 }, () => admit(budgets, 0));
  expect([delays[9], delays[10], delays[20], delays[30], delays[59]]).toEqual([0, 5000, 10_000, 12_000, 12_000]);
});

test("a pipeline of more cmdlets than a period has runs in a period of its own", () => {
  const budgets = new Budgets({ cmdlets: 10 }, 3);
  expect(
    admit(
      budgets,
      0,
      Array.from({ length: 50 }, () => "Get-X"),
    ),
  ).toBe(0);
  expect(admit(budgets, 0)).toBe(5000);
});

test("accounts have budgets of their own; an account's sessions share one", () => {
  const budgets = new Budgets({ cmdlets: 1 }, 3);
  expect([admit(budgets, 0, ["Get-X"], "a"), admit(budgets, 0, ["Get-X"], "a"), admit(budgets, 0, ["Get-X"], "b")]).toEqual([0, 5000, 0]);
});

test("a balance below zero delays, the deeper the longer, and recharges with time", () => {
  const budgets = new Budgets({}, 3);
  budgets.charge("a", DEFAULT_BUDGET.rechargeMs + 1_608_289, 0);
  expect(admit(budgets, 0)).toBe(21_444);
  // An hour brings 2,160,000.
  expect(admit(budgets, HOUR)).toBe(0);
  const deep = new Budgets({}, 3);
  deep.charge("a", DEFAULT_BUDGET.rechargeMs + 300_000, 0);
  expect(admit(deep, 0)).toBe(4000);
});

test("at the cutoff the account is locked out, with the time until it is not", () => {
  const budgets = new Budgets({}, 3);
  budgets.charge("a", 100 * HOUR, 0);
  expect(() => admit(budgets, 0)).toThrow(
    expect.objectContaining({ code: "budget-locked", fields: expect.objectContaining({ seconds: 2500 }) }),
  );
  expect(() => admit(budgets, 2_400_000)).toThrow(expect.objectContaining({ code: "budget-locked" }));
  expect(admit(budgets, 2_500_000)).toBeGreaterThan(0);
  expect(admit(budgets, 0, ["Get-X"], "b")).toBe(0);
});

test("the warning is the one that administrators know, with the dump", () => {
  const budgets = new Budgets({}, 20);
  budgets.opened("a", 0);
  budgets.charge("a", DEFAULT_BUDGET.rechargeMs + 1_608_289, 0);
  const { warning } = budgets.admit(
    "a",
    "a@contoso.com",
    Array.from({ length: 16 }, () => "Get-X"),
    0,
  );
  expect(warning).toBe(
    "Micro delay applied. Actual delayed: 21444 msecs, Enforced: True, Capped delay: 21444 msecs, Required: False, Additional info: .; " +
      "PolicyDN: Tieline; BudgetType: PowerShell; ActiveRunspaces: 1/20; Balance: -1608289/2160000/-3000000; PowerShellCmdletsLeft: 384/400; " +
      "CmdletTimePeriod: 5; DestructiveCmdletsLeft: 120/120; QueueDepth: 100; RunSpacesRemaining: 19/20; Locked: False",
  );
});

test("a clock that is put back locks nobody out and gives nothing away", () => {
  const budgets = new Budgets({ cmdlets: 2 }, 3);
  for (const nowMs of [HOUR, HOUR, 0, 0]) admit(budgets, nowMs);
  expect(admit(budgets, 0)).toBeLessThanOrEqual(DEFAULT_BUDGET.longestDelayMs);
  expect(admit(budgets, 20_000)).toBe(0);
});

test("accounts with a whole budget are forgotten when there are many", () => {
  const budgets = new Budgets({}, 3);
  for (let i = 0; i < 25_000; i++) admit(budgets, i, ["Get-X"], `account ${i}`);
  expect(admit(budgets, 30_000)).toBe(0);
});

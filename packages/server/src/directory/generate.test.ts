import { describe, expect, it } from "vitest";
import { generateUsers, LAB_DEPLOYMENT, LAB_TENANTS, type LabSite } from "./generate.ts";

const NOW = Date.UTC(2020, 7, 5);
const [contoso, fabrikam] = LAB_TENANTS as [LabSite, LabSite];

describe("the lab's directory", () => {
  it("is the same for the same seed, and another for another", () => {
    const users = (seed?: string): unknown[] => [
      ...generateUsers(contoso, { users: 50, nowMs: NOW, ...(seed === undefined ? {} : { seed }) }),
    ];
    expect(users()).toEqual(users());
    expect(users("x")).not.toEqual(users());
  });

  it("of more users begins with those of fewer", () => {
    const few = [...generateUsers(contoso, { users: 10, nowMs: NOW })];
    const many = [...generateUsers(contoso, { users: 1000, nowMs: NOW })];
    expect(many.slice(0, 10)).toEqual(few);
  });

  it("gives each of 20,000 users names of its own", () => {
    const users = [...generateUsers(fabrikam, { users: 20_000, nowMs: NOW })];
    const distinct = (of: (user: (typeof users)[0]) => string): number => new Set(users.map((user) => of(user).toLowerCase())).size;
    expect(distinct((user) => user.objectId)).toBe(20_000);
    expect(distinct((user) => user.userPrincipalName)).toBe(20_000);
    expect(distinct((user) => user.accountName)).toBe(20_000);
    expect(users.every((user) => /^[a-z0-9.]+@fabrikam\.com$/.test(user.userPrincipalName))).toBe(true);
    expect(users.every((user) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(user.objectId))).toBe(true);
  });

  it("knows the people that the scripts name, and shows every way of being homed", () => {
    const users = [...generateUsers(contoso, { users: 200, nowMs: NOW })];
    expect(users.map((user) => user.userPrincipalName)).toEqual(
      expect.arrayContaining(["kenmyer@contoso.com", "user@contoso.com", "alice@contoso.com"]),
    );
    expect(new Set(users.map((user) => user.interpretedUserType)).size).toBe(4);
    expect(users.some((user) => user.sipAddress === null)).toBe(true);
    expect(users.filter((user) => user.sipAddress === null).every((user) => !user.enabled && user.plans.length === 0)).toBe(true);
  });

  it("agrees on both halves of the hybrid: who is homed where", () => {
    const online = new Map([...generateUsers(contoso, { users: 200, nowMs: NOW })].map((user) => [user.objectId, user]));
    const deployment = [...generateUsers(LAB_DEPLOYMENT, { users: 200, nowMs: NOW })];
    expect(deployment.length).toBeGreaterThan(100);
    for (const user of deployment) {
      const twin = online.get(user.objectId);
      expect(twin?.userPrincipalName).toBe(user.userPrincipalName);
      expect(twin?.hostingProvider).toBe(user.hostingProvider);
      expect(user.registrarPool === null).toBe(twin?.registrarPool !== null);
    }
  });
});

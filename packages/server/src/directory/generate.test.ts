import { describe, expect, it } from "vitest";
import { generateUsers, LAB_DEPLOYMENT, LAB_TENANTS, type LabSite } from "./generate.ts";
import { namedPeople } from "./lab-people.ts";
import { servicePlan } from "./licences.ts";

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
    for (const user of deployment.filter(({ accountName }) => accountName !== "notsynced")) {
      const twin = online.get(user.objectId);
      expect(twin?.userPrincipalName).toBe(user.userPrincipalName);
      expect(twin?.hostingProvider).toBe(user.hostingProvider);
      expect(user.registrarPool === null).toBe(twin?.registrarPool !== null);
    }
  });

  it("has everybody whom the table names, and draws nobody else for their sake", () => {
    const users = [...generateUsers(contoso, { users: 60, nowMs: NOW })];
    const deployment = new Map([...generateUsers(LAB_DEPLOYMENT, { users: 60, nowMs: NOW })].map((user) => [user.accountName, user]));
    const table = namedPeople(true);
    expect(users.slice(0, table.length).map((user) => user.accountName)).toEqual(table.map((person) => person.account));
    // Drawn before anybody but the first five had a name.
    expect(users.slice(18, 22).map((user) => user.accountName)).toEqual(["simon.kaplan", "lena.petrov", "beatriz.macdonald", "oscar.nagy"]);
    const online = new Map(users.map((user) => [user.accountName, user]));
    const plans = (account: string): string[] =>
      (online.get(account)?.plans ?? [])
        .map((plan) => servicePlan(plan.planId)?.name ?? plan.planId)
        .toSorted((a, b) => a.localeCompare(b));
    expect(plans("nolicence")).toEqual([]);
    expect([plans("noev"), deployment.get("noev")?.properties["EnterpriseVoiceEnabled"]]).toEqual([["MCOSTANDARD", "TEAMS1"], true]);
    expect([plans("nomeetadv"), deployment.get("nomeetadv")?.properties["AcpInfo"]]).toEqual([
      ["MCOSTANDARD", "TEAMS1"],
      expect.any(String),
    ]);
    expect(plans("dialin")).toEqual(["MCOEV", "MCOMEETADV", "MCOSTANDARD", "TEAMS1"]);
    expect(deployment.get("jdoe")).toMatchObject({ userPrincipalName: "jdoe@contoso.com", sipAddress: "sip:john.doe@contoso.com" });
    expect(online.get("leftover")?.sipAddress).toMatch(/^sip:[0-9a-f]{8}-[0-9a-f-]{27}@contoso\.com$/);
    expect(deployment.has("leftover")).toBe(false);
    expect([deployment.get("notsynced")?.hostingProvider, online.get("notsynced")?.sipAddress]).toEqual(["SRV:", null]);
    expect(deployment.get("room.baker")?.properties["AccountType"]).toBe("MeetingRoom");
  });
});

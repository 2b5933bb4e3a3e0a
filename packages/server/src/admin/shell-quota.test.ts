import { expect, test } from "vitest";
import { ShellQuota } from "./shell-quota.ts";

test("a fourth shell of a user is refused with the known text; a closed one makes room", () => {
  const quota = new ShellQuota();
  const seats = [1, 2, 3].map(() => quota.take("t", "ken"));
  expect(() => quota.take("t", "ken")).toThrow("The maximum number of concurrent shells for this user has been exceeded.");
  seats[0]?.();
  seats[0]?.();
  quota.take("t", "ken");
  expect(() => quota.take("t", "ken")).toThrow(expect.objectContaining({ code: "shell-quota-user" }));
});

test("the twenty-first of a tenant is refused, another tenant is not touched", () => {
  const quota = new ShellQuota();
  for (let user = 0; user < 7; user++) for (let shell = 0; shell < (user === 6 ? 2 : 3); shell++) quota.take("t", `u${user}`);
  expect(quota.held("t")).toBe(20);
  expect(() => quota.take("t", "new")).toThrow("The maximum number of concurrent shells for this tenant has been exceeded.");
  quota.take("other", "new");
  expect(quota.held("other")).toBe(1);
});

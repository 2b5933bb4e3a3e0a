/** The forest among what the monitor shows: users who wait to be written. */
import { afterEach, expect, test } from "vitest";
import type { DeploymentForest } from "../migration/index.ts";
import { Metrics } from "./metrics.ts";
import { openMonitor } from "./monitor.ts";
import { forestCheck } from "./pool-forest.ts";

type Backlog = Awaited<ReturnType<DeploymentForest["backlog"]>>;

const NOW = Date.UTC(2020, 7, 5, 12);
const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each[Symbol.asyncDispose]();
});

async function ready(backlog: () => Promise<Backlog>): Promise<{ status: number; told: unknown; page: string }> {
  const metrics = new Metrics({ sessions: () => 0, certificateEndsMs: () => NOW });
  const monitor = await openMonitor({ address: "127.0.0.1", port: 0, checks: [forestCheck({ backlog }, () => NOW)], metrics });
  opened.push(monitor);
  const answer = await fetch(`http://127.0.0.1:${monitor.port}/readyz`);
  const page = await fetch(`http://127.0.0.1:${monitor.port}/`);
  return { status: answer.status, told: await answer.json(), page: await page.text() };
}

test.each<[string, Backlog, { ok: boolean; detail: string }]>([
  ["nobody", { users: 0, sinceMs: null, faultCode: null }, { ok: true, detail: "nothing waits to be written" }],
  [
    "somebody, for a moment",
    { users: 1, sinceMs: NOW - 60_000, faultCode: null },
    { ok: true, detail: "1 user waits to be written since 2020-08-05T11:59:00.000Z" },
  ],
  [
    "some, for long",
    { users: 2, sinceMs: NOW - 3_600_000, faultCode: "directory-insufficient-rights" },
    { ok: false, detail: "2 users wait to be written since 2020-08-05T11:00:00.000Z (directory-insufficient-rights)" },
  ],
])("who waits to be written to the forest is told, and the pool is ready all the same: %s", async (_, backlog, check) => {
  const { status, told, page } = await ready(() => Promise.resolve(backlog));
  expect([status, told]).toEqual([200, { status: "ready", checks: [{ name: "forest", ...check }] }]);
  expect(page).toContain(`<td>${check.ok ? "ok" : "failed"}</td><td>${check.detail}</td>`);
});

test("a backlog that cannot be counted is told as such", async () => {
  const { status, told } = await ready(() => Promise.reject(new Error("the database is locked")));
  expect([status, told]).toEqual([200, { status: "ready", checks: [{ name: "forest", ok: false, detail: "the database is locked" }] }]);
});

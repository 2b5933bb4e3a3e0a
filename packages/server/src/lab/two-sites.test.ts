/** The lab in two processes: each site its own, either can die and come back where it was. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { get } from "@tieline/net";
import { readLab } from "./lab-file.ts";
import { ADMIN_HOST, POOL_HOST } from "./places.ts";
import { TwoSites } from "./two-sites.fixture.ts";

// The runner's own Node may be an older one, which cannot run the sources.
const canRun = Number(process.versions.node.split(".")[0]) >= 24;

let sites: TwoSites;
beforeAll(async () => {
  if (canRun) sites = await TwoSites.start({ users: 8 });
}, 120_000);
afterAll(() => sites?.[Symbol.asyncDispose]());

async function statusOf(host: string): Promise<number | string> {
  try {
    return (await get(sites.dialler(), new URL(`https://${host}/healthz`))).status;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

test.runIf(canRun)("each site serves in a process of its own; a killed one is gone alone and comes back on its ports", async () => {
  expect([await statusOf(ADMIN_HOST), await statusOf(POOL_HOST)]).toEqual([200, 200]);
  const before = readLab(sites.folder);
  expect(before?.ports).toEqual(sites.ports);
  await sites.kill("online");
  expect([await statusOf(ADMIN_HOST), await statusOf(POOL_HOST)]).toEqual(["connection-refused", 200]);
  await sites.start("online");
  await sites.kill("pool");
  expect([await statusOf(ADMIN_HOST), await statusOf(POOL_HOST)]).toEqual([200, "connection-refused"]);
  await sites.start("pool");
  expect([await statusOf(ADMIN_HOST), await statusOf(POOL_HOST)]).toEqual([200, 200]);
  expect(readLab(sites.folder)).toEqual(before);
});

test.runIf(canRun)("a second process for the same site is refused, and the first goes on", async () => {
  const other = await TwoSites.prepare({ users: 8, folder: sites.folder });
  await expect(other.start("pool")).rejects.toThrow(/store-in-use|in use/);
  expect(await statusOf(POOL_HOST)).toBe(200);
});

/** The page of a report: nothing in it comes from elsewhere, and nothing that was reported becomes markup. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { MoveCmdlets, moveReport, type MovedUser, type MoveReport } from "@tieline/connector";
import { FakePool } from "@tieline/connector/test-move-pool";
import { dataBlock, markup } from "./markup.ts";
import { reportPage } from "./report-page.ts";

const EVIL = `</script><img src=x onerror=alert(1)>"'&`;

async function reported(users: number, change: (user: MovedUser) => MovedUser = (user) => user): Promise<MoveReport> {
  const pool = new FakePool();
  pool.pace = users;
  pool.fails = { "sip:u2@contoso.com": EVIL };
  const cmdlets = new MoveCmdlets(pool, "pool");
  const { batchId } = await cmdlets.create({ name: `pilot ${EVIL}`, target: "sipfed.online.lync.com" });
  await cmdlets.add(
    batchId,
    Array.from({ length: users }, (_, i) => `sip:u${i + 1}@contoso.com`),
  );
  const before = await cmdlets.counters();
  await cmdlets.start(batchId);
  await cmdlets.get(batchId);
  const found: MovedUser[] = [];
  for await (const user of cmdlets.users(batchId)) found.push(change(user));
  return moveReport(await cmdlets.get(batchId), found, { before, now: await cmdlets.counters() });
}

test("values are text wherever they stand", () => {
  expect(markup`<p title="${EVIL}">${EVIL}</p>`.text).toBe(
    `<p title="&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;">&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;</p>`,
  );
  expect(dataBlock("x", [EVIL, "\u2028"]).text).not.toMatch(/<\/script>.*<\/script>|\u2028/);
  expect(markup`${"\u0000\u001b"}`.text).toBe("\ufffd\ufffd");
});

test("names, reasons and codes of a report never become markup", async () => {
  const page = reportPage(await reported(8, (user) => ({ ...user, displayName: EVIL, homed: EVIL, leftPolicies: [EVIL] })), 0);
  expect(page).not.toContain("<img");
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page.match(/<\/script>/g)).toHaveLength(2);
});

test("its policy allows its own style and script by their hashes, and nothing from anywhere", async () => {
  const page = reportPage(await reported(3), 0);
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? "";
  const hash = (text: string | undefined): string =>
    `'sha256-${createHash("sha256")
      .update(text ?? "")
      .digest("base64")}'`;
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain(`style-src ${hash(/<style>(.*?)<\/style>/s.exec(page)?.[1])}`);
  expect(policy).toContain(`script-src ${hash(/<script>(.*?)<\/script>/s.exec(page)?.[1])}`);
  expect(page).not.toMatch(/\s(?:style|on[a-z]+)="/);
  expect(page).not.toMatch(/https?:\/\//);
});

test("it has a ring of outcomes, the course, reasons, durations, counters and all users", async () => {
  const page = reportPage(await reported(120), 0);
  expect(page).toContain('aria-label="Moved 119, Failed 1"');
  expect(page).toMatch(/119 moved, 1 failed"/);
  expect(page).toContain("Half took no longer than");
  expect(page).toMatch(/Users homed online<\/td><td class="number">3<\/td><td class="number">122<\/td><td class="number">\+119/);
  expect(page).toContain("TeamsOnly");
  const rows = JSON.parse(/id="users">(.*?)<\/script>/s.exec(page)?.[1] ?? "[]") as unknown[][];
  expect(rows).toHaveLength(120);
  expect(rows[0]?.slice(0, 4)).toEqual(["sip:u1@contoso.com", "User 1", "Moved", "Online"]);
});

test("a batch of which nothing is known yet is a page, too", async () => {
  const empty = {
    ...(await reported(1)),
    users: [],
    outcomes: [],
    reasons: [],
    course: undefined,
    durations: undefined,
    teamsModes: [],
    leftPolicies: [],
  };
  const page = reportPage({ ...empty, counters: { before: undefined, now: empty.counters.now } }, 0);
  expect(page).toContain("No move has ended yet.");
  expect(page).not.toMatch(/NaN|Infinity|undefined/);
});

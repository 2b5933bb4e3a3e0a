/**
 * Debian's Chromium against the page of `tieline move report`: it works under its own policy with nothing from elsewhere, finds
 * users, is no wider than a phone, runs nothing of what users are called, and axe finds nothing, light or dark.
 * TIELINE_SCREENSHOTS=folder keeps pictures.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium, type Browser, type Page } from "playwright-core";
import { reportPage } from "../packages/cli/src/report-page/report-page.ts";
import type { Batch, MovedUser } from "../packages/connector/src/moves/batch.ts";
import { moveReport } from "../packages/connector/src/moves/move-report.ts";
import { cases, type Driver } from "./driver.ts";
import { findChromium } from "./pages-site.ts";

const FOLDER = process.env["TIELINE_SCREENSHOTS"];
const BEGAN = Date.UTC(2026, 2, 2, 19);
const EVIL = `</script><script>alert(1)</script><img src=x onerror=alert(1)>`;
const REASONS = [
  {
    code: "move-licence-missing",
    text: "The user has no licence to use Skype for Business Online.",
    cure: "Assign one, and resume the batch.",
  },
  { code: EVIL, text: EVIL, cure: EVIL },
];

/** A batch of so many users, some of whom failed. */
function page(users: number): string {
  const moved: MovedUser[] = Array.from({ length: users }, (_, i) => {
    const reason = i % 30 === 7 ? REASONS[i % 4 === 3 ? 1 : 0] : undefined;
    const durationMs = 180 + ((i * 7919) % 1000) + ((i * 31) % 97) * 9;
    const startedAtMs = BEGAN + i * 18;
    return {
      sequence: i + 1,
      identity: `person${i}@contoso.com`,
      displayName: i === 3 ? EVIL : `Person ${i} Example`,
      sipAddress: `sip:person${i}.example@contoso.com`,
      state: reason === undefined ? (i % 50 === 0 ? "Undone" : "Moved") : "Failed",
      homed: reason === undefined && i % 50 > 0 ? "Online" : "pool01.contoso.local",
      wave: 1 + Math.floor(i / 500),
      attempts: 1,
      code: reason?.code,
      text: reason?.text,
      cure: reason?.cure,
      teamsUpgradeMode: reason === undefined ? "TeamsOnly" : undefined,
      contacts: 50,
      meetings: i % 5,
      warnings: [],
      leftPolicies: i % 40 === 0 ? ["ClientPolicy:Tag:Sales"] : [],
      startedAtMs,
      finishedAtMs: startedAtMs + durationMs,
      durationMs,
      changeNumber: i,
    };
  });
  const count = (state: string): number => moved.filter((user) => user.state === state).length;
  const batch: Batch = {
    batchId: "1",
    name: "Sales, second wave",
    state: "CompletedWithErrors",
    reason: undefined,
    cure: undefined,
    target: "sipfed.online.lync.com",
    users,
    waiting: 0,
    moving: 0,
    moved: count("Moved"),
    failed: count("Failed"),
    skipped: 0,
    undone: count("Undone"),
    ratePerMinute: undefined,
    secondsLeft: undefined,
    wave: 5,
    waves: 5,
    createdBy: "CONTOSO\\administrator",
    createdAtMs: BEGAN,
    startedAtMs: BEGAN,
    finishedAtMs: BEGAN + users * 18,
  };
  const before = { homedOnline: 312, homedOnPremises: 11_400, syncedAndHomedOnline: 290, notEnabled: 44, activeMoves: 0 };
  const now = { ...before, homedOnline: 312 + batch.moved, homedOnPremises: 11_400 - batch.moved, syncedAndHomedOnline: 290 + batch.moved };
  return reportPage(moveReport(batch, moved, { before, now }), BEGAN + 600_000);
}

/** A page from a file, as somebody opens it; what it complains of, asks of the network, or shows in a window is kept. */
async function opened(browser: Browser, file: string, options: Parameters<Browser["newContext"]>[0] = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const shown = await context.newPage();
  const wrong: string[] = [];
  shown.on("console", (message) => wrong.push(message.text()));
  shown.on("pageerror", (error) => wrong.push(String(error)));
  shown.on("dialog", (dialog) => {
    wrong.push(`a window: ${dialog.message()}`);
    void dialog.dismiss();
  });
  shown.on("request", (request) => request.url().startsWith("file:") || wrong.push(request.url()));
  await shown.goto(pathToFileURL(file).href);
  return { page: shown, wrong, [Symbol.asyncDispose]: () => context.close() };
}

async function pictures(shown: Page, name: string): Promise<void> {
  if (FOLDER === undefined) return;
  mkdirSync(FOLDER, { recursive: true });
  await shown.screenshot({ path: join(FOLDER, `move-report-${name}.png`) });
}

export const driver: Driver = {
  name: "Chromium (Debian): the page of a report",
  needs: () => (findChromium() === undefined ? "no chromium (apt-get install chromium)" : undefined),
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "tieline-report-"));
    const browser = await chromium.launch({ executablePath: findChromium() ?? "", args: ["--no-sandbox"] });
    const file = join(folder, "report.html");
    writeFileSync(file, page(2400));
    const looks = (["light", "dark"] as const).flatMap((scheme) => [1280, 390, 320].map((width) => [scheme, width] as const));
    try {
      return await cases([
        ...looks.map(
          ([scheme, width]) =>
            [
              `${scheme}, ${width} px: axe finds nothing, and nothing is wider`,
              async (): Promise<void> => {
                await using shown = await opened(browser, file, { colorScheme: scheme, viewport: { width, height: 900 }, bypassCSP: true });
                assert.equal(await shown.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"), 0);
                const found = await new AxeBuilder({ page: shown.page }).analyze();
                assert.deepEqual(
                  found.violations.map((each) => `${each.id} ${each.nodes.map((node) => node.html).join(" ")}`),
                  [],
                );
                await pictures(shown.page, `${width}-${scheme}`);
              },
            ] as const,
        ),
        [
          "under its own policy it finds users, shows more of them, and asks the network for nothing",
          async () => {
            await using shown = await opened(browser, file);
            const rows = shown.page.locator("#rows tr");
            assert.equal(await rows.count(), 100);
            await shown.page.getByRole("button", { name: "Show more" }).click();
            assert.equal(await rows.count(), 200);
            await shown.page.getByLabel("Find").fill("person1234.");
            assert.match(await rows.innerText(), /person1234\.example@contoso\.com/);
            await shown.page.getByLabel("Find").fill("");
            await shown.page.getByLabel("State").selectOption("Failed");
            assert.equal(await shown.page.locator("#found").textContent(), "80 users");
            assert.deepEqual(shown.wrong, []);
          },
        ],
        [
          "what users and reasons are called is text",
          async () => {
            await using shown = await opened(browser, file);
            await shown.page.getByLabel("Find").fill("person3.");
            assert.ok((await shown.page.locator("#rows").innerText()).includes(EVIL));
            await using open = await opened(browser, file, { bypassCSP: true });
            await open.page.getByLabel("Find").fill("onerror");
            assert.equal(await open.page.locator("main img, main script").count(), 0);
            assert.deepEqual([...shown.wrong, ...open.wrong], []);
          },
        ],
        [
          "without script it says what it cannot show, and shows the rest",
          async () => {
            await using shown = await opened(browser, file, { javaScriptEnabled: false });
            assert.ok(await shown.page.getByText("The list of users needs this page's own script.").isVisible());
            assert.ok(await shown.page.getByRole("img", { name: /Moved 2,2\d\d, Failed 80/ }).isVisible());
          },
        ],
        [
          "a hundred thousand users are found as one types",
          async () => {
            const large = join(folder, "large.html");
            writeFileSync(large, page(100_000));
            await using shown = await opened(browser, large);
            await shown.page.getByLabel("Find").fill("person99999.");
            await shown.page.waitForFunction("document.querySelectorAll('#rows tr').length === 1");
            assert.deepEqual(shown.wrong, []);
            await pictures(shown.page, "large");
          },
        ],
      ]);
    } finally {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** `npm start` as a process: the first minute, a second start on the same data, and what can be wrong with the folder. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startLab } from "@tieline/server";

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "tieline-start-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const START = join(import.meta.dirname, "start.ts");

function start(words: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    // Nothing of the user's own is read or written: neither their lab, nor the tokens and sessions that they keep.
    const own = { XDG_STATE_HOME: join(folder, "state"), XDG_DATA_HOME: join(folder, "data-home"), HOME: folder };
    const child = spawn(process.execPath, ["--conditions=@tieline/source", START, ...words], {
      env: { ...process.env, ...own, NO_COLOR: "1" },
    });
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    child.on("close", (code) => resolve({ code, out, err }));
  });
}

// The runner's own Node may be an older one, which cannot run the sources.
const canRun = Number(process.versions.node.split(".")[0]) >= 24;

test.runIf(canRun)("the first connection is made before the user's eyes, and a second start keeps the data", async () => {
  const data = join(folder, "data");
  const first = await start(["--once", "--data", data]);
  expect(first.err).toBe("Preparing the directory ...\n");
  for (const words of [
    "Determining domain to admin",
    "Discovering PowerShell endpoint URI",
    "Requesting authentication token",
    "Initializing remote session",
    "http://lyncdiscover.contoso.com ",
    "https://admin0a.online.lync.com/OcsPowershellLiveId",
    "https://login.online.lync.com, by password",
    "for https://admin0a.online.lync.com/OcsPowershellOAuth, good until",
    "--sign-in browser",
    "/device",
    "automation.crt",
    "tieline doctor",
    "tieline explain",
    "Contoso.com",
    "sip:alice@contoso.com",
    "pypsrp",
    "Windows PowerShell",
    "lab-ca.crt",
    "users homed on premises",
    "Move-CsUser kenmyer@contoso.com -Target sipfed.online.lync.com",
    "checking, freezing, exporting, importing, switching, redirecting, releasing",
    "Move-CsUser alice@contoso.com -Target pool01.contoso.local",
  ]) {
    expect(first.out).toContain(words);
  }
  expect(first.code).toBe(0);
  const flat = first.out.replace(/\s+/g, " ");
  expect(flat).toContain(
    "HostedMigration fault: Error=(507), Description=(User must has an assigned license to use Skype for Business Online.) cure:",
  );
  // Three went and one came back.
  const [, was = 0, is = 0] = (/users homed online +(\d+) +(\d+)\n/.exec(first.out) ?? []).map(Number);
  expect(is - was).toBe(2);
  const lab = readFileSync(join(data, "lab.json"), "utf8");
  const second = await start(["--once", "--data", data]);
  expect(second.code).toBe(0);
  expect(second.out).toContain("This lab has moved people before: others go today.");
  expect(readFileSync(join(data, "lab.json"), "utf8")).toBe(lab);
  const accounts = (text: string): string[] =>
    (text.split("\nAccounts")[1] ?? "").split("\n").filter((line) => line.includes("@contoso.com   "));
  expect(accounts(second.out)).toEqual(accounts(first.out));
});

test.runIf(canRun).each([
  ["a folder that is a file", async () => (writeFileSync(join(folder, "file"), ""), ["--data", join(folder, "file")]), "folder-unwritable"],
  [
    "a damaged database",
    async () => {
      const data = join(folder, "damaged");
      await (await startLab({ folder: data, users: 3 }))[Symbol.asyncDispose]();
      writeFileSync(join(data, "online.db"), "this is no database at all, it only looks like a file of some length. ".repeat(200));
      return ["--data", data];
    },
    "store-damaged",
  ],
  [
    "a taken port",
    async () => {
      const squatter = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => squatter.once("listening", resolve));
      squatter.unref();
      return ["--data", join(folder, "ports"), "--port", `online-https=${(squatter.address() as AddressInfo).port}`];
    },
    "port-taken",
  ],
  ["a wrong option", async () => ["--nonsense"], "usage"],
  ["a wrong number", async () => ["--users", "many"], "usage"],
])("%s is a clear fault, and no stack trace", async (_, words, code) => {
  const ran = await start(["--once", ...(await words())]);
  expect(ran.err).toContain(`error ${code}`);
  expect(ran.err).toContain("cure:");
  expect(ran.err).not.toMatch(/\n\s+at /);
  expect(ran.code).not.toBe(0);
});

test.runIf(canRun)("a second process on the same folder is told who holds it", async () => {
  const data = join(folder, "shared");
  await using _ = await startLab({ folder: data, users: 3 });
  const ran = await start(["--once", "--data", data]);
  expect(ran.err).toContain("store-in-use");
  expect(ran.err).toContain(String(process.pid));
});

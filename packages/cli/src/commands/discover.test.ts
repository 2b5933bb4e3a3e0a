/** `tieline discover` and the note of a founding document on hybrid DNS, as an administrator types it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningLab, startLab } from "@tieline/server";
import type { Surroundings } from "../invocation.ts";
import { main } from "../main.ts";

let folder: string;
let lab: RunningLab;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tieline-discover-"));
  lab = await startLab({ folder: join(folder, "lab"), users: 3 });
}, 60_000);
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function tieline(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: "", err: "" };
  const stream = (name: "out" | "err"): PassThrough => new PassThrough().on("data", (chunk: Buffer) => (texts[name] += chunk.toString()));
  const stdin = new PassThrough();
  stdin.end();
  const around = {
    stdin,
    stdout: stream("out"),
    stderr: stream("err"),
    environment: { COLUMNS: "400", XDG_STATE_HOME: join(folder, "state") },
    signal: new AbortController().signal,
  };
  const code = await main(words, around as unknown as Surroundings);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, ...texts };
}

const inLab = (): string[] => ["--data", lab.folder];

test("the hops as a table, then the endpoint and what it asks", async () => {
  const { code, out, err } = await tieline("discover", ...inLab(), "-o", "table", "contoso.com");
  expect([code, err]).toEqual([0, ""]);
  const lines = out.split("\n");
  expect(lines[0]).toMatch(/^#\s+Url\s+Status\s+Found\s+Ms\s+ValidTo$/);
  expect(lines.slice(2, 5).map((line) => line.slice(0, 1))).toEqual(["1", "2", "3"]);
  expect(out).toContain("Endpoint   https://admin0a.online.lync.com/OcsPowershellLiveId\nChallenge  ");
});

test("all of it as data, from a user's address; Get-CsOnlinePowerShellEndpoint takes its Uri from there", async () => {
  const { code, out } = await tieline("discover", ...inLab(), "-o", "json", "Admin@Contoso.com");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject([
    {
      Domain: "contoso.com",
      TargetUri: "https://admin0a.online.lync.com/OcsPowershellLiveId",
      Host: "admin0a.online.lync.com",
      Hops: [
        { Number: 1, Status: 200, Certificate: null },
        { Number: 2, Certificate: { Subject: "CN=admin0a.online.lync.com" } },
        { Number: 3, Found: "Domain: External/RemotePowerShell -> https://admin0a.online.lync.com/OcsPowershellLiveId" },
      ],
      Challenge: { BasicOffered: true },
    },
  ]);
  const query = await tieline("discover", ...inLab(), "-o", "jsonl", "--query", "[].Hops[].Status", "contoso.com");
  expect(query.out).toBe("200\n200\n200\n");
});

test("another link, and another beginning", async () => {
  const link = await tieline(
    "discover",
    ...inLab(),
    "--override-desired-link",
    "External/Autodiscover",
    "--query",
    "[0].[TargetUri, Challenge]",
    "contoso.com",
  );
  expect(JSON.parse(link.out)).toEqual(["https://webdir.online.lync.com/Autodiscover/AutodiscoverService.svc/root", null]);
  const uri = "https://webdir.online.lync.com/Autodiscover/AutodiscoverService.svc/root";
  const begun = await tieline(
    "discover",
    ...inLab(),
    "--override-discovery-uri",
    uri,
    "--query",
    "[0].Hops[].Url",
    "onpremises.contoso.com",
  );
  expect([begun.code, JSON.parse(begun.out)[0]]).toEqual([0, `${uri}?Domain=onpremises.contoso.com`]);
});

test("where discovery fails, the hops are shown all the same, and the fault says what helps", async () => {
  const { code, out, err } = await tieline("discover", ...inLab(), "-o", "json", "onpremises.contoso.com");
  expect(code).toBe(6);
  expect(JSON.parse(out)).toMatchObject([{ TargetUri: null, Hops: [{}, {}, { Fault: "discovery-no-endpoint" }], Challenge: null }]);
  expect(JSON.parse(err)).toMatchObject({
    error: { code: "discovery-no-endpoint", cure: expect.stringContaining("contoso.onmicrosoft.com") },
  });
});

test.each([
  ["hybridadmin@hybrid.contoso.com", [], 0, ""],
  ["localadmin@onpremises.contoso.com", [], 6, "An on-premises deployment answers for it"],
  ["admin@contoso.com", ["--override-admin-domain", "contoso.onmicrosoft.com"], 0, ""],
  ["hybridadmin@hybrid.contoso.com", ["--override-admin-domain", "contoso.onmicrosoft.com"], 0, ""],
  ["localadmin@onpremises.contoso.com", ["--override-admin-domain", "contoso.onmicrosoft.com"], 0, ""],
])("%s with %j connects, or is told why not (%i)", async (user, more, expected, said) => {
  const { code, out, err } = await tieline(
    "invoke",
    ...inLab(),
    "--user",
    user,
    ...more,
    "-o",
    "jsonl",
    "--query",
    "[].DisplayName",
    "Get-CsTenant",
  );
  expect(err).toContain(said);
  expect([code, out], err).toEqual([expected, expected === 0 ? '"Contoso.com"\n' : ""]);
});

test("a failed discovery tells its steps to whoever wants to hear", async () => {
  const { err } = await tieline("invoke", ...inLab(), "-v", "--user", "localadmin@onpremises.contoso.com", "Get-CsTenant");
  expect(err).toMatch(
    /VERBOSE: http:\/\/lyncdiscover\.onpremises\.contoso\.com\/\?Domain=onpremises\.contoso\.com \(200, \d+ ms\): Root: Redirect/,
  );
  expect(err).toContain("Domain: no link to remote PowerShell, and no Hybrid link");
});

test("names come from the lab's name server, ports from a map of one line", async () => {
  const { ports, authority } = lab.description;
  const names = ["--dns-server", `127.0.0.1:${ports["lab-dns"]}`, "--ca-file", join(lab.folder, authority)];
  const map = [`:80::${ports["online-http"]}`, `:443::${ports["online-https"]}`].flatMap((entry) => ["--connect-to", entry]);
  const { code, out } = await tieline("discover", ...names, ...map, "-o", "jsonl", "--query", "[0].Hops[].Address", "contoso.com");
  expect([code, out.split("\n").slice(0, 2)]).toEqual([0, [`"127.0.0.1:${ports["online-http"]}"`, `"127.0.0.1:${ports["online-https"]}"`]]);
});

test("a command without a domain says what it needs", async () => {
  expect((await tieline("discover", ...inLab())).code).toBe(2);
});

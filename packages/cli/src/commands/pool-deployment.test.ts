/** docs/pool.md from `init` to the first session: a pool as a deployment of its own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfiguration, startService, type RunningService } from "@tieline/server";
import { runMain, type Ran } from "../run-main.fixture.ts";

const HOST = "pool01.contoso.local";
const ADMIN = "administrator@contoso.local";
const PASSWORD = "a boat, a lamp, a fish";

let root: string;
let folder: string;
let ports: { https: number; http: number };
let service: RunningService;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const tieline = (...words: string[]): Promise<Ran> => runMain(words, { state: join(root, "state"), env: { TIELINE_PASSWORD: PASSWORD } });

function invoke(target: string, ...words: string[]): Promise<Ran> {
  const names = [`${HOST}:443:127.0.0.1:${ports.https}`, `${HOST}:80:127.0.0.1:${ports.http}`].flatMap((name) => ["--connect-to", name]);
  const trust = ["--ca-file", join(folder, "authority", "lab-ca.crt")];
  return tieline("invoke", ...names, ...trust, "--user", ADMIN, "--target-uri", target, "-o", "json", ...words);
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "tieline-pool-"));
  folder = join(root, "pool");
  ports = { https: await freePort(), http: await freePort() };
  const numbers = ["--https-port", String(ports.https), "--http-port", String(ports.http)];
  const names = ["--tenant", "contoso.com", "--domain", "contoso.local", "--admin", ADMIN, "--host", HOST];
  const made = await tieline("init", folder, "--pool", ...names, "--ntlm", "--self-signed", ...numbers, "-o", "json");
  expect([made.code, made.err]).toEqual([0, expect.stringContaining(`--target-uri https://${HOST}/OcsPowershell`)]);
  const path = join(folder, "tieline.json");
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), monitor: null }));
  service = await startService({ configuration: readConfiguration(path), environment: {}, nowMs: () => Date.now() });
}, 30_000);
afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

test.each(["https", "http"])("its administrator signs in by Negotiate over %s and sees the pool that init made", async (scheme) => {
  const ran = await invoke(`${scheme}://${HOST}/OcsPowershell`, "Get-CsPool");
  expect([ran.code, ran.err]).toEqual([0, ""]);
  expect(JSON.parse(ran.out)).toMatchObject([{ Identity: HOST, Services: expect.arrayContaining([`Registrar:${HOST}`]) }]);
});

test("a wrong password is refused", async () => {
  const trust = ["--ca-file", join(folder, "authority", "lab-ca.crt"), "--connect-to", `${HOST}:443:127.0.0.1:${ports.https}`];
  const words = ["invoke", ...trust, "--user", ADMIN, "--target-uri", `https://${HOST}/OcsPowershell`, "Get-CsPool"];
  const ran = await runMain(words, { state: join(root, "state"), env: { TIELINE_PASSWORD: "another" } });
  expect([ran.code, ran.out]).toEqual([4, ""]);
});

test("discovery answers for the SIP domain, inside and outside, and names no other half before there is one", async () => {
  const ca = readFileSync(join(folder, "authority", "lab-ca.crt"), "utf8");
  const name = "lyncdiscoverinternal.contoso.com";
  const answer = await new Promise<string>((resolve, reject) => {
    const headers = { host: name, accept: "application/json" };
    get({ host: "127.0.0.1", port: ports.https, path: "/", servername: name, headers, ca }, (response) => {
      let body = "";
      response.on("data", (chunk) => (body += String(chunk))).on("end", () => resolve(body));
    }).on("error", reject);
  });
  expect(answer).toContain(`https://${HOST}/`);
  expect(answer).not.toContain("Hybrid");
});

test("a backup of it is one of a pool", async () => {
  const made = await tieline("backup", join(root, "pool.tieline"), "--config", join(folder, "tieline.json"), "--unencrypted", "-o", "json");
  expect([made.code, JSON.parse(made.out)]).toEqual([0, [expect.objectContaining({ Sites: ["pool"] })]]);
});

test.each([
  [["--ntlm"], /--pool/],
  [["--pool"], /how people sign in/],
])("init %j asks for what is missing", async (words, hint) => {
  const common = ["--tenant", "contoso.com", "--admin", "administrator@contoso.com", "--host", HOST, "--self-signed"];
  const ran = await tieline("init", join(root, "none"), ...common, ...words);
  expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(hint)]);
});

/** Each switch of the lab is thrown, and the doctor names what it broke. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BREAKS, startLab, type BreakName } from "@tieline/server";
import type { Finding } from "@tieline/connector";
import { isFault } from "@tieline/fault";
import type { Surroundings } from "../invocation.ts";
import { main } from "../main.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tieline-doctor-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  code: number;
  out: string;
  err: string;
  findings: Finding[];
}

async function doctor(words: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const stream = (): PassThrough & { text: string } => {
    const made = Object.assign(new PassThrough(), { text: "" });
    made.on("data", (chunk: Buffer) => (made.text += chunk.toString()));
    return made;
  };
  const [stdout, stderr, stdin] = [stream(), stream(), new PassThrough().end()];
  const around = {
    stdin,
    stdout,
    stderr,
    environment: { XDG_STATE_HOME: join(folder, "state"), TIELINE_TOKEN_CACHE: "memory", ...env },
    signal: new AbortController().signal,
  };
  const code = await main(["doctor", ...words, "--data", join(folder, "lab")], around as unknown as Surroundings);
  await new Promise((resolve) => setImmediate(resolve));
  const findings = stdout.text.startsWith("{") ? (JSON.parse(stdout.text) as { findings: Finding[] }).findings : [];
  return { code, out: stdout.text, err: stderr.text, findings };
}

/** Keys are made between the choice of ports and the listening: another program may have taken one meanwhile. */
async function lab(...breaks: string[]): ReturnType<typeof startLab> {
  const options = { folder: join(folder, "lab"), users: 3, breaks };
  try {
    return await startLab(options);
  } catch (error) {
    if (!isFault(error) || error.code !== "port-taken") throw error;
    return startLab(options);
  }
}
const of = (ran: Ran, check: string): Finding[] => ran.findings.filter((finding) => finding.check === check);

interface Expected {
  subject?: string;
  check: string;
  verdict: Finding["verdict"];
  text: RegExp;
  /** In evidence, cause or cure. */
  also?: RegExp;
  exit: number;
}

const EXPECTED: Record<BreakName, Expected> = {
  "dns-missing": {
    check: "dns",
    verdict: "error",
    text: /has no lyncdiscover record/,
    also: /CNAME to webdir\.online\.lync\.com/,
    exit: 6,
  },
  "dns-wrong-target": {
    check: "dns",
    verdict: "error",
    text: /alias of parked\.contoso\.local, which has no address/,
    also: /webdir\.online\.lync\.com/,
    exit: 6,
  },
  "dns-mixed": {
    check: "dns",
    verdict: "warning",
    text: /_sip\._tls\.contoso\.com leads to edge01/,
    also: /SRV record to sipdir\.online\.lync\.com, port 443/,
    exit: 0,
  },
  "tls-expired": { check: "tls", verdict: "error", text: /certificate of \S+ lapsed on/, also: /clock/, exit: 6 },
  "tls-not-yet-valid": { check: "tls", verdict: "error", text: /is not valid before/, also: /clock/, exit: 6 },
  "tls-name": { check: "tls", verdict: "error", text: /made out to other names \(DNS:www\.contoso\.com\)/, exit: 6 },
  "tls-missing-intermediate": { check: "tls", verdict: "error", text: /Tieline lab intermediate is missing/, also: /issuer\.crt/, exit: 6 },
  "tls-untrusted": { check: "tls", verdict: "error", text: /authority that this machine does not trust/, also: /--ca-file/, exit: 6 },
  "discovery-loop": { check: "discovery", verdict: "error", text: /circle|without an end/, also: /redirect/i, exit: 6 },
  "discovery-html": { check: "discovery", verdict: "error", text: /web page|No Lyncdiscover/, also: /Welcome/, exit: 6 },
  "discovery-huge": { check: "discovery", verdict: "error", text: /larger than|No Lyncdiscover/, also: /larger than/, exit: 6 },
  "discovery-on-premises": {
    check: "discovery",
    verdict: "error",
    text: /names no remote PowerShell endpoint/,
    also: /--override-admin-domain/,
    exit: 6,
  },
  "port-closed": { check: "tcp", verdict: "error", text: /refused the connection/, exit: 6 },
  "proxy-interactive": { check: "proxy", verdict: "error", text: /portal\.contoso\.com/, exit: 6 },
  "wsman-503": { check: "identify", verdict: "error", text: /503/, exit: 1 },
  "wsman-404": { check: "identify", verdict: "error", text: /URL was not available/, also: /OcsPowershellOAuth/, exit: 1 },
  "wsman-403": { check: "identify", verdict: "error", text: /403/, also: /proxy|role/i, exit: 5 },
  "basic-off": { check: "mechanisms", verdict: "error", text: /does not offer Basic/, exit: 4 },
  "clock-ahead": { check: "clock", verdict: "error", text: /10 min apart \(behind/, also: /timedatectl/, exit: 4 },
  "clock-behind": { check: "clock", verdict: "error", text: /10 min apart \(ahead of/, exit: 4 },
  "authority-down": { check: "authority", verdict: "error", text: /authority is down/, exit: 1 },
  "authority-wrong-issuer": { check: "authority", verdict: "error", text: /says that it is https:\/\/elsewhere/, exit: 4 },
  "token-audience": { check: "token", verdict: "error", text: /elsewhere\.contoso\.com/, also: /OcsPowershellOAuth|resource/i, exit: 4 },
  "modern-auth-off": {
    check: "policy",
    verdict: "warning",
    text: /Modern sign-in is switched off/,
    also: /Set-CsOAuthConfiguration -ClientAdalAuthOverride Allowed/,
    exit: 0,
  },
  "second-factor": { check: "token", verdict: "error", text: /50076|second factor/, also: /certificate|browser/, exit: 4 },
  "quota-user": { check: "quota", verdict: "error", text: /concurrent shells for this user/, also: /tieline sessions/, exit: 7 },
  "quota-tenant": { check: "quota", verdict: "error", text: /concurrent shells for this tenant/, exit: 7 },
  "role-missing": { check: "roles", verdict: "error", text: /does not have permission to manage this tenant/, exit: 5 },
  "tenant-powershell-off": { check: "policy", verdict: "error", text: /has been disabled/, also: /EnableRemotePowerShellAccess/, exit: 5 },
};

test("a whole lab is found whole: every check is told, none fails, and no session stays", async () => {
  await using running = await lab();
  const ran = await doctor(["admin@contoso.com", "--json"]);
  expect(ran.findings.filter(({ verdict }) => verdict === "error" || verdict === "warning")).toEqual([]);
  expect(ran.code).toBe(0);
  expect(of(ran, "discovery")[0]?.evidence).toHaveLength(3);
  expect(of(ran, "tls")[0]?.evidence.join("\n")).toContain("Tieline lab authority");
  expect(of(ran, "roles")[0]?.text).toMatch(/\d+ cmdlets/);
  expect(running.sessionCount()).toBe(0);
  const words = await doctor(["hybrid.contoso.com", "-o", "table"]);
  expect(words.out).toMatch(/info +Discovery[^]*Hybrid link was followed[^]*skipped +Session/);
  expect(words.code).toBe(0);
  const pool = await doctor(["https://pool01.contoso.local/OcsPowershell", "--user", "administrator@contoso.local", "--json"]);
  expect(pool.findings.filter(({ verdict }) => verdict === "error")).toEqual([]);
  expect((await doctor(["https://"])).code).toBe(2);
});

test("a token for another resource is named, and never shown", async () => {
  await using _ = await lab();
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const token = `${part({ alg: "none" })}.${part({ aud: "https://elsewhere.contoso.com/", tid: "t", exp: 4_000_000_000 })}.c2VjcmV0`;
  const ran = await doctor(["admin@contoso.com", "--json"], { TIELINE_TOKEN: token });
  expect(of(ran, "token")[0]).toMatchObject({ verdict: "error", layer: "authentication" });
  expect(ran.out).not.toContain("c2VjcmV0");
});

test.each([
  [
    "wants credentials",
    'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n',
    /Basic/,
  ],
  ["refuses", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", /403/],
])("a proxy that %s is named as the cause", async (_name, said, text) => {
  await using _ = await lab();
  const proxy = createServer().on("connect", (_request, socket) => socket.end(said));
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  try {
    const ran = await doctor(["admin@contoso.com", "--json", "--proxy", `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`]);
    const [found] = of(ran, "proxy");
    expect(found, JSON.stringify(ran.findings, null, 1)).toMatchObject({ verdict: "error", layer: "proxy" });
    expect(found?.text).toMatch(text);
    expect(ran.code).toBe(6);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});

test.each(Object.entries(EXPECTED))("%s", async (name, { subject = "admin@contoso.com", check, verdict, text, also, exit }) => {
  await using running = await lab(name);
  const proxy = running.warnings.map((warning) => /--proxy (\S+)/.exec(warning)?.[1]).find((each) => each !== undefined);
  const ran = await doctor([subject, "--json", ...(proxy === undefined ? [] : ["--proxy", proxy])]);
  const found = of(ran, check).find((finding) => finding.verdict === verdict && text.test(finding.text));
  expect(found, JSON.stringify(ran.findings, null, 1)).toBeDefined();
  if (also !== undefined) expect([...(found?.evidence ?? []), found?.cause, found?.cure].join("\n")).toMatch(also);
  expect(ran.code).toBe(exit);
});

test("each switch has its expectation", () => {
  expect(Object.keys(EXPECTED).toSorted()).toEqual(Object.keys(BREAKS).toSorted());
});

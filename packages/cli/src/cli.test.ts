/** The command line against a lab, as a user types it: exit codes, streams, formats, sessions. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LabAuthority, LabSecrets, type RunningLab, startLab } from "@tieline/server";
import { Fault } from "@tieline/fault";
import type { Surroundings } from "./invocation.ts";
import { main } from "./main.ts";

let folder: string;
let lab: RunningLab;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tieline-cli-"));
  lab = await startLab({ folder: join(folder, "lab"), users: 12 });
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  code: number;
  out: string;
  err: string;
}

async function tieline(
  words: readonly string[],
  more: { env?: Record<string, string>; stdin?: string; signal?: AbortSignal } = {},
): Promise<Ran> {
  const stream = (): PassThrough & { text: string } => {
    const made = Object.assign(new PassThrough(), { text: "" });
    made.on("data", (chunk: Buffer) => (made.text += chunk.toString()));
    return made;
  };
  const stdout = stream();
  const stderr = stream();
  const stdin = new PassThrough();
  stdin.end(more.stdin ?? "");
  const around = {
    stdin,
    stdout,
    stderr,
    environment: { XDG_STATE_HOME: join(folder, "state"), XDG_DATA_HOME: join(folder, "data"), TIELINE_TOKEN_CACHE: "memory", ...more.env },
    signal: more.signal ?? new AbortController().signal,
  };
  const code = await main(words, around as unknown as Surroundings);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, out: stdout.text, err: stderr.text };
}

const inLab = (): string[] => ["--data", lab.folder];
const asAdmin = (): string[] => [...inLab(), "--user", "admin@contoso.com"];
const atPool = (scheme: "http" | "https"): string[] => [
  ...inLab(),
  "--user",
  "administrator@contoso.local",
  "--target-uri",
  `${scheme}://pool01.contoso.local/OcsPowershell`,
];

test("a cmdlet's result is JSON where nobody watches, and nothing else is on stdout", async () => {
  const { code, out, err } = await tieline(["invoke", ...asAdmin(), "Get-CsOnlineUser", "-Identity", "alice"]);
  expect(err).toBe("");
  expect(JSON.parse(out)).toMatchObject([{ DisplayName: "Alice Jones", SipAddress: "sip:alice@contoso.com", Enabled: true }]);
  expect(code).toBe(0);
});

test("a pipeline in quotes runs as structured commands, in any format", async () => {
  const { code, out } = await tieline([
    "invoke",
    ...asAdmin(),
    "-o",
    "csv",
    "Get-CsOnlineUser -Identity alice | Select-Object DisplayName, SipAddress",
  ]);
  expect([code, out]).toEqual([0, "DisplayName,SipAddress\r\nAlice Jones,sip:alice@contoso.com\r\n"]);
});

test("--verbose prints the stages in the words that administrators know, on stderr", async () => {
  const { err } = await tieline(["invoke", ...asAdmin(), "-v", "Get-CsTenant"]);
  expect(err.split("\n").filter((line) => line.startsWith("VERBOSE"))).toEqual([
    "VERBOSE: Determining domain to admin",
    "VERBOSE: AdminDomain = 'contoso.com'",
    "VERBOSE: Discovering PowerShell endpoint URI",
    "VERBOSE: TargetUri = 'https://admin0a.online.lync.com/OcsPowershellLiveId'",
    "VERBOSE: Requesting authentication token",
    "VERBOSE: Success",
    "VERBOSE: Initializing remote session",
    "VERBOSE: Success",
  ]);
});

test.each(["https", "http"] as const)("the pool lets in by Negotiate over %s", async (scheme) => {
  const { code, out, err } = await tieline(["invoke", ...atPool(scheme), "-o", "jsonl", "--query", "[].Identity", "Get-CsPool"]);
  expect(err).toBe("");
  expect([code, out]).toEqual([0, '"edge01.contoso.local"\n"pool01.contoso.local"\n"pool02.contoso.local"\n']);
});

test.each([
  [["Get-Nonsense"], 5, "CommandNotFoundException"],
  [["Get-CsOnlineUser", "-Identity", "nobody"], 1, "UserNotFound,Get-CsOnlineUser"],
  [["Get-CsOnlineUser", "-NoSuch", "x"], 1, "NamedParameterNotFound,Get-CsOnlineUser"],
  [["$a = 1; $a"], 2, "script-needed"],
  [["Get-CsOnlineUser | ("], 2, "script-syntax"],
])("%j ends with exit code %i and says %s", async (words, code, text) => {
  const ran = await tieline(["invoke", ...asAdmin(), ...words]);
  expect(ran.err).toContain(text);
  expect(ran.code).toBe(code);
});

test.each([
  ["a wrong password", ["--user", "admin@contoso.com"], { TIELINE_PASSWORD: "wrong" }, 4, "aadsts-50126"],
  ["another tenant", ["--user", "admin@contoso.com", "--override-admin-domain", "fabrikam.com"], {}, 5, "tenant-not-permitted"],
  ["a user without domain", ["--user", "admin"], {}, 2, "domain-unknown"],
  ["a domain that nobody serves", ["--user", "a@nowhere.invalid"], {}, 6, "discovery-failed"],
  [
    "Basic in the clear",
    ["--user", "a@contoso.com", "--target-uri", "http://x.invalid/wsman", "--authentication", "basic"],
    { TIELINE_PASSWORD: "p" },
    4,
    "basic-without-tls",
  ],
] as const)("%s is refused with its code", async (_, words, env, code, text) => {
  const ran = await tieline(["invoke", ...inLab(), ...words, "Get-CsTenant"], { env });
  expect(ran.err).toContain(text);
  expect(ran.err).toContain("cure");
  expect(ran.out).toBe("");
  expect(ran.code).toBe(code);
});

const certificateWords = (at: string): string[] => [
  "--certificate-file",
  join(at, "admin@contoso.com.crt"),
  "--key-file",
  join(at, "admin@contoso.com.key"),
];

test.each([[], ["--authentication", "certificate"]])(
  "the lab's client certificate signs its account in, without a password; %j",
  async (...more) => {
    const words = [...more, ...certificateWords(join(lab.folder, "authority"))];
    // Whoever has no right password shows that none was used.
    const { code, out, err } = await tieline(["invoke", ...asAdmin(), ...words, "Get-CsTenant | Select-Object DisplayName"], {
      env: { TIELINE_PASSWORD: "wrong" },
    });
    expect(err).toBe("");
    expect([code, JSON.parse(out)]).toEqual([0, [{ DisplayName: "Contoso.com" }]]);
  },
);

test("a certificate for the same name by another authority is refused", async () => {
  const elsewhere = join(folder, "elsewhere");
  await (await LabAuthority.open(elsewhere, Date.now())).client("admin@contoso.com", Date.now());
  const { code, out, err } = await tieline(["invoke", ...asAdmin(), ...certificateWords(elsewhere), "Get-CsTenant"]);
  expect(err).toContain("certificate-not-mapped: No account belongs to the client certificate");
  expect([code, out]).toEqual([4, ""]);
});

test("without the lab's authority its certificate is not trusted; --insecure warns", async () => {
  const words = [
    "--connect-to",
    `::127.0.0.1:${lab.description.ports["online-https"]}`,
    "--user",
    "admin@contoso.com",
    "--target-uri",
    "https://admin0a.online.lync.com/OcsPowershell",
    "Get-CsTenant",
  ];
  const env = { TIELINE_PASSWORD: LabSecrets.open(lab.folder).password("admin@contoso.com") };
  const refused = await tieline(["invoke", ...words], { env });
  expect([refused.code, refused.err.includes("tls-untrusted")]).toEqual([6, true]);
  const warned = await tieline(["invoke", "--insecure", ...words], { env });
  expect([warned.code, warned.err]).toEqual([0, expect.stringContaining("certificates are not checked")]);
});

test("faults are data where JSON is asked for", async () => {
  const { err } = await tieline(["invoke", ...inLab(), "--user", "x@contoso.com", "-o", "json", "Get-CsTenant"]);
  expect(JSON.parse(err)).toMatchObject({
    error: { code: "aadsts-50034", layer: "authentication", stage: "Requesting authentication token" },
  });
});

test("a kept session survives its command, serves others, is listed, and is closed", async () => {
  const kept = await tieline(["connect", "admin@contoso.com", ...inLab(), "--keep", "work"]);
  expect([kept.code, lab.sessionCount()]).toEqual([0, 1]);
  const used = await tieline(["invoke", ...inLab(), "--session", "work", "-o", "jsonl", "Get-CsOnlineSipDomain"]);
  expect([used.code, used.out.split("\n")[0]]).toEqual([0, '{"Name":"contoso.com","Status":"Enabled"}']);
  const listed = await tieline(["sessions", "list", "admin@contoso.com", ...inLab()]);
  expect(JSON.parse(listed.out)).toMatchObject([{ Kept: "work", State: "Disconnected", Owner: "admin@contoso.com" }]);
  expect((await tieline(["sessions", "close", ...inLab(), "work"])).code).toBe(0);
  expect(lab.sessionCount()).toBe(0);
  expect((await tieline(["invoke", ...inLab(), "--session", "work", "Get-CsTenant"])).err).toContain("kept-session-unknown");
});

test("three shells a user: the fourth is refused with the known text, and nothing is left behind", async () => {
  for (const name of ["one", "two", "three"])
    expect((await tieline(["connect", "admin@fabrikam.com", ...inLab(), "--keep", name])).code).toBe(0);
  const fourth = await tieline(["invoke", ...inLab(), "--user", "admin@fabrikam.com", "Get-CsTenant"]);
  expect(fourth.err).toContain(
    "The maximum number of concurrent shells for this user has been exceeded. Close existing shells or raise the quota for this user.",
  );
  expect(fourth.code).toBe(7);
  expect((await tieline(["sessions", "close", ...inLab(), "--user", "admin@fabrikam.com", "all"])).code).toBe(0);
  expect(lab.sessionCount()).toBe(0);
});

test("connect reads cmdlets from a pipe, a line each", async () => {
  const { code, out } = await tieline(["connect", "viewer@contoso.com", ...inLab(), "-o", "jsonl"], {
    stdin: "# a remark\nGet-CsOnlineSipDomain\n\nGet-CsTenant | Select-Object DisplayName\n",
  });
  expect(code).toBe(0);
  expect(out).toContain('{"DisplayName":"Contoso.com"}');
  expect(lab.sessionCount()).toBe(0);
});

test("a role sees only its cmdlets", async () => {
  expect((await tieline(["invoke", ...inLab(), "--user", "viewer@contoso.com", "Set-CsUser", "-Identity", "alice", "-WhatIf"])).code).toBe(
    5,
  );
  const admin = await tieline(["invoke", ...asAdmin(), "Set-CsUser", "-Identity", "alice", "-WhatIf"]);
  expect([admin.code, admin.err]).toEqual([0, expect.stringContaining('What if: Performing the operation "Set-CsUser"')]);
});

test("an interrupted command stops at the service and leaves no shell", async () => {
  const abort = new AbortController();
  const running = tieline(["invoke", ...asAdmin(), "Get-CsOnlineUser"], { signal: abort.signal });
  setTimeout(() => abort.abort(new Fault("interrupted")), 60);
  const { code } = await running;
  // It may have been through before the signal came.
  expect([0, 130]).toContain(code);
  expect(lab.sessionCount()).toBe(0);
});

test.each([
  [["invoke", "--nonsense", "Get-CsTenant"], "unknown option"],
  [["nonsense"], "unknown command"],
  [["invoke", "-o", "xml", "Get-CsTenant"], "Allowed choices"],
  [["invoke", "--connect-to", "a:b", "--user", "a@b.c", "Get-CsTenant"], "host:port:address:port"],
  [["invoke", "Get-CsTenant"], "who signs in"],
  [["invoke", "--user", "a@b.c", "--authentication", "certificate", "Get-CsTenant"], "--certificate-file FILE"],
  [["invoke", "--user", "a@b.c", "--certificate-file", "/nonexistent.crt", "Get-CsTenant"], "file-unreadable"],
  [["invoke", "--data", "/nonexistent/lab", "Get-CsTenant"], "lab-missing"],
  [["up", "--port", "x=1", "--data", "/nonexistent"], "names no port"],
  [["import", "/no/such/file.csv", "--tenant", "contoso.com", "--database-url", "postgres://a:secret@h/d"], "store-password-in-url"],
])("%j is wrong use: exit code 2, with a word why", async (words, text) => {
  const { code, err, out } = await tieline(words);
  expect(err).toContain(text);
  expect(err).not.toContain("secret");
  expect(err).not.toMatch(/\n\s+at /);
  expect([out, code]).toEqual(["", expect.any(Number)]);
  expect(code).not.toBe(0);
});

test("import: all of a file or nothing, with line numbers; a running service is said", async () => {
  const good = join(folder, "good.csv");
  const bad = join(folder, "bad.csv");
  writeFileSync(
    good,
    '"UserPrincipalName","DisplayName","SipAddress","Enabled"\r\nnew@contoso.com,"New, Person",sip:new@contoso.com,True\r\n',
  );
  writeFileSync(bad, "UserPrincipalName,DisplayName,Enabled\nok@contoso.com,Ok,True\nbroken@contoso.com,Broken,perhaps\n");
  const busy = await tieline(["import", good, "--tenant", "contoso.com", ...inLab()]);
  expect(busy.err).toContain("store-in-use");
  const other = join(folder, "other");
  await (await startLab({ folder: other, users: 3 }))[Symbol.asyncDispose]();
  const refused = await tieline(["import", bad, "--tenant", "contoso.com", "--data", other]);
  expect([refused.code, refused.err]).toEqual([2, expect.stringMatching(/line 3/i)]);
  const done = await tieline(["import", good, "--tenant", "contoso.com", "--data", other]);
  expect(JSON.parse(done.out)).toMatchObject([{ Read: 1, Added: 1, Kept: true }]);
});

test("explain tells a pasted error from its arguments or a pipe; 0 where it is known, 1 where it is not", async () => {
  const told = await tieline(["explain", "-o", "list", "The maximum number of concurrent shells for this user has been exceeded"]);
  expect(told).toMatchObject({ code: 0, err: "" });
  expect(told.out).toMatch(/shell-quota-user[^]*stage 4 of 4[^]*cure:[^]*tieline sessions close/);
  const piped = await tieline(["explain", "-"], { stdin: "There is an error in XML\r\n document (5,2)" });
  expect(JSON.parse(piped.out)).toMatchObject({ recognised: true, findings: [{ code: "discovery-xml-error" }] });
  const number = await tieline(["explain", "-2144108526", "-o", "jsonl"]);
  expect(JSON.parse(number.out)).toMatchObject({ code: "winrm-cannot-connect" });
  const query = await tieline(["explain", "0x80338126", "--query", "findings[0].code"]);
  expect(query.out).toBe('"winrm-timed-out"\n');
  const unknown = await tieline(["explain", "-o", "list", "no such text"]);
  expect(unknown).toMatchObject({ code: 1 });
  expect(unknown.out).toMatch(/not known[^]*tieline doctor/);
  expect((await tieline(["explain", "-"], { stdin: " " })).code).toBe(2);
});

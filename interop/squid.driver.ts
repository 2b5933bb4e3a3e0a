/**
 * Debian's squid as the proxy on the way to the lab's endpoint: plain, Basic (basic_ncsa_auth), Digest
 * (digest_file_auth), NTLM and Negotiate (Samba's ntlm_auth and winbindd in front of a Samba domain). Right and wrong
 * passwords. The lab's names are known to squid alone: whatever arrives went through it.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { diallerFor, openConnection, type ProxyAuthenticatorOptions, type ProxyScheme, type Wish } from "@tieline/connector";
import { isFault, type Fault } from "@tieline/fault";
import { startLab, type RunningLab } from "../packages/server/src/index.ts";
import { cases, type Driver, type Outcome } from "./driver.ts";
import { missingDomain, SambaDomain } from "./samba-domain.ts";
import { missingSquid, ncsaPassword, Squid, squidAccount, type SquidOptions } from "./squid.ts";

const USER = "alice";
const PASSWORD = "Sesame!2026 x";
const ADMIN = "admin@contoso.com";

interface Kind {
  name: string;
  scheme: ProxyScheme;
  squid: SquidOptions;
}

const helper = (scheme: string, program: string): string[] => [
  `auth_param ${scheme} program ${program}`,
  `auth_param ${scheme} children 2 startup=1`,
];
const BASIC: Kind = {
  name: "Basic",
  scheme: "basic",
  squid: {
    files: { users: `${USER}:${ncsaPassword(PASSWORD)}\n` },
    authentication: (folder) => [...helper("basic", `/usr/lib/squid/basic_ncsa_auth ${folder}/users`), "auth_param basic realm squid"],
  },
};
const DIGEST: Kind = {
  name: "Digest",
  scheme: "digest",
  squid: {
    files: { digests: `${USER}:squid:${createHash("md5").update(`${USER}:squid:${PASSWORD}`).digest("hex")}\n` },
    authentication: (folder) => [
      ...helper("digest", `/usr/lib/squid/digest_file_auth -c ${folder}/digests`),
      "auth_param digest realm squid",
    ],
  },
};
const windows = (scheme: "ntlm" | "negotiate", domain: SambaDomain): Kind => ({
  name: `${scheme === "ntlm" ? "NTLM" : "Negotiate"} by winbind and a Samba domain`,
  scheme,
  squid: {
    authentication: () =>
      helper(
        scheme,
        `/usr/bin/ntlm_auth --helper-protocol=${scheme === "ntlm" ? "squid-2.5-ntlmssp" : "gss-spnego"} --configfile=${domain.configuration}`,
      ),
  },
});

/** The lab's names without their addresses: only squid's hosts file knows where they live. */
function placesOf(lab: RunningLab): { connectTo: string[]; hosts: string[]; httpsPorts: number[] } {
  const entries = lab.description.names.map((entry) => entry.split(":"));
  return {
    connectTo: entries.map(([host, port, , toPort]) => `${host}:${port}::${toPort}`),
    hosts: [...new Set(entries.map(([host]) => `127.0.0.1 ${host}`))],
    httpsPorts: [...new Set(entries.filter(([, port]) => port === "443").map(([, , , toPort]) => Number(toPort)))],
  };
}

/** `New-CsOnlineSession` and one cmdlet through a proxy; gives the verbose lines. */
async function connectThrough(lab: RunningLab, proxy: number, logon: ProxyAuthenticatorOptions): Promise<string[]> {
  const said: string[] = [];
  const dialler = diallerFor({
    connectTo: placesOf(lab).connectTo,
    caFiles: [join(lab.folder, lab.description.authority)],
    insecure: false,
    proxy: `http://127.0.0.1:${proxy}`,
    proxyLogon: logon,
    environment: {},
  });
  const password = lab.logins.find(({ user }) => user === ADMIN)?.password ?? "";
  const wish: Wish = {
    user: ADMIN,
    authentication: "default",
    credential: () => Promise.resolve({ kind: "password", user: ADMIN, password }),
  };
  const { session } = await openConnection(wish, { dialler, say: (words) => said.push(words) });
  try {
    const names: string[] = [];
    for await (const value of session.invoke("Get-CsTenant")) names.push(String(value));
    assert.equal(names.length, 1);
  } finally {
    await session.close();
  }
  return said;
}

/** The command itself, as a user runs it, signing in for a token: verbose lines, results, exit code. */
async function tieline(
  lab: RunningLab,
  proxy: number,
  words: readonly string[],
): Promise<{ code: number | null; out: string; err: string }> {
  const bin = fileURLToPath(new URL("../packages/cli/src/bin.ts", import.meta.url));
  const places = placesOf(lab).connectTo.flatMap((entry) => ["--connect-to", entry]);
  const authority = join(lab.folder, lab.description.authority);
  const through = ["--proxy", `http://127.0.0.1:${proxy}`, "--proxy-user", USER];
  const child = spawn(
    process.execPath,
    ["--conditions=@tieline/source", bin, "invoke", "--user", ADMIN, "--ca-file", authority, ...places, ...through, "--verbose", ...words],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        HOME: lab.folder,
        TIELINE_PASSWORD: lab.logins.find(({ user }) => user === ADMIN)?.password ?? "",
        TIELINE_PROXY_PASSWORD: PASSWORD,
      },
    },
  );
  const told = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (told.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (told.err += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, ...told };
}

async function faultOf(action: Promise<unknown>): Promise<Fault> {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(isFault(error), `a fault, not ${String(error)}`);
  return error;
}

function casesOf(lab: RunningLab, kinds: readonly Kind[]): (readonly [string, () => Promise<void>])[] {
  const { hosts, httpsPorts } = placesOf(lab);
  const proxies: SquidOptions = { hosts, tunnelPorts: httpsPorts };
  const check = (squid: Squid, said: readonly string[], user: string): void => {
    const done = squid.log().filter(({ status }) => status === 200);
    const hostsOf = (method: string): string[] =>
      done.filter((line) => line.method === method).map(({ url }) => url.replace(/^http:\/\//, "").replace(/[:/].*$/, ""));
    assert.ok(hostsOf("GET").includes("lyncdiscover.contoso.com"), `discovery's first step: ${JSON.stringify(done)}`);
    assert.ok(
      hostsOf("CONNECT").some((host) => /^(webdir|lyncdiscover)/.test(host)),
      `discovery under TLS: ${JSON.stringify(done)}`,
    );
    assert.ok(hostsOf("CONNECT").includes("admin0a.online.lync.com"), `the session: ${JSON.stringify(done)}`);
    assert.ok(
      done.every((line) => line.user === user || line.user.toLowerCase().endsWith(`\\${user}`)),
      JSON.stringify(done),
    );
    assert.ok(said.includes(`through the proxy 127.0.0.1:${squid.port}`));
  };
  return [
    [
      "plain: every stage goes through it, plain http by whole addresses",
      async () => {
        await using squid = await Squid.start(proxies);
        const said = await connectThrough(lab, squid.port, {});
        await settled();
        check(squid, said, "-");
      },
    ],
    [
      "a destination that its rules forbid is the proxy's refusal",
      async () => {
        await using squid = await Squid.start({ hosts, tunnelPorts: [1] });
        const fault = await faultOf(connectThrough(lab, squid.port, {}));
        assert.equal(fault.code, "proxy-refused");
        assert.match(fault.message, /HTTP 403/);
      },
    ],
    ...kinds.flatMap(({ name, scheme, squid: options }): (readonly [string, () => Promise<void>])[] => [
      [
        `${name}: right password`,
        async () => {
          await using squid = await Squid.start({ ...proxies, ...options });
          const said = await connectThrough(lab, squid.port, { credential: { user: USER, password: PASSWORD }, scheme });
          await settled();
          check(squid, said, USER);
        },
      ],
      [
        `${name}: a wrong password is shown once and refused; without one the proxy says what it wants`,
        async () => {
          await using squid = await Squid.start({ ...proxies, ...options });
          const wrong = await faultOf(connectThrough(lab, squid.port, { credential: { user: USER, password: "wrong-one" }, scheme }));
          assert.equal(wrong.code, "proxy-logon-failed");
          assert.ok(!JSON.stringify(wrong).includes("wrong-one"));
          assert.ok(wrong.message.toLowerCase().includes(scheme), wrong.message);
          assert.ok(squid.log().every(({ status }) => status !== 200));
          const silent = await faultOf(connectThrough(lab, squid.port, scheme === "negotiate" ? { scheme: "basic" } : {}));
          assert.equal(silent.code, "proxy-authentication-required");
        },
      ],
    ]),
    [
      "the command with a token: all four stages through squid, each said and each in its log",
      async () => {
        await using squid = await Squid.start({ ...proxies, ...DIGEST.squid });
        const { code, out, err } = await tieline(lab, squid.port, ["--sign-in", "password", "Get-CsTenant"]);
        assert.equal(code, 0, err);
        assert.equal((JSON.parse(out) as unknown[]).length, 1);
        await settled();
        const done = squid.log().filter(({ status }) => status === 200);
        const at = (host: string): boolean => done.some(({ url }) => url.includes(host));
        for (const host of ["lyncdiscover.contoso.com", "webdir", "login.online.lync.com", "admin0a.online.lync.com"]) {
          assert.ok(at(host), `${host}: ${JSON.stringify(done)}`);
        }
        const lines = err.split("\n").map((line) => line.replace(/^VERBOSE: /, ""));
        for (const stage of ["Discovering PowerShell endpoint URI", "Requesting authentication token", "Initializing remote session"]) {
          const from = lines.indexOf(stage);
          assert.ok(from >= 0 && lines.slice(from, from + 4).includes(`through the proxy 127.0.0.1:${squid.port}`), `${stage}: ${err}`);
        }
        assert.ok(done.every(({ user }) => user === USER));
      },
    ],
    [
      "of Digest and Basic the stronger is taken, unasked",
      async () => {
        const both = (folder: string): string[] => [
          ...(DIGEST.squid.authentication?.(folder) ?? []),
          ...(BASIC.squid.authentication?.(folder) ?? []),
        ];
        await using squid = await Squid.start({ ...proxies, authentication: both, files: { ...BASIC.squid.files, ...DIGEST.squid.files } });
        const warnings: string[] = [];
        await connectThrough(lab, squid.port, { credential: { user: USER, password: PASSWORD }, warn: (words) => warnings.push(words) });
        assert.deepEqual(warnings, []);
      },
    ],
  ];
}

/** squid writes a tunnel down when both its ends are gone. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 500);
  });
}

export const driver: Driver = {
  name: "squid as a proxy (plain, Basic, Digest; NTLM and Negotiate through winbind and a Samba domain)",
  needs: missingSquid,
  async run(): Promise<Outcome> {
    const folder = mkdtempSync(join(tmpdir(), "tieline-proxied-"));
    const missing = await missingDomain();
    if (missing !== undefined) console.log(`  skipped NTLM and Negotiate: ${missing}`);
    try {
      await using lab = await startLab({ folder, users: 12 });
      if (missing !== undefined) return await cases(casesOf(lab, [BASIC, DIGEST]));
      await using domain = await SambaDomain.create({ [USER]: PASSWORD }, squidAccount().gid);
      return await cases(casesOf(lab, [BASIC, DIGEST, windows("ntlm", domain), windows("negotiate", domain)]));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

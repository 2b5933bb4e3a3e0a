/**
 * Our client against a WS-Management server of somebody else's with a real PowerShell behind it: each way to log on, over
 * https and sealed over http. Needs TIELINE_BRIDGE, a script for TIELINE_PYTHON that serves https on the port of its
 * first argument, http with `--http`; TIELINE_BRIDGE_LOGON, `user:password`; TIELINE_BRIDGE_CA, its authority. With
 * KRB5_KTNAME, TIELINE_BRIDGE_PRINCIPAL and a KDC that runs, Kerberos too.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { kerberosInitiator, type HttpScheme } from "@tieline/auth";
import { isFault } from "@tieline/fault";
import { Dialler, readAuthorities } from "@tieline/net";
import { type PsObject, type PsValue, SecureString } from "@tieline/remoting/objects";
import { connect, type ConnectOptions, PowerShellError, type Session } from "../packages/remoting/src/client.ts";
import { ended, freePort, listening } from "./child.ts";
import { cases, type Driver, type Outcome } from "./driver.ts";

const {
  TIELINE_PYTHON: python = "",
  TIELINE_BRIDGE: bridge = "",
  TIELINE_BRIDGE_LOGON: logon = "",
  TIELINE_BRIDGE_CA: authority = "",
} = process.env;
const { KRB5_KTNAME: keytab = "", TIELINE_BRIDGE_PRINCIPAL: principal = "" } = process.env;
const [user = "", password = ""] = logon.split(/:(.*)/s);

interface Way {
  title: string;
  secure: boolean;
  authentication?: HttpScheme;
  user?: string;
}

const WAYS: readonly Way[] = [
  { title: "Basic over https", secure: true, authentication: "Basic" },
  { title: "NTLM over https", secure: true, authentication: "NTLM" },
  { title: "Negotiate over https", secure: true, authentication: "Negotiate" },
  { title: "what the server offers, over https", secure: true },
  { title: "NTLM sealed over http", secure: false, authentication: "NTLM" },
  { title: "Negotiate sealed over http", secure: false, authentication: "Negotiate" },
  ...(principal === ""
    ? []
    : ([
        { title: "Negotiate with Kerberos over https", secure: true, authentication: "Negotiate", user: principal },
        { title: "Negotiate with Kerberos sealed over http", secure: false, authentication: "Negotiate", user: principal },
        { title: "Kerberos sealed over http", secure: false, authentication: "Kerberos", user: principal },
      ] as const)),
];

const ports = { https: 0, http: 0 };

function options(way: Way, secret = password): ConnectOptions {
  return {
    transport: {
      kind: "wsman",
      uri: `${way.secure ? "https" : "http"}://localhost:${way.secure ? ports.https : ports.http}/wsman`,
      dialler: new Dialler({ tls: { authorities: [readAuthorities(authority)] } }),
      credential: { kind: "password", user: way.user ?? user, password: secret },
      ...(way.user === undefined ? {} : { kerberos: kerberosInitiator }),
      ...(way.authentication === undefined ? {} : { authentication: way.authentication }),
    },
  };
}

async function within(way: Way, use: (session: Session) => Promise<void>, further: Partial<ConnectOptions> = {}): Promise<void> {
  const session = await connect({ ...options(way), ...further });
  try {
    await use(session);
  } finally {
    await session.close();
  }
  assert.equal(session.state, "closed");
}

async function all(values: AsyncIterable<PsValue>): Promise<PsValue[]> {
  const read: PsValue[] = [];
  for await (const value of values) read.push(value);
  return read;
}

const [FIRST] = WAYS as [Way];
const SEALED = WAYS[5] as Way;

async function run(): Promise<Outcome> {
  return cases([
    ...WAYS.map((way) => [way.title, () => within(way, greets)] as const),
    // With Negotiate the stand-in drops the connection instead of saying no.
    ...WAYS.filter(({ authentication }) => authentication === "Basic" || authentication === "NTLM").map(
      (way) => [`${way.title}: a wrong password is told as such`, () => wrongPassword(way)] as const,
    ),
    ["all streams", () => within(FIRST, streams)],
    ["input, sealed", () => within(SEALED, input)],
    ["output of some megabytes, sealed", () => within(SEALED, muchOutput)],
    ["a command that takes longer than the server answers a poll", () => within(FIRST, patience)],
    ["stop", () => within(FIRST, stop)],
    ["several pipelines at a time", () => within(FIRST, several, { maxRunspaces: 3 })],
    [
      "prompts",
      () =>
        within(FIRST, prompts, {
          host: { methods: { ReadLine: () => "typed", ReadLineAsSecureString: () => new SecureString("typed in secret") } },
        }),
    ],
    ["secrets both ways", () => within(FIRST, secrets)],
    ["command metadata", () => within(FIRST, metadata)],
    ["a terminating error", () => within(FIRST, failure)],
    ["an untrusted certificate is refused", untrusted],
  ]);
}

async function greets(session: Session): Promise<void> {
  assert.deepEqual(await all(session.invokeScript("param() \"answer $(6*7)\"; 'x' * 3")), ["answer 42", "xxx"]);
  const [date] = await all(session.invoke("Get-Date", { Year: 2001, Month: 2, Day: 3, Format: "yyyy-MM-dd" }));
  assert.equal(date, "2001-02-03");
  assert.match(session.serverVersion ?? "", /^7\./);
}

async function wrongPassword(way: Way): Promise<void> {
  const error: unknown = await connect(options(way, "not the password")).then(
    async (session) => session.close(),
    (reason: unknown) => reason,
  );
  assert.ok(isFault(error), "it opened");
  assert.equal(error.layer, "authentication", `${error.code}: ${error.message}`);
}

async function streams(session: Session): Promise<void> {
  const script = `
    $VerbosePreference = $DebugPreference = $InformationPreference = 'Continue'
    Write-Progress -Activity working -PercentComplete 10
    Write-Debug d; Write-Verbose v; Write-Warning w; Write-Information i; Write-Error e; 'o'`;
  const seen: string[] = [];
  for await (const record of session.pipeline().script(script).run()) seen.push(record.stream);
  assert.deepEqual(seen, ["progress", "debug", "verbose", "warning", "information", "error", "output"]);
}

/**
 * Small input only: PowerShell works on packets at the same time until it has acknowledged them, and the stand-in does
 * not wait for that, so that a large packet may be overtaken by the next.
 */
async function input(session: Session): Promise<void> {
  const given = ["a", 1, null, "z"];
  assert.deepEqual(await all(session.invokeScript("$input", { input: given })), given);
}

async function muchOutput(session: Session): Promise<void> {
  const blocks = await all(session.invokeScript("1..12 | % { 'y' * 300000 }"));
  assert.deepEqual(
    blocks.map((block) => String(block).length),
    Array(12).fill(300_000),
  );
  const numbers = await all(session.invokeScript("1..5000"));
  assert.equal(numbers.length, 5000);
}

async function patience(session: Session): Promise<void> {
  assert.deepEqual(await all(session.invokeScript("Start-Sleep 22; 'late'")), ["late"]);
}

async function stop(session: Session): Promise<void> {
  const run = session.pipeline().script("'begun'; Start-Sleep 600").run();
  const outputs: PsValue[] = [];
  const begin = Date.now();
  for await (const record of run) {
    if (record.stream === "output") outputs.push(record.value);
    run.stop();
  }
  assert.deepEqual(outputs, ["begun"]);
  assert.equal(run.state, "Stopped");
  assert.ok(Date.now() - begin < 15_000);
  assert.deepEqual(await all(session.invokeScript("'on'")), ["on"]);
}

async function several(session: Session): Promise<void> {
  const answers = await Promise.all([1, 2, 3].map((i) => all(session.invokeScript(`Start-Sleep 1; ${i}`))));
  assert.deepEqual(answers, [[1], [2], [3]]);
}

async function prompts(session: Session): Promise<void> {
  assert.deepEqual(await all(session.invokeScript("$host.UI.ReadLine()")), ["typed"]);
  assert.deepEqual(await all(session.invokeScript("[Net.NetworkCredential]::new('', $host.UI.ReadLineAsSecureString()).Password")), [
    "typed in secret",
  ]);
}

async function secrets(session: Session): Promise<void> {
  const show = "param($s) [Net.NetworkCredential]::new('', $s).Password; $s";
  const [text, back] = await all(session.pipeline().script(show).argument(new SecureString("p\u00e4ss \u{10437}")).run().output());
  assert.equal(text, "p\u00e4ss \u{10437}");
  assert.ok(back instanceof SecureString);
  assert.equal(back.reveal(), "p\u00e4ss \u{10437}");
}

async function metadata(session: Session): Promise<void> {
  const commands = await session.commandMetadata(["Get-Da*"]);
  const date = commands.find(({ name }) => name === "Get-Date");
  assert.ok(date?.parameters?.some(({ name }) => name === "Format"));
}

async function failure(session: Session): Promise<void> {
  await assert.rejects(
    all(session.invokeScript("'before'; throw 'it cannot go on'")),
    (error) => error instanceof PowerShellError && error.message === "it cannot go on",
  );
  const [item] = await all(session.invokeScript("[pscustomobject]@{ a = 1; b = 'two' }"));
  assert.equal((item as PsObject).get("b"), "two");
}

async function untrusted(): Promise<void> {
  const strange = options(FIRST);
  const error: unknown = await connect({
    ...strange,
    transport: { ...strange.transport, dialler: new Dialler() } as ConnectOptions["transport"],
  }).catch((reason: unknown) => reason);
  assert.ok(isFault(error), "it opened");
  assert.equal(error.layer, "tls", error.message);
}

export const driver: Driver = {
  name: "another's WS-Management server before PowerShell, for our client",
  needs() {
    if (bridge === "" || !existsSync(bridge)) return "TIELINE_BRIDGE names no server";
    if (python === "") return "TIELINE_PYTHON names no Python";
    if (logon === "" || authority === "") return "TIELINE_BRIDGE_LOGON or TIELINE_BRIDGE_CA is missing";
    return keytab === "" && principal !== "" ? "TIELINE_BRIDGE_PRINCIPAL wants KRB5_KTNAME" : undefined;
  },
  async run() {
    const servers: ChildProcess[] = [];
    try {
      for (const kind of ["https", "http"] as const) {
        ports[kind] = await freePort();
        const child = spawn(python, [bridge, String(ports[kind]), ...(kind === "http" ? ["--http"] : [])], {
          stdio: ["ignore", "ignore", "pipe"],
        });
        servers.push(child);
        await listening(ports[kind], child);
      }
      return await run();
    } finally {
      await Promise.all(servers.map(ended));
    }
  },
};

/**
 * What Windows PowerShell 5.1 sends for Import-PSSession and Enter-PSSession, message by message (read in PowerShell's
 * own source, since no Windows is at hand), against the service: protocol 2.3, XPRESS asked for, the version in the query.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Dialler, NameMap, readAuthorities } from "@tieline/net";
import { connect, type PsDictionary, PsList, PsObject, Version, type PipelineRun, type PsValue, type Session } from "@tieline/remoting";
import { LabSecrets, startLab, type RunningLab } from "./index.ts";

const ALIAS = 1;
const CMDLET = 8;
const FUNCTION = 2;
/** What CommandMetadata demands before it makes a proxy; ProgressAction is exempt for servers before 7.4. */
const COMMON = [
  "Verbose",
  "Debug",
  "ErrorAction",
  "WarningAction",
  "InformationAction",
  "ErrorVariable",
  "WarningVariable",
  "InformationVariable",
  "OutVariable",
  "OutBuffer",
  "PipelineVariable",
];
const NAME = /^[-._:\\\p{Ll}\p{Lu}\p{Lt}\p{Lo}\p{Nd}\p{Lm}]{1,100}$/u;

let folder: string;
let lab: RunningLab;
let session: Session;
const written: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tieline-winps-"));
  lab = await startLab({ folder, users: 8 });
  session = await connect({
    transport: {
      kind: "wsman",
      uri: "https://admin0a.online.lync.com/OcsPowershellLiveId?AdminDomain=contoso.com&PSVersion=5.1.17763.771",
      dialler: new Dialler({
        names: NameMap.of(lab.description.names),
        tls: { authorities: [readAuthorities(join(folder, lab.description.authority))] },
      }),
      credential: { kind: "password", user: "admin@contoso.com", password: LabSecrets.open(folder).password("admin@contoso.com") },
      authentication: "Basic",
      compress: true,
      operationTimeoutMs: 180_000,
    },
    protocolVersion: "2.3",
    host: {
      methods: { WriteLine2: ([text]) => void written.push(text ?? ""), WriteErrorLine: ([text]) => void written.push(`error: ${text}`) },
    },
  });
});
afterAll(async () => {
  await session?.close();
  await lab?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const value = (object: PsValue | undefined, name: string): PsValue | undefined =>
  object instanceof PsObject ? object.get(name) : undefined;
const plain = (of: PsValue | undefined): PsValue | undefined => (of instanceof PsObject && of.base !== undefined ? of.base : of);
const items = (of: PsValue | undefined): readonly PsValue[] => {
  const inner = plain(of);
  return inner instanceof PsList ? inner.items : Array.isArray(inner) ? (inner as readonly PsValue[]) : [];
};

test("the private data names a version and no debugger", () => {
  const data = session.applicationPrivateData as PsDictionary;
  const table = plain(data.get("PSVersionTable")) as PsDictionary;
  expect(String(table.get("PSVersion"))).toMatch(/^5\.1/);
  expect(table.get("SerializationVersion")).toEqual(new Version("1.1.0.1"));
  expect(
    ["DebugMode", "DebugStop", "BreakAll", "DebugBreakpointCount", "UnhandledBreakpointMode"].filter((name) => data.has(name)),
  ).toEqual([]);
  expect(session.protocolVersion).toBe("2.3");
});

test("Import-PSSession 1: GET_COMMAND_METADATA, and each command fit for a proxy", async () => {
  const commands = await session.commandMetadata();
  expect(commands.length).toBeGreaterThan(20);
  for (const command of commands) {
    expect(command.name).toMatch(NAME);
    // An alias is imported only where it says what it stands for.
    if (command.commandType === ALIAS) expect(command.resolvedCommandName).not.toBeNull();
    else expect([CMDLET, FUNCTION]).toContain(command.commandType);
    const names = command.parameters?.map((parameter) => parameter.name) ?? [];
    expect(`${command.name}: ${COMMON.filter((name) => !names.includes(name)).join()}`).toBe(`${command.name}: `);
    for (const parameter of command.parameters ?? []) expect(parameter.name).toMatch(NAME);
  }
  const skip = items(
    (plain((session.applicationPrivateData as PsDictionary).get("ImplicitRemoting")) as PsDictionary).get("CommandsToSkip"),
  );
  expect(skip).toEqual(
    expect.arrayContaining([
      "Get-Command",
      "Get-FormatData",
      "Select-Object",
      "Get-Help",
      "Measure-Object",
      "Exit-PSSession",
      "Out-Default",
    ]),
  );
});

test("Import-PSSession 2: Get-FormatData is counted to exactly one object with Count, then fetched", async () => {
  const counted = await outputs(
    session
      .pipeline()
      .command("Get-FormatData")
      .parameter("TypeName", ["*"])
      .parameter("PowerShellVersion", new Version("5.1.17763.771"))
      .command("Measure-Object")
      .run(),
  );
  expect(counted).toHaveLength(1);
  const count = Number(plain(value(counted[0], "Count")));
  const formats = await outputs(
    session
      .pipeline()
      .command("Get-FormatData")
      .parameter("TypeName", ["*"])
      .parameter("PowerShellVersion", new Version("5.1.17763.771"))
      .run(),
  );
  expect(formats).toHaveLength(count);
});

test("Import-PSSession 4: a proxy's call, parameters with dash and colon, switches as objects", async () => {
  const present = new PsObject({
    typeNames: ["System.Management.Automation.SwitchParameter", "System.ValueType", "System.Object"],
    text: "True",
  });
  present.set("IsPresent", true, "adapted");
  const run = session.run({
    statements: [
      [
        {
          text: "Get-CsOnlineUser",
          arguments: [
            { name: "-Identity:", value: "alice" },
            { name: "-Verbose:", value: present },
          ],
        },
      ],
    ],
    redirectShellErrorOutputPipe: true,
  });
  expect((await outputs(run)).map((user) => String(value(user, "SipAddress")))).toEqual(["sip:alice@contoso.com"]);
});

test("Enter-PSSession: the two commands of an interactive session are there, count first", async () => {
  const commands = await session.commandMetadata(["Out-Default", "Exit-PSSession"]);
  expect(commands.map((command) => command.name).sort()).toEqual(["Exit-PSSession", "Out-Default"]);
});

test("Enter-PSSession: a line ends in Out-Default, and the screen is written by host calls", async () => {
  written.length = 0;
  const run = session.pipeline().command("Get-CsOnlineSipDomain").command("Out-Default").run();
  expect(await outputs(run)).toEqual([]);
  expect(written.join("\n")).toContain("contoso.onmicrosoft.com");
});

test("script text is refused in PowerShell's words", async () => {
  await expect(outputs(session.pipeline().script("1 + 1").run())).rejects.toMatchObject({
    fullyQualifiedErrorId: "ScriptsNotAllowed",
    message: "The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode.",
  });
});

async function outputs(run: PipelineRun): Promise<PsValue[]> {
  const values: PsValue[] = [];
  for await (const record of run) if (record.stream === "output") values.push(record.value);
  return values;
}

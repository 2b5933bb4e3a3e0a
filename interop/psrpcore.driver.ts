/**
 * psrpcore as the server of our client, over the out-of-process framing of a child process: protocol 2.1 to 2.3, the
 * exchange of the session key, host calls, input, stop. Needs a Python with psrpcore in TIELINE_PYTHON.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { isFault } from "@tieline/fault";
import { DateTime, PsDictionary, PsObject, type PsValue, SecureString, toText } from "@tieline/remoting/objects";
import { connect, PowerShellError, type Session, type StreamRecord } from "../packages/remoting/src/client.ts";
import type { Host } from "../packages/remoting/src/host.ts";
import { cases, type Driver } from "./driver.ts";
import { missingModules } from "./python-modules.ts";

const { TIELINE_PYTHON: python = "" } = process.env;
const server = fileURLToPath(new URL("python/psrpcore_server.py", import.meta.url));

function open(version = "2.3", host?: Host): Promise<Session> {
  return connect({ transport: { kind: "process", command: python, args: [server, version] }, ...(host === undefined ? {} : { host }) });
}

async function within(version: string, use: (session: Session) => Promise<void>, host?: Host): Promise<void> {
  const session = await open(version, host);
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

const VALUES: readonly PsValue[] = [
  "text",
  "",
  "\u3053 \u{10437} _x000A_ \r\n\t<&>",
  7,
  -1,
  true,
  false,
  null,
  2n ** 40n,
  new DateTime(63_116_755_506, "Utc"),
  new Uint8Array([0, 255]),
];

export const driver: Driver = {
  name: "psrpcore as server, for our client",
  needs: () => missingModules(python, "psrpcore"),
  run: () =>
    cases([
      ...["2.1", "2.2", "2.3"].map(
        (version) =>
          [
            `opens with protocol ${version}`,
            () =>
              within(version, async (session) => {
                assert.equal(session.protocolVersion, version);
                assert.deepEqual(await all(session.invoke("Get-Echo", { Value: "hello" })), ["hello"]);
              }),
          ] as const,
      ),
      [
        "values there and back",
        () =>
          within("2.3", async (session) => {
            for (const value of VALUES) {
              const [back] = await all(session.invoke("Get-Echo", { Value: [value] }));
              const [inside] = [...(back instanceof PsObject ? (back.base as Iterable<PsValue>) : (back as PsValue[]))];
              assert.deepEqual(inside, value, toText(value));
            }
          }),
      ],
      [
        "all streams",
        () =>
          within("2.3", async (session) => {
            const seen: StreamRecord[] = [];
            for await (const record of session.pipeline().command("Write-Streams").run()) seen.push(record);
            assert.deepEqual(
              seen.map(({ stream }) => stream),
              ["progress", "debug", "verbose", "warning", "information", "error", "output", "progress"],
            );
            const error = seen.find((each) => each.stream === "error")?.record;
            assert.equal(error?.text, "an error");
            assert.equal(error?.fullyQualifiedErrorId, "TestError");
          }),
      ],
      [
        "a terminating error",
        () =>
          within("2.3", async (session) => {
            await assert.rejects(
              all(session.invoke("Stop-Hard")),
              (error) => error instanceof PowerShellError && error.terminating && error.message === "it cannot go on",
            );
            assert.deepEqual(await all(session.invoke("Get-Echo", { Value: 1 })), [1]);
          }),
      ],
      [
        "input, small and large",
        () =>
          within("2.3", async (session) => {
            const given = ["a", 1, "x".repeat(300_000), "z"];
            assert.deepEqual(await all(session.invoke("Read-Input", {}, { input: given })), given);
          }),
      ],
      [
        "many objects and large ones",
        () =>
          within("2.3", async (session) => {
            const objects = await all(session.invoke("Get-Object", { Count: 500 }));
            assert.equal(objects.length, 500);
            assert.equal((objects[499] as PsObject).get("Number"), 499);
            const blocks = await all(session.invoke("Get-Block", { Count: 5, Length: 500_000 }));
            assert.deepEqual(
              blocks.map((block) => String(block).length),
              Array(5).fill(500_000),
            );
          }),
      ],
      [
        "stop",
        () =>
          within("2.3", async (session) => {
            const run = session.pipeline().command("Wait-Stop").run();
            const outputs: PsValue[] = [];
            for await (const record of run) {
              if (record.stream === "output") outputs.push(record.value);
              run.stop();
            }
            assert.deepEqual(outputs, ["waiting"]);
            assert.equal(run.state, "Stopped");
            assert.deepEqual(await all(session.invoke("Get-Echo", { Value: 1 })), [1]);
          }),
      ],
      [
        "pool calls",
        () =>
          within("2.3", async (session) => {
            assert.equal(await session.availableRunspaces(), 1);
            assert.equal(await session.setMaxRunspaces(3), true);
            assert.equal(await session.availableRunspaces(), 3);
            assert.equal(await session.resetRunspace(), true);
          }),
      ],
      [
        "host calls",
        async () => {
          const shown: string[] = [];
          const host: Host = {
            methods: {
              ReadLine: () => "typed",
              ReadLineAsSecureString: () => new SecureString("typed in secret"),
              WriteLine2: ([text]) => void shown.push(text ?? ""),
              WriteWarningLine: ([text]) => void shown.push(`warning ${text}`),
              PromptForChoice: ([, , choices]) => {
                shown.push(...choices.map(({ label }) => label));
                return 1;
              },
              Prompt: ([, , fields]) => new PsDictionary(fields.map(({ name }) => [name, `answer to ${name}`])),
              PromptForCredential1: ([, , userName]) => ({ userName: userName ?? "", password: new SecureString("their secret") }),
            },
          };
          await within(
            "2.3",
            async (session) => {
              assert.deepEqual(await all(session.invoke("Read-Host")), ["typed", 1, "answer to First"]);
              assert.deepEqual(shown, ["a line", "warning beware", "&Yes", "&No"]);
              assert.deepEqual(await all(session.invoke("Read-Secret")), ["typed in secret", "someone", "their secret"]);
            },
            host,
          );
        },
      ],
      [
        "a host that has no such method",
        () =>
          within(
            "2.3",
            async (session) => {
              await assert.rejects(all(session.invoke("Read-Secret")));
              assert.deepEqual(await all(session.invoke("Get-Echo", { Value: 1 })), [1]);
            },
            { methods: {} },
          ),
      ],
      [
        "a secret of ours, by a key exchange that we begin",
        () =>
          within("2.3", async (session) => {
            for (const text of ["p\u00e4ss \u{10437}", "", "again"])
              assert.deepEqual(await all(session.invoke("Show-Secret", { Secret: new SecureString(text) })), [text]);
          }),
      ],
      [
        "a secret of the server's, by a key exchange that it asks for",
        () =>
          within("2.1", async (session) => {
            const [secret] = await all(session.invoke("New-Secret", { Text: "from the server \u3053" }));
            assert.ok(secret instanceof SecureString);
            assert.equal(secret.reveal(), "from the server \u3053");
          }),
      ],
      [
        "a command that is not there",
        () =>
          within("2.3", async (session) => {
            await assert.rejects(all(session.invoke("Get-Nothing")), /no command Get-Nothing/);
          }),
      ],
      [
        "a server that ends in the middle",
        async () => {
          const session = await connect({
            transport: { kind: "process", command: python, args: ["-c", "import sys; sys.stdin.readline()"] },
          }).catch((error: unknown) => error);
          assert.ok(isFault(session), String(session));
        },
      ],
    ]),
};

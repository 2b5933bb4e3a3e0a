/** The command shell (WinRS) at both doors. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { SYSTEM_SOURCES } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { openCommandShell, type RemoteCommandShell, type WsmanTransport } from "./client.ts";
import { RemotingServer } from "./server.ts";
import { testHandler } from "./testing.fixture.ts";

const closed: string[] = [];
const server = new RemotingServer<string>({
  handler: testHandler({ opened: [], closed: [], numbers: 0 }),
  wsman: {
    commandShell: {
      open: ({ id, principal, environment }) => {
        if (principal === "nobody") throw new Fault("access-denied");
        return {
          async run({ line, arguments: args, input, signal }, output) {
            switch (line) {
              case "echo":
                await output.stdout(Buffer.from(`${args.join(" ")} ${environment["NAME"] ?? ""}`));
                await output.stderr(Buffer.from("to stderr"));
                return 3;
              case "cat":
                for await (const bytes of input) await output.stdout(bytes);
                return 0;
              case "flood":
                for (;;) await output.stdout(new Uint8Array(100_000));
              case "wait":
                await output.stdout(Buffer.from("waiting"));
                await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
                return 130;
              default:
                throw new Fault("access-denied");
            }
          },
          close: () => void closed.push(id),
        };
      },
    },
  },
});
let transport: WsmanTransport;
let shell: RemoteCommandShell;

beforeAll(async () => {
  const authentication = {
    sources: SYSTEM_SOURCES,
    policy: { basic: true },
    allowUnencrypted: true,
    password: async (name: string) => ({ name }),
  };
  const { port } = await server.listenHttp({ authentication });
  transport = {
    kind: "wsman",
    uri: `http://127.0.0.1:${port}/wsman`,
    credential: { kind: "password", user: "alice", password: "x" },
    authentication: "Basic",
    allowUnencrypted: true,
  };
  shell = await openCommandShell({ transport, environment: { NAME: "tieline" } });
});
afterAll(async () => {
  await shell.close();
  await server.close();
});

test("output, errors and exit code", async () => {
  expect(await shell.run("echo", ["a", "b"]).result()).toEqual({ exitCode: 3, stdout: "a b tieline", stderr: "to stderr" });
});

test("input of any size comes back", async () => {
  const piece = Buffer.alloc(300_000, "x");
  const { stdout, exitCode } = await shell.run("cat", [], { input: [piece, piece, piece] }).result();
  expect([stdout.length, exitCode]).toEqual([900_000, 0]);
});

test("a program that is refused says why", async () => {
  expect(await shell.run("format").result()).toMatchObject({ exitCode: 1, stderr: "Access is denied.\r\n" });
});

test("leaving the loop, and a signal, end the program; several run side by side", async () => {
  let size = 0;
  for await (const { bytes } of shell.run("flood")) {
    size += bytes.length;
    if (size > 1_000_000) break;
  }
  const controller = new AbortController();
  const waiting = shell.run("wait", [], { signal: controller.signal });
  const reading = expect(waiting.result()).rejects.toThrow("enough");
  expect(await shell.run("echo", ["beside"]).result()).toMatchObject({ exitCode: 3 });
  controller.abort(new Error("enough"));
  await reading;
});

test("a refused shell is a fault; a closed one ends its programs", async () => {
  const nobody = { ...transport, credential: { kind: "password", user: "nobody", password: "x" } } as const;
  await expect(openCommandShell({ transport: nobody })).rejects.toMatchObject({ code: "access-denied" });
  const other = await openCommandShell({ transport });
  const program = other.run("wait");
  await program[Symbol.asyncIterator]().next();
  await other.close();
  await expect(program.exitCode).rejects.toMatchObject({ code: "session-closed" });
  await expect.poll(() => closed.length).toBe(1);
});

/** Both doors against each other over every transport: one suite, many ways. */
import { readFileSync } from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ntHash, SYSTEM_SOURCES } from "@tieline/auth";
import { Dialler } from "@tieline/net";
import { connect, type Session, type Transport } from "./client.ts";
import { PLAIN_HOST } from "./host.ts";
import { PsObject, SecureString } from "./objects/index.ts";
import { generateHostKey } from "./edge/ssh-server.ts";
import { RemotingServer } from "./server.ts";
import { testHandler, type Seen } from "./testing.fixture.ts";

const pem = (name: string): string => readFileSync(new URL(`../vectors/tls/${name}.pem`, import.meta.url), "utf8");
const seen: Seen = { opened: [], closed: [], numbers: 0 };
const server = new RemotingServer<string>({ handler: testHandler(seen) });
const folder = mkdtempSync(join(tmpdir(), "tieline-remoting-"));
const hostKey = generateHostKey();
const transports: Record<string, () => Transport> = {};
const credential = { kind: "password", user: "alice", password: "Sesame!" } as const;

beforeAll(async () => {
  const authentication = {
    sources: SYSTEM_SOURCES,
    policy: { basic: true, ntlm: true },
    password: async (user: string, password: string) => (user === "alice" && password === "Sesame!" ? { name: "alice" } : undefined),
    token: async (token: string) => (token === "eyJ0b2tlbg" ? { name: "token-alice" } : undefined),
    ntlm: (user: string) => (user === "alice" ? { ntHash: ntHash("Sesame!"), name: "alice" } : undefined),
  };
  const http = await server.listenHttp({ authentication });
  const https = await server.listenHttp({ authentication, tls: { cert: pem("cert"), key: pem("key") } });
  const ssh = await server.listenSsh({
    hostKeys: [hostKey.privateKey],
    port: 0,
    authenticator: { password: async (user, password) => (password === "Sesame!" ? user : undefined) },
  });
  const path = process.platform === "win32" ? `tieline-${process.pid}` : join(folder, "socket");
  await server.listenSocket(path, "alice");
  const dialler = new Dialler({ tls: { authorities: [pem("cert")] } });
  const secure = `https://localhost:${https.port}/wsman`;
  Object.assign(transports, {
    "https, Basic": () => ({ kind: "wsman", uri: secure, credential, authentication: "Basic", dialler }),
    "https, token in Basic": () => ({
      kind: "wsman",
      uri: secure,
      credential: { kind: "token", token: "eyJ0b2tlbg" },
      authentication: "Basic",
      dialler,
    }),
    "https, the strongest": () => ({ kind: "wsman", uri: secure, credential, dialler }),
    "http, sealed": () => ({
      kind: "wsman",
      uri: `http://localhost:${http.port}/WSMan?x=1`,
      credential,
      authentication: "Negotiate",
      dialler,
    }),
    "https, compressed": () => ({ kind: "wsman", uri: secure, credential, authentication: "Basic", dialler, compress: true }),
    socket: () => ({ kind: "socket", path }),
    ssh: () => ({
      kind: "ssh",
      host: "127.0.0.1",
      port: ssh.port,
      user: "alice",
      password: "Sesame!",
      hostKey: { fingerprint: hostKey.fingerprint },
    }),
  } satisfies Record<string, () => Transport>);
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const NAMES = ["https, Basic", "https, token in Basic", "https, the strongest", "http, sealed", "https, compressed", "socket", "ssh"];

describe.each(NAMES)("%s", (name) => {
  let session: Session;
  const shown: string[] = [];
  beforeAll(async () => {
    session = await connect({
      transport: (transports[name] as () => Transport)(),
      applicationArguments: { purpose: "test", when: new Date(0) },
      host: { info: PLAIN_HOST, methods: { ReadLine: () => "reader", WriteWarningLine: ([text]) => void shown.push(String(text)) } },
    });
  });
  afterAll(() => session.close());

  test("outputs come in order, one by one", async () => {
    const values: unknown[] = [];
    for await (const value of session.invoke("Get-Number", { Count: 2500 })) values.push(value);
    expect(values).toEqual(Array.from({ length: 2500 }, (_, i) => i + 1));
  });

  test("the handler learns who is there and what the client says of itself", () => {
    const context = seen.opened.find(({ id }) => id === session.id);
    expect(context?.principal).toBe(name.includes("token") ? "token-alice" : "alice");
    expect(String(context?.applicationArguments?.get("purpose"))).toBe("test");
    expect(context?.transport).toBe(name.startsWith("http") ? "wsman" : name);
    if (name === "http, sealed") expect(context?.endpoint).toBe("/WSMan?x=1");
  });

  test("all streams are tagged and in order; the host is shown what belongs to it", async () => {
    const streams: string[] = [];
    for await (const record of session.pipeline().command("Write-All").run()) streams.push(record.stream);
    expect(streams).toEqual(["output", "error", "warning", "verbose", "debug", "progress"]);
    expect(shown).toEqual(["careful"]);
  });

  test("input goes in and comes back as it is taken", async () => {
    async function* numbers(): AsyncGenerator<number> {
      for (let i = 0; i < 1500; i++) yield i;
    }
    const run = session.pipeline().command("Double").run({ input: numbers() });
    expect(await run.toArray()).toEqual(Array.from({ length: 1500 }, (_, i) => i * 2));
  });

  test("a big argument and a big object travel in fragments", async () => {
    const text = "ä".repeat(300_000);
    const [thing] = await session.pipeline().command("Get-Thing").parameters({ Name: text, Size: 700_000 }).run().toArray();
    expect(thing instanceof PsObject && thing.get("Name") === text && String(thing.get("Text")).length === 700_000).toBe(true);
  });

  test("terminating errors are thrown, written ones after the last output", async () => {
    await expect(session.pipeline().command("Fail").run().toArray()).rejects.toMatchObject({
      name: "PowerShellError",
      fullyQualifiedErrorId: "Hard",
      terminating: true,
    });
    const outputs: unknown[] = [];
    const reading = (async () => {
      for await (const value of session.invoke("Write-All")) outputs.push(value);
    })();
    await expect(reading).rejects.toMatchObject({ message: "soft", terminating: false });
    expect(outputs).toEqual(["out"]);
    await expect(session.invoke("No-Such").next()).rejects.toMatchObject({ fullyQualifiedErrorId: "CommandNotFoundException" });
  });

  test("a defect of the handler is told without its text", async () => {
    await expect(session.invoke("Break").next()).rejects.toMatchObject({ message: expect.not.stringContaining("secret") });
  });

  test("a signal stops the pipeline at the server; the session goes on", async () => {
    const controller = new AbortController();
    const run = session.pipeline().command("Wait").run({ signal: controller.signal });
    const iterator = run[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual({ stream: "output", value: "waiting" });
    controller.abort(new Error("enough"));
    await expect(iterator.next()).rejects.toThrow("enough");
    expect(await run.ended).toBe("Stopped");
    expect(await session.invoke("Get-Number").next()).toEqual({ value: 1, done: false });
  });

  test("leaving the loop ends the pipeline; a slow reader slows the server down", async () => {
    const before = seen.numbers;
    for await (const value of session.invoke("Get-Number", { Count: 1_000_000 })) if (value === 3) break;
    expect(await session.pipeline().command("Get-Number").run().toArray()).toHaveLength(3);
    expect(seen.numbers - before).toBeLessThan(500_000);
  });

  test("the host is asked and its answer used", async () => {
    expect(await session.pipeline().command("Read-Host").run().toArray()).toEqual(["hello reader"]);
  });

  test("secrets travel both ways", async () => {
    const [said, secret] = await session.pipeline().command("Get-Secret").parameter("Secret", new SecureString("hush")).run().toArray();
    expect(said).toBe("4 characters");
    expect((secret as SecureString).reveal()).toBe("of the server");
  });

  test("commands with their parameters, runspaces, reset", async () => {
    const commands = await session.commandMetadata();
    expect(commands[0]).toMatchObject({ name: "get-number", parameters: [{ name: "Count" }] });
    expect(await session.availableRunspaces()).toBe(1);
    expect(await session.setMaxRunspaces(2)).toBe(true);
    const slow = session.pipeline().command("Wait").run();
    expect(await session.pipeline().command("Get-Number").run().toArray()).toEqual([1, 2, 3]);
    slow.abandon();
  });

  test("one loop inside another, over one runspace", async () => {
    const sums: number[] = [];
    for await (const value of session.invoke("Get-Number", { Count: 4000 })) {
      if (value === 1000) for await (const inner of session.invoke("Get-Number", { Count: 2 })) sums.push(Number(inner));
    }
    expect(sums).toEqual([1, 2]);
  });
});

test.each(NAMES)("%s: closing leaves nothing behind", async (name) => {
  const session = await connect({ transport: (transports[name] as () => Transport)() });
  const waiting = session.pipeline().command("Wait").run();
  await session.close();
  expect(session.state).toBe("closed");
  expect(await waiting.ended).toBe("Stopped");
  await expect.poll(() => seen.closed.includes(session.id)).toBe(true);
});

test("older protocols: secrets under a session key (2.3), and 2.1", async () => {
  for (const protocolVersion of ["2.3", "2.1"]) {
    await using session = await connect({ transport: (transports["https, Basic"] as () => Transport)(), protocolVersion });
    expect(session.protocolVersion).toBe(protocolVersion);
    const [said, secret] = await session.pipeline().command("Get-Secret").parameter("Secret", new SecureString("hush")).run().toArray();
    expect([said, (secret as SecureString).reveal()]).toEqual(["4 characters", "of the server"]);
  }
});

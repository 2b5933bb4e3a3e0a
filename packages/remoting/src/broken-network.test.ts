/** A network that breaks: every output arrives once, every command runs once, and an outage that is too long is told. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SYSTEM_SOURCES } from "@tieline/auth";
import { BreakingNetwork, CUTS } from "./broken-network.fixture.ts";
import { connect, type Session, type WsmanTransport } from "./client.ts";
import { RemotingServer } from "./server.ts";
import { testHandler, type Seen } from "./testing.fixture.ts";

const seen: Seen = { opened: [], closed: [], numbers: 0 };
const server = new RemotingServer<string>({ handler: testHandler(seen), wsman: { operationTimeoutMs: 5000 } });
let network: BreakingNetwork;
let port: number;
let away = 0;
let back = 0;

beforeAll(async () => {
  const listener = await server.listenHttp({
    authentication: {
      sources: SYSTEM_SOURCES,
      policy: { basic: true },
      allowUnencrypted: true,
      password: async (user, password) => (password === "Sesame!" ? { name: user } : undefined),
    },
  });
  network = new BreakingNetwork(listener.port);
  port = await network.listen();
});
afterAll(async () => {
  await network[Symbol.asyncDispose]();
  await server.close();
});

const open = (more: Partial<WsmanTransport> = {}): Promise<Session> =>
  connect({
    transport: {
      kind: "wsman",
      uri: `http://127.0.0.1:${port}/wsman`,
      credential: { kind: "password", user: "alice", password: "Sesame!" },
      authentication: "Basic",
      allowUnencrypted: true,
      // Small answers, so that there are many of them.
      maxEnvelopeSize: 16_384,
      endurance: {
        random: () => 0,
        sleep: () => new Promise((resolve) => setImmediate(resolve)),
        away: () => void (away += 1),
        back: () => void (back += 1),
      },
      ...more,
    },
  });

const OUTPUTS = 1000;
const NUMBERS = Array.from({ length: OUTPUTS }, (_, i) => i + 1);
const isReceive = (request: Buffer): boolean => request.includes("/Receive<") && request.includes("CommandId");
const isCommand = (request: Buffer): boolean => request.includes("shell/Command<");
const isSend = (request: Buffer): boolean => request.includes("shell/Send<");
const isSignal = (request: Buffer): boolean => request.includes("shell/Signal<");

describe.each(CUTS)("cut %s", (cut) => {
  test("a thousand outputs arrive once each, in order, whichever Receive it is", async () => {
    await using session = await open();
    let answers = 0;
    for (; answers < 200; answers++) {
      network.plan(answers, cut, isReceive);
      const run = session.pipeline().command("Get-Number").parameter("Count", OUTPUTS).run();
      expect(await run.toArray()).toEqual(NUMBERS);
      if (network.cuts === 0) break;
    }
    expect(answers).toBeGreaterThan(8);
    expect(session.state).toBe("opened");
  });

  test("a command runs once", async () => {
    await using session = await open();
    const before = seen.numbers;
    network.plan(0, cut, isCommand);
    expect(await session.pipeline().command("Get-Number").parameter("Count", 7).run().toArray()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect([network.cuts, seen.numbers - before]).toEqual([1, 7]);
  });

  test("each object of the input is taken once", async () => {
    await using session = await open();
    for (let request = 0; request < 4; request++) {
      network.plan(request, cut, isSend);
      const input = NUMBERS.slice(0, 200);
      expect(await session.pipeline().command("Double").run({ input }).toArray()).toEqual(input.map((n) => n * 2));
    }
  });

  test("a pipeline that was left ends, and the session goes on", async () => {
    await using session = await open();
    network.plan(0, cut, isSignal);
    const run = session.pipeline().command("Wait").run();
    for await (const record of run) if (record.stream === "output") break;
    expect(await session.pipeline().command("Get-Number").run().toArray()).toEqual([1, 2, 3]);
  });
});

test.each(CUTS)("a stranger who may have got a command gets it once: cut %s", async (cut) => {
  network.strange = true;
  try {
    const session = await open();
    const before = seen.numbers;
    network.plan(0, cut, isCommand);
    const run = session.pipeline().command("Get-Number").run();
    const end = await run.toArray().catch((error: unknown) => (error as { code: string }).code);
    // An answer that had come whole is no loss; and nothing else is sent again.
    expect(end).toEqual(cut === "after the answer" ? [1, 2, 3] : "connection-lost");
    expect(run.sentAtMs).toBeTypeOf("number");
    expect(seen.numbers - before).toBeLessThanOrEqual(3);
    expect(await session.pipeline().command("Get-Number").run().toArray()).toEqual([1, 2, 3]);
    await session.close();
  } finally {
    network.strange = false;
  }
});

test("of a stranger's output that may be missing, its reader is told; of ours nothing can be", async () => {
  for (const strange of [true, false]) {
    network.strange = strange;
    let unsure = 0;
    const session = await open({
      endurance: { sleep: () => new Promise((resolve) => setImmediate(resolve)), unsure: () => void (unsure += 1) },
    });
    network.plan(2, "in the middle of the answer", isReceive);
    const values = await session.pipeline().command("Get-Number").parameter("Count", OUTPUTS).run().toArray();
    // Behind the mask it is our service: nothing was lost, but the client cannot know.
    expect([unsure, values.length]).toEqual([strange ? 1 : 0, OUTPUTS]);
    await session.close();
  }
});

test("an outage is told once, and its end", async () => {
  await using session = await open();
  [away, back] = [0, 0];
  const run = session.pipeline().command("Get-Number").parameter("Count", OUTPUTS).run();
  const values: unknown[] = [];
  for await (const record of run) {
    if (record.stream === "output") values.push(record.value);
    if (values.length === 300) {
      network.down = true;
      network.drop();
      setTimeout(() => (network.down = false), 30);
    }
  }
  expect(values).toEqual(NUMBERS);
  expect([away, back]).toEqual([1, 1]);
});

test("an outage that is longer than the patience ends the session, with what is known of the pipeline", async () => {
  let nowMs = 0;
  const session = await open({
    endurance: { forMs: 10_000, nowMs: () => nowMs, sleep: async (ms) => void (nowMs += ms), random: () => 1 },
  });
  const run = session.pipeline().command("Wait").run();
  const reading = run.toArray().catch((error: unknown) => error);
  await expect.poll(() => run.sentAtMs).toBeDefined();
  network.down = true;
  network.drop();
  expect(await reading).toMatchObject({ code: expect.stringMatching(/^connection-/) });
  await expect.poll(() => session.state).toBe("broken");
  expect(nowMs).toBe(10_000);
  network.down = false;
  await session.close();
});

test("a command that never left is known not to have been sent", async () => {
  const session = await open({ endurance: { forMs: 0 } });
  const run = session.pipeline().command("Get-Number").run();
  await run.toArray();
  expect(run.sentAtMs).toBeTypeOf("number");
  await network[Symbol.asyncDispose]();
  const second = session.state === "opened" ? session.pipeline().command("Get-Number").run() : undefined;
  await second?.toArray().catch(() => undefined);
  expect(second?.sentAtMs).toBeUndefined();
  await session.close();
});

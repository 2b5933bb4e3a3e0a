import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Fault, isFault } from "@tieline/fault";
import { connect, connectSocket, PLAIN_HOST, PowerShellError, type RelayRecord, type Session } from "@tieline/remoting";
import { SecureString, type PsObject, type PsValue } from "@tieline/remoting/objects";
import { IMPORTABLE_COMMANDS, wantsAnswer, type HostInfo, type PipelineSpec } from "@tieline/remoting/psrp";
import { askBridge } from "./ask.ts";
import { LastingSession } from "../life/lasting-session.ts";
import type { BridgeSession } from "./bridge-session.ts";
import type { ControlRequest } from "./control.ts";
import { lastingBehind } from "./lasting-behind.ts";
import { bridgeFolder, readDescriptor } from "./place.ts";
import { Bench, openerAt, Service, temporaryFolder } from "./testing.fixture.ts";

const HOST = { info: PLAIN_HOST, methods: {} };

function command(text: string, args: Readonly<Record<string, PsValue>> = {}): PipelineSpec {
  return { statements: [[{ text, arguments: Object.entries(args).map(([name, value]) => ({ name, value })) }]] };
}

async function relayed(session: Session, spec: PipelineSpec): Promise<RelayRecord[]> {
  const records: RelayRecord[] = [];
  for await (const record of session.run(spec, { relay: true }).relay()) records.push(record);
  return records;
}

function shown(record: RelayRecord): string {
  switch (record.stream) {
    case "output":
      return `output ${String(record.value)}`;
    case "host-call":
      return `${record.call.method}${wantsAnswer(record.call.method) ? "?" : ""}`;
    case "error":
      return `error ${record.record.fullyQualifiedErrorId}`;
    case "progress":
      return `progress ${record.record.activity}`;
    case "information":
      return "information";
    default:
      return `${record.stream} ${record.record.message}`;
  }
}

async function codeOf(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt();
    return "nothing was refused";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

/** Everything that the next tests need, in this order, and let go of in the other. */
async function bench(
  protocolVersion?: string,
): Promise<{ service: Service; bench: Bench; opener: ReturnType<typeof openerAt> } & AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(temporaryFolder());
  const service = stack.use(await Service.start(folder.path, protocolVersion));
  const opener = openerAt(service);
  const made = stack.use(await Bench.start(opener, folder.path));
  return { service, opener, bench: made, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test("every stream and host call arrives, in the order in which the service said them", async () => {
  await using all = await bench();
  const { session, events } = await all.bench.open({ host: HOST });
  await using _ = session;
  expect(events.map((each) => each.event)).toEqual(["pipe", "verbose", "opened"]);
  expect((await relayed(session, command("Write-All"))).map(shown)).toEqual([
    "output 1",
    "WriteLine2",
    "output 2",
    "error Soft",
    "warning careful",
    "WriteWarningLine",
    "verbose talkative",
    "WriteVerboseLine",
    "debug detail",
    "WriteDebugLine",
    "progress work",
    "WriteProgress",
    "output 3",
  ]);
});

test("the service hears what the client says of itself, and never the secret of the door", async () => {
  await using all = await bench();
  const info: HostInfo = { ...PLAIN_HOST, isHostRawUINull: false };
  const { session } = await all.bench.open({ host: { info, methods: {} }, applicationArguments: { Purpose: "test" } });
  await using _ = session;
  const [seen] = all.service.opened;
  expect(seen?.host.isHostRawUINull).toBe(false);
  expect(seen?.applicationArguments?.get("Purpose")).toBe("test");
  expect(seen?.applicationArguments?.has("TielineSecret")).toBe(false);
  expect(session.applicationPrivateData?.get("Service")).toBe("of the test");
});

test("what a pipeline says of itself reaches the service", async () => {
  await using all = await bench();
  const { session } = await all.bench.open();
  await using _ = session;
  const said = { history: "Write-All", addToHistory: true, isNested: true, remoteStreamOptions: 4, redirectShellErrorOutputPipe: false };
  await session.run({ ...command("Write-All"), ...said }).ended;
  expect(all.service.requests[0]?.message).toMatchObject({ ...said, noInput: true });
  const merge = { myResult: 2, toResult: 1 };
  await session.run({ statements: [[{ text: "Get-Double", merge }], [{ text: "Write-All" }]] }, { input: [] }).ended;
  expect(all.service.requests[1]?.message.noInput).toBe(false);
  expect(all.service.requests[1]?.statements.map(([first]) => first?.text)).toEqual(["Get-Double", "Write-All"]);
  expect(all.service.requests[1]?.statements[0]?.[0]?.merge).toMatchObject(merge);
});

test("input streams through while the pipeline runs", async () => {
  await using all = await bench();
  const { session } = await all.bench.open();
  await using _ = session;
  const answers: (() => void)[] = [];
  async function* oneByOne(): AsyncGenerator<number> {
    for (let i = 1; i <= 3; i++) {
      yield i;
      // The next is put in when the last has come out: nothing on the way may wait for the end.
      await new Promise<void>((resolve) => answers.push(resolve));
    }
  }
  const got: PsValue[] = [];
  for await (const record of session.run(command("Get-Double"), { input: oneByOne() })) {
    if (record.stream === "output") got.push(record.value);
    answers.shift()?.();
    await Promise.resolve();
    answers.shift()?.();
  }
  expect(got).toEqual([2, 4, 6]);
  const many = session.run(command("Get-Double"), { input: Array.from({ length: 5000 }, (__, i) => i) });
  expect(await many.toArray()).toHaveLength(5000);
});

test("a stop is a stop at the service, and the next pipeline finds its runspace free", async () => {
  await using all = await bench();
  const { session } = await all.bench.open();
  await using _ = session;
  const run = session.run(command("Wait-Stop"));
  for await (const record of run) if (record.stream === "output") run.stop();
  expect(run.state).toBe("Stopped");
  expect(all.service.requests[0]?.signal.aborted).toBe(true);
  expect(await session.run(command("Get-Double"), { input: [4] }).toArray()).toEqual([8]);
});

test("a client that is gone stops what runs and closes the session at the service", async () => {
  await using all = await bench();
  const { session } = await all.bench.open();
  const run = session.run(command("Wait-Stop"));
  const reading = run.toArray().catch(() => undefined);
  await expect.poll(() => all.service.requests.length).toBe(1);
  await session.carrier().end();
  await reading;
  await expect.poll(() => all.service.closed).toBe(1);
  await expect.poll(() => all.bench.bridge.sessions).toEqual([]);
});

test("questions are answered by the client's host, refusals too", async () => {
  await using all = await bench();
  const { session } = await all.bench.open({ host: { info: PLAIN_HOST, methods: { ReadLine: () => "Zoë" } } });
  await using _ = session;
  expect(await session.run(command("Read-Host")).toArray()).toEqual(["hello Zoë"]);
  const mute = (await all.bench.open({ host: HOST })).session;
  await using __ = mute;
  await expect(mute.run(command("Read-Host")).toArray()).rejects.toMatchObject({
    terminating: true,
    record: { exception: expect.anything() as unknown },
    message: expect.stringContaining("ReadLine") as unknown,
  });
});

test("an error in state Failed keeps its record", async () => {
  await using all = await bench();
  const direct = await connect({ transport: { kind: "socket", path: all.service.path } });
  await using _ = direct;
  const { session } = await all.bench.open();
  await using __ = session;
  const record = async (from: Session): Promise<unknown> => {
    const error: unknown = await from
      .run(command("Stop-Hard"))
      .toArray()
      .catch((reason: unknown) => reason);
    return error instanceof PowerShellError ? JSON.parse(JSON.stringify(error.record)) : error;
  };
  expect(await record(session)).toEqual(await record(direct));
  expect(await record(session)).toMatchObject({ fullyQualifiedErrorId: "Hard" });
});

test("objects arrive as by a session of one's own: types, depth, references, script blocks, size", async () => {
  await using all = await bench();
  const direct = await connect({ transport: { kind: "socket", path: all.service.path } });
  await using _ = direct;
  const { session } = await all.bench.open();
  await using __ = session;
  const thing = async (from: Session): Promise<PsObject> => (await from.run(command("Get-Thing")).toArray())[0] as PsObject;
  const [through, straight] = [await thing(session), await thing(direct)];
  expect(through).toEqual(straight);
  expect(through.typeNames[0]).toBe("Deserialized.Tieline.Thing");
  expect(through.get("Same")).toBe(through.get("Inner"));
  const size = 3_000_000;
  expect(String((await session.run(command("Get-Big", { Size: size })).toArray())[0])).toHaveLength(size);
});

test("secrets are opened and sealed again where the two sides speak different versions", async () => {
  await using all = await bench("2.3");
  const { session } = await all.bench.open();
  await using _ = session;
  expect(session.protocolVersion).not.toBe("2.3");
  const [there, back] = await session.run(command("Get-Secret", { Secret: new SecureString("top secret") })).toArray();
  expect(there).toBe("top secret");
  expect(back instanceof SecureString ? back.reveal() : back).toBe("of the service");
});

test("commands for Import-PSSession are the service's own", async () => {
  await using all = await bench();
  const direct = await connect({ transport: { kind: "socket", path: all.service.path } });
  await using _ = direct;
  const { session } = await all.bench.open();
  await using __ = session;
  const query = { names: ["*"], commandTypes: IMPORTABLE_COMMANDS, namespaces: null, fullyQualifiedModules: null, argumentList: null };
  expect(await session.queryCommands(query).toArray()).toEqual(await direct.queryCommands(query).toArray());
  expect((await session.commandMetadata()).map((each) => each.name)).toContain("Get-Thing");
  expect(await session.resetRunspace()).toBe(true);
});

test("two sessions at once are apart, and are listed and closed by their ids", async () => {
  await using all = await bench();
  const [one, two] = [await all.bench.open(), await all.bench.open()];
  const waiting = one.session.run(command("Wait-Stop"));
  const reading = waiting.toArray().catch((error: unknown) => error);
  expect(await two.session.run(command("Get-Double"), { input: [1] }).toArray()).toEqual([2]);
  expect(all.bench.bridge.sessions).toHaveLength(2);
  const [first] = all.bench.bridge.sessions;
  const said: unknown[] = [];
  for await (const event of askBridge(all.bench.bridge.descriptor, { request: "close", id: first?.id ?? "" })) said.push(event);
  expect(said).toEqual([{ event: "closed", count: 1 }]);
  await reading;
  expect(one.session.state).not.toBe("opened");
  expect(await two.session.run(command("Get-Double"), { input: [2] }).toArray()).toEqual([4]);
  await two.session.close();
});

test("a service that closes ends the session in front", async () => {
  const all = await bench();
  const { session } = await all.bench.open();
  await all.service[Symbol.asyncDispose]();
  await session.over;
  expect(session.state).toBe("broken");
  await all[Symbol.asyncDispose]();
});

test("behind the same session the service's can be another after each pipeline", async () => {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(temporaryFolder());
  const service = stack.use(await Service.start(path));
  const inner = openerAt(service);
  let renewals = 0;
  const bridge = stack.use(
    await Bench.start(
      {
        ...inner,
        async open(parameters, environment, front, attempt) {
          // The attempt's own signal ends with the attempt.
          const later = { ...attempt, signal: new AbortController().signal };
          const again = async (): Promise<BridgeSession> => (await inner.open(parameters, environment, front, later)).session;
          let now = await again();
          const renewing: BridgeSession = {
            applicationPrivateData: now.applicationPrivateData,
            over: new Promise(() => undefined),
            run: (spec, options) => now.run(spec, options),
            queryCommands: (query, options) => now.queryCommands(query, options),
            resetRunspace: async () => {
              await now.close();
              now = await again();
              renewals += 1;
              return true;
            },
            close: () => now.close(),
          };
          return { session: renewing, facts: { computerName: "service.test", uri: "" } };
        },
      },
      path,
    ),
  );
  const { session } = await bridge.open();
  await using _ = session;
  expect(await session.run(command("Get-Double"), { input: [1] }).toArray()).toEqual([2]);
  await session.resetRunspace();
  expect(await session.run(command("Get-Double"), { input: [2] }).toArray()).toEqual([4]);
  expect([renewals, service.opened.length]).toEqual([1, 2]);
});

test("a session that lasts outlives its shells: the one in front is the same, and a command under way is never sent twice", async () => {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(temporaryFolder());
  const service = stack.use(await Service.start(path));
  const opener = openerAt(service);
  const bridge = stack.use(
    await Bench.start(
      {
        ...opener,
        async open(parameters, environment, front, attempt) {
          const shell = { ...attempt, signal: new AbortController().signal };
          const lasting = new LastingSession({
            async open() {
              const { session } = await opener.open(parameters, environment, front, shell);
              return { session: session as Session, release: () => session.close() };
            },
          });
          await lasting.open();
          return { session: lastingBehind(lasting), facts: { computerName: "service.test", uri: "" } };
        },
      },
      path,
    ),
  );
  const { session } = await bridge.open({ host: HOST });
  await using _ = session;
  expect((await relayed(session, command("Write-All"))).map(shown)).toContain("WriteLine2");
  service.opened[0]?.close();
  await expect.poll(() => service.closed).toBe(1);
  expect(await session.run(command("Get-Double"), { input: [2] }).toArray()).toEqual([4]);
  expect((await session.commandMetadata()).length).toBeGreaterThan(3);
  expect(await session.resetRunspace()).toBe(true);
  expect(service.opened).toHaveLength(2);
  const lost = session.run(command("Wait-Stop"));
  const reading = lost.toArray().catch((error: unknown) => error);
  await expect.poll(() => service.requests.length).toBe(3);
  service.opened[1]?.close();
  // Its service has stopped it, in order, and so it is told.
  expect(await reading).toEqual(["waiting"]);
  expect(lost.state).toBe("Stopped");
  expect(await session.run(command("Get-Double"), { input: [3] }).toArray()).toEqual([6]);
  expect(service.opened).toHaveLength(3);
  expect(service.requests.filter(({ statements }) => statements[0]?.[0]?.text === "Wait-Stop")).toHaveLength(1);
});

test("a stranger at the door is refused, and the rightful client still comes in; a second one does not", async () => {
  await using all = await bench();
  let rightful: Session | undefined;
  for await (const event of askBridge(all.bench.bridge.descriptor, { request: "open", name: "test", parameters: {}, environment: {} })) {
    if (event.event !== "pipe") continue;
    for (const applicationArguments of [{}, { TielineSecret: "guessed" }, { TielineSecret: 7 }]) {
      const refused = await connect({ transport: { kind: "socket", path: event.path }, applicationArguments }).catch(
        (error: unknown) => error,
      );
      expect(String(refused)).toContain("lets nobody in");
    }
    expect(all.service.opened).toHaveLength(0);
    rightful = await connect({ transport: { kind: "socket", path: event.path }, applicationArguments: { TielineSecret: event.secret } });
    expect(await codeOf(() => connect({ transport: { kind: "socket", path: event.path }, openTimeoutMs: 1000 }))).toBe(
      "socket-unreachable",
    );
  }
  expect(await rightful?.run(command("Get-Double"), { input: [3] }).toArray()).toEqual([6]);
  await rightful?.close();
});

test("who comes and says nothing is let go", async () => {
  using folder = temporaryFolder();
  await using service = await Service.start(folder.path);
  await using mute = await Bench.start(openerAt(service), folder.path, { patienceMs: 30 });
  const link = await connectSocket(mute.bridge.descriptor.control);
  for await (const _ of link.input) expect.unreachable("it said something");
  for await (const event of askBridge(mute.bridge.descriptor, { request: "open", name: "test", parameters: {}, environment: {} })) {
    if (event.event === "pipe") {
      const silent = await connectSocket(event.path);
      for await (const _ of silent.input);
    } else expect(event).toMatchObject({ event: "failed" });
  }
  expect(readdirSync(folder.path).filter((name) => name.startsWith("s-"))).toEqual([]);
});

test("an attempt ends when the one who asked has left", async () => {
  using folder = temporaryFolder();
  const left = Promise.withResolvers<unknown>();
  await using slow = await Bench.start(
    {
      open: (_parameters, _environment, _front, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            left.resolve(signal.reason);
            reject(signal.reason as Error);
          });
        }),
      token: () => Promise.reject(new Fault("interrupted")),
    },
    folder.path,
  );
  for await (const event of askBridge(slow.bridge.descriptor, { request: "open", name: "test", parameters: {}, environment: {} })) {
    if (event.event !== "pipe") continue;
    connect({ transport: { kind: "socket", path: event.path }, applicationArguments: { TielineSecret: event.secret } }).catch(
      () => undefined,
    );
    break;
  }
  // Before the client was in, or after: either way nothing is left.
  await expect.poll(() => readdirSync(folder.path).filter((name) => name.startsWith("s-"))).toEqual([]);
});

test("what the connector asks is put to the person, and a failure is told with its stage", async () => {
  using folder = temporaryFolder();
  const failure = Object.assign(new Fault("password-missing", { user: "someone" }), { stage: "Requesting authentication token" });
  await using bench = await Bench.start(
    {
      open: () => Promise.reject(failure),
      token: async (_parameters, _environment, { ask, show }) => {
        show("Type the code.");
        return { token: `${await ask("Code", false)}-${await ask("Secret", true)}`, targetUri: "https://service.test/" };
      },
    },
    folder.path,
  );
  const link = await connectSocket(bench.bridge.descriptor.control);
  const send = (value: unknown): Promise<void> => link.write(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
  await send({ request: "token", secret: bench.bridge.descriptor.secret });
  let text = "";
  for await (const chunk of link.input) {
    const before = text.split('"ask"').length;
    text += new TextDecoder().decode(chunk);
    for (let i = before; i < text.split('"ask"').length; i++) await send({ answer: `answer${i}` });
  }
  const events = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { event: string });
  expect(events).toEqual([
    { event: "show", text: "Type the code." },
    { event: "ask", text: "Code", hidden: false },
    { event: "ask", text: "Secret", hidden: true },
    { event: "token", token: "answer1-answer2", targetUri: "https://service.test/" },
  ]);
  const refused = await bench.open().catch((error: unknown) => error);
  expect(String(refused)).toContain("someone");
});

test.each<[string, unknown, string]>([
  ["another secret", { request: "list", secret: "guessed" }, "bridge-refused"],
  ["no secret", { request: "list" }, "bridge-refused"],
  ["no object", [1], "bridge-request-malformed"],
  ["no JSON", undefined, "bridge-request-malformed"],
  ["an unknown request", { request: "dance" }, "bridge-request-malformed"],
  ["a session without a name", { request: "open" }, "bridge-request-malformed"],
  ["an unknown parameter", { request: "open", name: "x", parameters: { usreName: "x" } }, "bridge-request-malformed"],
  ["a parameter of Object itself", { request: "open", name: "x", parameters: { constructor: "x" } }, "bridge-request-malformed"],
  ["half a credential", { request: "token", parameters: { credential: { userName: "x" } } }, "bridge-request-malformed"],
  ["an environment of numbers", { request: "token", environment: { A: 1 } }, "bridge-request-malformed"],
])("a request with %s is refused", async (title, request, code) => {
  await using all = await bench();
  const { secret } = all.bench.bridge.descriptor;
  const whole =
    request !== undefined && !Array.isArray(request) && !title.endsWith("secret") ? { ...(request as object), secret } : request;
  const link = await connectSocket(all.bench.bridge.descriptor.control);
  await link.write(new TextEncoder().encode(`${whole === undefined ? "open sesame" : JSON.stringify(whole)}\n`));
  let text = "";
  for await (const chunk of link.input) text += new TextDecoder().decode(chunk);
  expect(JSON.parse(text)).toMatchObject({ event: "failed", fault: { code } });
  expect(text).not.toContain(secret);
});

test("the bridge's files are its user's alone, and gone with it; idle it ends by itself", async () => {
  using folder = temporaryFolder();
  await using service = await Service.start(folder.path);
  const mine = bridgeFolder({ TIELINE_BRIDGE_FOLDER: join(folder.path, "of-its-own") });
  await using idle = await Bench.start(openerAt(service), mine, { idleMs: 200 });
  expect(statSync(mine).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(mine)) expect(statSync(join(mine, name)).mode & 0o777).toBe(0o600);
  expect(readDescriptor(mine)?.pid).toBe(process.pid);
  await expect(Bench.start(openerAt(service), mine)).rejects.toMatchObject({ code: "socket-taken" });
  const { session } = await idle.open();
  expect(await session.run(command("Get-Double"), { input: [3] }).toArray()).toEqual([6]);
  await session.close();
  await idle.bridge.ended;
  expect(readdirSync(mine)).toEqual([]);
  expect(await codeOf(async () => askBridge(idle.bridge.descriptor, { request: "list" } satisfies ControlRequest).next())).toBe(
    "bridge-unreachable",
  );
});

test("a folder that others may enter is closed to them, one that is none is refused", () => {
  using folder = temporaryFolder();
  const open = join(folder.path, "open");
  mkdirSync(open);
  chmodSync(open, 0o777);
  expect(statSync(bridgeFolder({ TIELINE_BRIDGE_FOLDER: open })).mode & 0o777).toBe(0o700);
  const link = join(folder.path, "link");
  symlinkSync(open, link);
  expect(() => bridgeFolder({ TIELINE_BRIDGE_FOLDER: link })).toThrow("is not safe for the bridge");
});

test("a runtime folder with a long path is passed over", () => {
  using folder = temporaryFolder();
  expect(bridgeFolder({ XDG_RUNTIME_DIR: folder.path })).toBe(join(folder.path, "tieline"));
  expect(bridgeFolder({ XDG_RUNTIME_DIR: join(folder.path, "x".repeat(80)) })).not.toContain("xxx");
});

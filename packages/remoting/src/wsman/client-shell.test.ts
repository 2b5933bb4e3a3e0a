import { Fault } from "@tieline/fault";
import { expect, test } from "vitest";
import type { ClientAction } from "../carrier.ts";
import type { HttpAnswer, WsmanRequest } from "./caller.ts";
import { ClientShell, type ClientShellEvent, type ClientShellOptions } from "./client-shell.ts";
import { OPERATIONS, type Answers, type OperationName } from "./operation.ts";
import { answerPieces, parseEnvelope, type Envelope } from "./soap/envelope.ts";
import { writeFault } from "./soap/fault-body.ts";
import { COMMAND_STATE, SIGNAL } from "./soap/namespaces.ts";
import { serialize } from "./soap/xml-writer.ts";
import { ALICE, blobOf, counter, FakeWire, fragment } from "./testing/fake-wire.ts";

const SHELL = "3f498f53-1016-4ec8-816d-600b6adcee0e";
const ONE = "8bc5cbb0-fb53-46f0-a099-508dce09f499";
const TWO = "11111111-2222-4333-8444-555555555555";
const SESSION = "0d1dfb9f-6a26-494f-b5e6-b4c0f7a25591";

function makeClient(extra: Partial<ClientShellOptions> = {}): ClientShell {
  return new ClientShell({ uri: "https://service.test/wsman", shellId: SHELL, newId: counter(1), sessionId: SESSION, ...extra });
}

function drain(client: ClientShell): ClientShellEvent[] {
  const events: ClientShellEvent[] = [];
  for (let event = client.nextEvent(); event !== undefined; event = client.nextEvent()) events.push(event);
  return events;
}

function told(client: ClientShell): string[] {
  return drain(client).map((event) => {
    if (event.event === "data") return `${event.pipeline === undefined ? "pool" : "pipeline"}: ${blobOf(event.bytes)}`;
    if (event.event === "faulted" || event.event === "pipeline-faulted") return `${event.event} ${event.operation} ${event.fault.code}`;
    return event.event;
  });
}

function command(pipeline: string, text = "run"): ClientAction {
  return { do: "command", pipeline, bytes: fragment(text), text };
}

/** A client whose requests the test answers one by one. */
class Manual {
  readonly client: ClientShell;
  readonly open: (WsmanRequest & { read: Envelope })[] = [];

  constructor(extra: Partial<ClientShellOptions> = {}) {
    this.client = makeClient(extra);
  }

  /** What is to be posted now: the kinds, of commands' requests with `*`. */
  asked(): string[] {
    const kinds: string[] = [];
    for (let request = this.client.nextRequest(); request !== undefined; request = this.client.nextRequest()) {
      const read = parseEnvelope(request.envelope);
      this.open.push({ ...request, read });
      kinds.push(request.kind + (Buffer.from(request.envelope).includes("CommandId") ? "*" : ""));
    }
    return kinds;
  }

  take(kind: OperationName, inside = ""): WsmanRequest & { read: Envelope } {
    this.asked();
    const at = this.open.findIndex((each) => each.kind === kind && Buffer.from(each.envelope).includes(inside));
    const [found] = this.open.splice(at, at === -1 ? 0 : 1);
    if (found === undefined) throw new Error(`no ${kind} is open`);
    return found;
  }

  answer<K extends OperationName>(kind: K, answer: Answers[K], inside = ""): void {
    const row = OPERATIONS[kind];
    const body = serialize(answerPieces({ action: row.answerAction, messageId: "uuid:9" }, row.encodeAnswer(answer)));
    this.client.answered(this.take(kind, inside).id, { status: 200, headers: {}, body });
  }

  refuse(kind: OperationName, fault: Fault, inside = ""): void {
    const { action, body } = writeFault(fault, "");
    this.client.answered(this.take(kind, inside).id, {
      status: 500,
      headers: {},
      body: serialize(answerPieces({ action, messageId: "uuid:9" }, [body])),
    });
  }

  raw(kind: OperationName, answer: HttpAnswer): void {
    this.client.answered(this.take(kind).id, answer);
  }

  /** Up to an open shell. */
  opened(): this {
    this.client.perform([{ do: "create", bytes: fragment("hello") }]);
    this.answer("create", { shellId: SHELL });
    drain(this.client);
    return this;
  }

  /** Up to a command that runs. */
  running(id = ONE): this {
    this.client.perform([command(id)]);
    this.answer("command", { commandId: id }, id.toUpperCase());
    return this;
  }
}

const TIMED_OUT = new Fault("wsman-timed-out", {});
const GONE = new Fault("wsman-shell-not-found", { shell: SHELL });

test("two ends: open, command, input, stop, end, close", () => {
  const wire = new FakeWire();
  const client = makeClient();
  const both = { speaker: client, identity: ALICE };
  client.perform([{ do: "create", bytes: fragment("hello") }]);
  wire.run(both);
  expect(told(client)).toEqual(["opened", "pool: capability", "pool: opened"]);
  expect(client.state).toBe("open");
  client.perform([command(ONE, "wait"), { do: "send", pipeline: ONE, stream: "default", bytes: fragment("input") }]);
  wire.run(both);
  expect(told(client)).toEqual(["pipeline: ran wait", "pipeline: got input"]);
  client.perform([{ do: "stop", pipeline: ONE }]);
  wire.run(both);
  expect(told(client)).toEqual(["pipeline: stopped", "pipeline: completed", "done"]);
  client.perform([{ do: "terminate", pipeline: ONE }, { do: "delete" }]);
  wire.run(both);
  expect(told(client)).toContain("closed");
  expect(wire.service.shellCount).toBe(0);
  expect(wire.pending).toBe(0);
  expect(wire.service.nextDeadline()).toBeUndefined();
});

test("two ends, compressed", () => {
  const wire = new FakeWire();
  const client = makeClient({ compress: true });
  const long = "x".repeat(50_000);
  let size = 0;
  const speaker = {
    nextRequest: () => client.nextRequest(),
    answered(id: number, answer: HttpAnswer) {
      size += answer.body.length;
      client.answered(id, answer);
    },
  };
  client.perform([
    { do: "create", bytes: fragment("hello") },
    command(ONE, "wait"),
    { do: "send", pipeline: ONE, stream: "default", bytes: fragment(long) },
  ]);
  wire.run({ speaker, identity: ALICE });
  expect(told(client)).toContain(`pipeline: got ${long}`);
  expect(size).toBeLessThan(20_000);
});

test("the opening asks with what Windows sends: id, streams, protocol version that must be complied with, [MS-WSMV] 3.1.4.5.2", () => {
  const manual = new Manual({ noMachineProfile: true, name: "Session1", idleTimeoutMs: 90_000 });
  manual.client.perform([{ do: "create", bytes: fragment("hello") }]);
  const { read } = manual.take("create");
  expect(read.header).toMatchObject({
    resourceUri: "http://schemas.microsoft.com/powershell/Microsoft.PowerShell",
    maxEnvelopeSize: 512_000,
    operationTimeoutMs: 180_000,
    sessionId: `uuid:${SESSION.toUpperCase()}`,
    options: [
      { name: "protocolversion", value: "2.3", mustComply: true },
      { name: "WINRS_NOPROFILE", value: "1" },
    ],
  });
  expect(OPERATIONS.create.decode(read.body)).toMatchObject({
    shellId: SHELL,
    name: "Session1",
    inputStreams: ["stdin", "pr"],
    outputStreams: ["stdout"],
    idleTimeoutMs: 90_000,
  });
});

test("one Receive stays open on the shell and one on each command; TimedOut asks again, [MS-WSMV] 3.2.4.1.13", () => {
  const manual = new Manual().opened();
  expect(manual.asked()).toEqual(["receive"]);
  manual.running();
  expect(manual.asked()).toEqual(["receive*"]);
  for (let i = 0; i < 3; i++) {
    manual.refuse("receive", TIMED_OUT, ONE.toUpperCase());
    expect(manual.asked()).toEqual(["receive*"]);
  }
  manual.refuse("receive", TIMED_OUT, "<rsp:DesiredStream>");
  expect(manual.asked()).toEqual(["receive"]);
  expect(told(manual.client)).toEqual([]);
});

test("polls are told apart from operations, and what may be sent twice from what may not", () => {
  const manual = new Manual().opened().running();
  manual.asked();
  const by = (kind: OperationName) => manual.open.find((each) => each.kind === kind);
  expect(by("receive")).toMatchObject({ connection: "poll", safeToRetry: true, timeoutMs: 190_000 });
  manual.client.perform([{ do: "send", pipeline: ONE, stream: "default", bytes: fragment("x") }]);
  expect(manual.take("send")).toMatchObject({ connection: "operation", safeToRetry: false });
});

test("Command comes before what belongs to it, and lanes do not wait for each other", () => {
  const manual = new Manual().opened();
  manual.asked();
  manual.client.perform([command(ONE), { do: "send", pipeline: ONE, stream: "default", bytes: fragment("x") }, command(TWO)]);
  expect(manual.asked()).toEqual(["command*", "command*"]);
  manual.answer("command", {}, ONE.toUpperCase());
  expect(manual.asked()).toEqual(["send*", "receive*"]);
});

test("small fragments travel in one Send, in order, up to the envelope; streams are not mixed", () => {
  const manual = new Manual({ maxEnvelopeSize: 153_600 }).opened().running();
  manual.asked();
  const parts = Array.from({ length: 12 }, (_, i) => fragment(String(i % 10).repeat(20_000), { id: i }));
  manual.client.perform(parts.map((bytes) => ({ do: "send", pipeline: ONE, stream: "default", bytes })));
  manual.client.perform([{ do: "send", pipeline: ONE, stream: "prompt-response", bytes: fragment("pr") }]);
  const sent: Uint8Array[] = [];
  const names: string[] = [];
  while (manual.asked().length > 0 || manual.open.some(({ kind }) => kind === "send")) {
    const request = manual.open.find(({ kind }) => kind === "send");
    if (request === undefined) break;
    expect(request.envelope.length).toBeLessThanOrEqual(153_600);
    const [stream] = OPERATIONS.send.decode(request.read.body).streams;
    sent.push(stream?.bytes ?? Buffer.alloc(0));
    names.push(stream?.name ?? "");
    manual.answer("send", {});
  }
  expect(Buffer.concat(sent)).toEqual(Buffer.concat([...parts, fragment("pr")]));
  expect(names.at(-1)).toBe("pr");
  // The first goes at once; the rest in as few as fit.
  expect(names.length).toBeLessThanOrEqual(5);
});

test("a load of many fragments is cut between them", () => {
  const manual = new Manual({ maxEnvelopeSize: 153_600 }).opened().running();
  const load = Buffer.concat(Array.from({ length: 10 }, () => fragment("y".repeat(32_000))));
  manual.client.perform([{ do: "send", pipeline: ONE, stream: "default", bytes: load }]);
  const [stream] = OPERATIONS.send.decode(manual.take("send").read.body).streams;
  expect((stream?.bytes.length ?? 0) % 32_021).toBe(0);
  expect(stream?.bytes.length).toBeLessThan(load.length);
});

test("what does not fit an envelope is refused before it is sent", () => {
  const { client } = new Manual({ maxEnvelopeSize: 153_600 }).opened();
  expect(() => client.perform([{ do: "command", pipeline: ONE, bytes: fragment("x".repeat(200_000)), text: "" }])).toThrow(Fault);
  expect(() => client.perform([{ do: "send", pipeline: undefined, stream: "default", bytes: fragment("x".repeat(200_000)) }])).toThrow(
    Fault,
  );
});

test("the largest fragment fits its envelope, whatever the command's text", () => {
  const manual = new Manual({ maxEnvelopeSize: 153_600, locale: "x".repeat(35) }).opened();
  const bytes = fragment("x".repeat(manual.client.fragmentSize - 21));
  manual.client.perform([{ do: "command", pipeline: ONE, bytes, text: `"<&>'\u0000`.repeat(1000) }]);
  expect(manual.take("command").envelope.length).toBeLessThanOrEqual(153_600);
});

test("ids and the resource URI of the answers are used from then on", () => {
  const manual = new Manual();
  manual.client.perform([{ do: "create", bytes: fragment("hello") }]);
  manual.answer("create", { shellId: TWO, resourceUri: "http://schemas.microsoft.com/powershell/Other" });
  expect(manual.client.shellId).toBe(TWO);
  const receive = manual.take("receive");
  expect(receive.read.header.selectors?.["ShellId"]).toBe(TWO.toUpperCase());
  expect(receive.read.header.resourceUri).toBe("http://schemas.microsoft.com/powershell/Other");
  manual.client.perform([command(ONE)]);
  manual.answer("command", { commandId: TWO });
  expect(OPERATIONS.receive.decode(manual.take("receive").read.body).commandId).toBe(TWO);
});

test("stop overtakes input that waits, and is followed by the end", () => {
  const manual = new Manual().opened().running();
  const send = (text: string): ClientAction => ({ do: "send", pipeline: ONE, stream: "default", bytes: fragment(text) });
  manual.client.perform([send("a"), send("b"), send("c"), { do: "stop", pipeline: ONE }]);
  manual.answer("send", {});
  const stop = manual.take("signal");
  expect(OPERATIONS.signal.decode(stop.read.body).code).toBe(SIGNAL.stop);
  manual.client.answered(stop.id, { status: 200, body: okay("signal") });
  expect(manual.asked()).not.toContain("send*");
});

function okay(kind: OperationName): Uint8Array {
  return serialize(answerPieces({ action: OPERATIONS[kind].answerAction, messageId: "uuid:9" }, []));
}

test("terminate is sent once, with whatever went before, and ends the polling", () => {
  const manual = new Manual().opened().running();
  manual.asked();
  manual.client.perform([
    { do: "terminate", pipeline: ONE },
    { do: "terminate", pipeline: ONE },
  ]);
  expect(manual.asked()).toEqual(["signal*"]);
  manual.refuse("receive", new Fault("wsman-command-not-found", {}), ONE.toUpperCase());
  manual.answer("signal", {});
  expect(manual.asked()).toEqual([]);
  manual.client.perform([{ do: "terminate", pipeline: ONE }]);
  expect(manual.asked()).toEqual([]);
  expect(told(manual.client)).toEqual([]);
});

test("a command that was never sent needs no end", () => {
  const manual = new Manual();
  manual.client.perform([{ do: "create", bytes: fragment("hello") }, command(ONE), { do: "terminate", pipeline: ONE }]);
  manual.answer("create", { shellId: SHELL });
  expect(manual.asked()).toEqual(["receive"]);
});

test("Done ends the polling; data before it is handed out first", () => {
  const manual = new Manual().opened().running();
  manual.answer(
    "receive",
    { streams: [{ name: "stdout", bytes: fragment("last") }], state: { commandId: ONE, state: COMMAND_STATE.done, exitCode: 0 } },
    ONE.toUpperCase(),
  );
  expect(told(manual.client)).toEqual(["pipeline: last", "done"]);
  expect(manual.asked()).toEqual([]);
});

test.each(["command", "send", "receive", "signal"] as const)(
  "a fault on %s fails the command and not the shell; the service is told to forget it",
  (kind) => {
    const manual = new Manual().opened();
    manual.client.perform([command(ONE)]);
    if (kind !== "command") {
      manual.answer("command", {});
      if (kind === "send") manual.client.perform([{ do: "send", pipeline: ONE, stream: "default", bytes: fragment("x") }]);
      if (kind === "signal") manual.client.perform([{ do: "stop", pipeline: ONE }]);
    }
    manual.refuse(kind, new Fault("command-quota", {}), ONE.toUpperCase());
    expect(told(manual.client)).toEqual([`pipeline-faulted ${kind} command-quota`]);
    expect(manual.client.state).toBe("open");
    const end = manual.take("signal");
    expect(OPERATIONS.signal.decode(end.read.body)).toEqual({ commandId: ONE, code: SIGNAL.terminate });
    manual.running(TWO);
  },
);

test("a fault on the shell's Receive breaks it; later commands fail, later input is dropped", () => {
  const manual = new Manual().opened();
  manual.refuse("receive", GONE);
  expect(told(manual.client)).toEqual(["faulted receive wsman-shell-not-found"]);
  expect(manual.client.state).toBe("broken");
  manual.client.perform([command(ONE), { do: "send", pipeline: undefined, stream: "default", bytes: fragment("x") }]);
  expect(told(manual.client)).toEqual(["pipeline-faulted command wsman-shell-closed"]);
  expect(manual.asked()).toEqual([]);
});

test("a refused creation breaks the shell with the service's fault", () => {
  const manual = new Manual();
  manual.client.perform([{ do: "create", bytes: fragment("hello") }]);
  manual.refuse("create", new Fault("shell-quota-user", { limit: 3 }));
  expect(told(manual.client)).toEqual(["faulted create shell-quota-user"]);
  expect(manual.client.state).toBe("broken");
});

test("a creation that nobody answered is deleted all the same: no shell is left behind", () => {
  const manual = new Manual();
  manual.client.perform([{ do: "create", bytes: fragment("hello") }]);
  manual.client.failed(manual.take("create").id, new Fault("connection-lost", { host: "h", reason: "reset" }));
  expect(told(manual.client)).toEqual(["faulted create connection-lost"]);
  expect(manual.take("delete").read.header.selectors?.["ShellId"]).toBe(SHELL.toUpperCase());
});

test("closing while the shell is being made waits for it and deletes it", () => {
  const manual = new Manual();
  manual.client.perform([{ do: "create", bytes: fragment("hello") }, { do: "delete" }]);
  expect(manual.asked()).toEqual(["create"]);
  manual.answer("create", { shellId: SHELL });
  expect(manual.asked()).toEqual(["delete"]);
  manual.answer("delete", {});
  expect(told(manual.client)).toEqual(["closed"]);
});

test("closing goes at once past what is on its way, and a fault on Delete changes nothing", () => {
  const manual = new Manual().opened().running();
  manual.client.perform([
    { do: "send", pipeline: ONE, stream: "default", bytes: fragment("x") },
    { do: "send", pipeline: undefined, stream: "default", bytes: fragment("y") },
  ]);
  manual.asked();
  manual.client.perform([{ do: "delete" }]);
  manual.refuse("delete", GONE);
  expect(told(manual.client)).toEqual(["closed"]);
  expect(manual.client.state).toBe("closed");
  manual.refuse("receive", GONE);
  expect(told(manual.client)).toEqual([]);
});

test("a shell that was never opened closes without a request", () => {
  const manual = new Manual();
  manual.client.perform([{ do: "delete" }]);
  expect(manual.asked()).toEqual([]);
  expect(told(manual.client)).toEqual(["closed"]);
});

test("disconnect and reconnect: what waits meanwhile goes on afterwards, [MS-WSMV] 3.2.4.1.16", () => {
  const wire = new FakeWire();
  const client = makeClient();
  const both = { speaker: client, identity: ALICE };
  client.perform([{ do: "create", bytes: fragment("hello") }, command(ONE, "wait")]);
  wire.run(both);
  drain(client);
  client.perform([{ do: "disconnect", idleTimeoutMs: 120_000 }]);
  wire.run(both);
  expect(told(client)).toEqual(["disconnected"]);
  expect(wire.pending).toBe(0);
  wire.service.perform(SHELL, [{ do: "data", pipeline: ONE, bytes: fragment("meanwhile") }], wire.now);
  client.perform([{ do: "reconnect" }]);
  wire.run(both);
  expect(told(client)).toEqual(["reconnected", "pipeline: meanwhile"]);
  expect(client.state).toBe("open");
  expect(wire.pending).toBe(2);
});

test("a Receive that fails because of the disconnection fails nothing, even when it is told late", () => {
  const manual = new Manual().opened();
  manual.asked();
  manual.client.perform([{ do: "disconnect" }]);
  manual.answer("disconnect", {});
  manual.client.perform([{ do: "reconnect" }]);
  manual.answer("reconnect", {});
  manual.refuse("receive", new Fault("wsman-shell-disconnected", {}));
  expect(told(manual.client)).toEqual(["disconnected", "reconnected"]);
  expect(manual.asked()).toEqual(["receive"]);
});

test("a shell that the service has disconnected is reconnected unasked, and the same questions are asked again", () => {
  const manual = new Manual().opened().running();
  manual.asked();
  const before = manual.open.map(({ envelope }) => Buffer.from(envelope).toString());
  manual.refuse("receive", new Fault("wsman-shell-disconnected", {}), "CommandId");
  manual.refuse("receive", new Fault("wsman-shell-disconnected", {}));
  expect(manual.open.map(({ kind }) => kind)).toEqual(["reconnect"]);
  manual.client.perform([command(TWO)]);
  expect(manual.asked()).toEqual([]);
  manual.answer("reconnect", {});
  expect(told(manual.client)).toEqual([]);
  expect(manual.asked().toSorted()).toEqual(["command*", "receive", "receive*"]);
  manual.answer("command", { commandId: TWO });
  expect(
    manual.open
      .filter(({ kind }) => kind === "receive")
      .map(({ envelope }) => Buffer.from(envelope).toString())
      .toSorted(),
  ).toEqual(before.toSorted());
  expect(manual.client.state).toBe("open");
});

test("one that another client has taken meanwhile is lost", () => {
  const manual = new Manual().opened();
  manual.refuse("receive", new Fault("wsman-shell-disconnected", {}));
  manual.refuse("reconnect", new Fault("wsman-shell-in-use", {}));
  expect(told(manual.client)).toEqual(["faulted reconnect wsman-shell-in-use"]);
  expect(manual.client.state).toBe("broken");
});

test("connect: another client takes over the shell and its commands", () => {
  const wire = new FakeWire();
  const first = makeClient();
  first.perform([{ do: "create", bytes: fragment("hello") }, command(ONE, "wait")]);
  wire.run({ speaker: first, identity: ALICE });
  first.perform([{ do: "disconnect" }]);
  wire.run({ speaker: first, identity: ALICE });
  const second = makeClient({ sessionId: TWO, newId: counter(2) });
  second.perform([{ do: "connect", bytes: fragment("again") }]);
  const both = { speaker: second, identity: ALICE };
  wire.run(both);
  const [opened, answer, ...rest] = drain(second);
  expect(opened?.event).toBe("opened");
  expect(answer?.event === "data" && Buffer.from(answer.bytes)).toEqual(Buffer.concat([fragment("capability"), fragment("init")]));
  expect(rest.map((event) => event.event === "data" && blobOf(event.bytes))).toEqual(["private"]);
  second.perform([
    { do: "connect-command", pipeline: ONE },
    { do: "stop", pipeline: ONE },
  ]);
  wire.run(both);
  expect(told(second)).toEqual(["pipeline: stopped", "pipeline: completed", "done"]);
});

test.each([
  [{ status: 302, headers: { location: "https://other/wsman" }, body: new Uint8Array(0) }, "wsman-redirect"],
  [{ status: 307, headers: { location: "https://other/wsman" }, body: new Uint8Array(0) }, "wsman-redirect"],
  [{ status: 302, headers: {}, body: new Uint8Array(0) }, "http-status"],
  [{ status: 503, headers: {}, body: Buffer.from("<html>") }, "http-status"],
  [{ status: 404, headers: {}, body: new Uint8Array(0) }, "http-status"],
  [{ status: 200, headers: {}, body: new Uint8Array(0) }, "wsman-answer-invalid"],
  [{ status: 200, headers: {}, body: Buffer.from("<html><body>hello</body></html>") }, "wsman-answer-invalid"],
  [{ status: 500, headers: {}, body: new Uint8Array(0) }, "wsman-answer-invalid"],
  [{ status: 200, headers: {}, body: Buffer.from("<s:Envelope") }, "wsman-answer-invalid"],
])("an opening that is answered with %j becomes %s", (answer, code) => {
  const manual = new Manual();
  manual.client.perform([{ do: "create", bytes: fragment("hello") }]);
  manual.raw("create", answer);
  expect(told(manual.client)).toEqual([`faulted create ${code}`]);
});

test("a fault tells more than the status that it came with", () => {
  for (const status of [200, 400, 401, 500]) {
    const manual = new Manual();
    manual.client.perform([{ do: "create", bytes: fragment("hello") }]);
    const { action, body } = writeFault(new Fault("wsman-remote-shells-off", {}), "");
    manual.raw("create", { status, headers: {}, body: serialize(answerPieces({ action, messageId: "uuid:9" }, [body])) });
    expect(told(manual.client)).toEqual(["faulted create wsman-remote-shells-off"]);
  }
});

test("the envelope grows where the service says so, and a service that does not say changes nothing", () => {
  const asks = new Manual({ askEnvelopeSize: true, maxEnvelopeSize: 153_600 });
  asks.client.perform([{ do: "create", bytes: fragment("hello") }]);
  const before = asks.client.fragmentSize;
  asks.answer("get", { config: { maxEnvelopeSizeKb: 4096, maxTimeoutMs: 60_000, maxBatchItems: 32_000 } });
  expect(asks.client.fragmentSize).toBeGreaterThan(before * 20);
  expect(asks.take("create").read.header.maxEnvelopeSize).toBe(4096 * 1024);
  const refused = new Manual({ askEnvelopeSize: true, maxEnvelopeSize: 153_600 });
  refused.client.perform([{ do: "create", bytes: fragment("hello") }]);
  refused.refuse("get", new Fault("access-denied", {}));
  expect(refused.take("create").read.header.maxEnvelopeSize).toBe(153_600);
  expect(told(refused.client)).toEqual([]);
});

test("opening twice, and leaving what is not open, is the caller's mistake", () => {
  const { client } = new Manual().opened();
  for (const action of [{ do: "create", bytes: fragment("x") }, { do: "connect", bytes: fragment("x") }, { do: "reconnect" }] as const) {
    expect(() => client.perform([action])).toThrow(/open/);
  }
});

import { Fault, type FaultCode } from "@tieline/fault";
import { expect, test } from "vitest";
import type { ClientAction, ServerAction } from "../carrier.ts";
import { Caller, type CallTarget } from "./caller.ts";
import { OPERATIONS, type Answers, type OperationName, type Requests } from "./operation.ts";
import { ServerDispatch, type ServerOptions } from "./server-dispatch.ts";
import type { ServerAnswer, ServerEvent, ServerIdentity } from "./server-event.ts";
import { COMMAND_STATE, RESOURCE, SIGNAL } from "./soap/namespaces.ts";
import { ALICE, blobOf, BOB, counter, echo, fragment } from "./testing/fake-wire.ts";

const URI = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell";
const SHELL = "3f498f53-1016-4ec8-816d-600b6adcee0e";
const ONE = "8bc5cbb0-fb53-46f0-a099-508dce09f499";
const TWO = "11111111-2222-4333-8444-555555555555";
const STDOUT = { streams: ["stdout"] };

/** A service that is asked by hand. */
class Asked {
  readonly service: ServerDispatch;
  readonly events: ServerEvent[] = [];
  readonly answers = new Map<number, ServerAnswer>();
  readonly caller: Caller;
  react: (action: ClientAction) => ServerAction[] = echo;
  accepts = true;
  connects = true;
  now = 1_000_000;
  #lastId = 0;

  constructor(
    options: Partial<ServerOptions> = {},
    caller: { operationTimeoutMs?: number; maxEnvelopeSize?: number; sessionId?: string } = {},
  ) {
    this.service = new ServerDispatch({ newId: counter(0xf), hasConfiguration: (name) => name === "Microsoft.PowerShell", ...options });
    this.caller = new Caller({ uri: "https://h/wsman", newId: counter(1), operationTimeoutMs: 60_000, ...caller });
  }

  /** Sends a request; its number. */
  ask<K extends OperationName>(
    kind: K,
    request: Requests[K],
    target: CallTarget = {},
    identity: ServerIdentity | undefined = ALICE,
    caller = this.caller,
  ): number {
    return this.send(
      caller.encode(kind, request, { resourceUri: URI, ...(kind === "create" ? {} : { shellId: SHELL }), ...target }),
      identity,
    );
  }

  send(body: Uint8Array, identity: ServerIdentity | undefined = ALICE): number {
    const id = ++this.#lastId;
    this.service.request({ id, ...(identity === undefined ? {} : { identity }), body, url: "https://h/wsman" }, this.now);
    this.settle();
    return id;
  }

  anonymous(body: Uint8Array): number {
    const id = ++this.#lastId;
    this.service.request({ id, body }, this.now);
    this.settle();
    return id;
  }

  settle(): void {
    for (let event = this.service.nextEvent(); event !== undefined; event = this.service.nextEvent()) {
      this.events.push(event);
      if (event.event === "open" && this.accepts) this.service.accept(event.shell, this.now);
      if (event.event !== "action") continue;
      if (event.action.do === "connect") {
        if (this.connects) this.service.connected(event.shell, Buffer.concat([fragment("capability"), fragment("init")]));
        else this.service.refuseConnect(event.shell, new Fault("wsman-parameter-invalid", { parameter: "x" }));
      }
      this.service.perform(event.shell, this.react(event.action), this.now);
    }
    for (let answer = this.service.nextAnswer(); answer !== undefined; answer = this.service.nextAnswer())
      this.answers.set(answer.id, answer);
  }

  pass(ms: number): void {
    this.now += ms;
    this.service.tick(this.now);
    this.settle();
  }

  /** `waits`, the fault's code, or `ok`. */
  outcome(id: number): string {
    const answer = this.answers.get(id);
    return answer === undefined ? "waits" : (answer.fault?.code ?? "ok");
  }

  read<K extends OperationName>(kind: K, id: number): Answers[K] {
    const answer = this.answers.get(id);
    if (answer === undefined) throw new Error(`${kind} is not answered`);
    return this.caller.decode(kind, answer);
  }

  texts(id: number): string[] {
    return this.read("receive", id).streams.map(({ bytes }) => blobOf(bytes));
  }

  open(target: CallTarget = {}, identity = ALICE): this {
    const id = this.ask(
      "create",
      { shellId: SHELL, inputStreams: ["stdin", "pr"], outputStreams: ["stdout"], creationXml: fragment("hello") },
      target,
      identity,
    );
    expect(this.outcome(id)).toBe("ok");
    return this;
  }

  /** Takes what the pool said at opening. */
  drained(): this {
    this.texts(this.ask("receive", STDOUT));
    return this;
  }

  run(id = ONE, text = "wait"): this {
    expect(this.outcome(this.ask("command", { commandId: id, command: "", arguments: [fragment(text)] }))).toBe("ok");
    return this;
  }

  of<E extends ServerEvent["event"]>(event: E): Extract<ServerEvent, { event: E }>[] {
    return this.events.filter((each): each is Extract<ServerEvent, { event: E }> => each.event === event);
  }
}

test("Identify is answered without authentication, and nothing else is, DSP0226 11", () => {
  const asked = new Asked({ product: { vendor: "Tieline", version: "1" } });
  const id = asked.anonymous(asked.caller.encode("identify", {}, {}));
  expect(asked.read("identify", id)).toEqual({
    protocolVersion: "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    vendor: "Tieline",
    version: "1",
  });
  const other = asked.anonymous(asked.caller.encode("get", {}, { resourceUri: RESOURCE.config }));
  expect(asked.outcome(other)).toBe("access-denied");
});

test("Create: the host is asked, then the pool, and the answer describes the shell, [MS-WSMV] 3.1.4.5.2", () => {
  const asked = new Asked().open();
  const [open] = asked.of("open");
  expect(open?.request).toMatchObject({
    kind: "powershell",
    configuration: "Microsoft.PowerShell",
    identity: ALICE,
    url: "https://h/wsman",
    fragmentSize: 32_768,
  });
  expect(asked.of("action")[0]?.action).toMatchObject({ do: "create" });
  const { shellId, shell } = asked.read("create", 1);
  expect(shellId).toBe(SHELL);
  expect(shell).toMatchObject({
    shellId: SHELL,
    resourceUri: URI,
    owner: "alice",
    clientIp: "10.0.0.1",
    idleTimeoutMs: 7_200_000,
    state: "Connected",
  });
});

test("Create: the host's refusal is the client's fault, and nothing stays", () => {
  const asked = new Asked();
  asked.accepts = false;
  const id = asked.ask("create", { shellId: SHELL, inputStreams: [], outputStreams: [], creationXml: fragment("x") });
  expect(asked.outcome(id)).toBe("waits");
  asked.service.refuse(SHELL, new Fault("shell-quota-user", { limit: 3 }));
  asked.settle();
  expect(asked.outcome(id)).toBe("shell-quota-user");
  expect(asked.of("closed")).toMatchObject([{ reason: "refused" }]);
  expect(asked.service.shellCount).toBe(0);
});

test("Create: a host that does not answer is answered for, and its shell is dropped", () => {
  const asked = new Asked();
  asked.accepts = false;
  const id = asked.ask("create", { shellId: SHELL, inputStreams: [], outputStreams: [], creationXml: fragment("x") });
  asked.pass(60_000);
  expect(asked.outcome(id)).toBe("wsman-timed-out");
  expect(asked.service.shellCount).toBe(0);
  asked.service.accept(SHELL, asked.now);
  asked.settle();
  expect(asked.service.shellCount).toBe(0);
});

test("Create: whose maker has gone before it was there is dropped", () => {
  const asked = new Asked();
  asked.accepts = false;
  const id = asked.ask("create", { shellId: SHELL, inputStreams: [], outputStreams: [], creationXml: fragment("x") });
  asked.service.abandoned(id);
  asked.settle();
  expect(asked.of("closed")).toMatchObject([{ reason: "abandoned" }]);
  expect(asked.answers.size).toBe(0);
});

const CREATION = { shellId: SHELL, inputStreams: [], outputStreams: [], creationXml: fragment("x") };
test.each<[string, CallTarget, Partial<Requests["create"]>, FaultCode]>([
  ["another session configuration", { resourceUri: "http://schemas.microsoft.com/powershell/None" }, {}, "wsman-resource-unknown"],
  ["a command shell where there is none", { resourceUri: RESOURCE.cmd }, {}, "wsman-resource-unknown"],
  ["another resource", { resourceUri: "urn:x" }, {}, "wsman-resource-unknown"],
  ["an id that is no GUID", {}, { shellId: "zork" }, "wsman-parameter-invalid"],
  ["another compression", { compression: "zip" }, {}, "wsman-feature-unsupported"],
  ["an option that must be known", { options: [{ name: "ZORK", value: "1", mustComply: true }] }, {}, "wsman-option-unsupported"],
  ["the id of a shell that is there", {}, {}, "wsman-shell-exists"],
])("Create: %s is refused", (_, target, creation, code) => {
  const asked = new Asked().open();
  expect(asked.outcome(asked.ask("create", { ...CREATION, ...creation }, target))).toBe(code);
});

test("Create: without creationXml there is no PowerShell", () => {
  const asked = new Asked();
  expect(asked.outcome(asked.ask("create", { inputStreams: [], outputStreams: [] }))).toBe("wsman-schema-invalid");
});

test("Create: an id is made where the client has none, and the idle time is kept within bounds", () => {
  const asked = new Asked({ idleTimeout: { minMs: 60_000, maxMs: 100_000, defaultMs: 80_000 } });
  for (const [wish, given] of [
    [undefined, 80_000],
    [1, 60_000],
    [90_000, 90_000],
    [1e9, 100_000],
  ] as const) {
    const id = asked.ask("create", {
      inputStreams: [],
      outputStreams: [],
      creationXml: fragment("x"),
      ...(wish === undefined ? {} : { idleTimeoutMs: wish }),
    });
    expect(asked.read("create", id).shell?.idleTimeoutMs).toBe(given);
  }
});

test("Receive: what the pool said comes at once, a fragment a Stream; then it waits until something comes", () => {
  const asked = new Asked().open();
  expect(asked.texts(asked.ask("receive", STDOUT))).toEqual(["capability", "opened"]);
  const id = asked.ask("receive", STDOUT);
  expect(asked.outcome(id)).toBe("waits");
  asked.service.perform(
    SHELL,
    [
      { do: "data", pipeline: undefined, bytes: fragment("a") },
      { do: "data", pipeline: undefined, bytes: fragment("b") },
    ],
    asked.now,
  );
  asked.settle();
  expect(asked.texts(id)).toEqual(["a", "b"]);
});

test.each([1000, 20_000, 60_000, 180_000])("Receive: nothing in %d ms is TimedOut, before the client gives up", (operationTimeoutMs) => {
  const asked = new Asked({}, { operationTimeoutMs }).open().drained();
  const id = asked.ask("receive", STDOUT);
  const due = asked.service.nextDeadline() as number;
  expect(due).toBeLessThan(asked.now + operationTimeoutMs);
  expect(due).toBeGreaterThan(asked.now + operationTimeoutMs * 0.85);
  asked.pass(due - asked.now);
  expect(asked.outcome(id)).toBe("wsman-timed-out");
  // The shell is as it was.
  expect(asked.outcome(asked.ask("receive", STDOUT))).toBe("waits");
});

test("Receive: the data of a command comes before Done, whatever the envelope holds", () => {
  const asked = new Asked({}, { maxEnvelopeSize: 153_600 }).open().drained().run();
  const big = Array.from({ length: 20 }, (_, i) => ({
    do: "data" as const,
    pipeline: ONE,
    bytes: fragment(String(i).padEnd(30_000, "x")),
  }));
  asked.service.perform(SHELL, [...big, { do: "done", pipeline: ONE }], asked.now);
  const seen: string[] = [];
  for (let round = 0; round < 20; round++) {
    const id = asked.ask("receive", { ...STDOUT, commandId: ONE });
    expect(asked.answers.get(id)?.body.length).toBeLessThanOrEqual(153_600);
    const { streams, state } = asked.read("receive", id);
    seen.push(...streams.map(({ bytes }) => blobOf(bytes).replace(/x+$/, "")));
    if (state?.state === COMMAND_STATE.done) break;
    expect(state?.state).toBe(COMMAND_STATE.running);
  }
  expect(seen).toEqual(["ran wait", ...big.map((_, i) => String(i))]);
  // Whoever asks again is told Done again.
  expect(asked.read("receive", asked.ask("receive", { ...STDOUT, commandId: ONE }))).toMatchObject({
    streams: [],
    state: { state: COMMAND_STATE.done, exitCode: 0 },
  });
});

test("Receive: a fragment that the client's envelope cannot take is refused and stays", () => {
  const asked = new Asked().open().drained();
  asked.service.perform(SHELL, [{ do: "data", pipeline: undefined, bytes: fragment("x".repeat(30_000)) }], asked.now);
  const small = new Caller({ uri: "https://h/wsman", newId: counter(2), maxEnvelopeSize: 8192 });
  expect(asked.outcome(asked.ask("receive", STDOUT, {}, ALICE, small))).toBe("wsman-answer-too-large");
  expect(asked.texts(asked.ask("receive", STDOUT))).toHaveLength(1);
});

test("Receive: the fragment size that the host is told fits the client's envelopes", () => {
  const asked = new Asked({}, { maxEnvelopeSize: 16_384 }).open().drained();
  const size = asked.of("open")[0]?.request.fragmentSize ?? 0;
  asked.service.perform(SHELL, [{ do: "data", pipeline: undefined, bytes: fragment("x".repeat(size - 21)) }], asked.now);
  const id = asked.ask("receive", STDOUT);
  expect(asked.outcome(id)).toBe("ok");
  expect(asked.answers.get(id)?.body.length).toBeLessThanOrEqual(16_384);
});

test("Receive: a second one takes the first one's place, which is told so and not to ask again", () => {
  const asked = new Asked().open().drained();
  const first = asked.ask("receive", STDOUT);
  const second = asked.ask("receive", STDOUT);
  expect([asked.outcome(first), asked.outcome(second)]).toEqual(["wsman-receive-replaced", "waits"]);
});

test("Receive: an answer that could not be sent gives its data to the next", () => {
  const asked = new Asked().open();
  const lost = asked.answers.get(asked.ask("receive", STDOUT)) as ServerAnswer;
  asked.service.perform(SHELL, [{ do: "data", pipeline: undefined, bytes: fragment("later") }], asked.now);
  asked.service.returned(lost);
  asked.service.returned(lost);
  expect(asked.texts(asked.ask("receive", STDOUT))).toEqual(["capability", "opened", "later"]);
});

test("Receive: whose client has gone keeps the data for the next", () => {
  const asked = new Asked().open().drained();
  const gone = asked.ask("receive", STDOUT);
  asked.service.abandoned(gone);
  asked.service.perform(SHELL, [{ do: "data", pipeline: undefined, bytes: fragment("kept") }], asked.now);
  expect(asked.texts(asked.ask("receive", STDOUT))).toEqual(["kept"]);
  expect(asked.outcome(gone)).toBe("waits");
});

test("Signal terminate answers the Receive that waits with Done; a later one is told that there is no such command", () => {
  const asked = new Asked().open().drained().run();
  asked.texts(asked.ask("receive", { ...STDOUT, commandId: ONE }));
  const waits = asked.ask("receive", { ...STDOUT, commandId: ONE });
  expect(asked.outcome(asked.ask("signal", { commandId: ONE, code: SIGNAL.terminate.replace("Terminate", "terminate") }))).toBe("ok");
  expect(asked.read("receive", waits)).toMatchObject({ streams: [], state: { state: COMMAND_STATE.done } });
  expect(asked.outcome(asked.ask("receive", { ...STDOUT, commandId: ONE }))).toBe("wsman-command-not-found");
  expect(asked.of("action").at(-1)?.action).toEqual({ do: "terminate", pipeline: ONE });
});

test.each([
  [SIGNAL.stop, "stop"],
  [SIGNAL.terminate, "terminate"],
  [SIGNAL.ctrlC, "terminate"],
  ["urn:zork", "terminate"],
])("the signal %s means %s to a pipeline", (code, action) => {
  const asked = new Asked().open().run();
  asked.ask("signal", { commandId: ONE, code });
  expect(asked.of("action").at(-1)?.action.do).toBe(action);
});

test("Send: streams reach the pool by their names and commands", () => {
  const asked = new Asked().open().run();
  const before = asked.of("action").length;
  const id = asked.ask("send", {
    streams: [
      { name: "stdin", commandId: ONE, bytes: fragment("in") },
      { name: "pr", commandId: ONE, bytes: fragment("pr") },
      { name: "stdin", bytes: fragment("pool") },
    ],
  });
  expect(asked.outcome(id)).toBe("ok");
  expect(
    asked
      .of("action")
      .slice(before)
      .map(({ action }) => action.do === "send" && [action.pipeline, action.stream, blobOf(action.bytes)]),
  ).toEqual([
    [ONE, "default", "in"],
    [ONE, "prompt-response", "pr"],
    [undefined, "default", "pool"],
  ]);
});

test.each<[OperationName, object]>([
  ["send", { streams: [{ name: "stdin", commandId: TWO, bytes: fragment("x") }] }],
  ["receive", { ...STDOUT, commandId: TWO }],
  ["signal", { commandId: TWO, code: SIGNAL.terminate }],
  ["connect", { commandId: TWO }],
])("%s for a command that is not there", (kind, request) => {
  const asked = new Asked().open();
  expect(asked.outcome(asked.ask(kind, request as Requests[typeof kind]))).toBe("wsman-command-not-found");
});

test("Command: an id is used once, and commands are counted while they run", () => {
  const asked = new Asked({ commandsPerShell: 2 }).open().run(ONE).run(TWO);
  expect(asked.outcome(asked.ask("command", { commandId: ONE, command: "", arguments: [fragment("x")] }))).toBe("wsman-command-exists");
  const third = { commandId: SHELL, command: "", arguments: [fragment("x")] };
  expect(asked.outcome(asked.ask("command", third))).toBe("command-quota");
  asked.ask("signal", { commandId: ONE, code: SIGNAL.terminate });
  expect(asked.outcome(asked.ask("command", third))).toBe("ok");
});

test("Command: ends that nobody signals do not fill the quota", () => {
  const asked = new Asked({ commandsPerShell: 5 }).open();
  const newId = counter(9);
  for (let i = 0; i < 60; i++) {
    const commandId = newId();
    asked.run(commandId, "quick");
    expect(asked.read("receive", asked.ask("receive", { ...STDOUT, commandId })).state?.state).toBe(COMMAND_STATE.done);
  }
  const listed = asked.ask(
    "enumerate",
    { optimize: true, maxElements: 100, filter: { ShellId: SHELL } },
    { resourceUri: RESOURCE.command },
  );
  expect(asked.read("enumerate", listed).commands?.length).toBeLessThan(20);
});

test("Delete: the pool is closed, its last words reach the Receive that waits, and the shell is gone", () => {
  const asked = new Asked().open().drained();
  const waits = asked.ask("receive", STDOUT);
  expect(asked.outcome(asked.ask("delete", {}))).toBe("ok");
  expect(asked.texts(waits)).toEqual(["closed"]);
  expect(asked.of("closed")).toMatchObject([{ reason: "deleted" }]);
  expect(asked.outcome(asked.ask("receive", STDOUT))).toBe("wsman-shell-not-found");
  expect(asked.outcome(asked.ask("delete", {}))).toBe("wsman-shell-not-found");
  expect(asked.service.nextDeadline()).toBeUndefined();
});

test("Delete: a pool that does not close is dropped after a while, and nobody waits for ever", () => {
  const asked = new Asked().open().drained();
  asked.react = () => [];
  const waits = asked.ask("receive", STDOUT);
  asked.ask("delete", {});
  expect(asked.outcome(waits)).toBe("waits");
  asked.pass(11_000);
  expect(asked.outcome(waits)).toBe("wsman-operation-aborted");
  expect(asked.service.shellCount).toBe(0);
});

test("a pool that closes by itself: its last words can still be fetched, then the shell is gone", () => {
  const asked = new Asked().open().drained();
  asked.service.perform(SHELL, [{ do: "data", pipeline: undefined, bytes: fragment("bye") }, { do: "closed" }], asked.now);
  asked.settle();
  expect(asked.outcome(asked.ask("command", { commandId: ONE, command: "", arguments: [fragment("x")] }))).toBe("wsman-shell-not-found");
  expect(asked.texts(asked.ask("receive", STDOUT))).toEqual(["bye"]);
  expect(asked.of("closed")).toMatchObject([{ reason: "ended" }]);
});

test("a shell that nobody uses is closed after its idle time, and any operation starts it anew", () => {
  const asked = new Asked({ idleTimeout: { defaultMs: 100_000 } }).open().drained();
  asked.pass(90_000);
  asked.ask("signal", { code: SIGNAL.terminate });
  asked.pass(90_000);
  expect(asked.service.shellCount).toBe(1);
  asked.pass(10_001);
  expect(asked.of("closed")).toMatchObject([{ reason: "idle" }]);
  expect(asked.of("action").at(-1)?.action.do).toBe("delete");
});

test("a Receive that waits keeps its shell", () => {
  const asked = new Asked({ idleTimeout: { defaultMs: 60_000 } }, { operationTimeoutMs: 180_000 }).open().drained();
  asked.ask("receive", STDOUT);
  asked.pass(100_000);
  expect(asked.service.shellCount).toBe(1);
  asked.pass(100_000);
  asked.pass(100_000);
  expect(asked.service.shellCount).toBe(0);
});

test("who has waited until now was there until now", () => {
  const asked = new Asked({ idleTimeout: { defaultMs: 60_000 } }, { operationTimeoutMs: 180_000 }).open().drained();
  const id = asked.ask("receive", STDOUT);
  asked.pass(179_000);
  expect(asked.outcome(id)).toBe("wsman-timed-out");
  asked.pass(59_000);
  expect(asked.service.shellCount).toBe(1);
  asked.pass(2000);
  expect(asked.service.shellCount).toBe(0);
});

test.each<[OperationName, object, CallTarget]>([
  ["receive", STDOUT, {}],
  ["command", { commandId: TWO, command: "", arguments: [fragment("x")] }, {}],
  ["send", { streams: [{ name: "stdin", bytes: fragment("x") }] }, {}],
  ["signal", { commandId: ONE, code: SIGNAL.terminate }, {}],
  ["delete", {}, {}],
  ["disconnect", {}, {}],
  ["reconnect", {}, {}],
  ["connect", { connectXml: fragment("x") }, {}],
  ["get", {}, {}],
  ["get", {}, { resourceUri: RESOURCE.shell }],
  ["enumerate", { optimize: true, maxElements: 9, filter: { ShellId: SHELL } }, { resourceUri: RESOURCE.command }],
])("%s: another's shell is as good as none", (kind, request, target) => {
  const asked = new Asked().open().run();
  const ask = (identity: ServerIdentity): string => asked.outcome(asked.ask(kind, request as Requests[typeof kind], target, identity));
  expect(ask(BOB)).toBe("wsman-shell-not-found");
  expect(ask(ALICE)).not.toBe("wsman-shell-not-found");
});

test("Enumerate gives one's own shells only, and Get one of them", () => {
  const asked = new Asked().open();
  asked.ask("create", { ...CREATION, shellId: TWO }, {}, BOB);
  const list = (identity: ServerIdentity) =>
    asked.read("enumerate", asked.ask("enumerate", { optimize: true, maxElements: 32_000 }, { resourceUri: RESOURCE.shell }, identity));
  expect(list(ALICE)).toMatchObject({ end: true, context: "", shells: [{ shellId: SHELL, owner: "alice" }] });
  expect(list(BOB).shells).toMatchObject([{ shellId: TWO }]);
  expect(asked.read("get", asked.ask("get", {}, { resourceUri: RESOURCE.shell })).shell).toMatchObject({
    shellId: SHELL,
    state: "Connected",
  });
});

test("Enumerate in parts: context, Pull, Release, DSP0226 8.4", () => {
  const asked = new Asked();
  const newId = counter(5);
  for (let i = 0; i < 5; i++) asked.ask("create", { ...CREATION, shellId: newId() });
  const shells = { resourceUri: RESOURCE.shell };
  const first = asked.read("enumerate", asked.ask("enumerate", { optimize: true, maxElements: 2 }, shells));
  expect(first).toMatchObject({ end: false });
  expect(first.shells).toHaveLength(2);
  const second = asked.read("pull", asked.ask("pull", { context: first.context, maxElements: 2 }, shells));
  const third = asked.read("pull", asked.ask("pull", { context: second.context, maxElements: 9 }, shells));
  expect(third).toMatchObject({ end: true, context: "" });
  expect(new Set([first, second, third].flatMap(({ shells: part }) => part?.map(({ shellId }) => shellId))).size).toBe(5);
  const lazy = asked.read("enumerate", asked.ask("enumerate", { optimize: false, maxElements: 0 }, shells));
  expect(lazy.shells).toEqual([]);
  expect(asked.outcome(asked.ask("pull", { context: lazy.context, maxElements: 1 }, shells, BOB))).toBe("wsman-enumeration-unknown");
  expect(asked.outcome(asked.ask("release", { context: lazy.context }, shells))).toBe("ok");
  expect(asked.outcome(asked.ask("pull", { context: lazy.context, maxElements: 1 }, shells))).toBe("wsman-enumeration-unknown");
});

test("a long list keeps within the envelope", () => {
  const asked = new Asked({}, { maxEnvelopeSize: 8192 });
  const newId = counter(5);
  for (let i = 0; i < 40; i++) asked.ask("create", { ...CREATION, shellId: newId() });
  let seen = 0;
  let id = asked.ask("enumerate", { optimize: true, maxElements: 32_000 }, { resourceUri: RESOURCE.shell });
  let part: Answers["enumerate"] = asked.read("enumerate", id);
  for (let round = 0; round < 60; round++) {
    expect(asked.answers.get(id)?.body.length).toBeLessThanOrEqual(8192);
    seen += part.shells?.length ?? 0;
    if (part.end) break;
    id = asked.ask("pull", { context: part.context, maxElements: 32_000 }, { resourceUri: RESOURCE.shell });
    part = asked.read("pull", id);
  }
  expect(seen).toBe(40);
});

test("Enumerate commands wants a filter by ShellId", () => {
  const asked = new Asked().open().run();
  expect(asked.outcome(asked.ask("enumerate", { optimize: true, maxElements: 9 }, { resourceUri: RESOURCE.command }))).toBe(
    "wsman-filter-unsupported",
  );
  const id = asked.ask("enumerate", { optimize: true, maxElements: 9, filter: { ShellId: SHELL } }, { resourceUri: RESOURCE.command });
  expect(asked.read("enumerate", id).commands).toEqual([{ commandId: ONE, commandLine: "", state: "Running" }]);
});

test("Get of the configuration tells the envelope's size", () => {
  const asked = new Asked({ maxEnvelopeSize: 4_194_304 });
  expect(asked.read("get", asked.ask("get", {}, { resourceUri: RESOURCE.config })).config).toMatchObject({ maxEnvelopeSizeKb: 4096 });
});

const session = (sessionId: string): Caller =>
  new Caller({ uri: "https://h/wsman", newId: counter(3), sessionId, operationTimeoutMs: 60_000 });

test("Disconnect ends the waiting, keeps what comes, and shuts the shell for all but Reconnect and Connect", () => {
  const asked = new Asked({}, { sessionId: ONE }).open().drained().run();
  const waits = asked.ask("receive", STDOUT);
  expect(asked.outcome(asked.ask("disconnect", { idleTimeoutMs: 90_000 }))).toBe("ok");
  expect(asked.outcome(waits)).toBe("wsman-shell-disconnected");
  expect(asked.outcome(asked.ask("receive", STDOUT))).toBe("wsman-shell-disconnected");
  expect(asked.read("get", asked.ask("get", {})).shell).toMatchObject({ state: "Disconnected", idleTimeoutMs: 90_000 });
  asked.service.perform(SHELL, [{ do: "data", pipeline: undefined, bytes: fragment("kept") }], asked.now);
  expect(asked.outcome(asked.ask("reconnect", {}))).toBe("ok");
  expect(asked.texts(asked.ask("receive", STDOUT))).toEqual(["kept"]);
  expect(asked.of("action").map(({ action }) => action.do)).toEqual(["create", "command", "disconnect", "reconnect"]);
});

test("who reconnects is told by the session id, [MS-WSMV] 3.1.4.16", () => {
  const asked = new Asked({}, { sessionId: ONE }).open().drained();
  const other = session(TWO);
  // Connected: by the same client it is ignored, by another refused.
  expect(asked.outcome(asked.ask("reconnect", {}))).toBe("ok");
  expect(asked.outcome(asked.ask("reconnect", {}, {}, ALICE, other))).toBe("wsman-shell-in-use");
  expect(asked.outcome(asked.ask("receive", STDOUT, {}, ALICE, other))).toBe("wsman-shell-in-use");
  asked.ask("disconnect", {});
  expect(asked.outcome(asked.ask("reconnect", {}, {}, ALICE, other))).toBe("wsman-shell-in-use");
  expect(asked.outcome(asked.ask("connect", { connectXml: fragment("again") }, {}, ALICE, other))).toBe("ok");
  // Now it is the other's.
  expect(asked.outcome(asked.ask("receive", STDOUT))).toBe("wsman-shell-in-use");
  expect(asked.texts(asked.ask("receive", STDOUT, {}, ALICE, other))).toEqual(["private"]);
});

test("Connect takes a shell over only where nobody listens, or it was disconnected", () => {
  const asked = new Asked({}, { sessionId: ONE }).open().drained();
  const connect = (): string => asked.outcome(asked.ask("connect", { connectXml: fragment("again") }, {}, ALICE, session(TWO)));
  const waits = asked.ask("receive", STDOUT);
  expect(connect()).toBe("wsman-shell-in-use");
  asked.service.abandoned(waits);
  expect(connect()).toBe("ok");
});

test("Connect: a pool that refuses leaves the shell as it was", () => {
  const asked = new Asked({}, { sessionId: ONE }).open().drained();
  asked.ask("disconnect", {});
  asked.connects = false;
  expect(asked.outcome(asked.ask("connect", { connectXml: fragment("again") }))).toBe("wsman-parameter-invalid");
  expect(asked.outcome(asked.ask("reconnect", {}))).toBe("ok");
});

test.each<[string, (xml: string) => string, FaultCode]>([
  ["another action", (xml) => xml.replace("shell/Receive<", "shell/Zork<"), "wsman-action-unsupported"],
  ["no action", (xml) => xml.replace(/<a:Action.*?<\/a:Action>/, ""), "wsman-header-missing"],
  ["no message id", (xml) => xml.replace(/<a:MessageID.*?<\/a:MessageID>/, ""), "wsman-header-missing"],
  ["no resource URI", (xml) => xml.replace(/<w:ResourceURI.*?<\/w:ResourceURI>/, ""), "wsman-header-missing"],
  ["another resource URI", (xml) => xml.replace("Microsoft.PowerShell", "Zork"), "wsman-resource-unknown"],
  ["no selector", (xml) => xml.replace(/<w:SelectorSet>.*<\/w:SelectorSet>/, ""), "wsman-selectors-missing"],
  ["another selector", (xml) => xml.replace('Name="ShellId"', 'Name="Zork"'), "wsman-selectors-missing"],
  [
    "one selector more",
    (xml) => xml.replace("<w:SelectorSet>", '<w:SelectorSet><w:Selector Name="x">1</w:Selector>'),
    "wsman-selectors-unexpected",
  ],
  ["another shell", (xml) => xml.replace(SHELL.toUpperCase(), TWO), "wsman-shell-not-found"],
  ["a wrong timeout", (xml) => xml.replace(/>PT[^<]*</, ">soon<"), "wsman-header-invalid"],
  [
    "a header that must be understood",
    (xml) => xml.replace("</s:Header>", '<q:Z xmlns:q="urn:q" s:mustUnderstand="true"/></s:Header>'),
    "wsman-header-not-understood",
  ],
  [
    "a language that must be spoken",
    (xml) => xml.replace(/<w:Locale[^>]*>/, '<w:Locale xml:lang="fr" s:mustUnderstand="true"/>'),
    "wsman-locale-unsupported",
  ],
  ["another body", (xml) => xml.replaceAll("rsp:Receive", "rsp:Zork"), "wsman-schema-invalid"],
  ["no XML", () => "hello", "wsman-xml-invalid"],
  ["half of it", (xml) => xml.slice(0, xml.length / 2), "wsman-xml-invalid"],
])("a request with %s is answered with a fault, at once", (_, change, code) => {
  const asked = new Asked().open();
  const xml = Buffer.from(asked.caller.encode("receive", STDOUT, { resourceUri: URI, shellId: SHELL })).toString();
  const id = asked.send(Buffer.from(change(xml)));
  expect(asked.outcome(id)).toBe(code);
  expect(asked.answers.get(id)?.status).toBe(500);
});

test("an answer relates to its request, refused ones too", () => {
  const asked = new Asked();
  const id = asked.ask("receive", STDOUT);
  const xml = Buffer.from(asked.answers.get(id)?.body ?? []).toString();
  expect(xml).toMatch(/<a:RelatesTo>uuid:00000001-0000-4000-8000-000000000001<\/a:RelatesTo>/);
});

test("a request larger than the envelope is refused, not read", () => {
  const asked = new Asked();
  const xml = Buffer.concat([Buffer.from("<a>"), Buffer.alloc(512_001, 0x20)]);
  expect(asked.outcome(asked.send(xml))).toBe("wsman-envelope-too-large");
});

test("one principal's waiting requests are counted, others' are not", () => {
  const asked = new Asked({ operationsPerUser: 2 }).open().drained().run();
  asked.texts(asked.ask("receive", { ...STDOUT, commandId: ONE }));
  asked.ask("receive", STDOUT);
  const second = asked.ask("receive", { ...STDOUT, commandId: ONE });
  expect(asked.outcome(asked.ask("get", {}))).toBe("operation-quota");
  expect(asked.outcome(asked.ask("get", {}, { resourceUri: RESOURCE.config }, BOB))).toBe("ok");
  asked.service.abandoned(second);
  expect(asked.outcome(asked.ask("get", {}))).toBe("ok");
});

test("a pipeline whose output nobody fetches is asked to pause, and to go on when it was fetched", () => {
  const asked = new Asked({ backlog: 100_000 }, { maxEnvelopeSize: 512_000 }).open().run();
  const data: ServerAction = { do: "data", pipeline: ONE, bytes: fragment("x".repeat(30_000)) };
  asked.service.perform(SHELL, [data, data, data, data, data], asked.now);
  asked.settle();
  expect(asked.of("pressure")).toMatchObject([{ pipeline: ONE, high: true }]);
  asked.ask("receive", { ...STDOUT, commandId: ONE });
  expect(asked.of("pressure").at(-1)).toMatchObject({ pipeline: ONE, high: false });
});

test("the host may end a shell, or all of them: whoever waits is told why", () => {
  const asked = new Asked().open().drained();
  const waits = asked.ask("receive", STDOUT);
  asked.service.close();
  asked.settle();
  expect(asked.outcome(waits)).toBe("wsman-shutting-down");
  expect(asked.of("closed")).toMatchObject([{ reason: "closed" }]);
  expect(asked.service.shellCount).toBe(0);
  expect(asked.service.nextDeadline()).toBeUndefined();
});

test("words for shells and commands that are gone are dropped", () => {
  const asked = new Asked().open();
  asked.service.perform(TWO, [{ do: "data", pipeline: undefined, bytes: fragment("x") }], asked.now);
  asked.service.perform(
    SHELL,
    [
      { do: "data", pipeline: TWO, bytes: fragment("x") },
      { do: "done", pipeline: TWO },
    ],
    asked.now,
  );
  asked.service.closeShell(TWO, new Fault("wsman-shutting-down", {}));
  asked.service.refuse(TWO, new Fault("wsman-shutting-down", {}));
  asked.service.abandoned(99);
  expect(asked.texts(asked.ask("receive", STDOUT))).toEqual(["capability", "opened"]);
});

test("streams are compressed where the client asked for it, [MS-WSMV] 2.2.4.3", () => {
  const asked = new Asked().open({ compression: "xpress" });
  asked.service.perform(SHELL, [{ do: "data", pipeline: undefined, bytes: fragment("x".repeat(30_000)) }], asked.now);
  const { streams } = asked.read("receive", asked.ask("receive", STDOUT));
  expect(streams.at(-1)?.bytes.length).toBeLessThan(1000);
});

test("every operation of the table has an answer", () => {
  for (const kind of Object.keys(OPERATIONS) as OperationName[]) {
    const asked = new Asked();
    const id = asked.send(
      asked.caller.encode(kind, { streams: [], arguments: [], inputStreams: [], outputStreams: [], context: "x" } as never, {
        resourceUri: URI,
      }),
    );
    expect(`${kind} ${asked.outcome(id)}`).not.toBe(`${kind} waits`);
  }
});

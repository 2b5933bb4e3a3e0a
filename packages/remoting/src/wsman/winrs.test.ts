/** The command shell, both ends against each other ([MS-WSMV] 2.2.4.6, 3.1.4.10 to 3.1.4.14). */
import { expect, test } from "vitest";
import type { ServerEvent, WinrsAction, WinrsOutput } from "./server-event.ts";
import { ALICE, counter, FakeWire } from "./testing/fake-wire.ts";
import { WinrsClient, type WinrsClientOptions, type WinrsEvent } from "./winrs.ts";

const ID = "8bc5cbb0-fb53-46f0-a099-508dce09f499";

interface Joined {
  wire: FakeWire;
  client: WinrsClient;
  actions: WinrsAction[];
  opened: Extract<ServerEvent, { event: "open" }>[];
  run: () => WinrsEvent[];
}

/** A host that does with each action what `react` says. */
function join(react: (action: WinrsAction) => WinrsOutput[], options: Partial<WinrsClientOptions> = {}): Joined {
  const wire = new FakeWire({ commandShell: true });
  const client = new WinrsClient({ uri: "https://service.test/wsman", newId: counter(1), ...options });
  const actions: WinrsAction[] = [];
  const opened: Joined["opened"] = [];
  const accept = wire.onOpen;
  wire.onOpen = (event) => {
    opened.push(event);
    accept(event);
  };
  wire.onWinrs = ({ shell, action }) => {
    actions.push(action);
    wire.service.performWinrs(shell, react(action));
  };
  return {
    wire,
    client,
    actions,
    opened,
    run() {
      wire.run({ speaker: client, identity: ALICE });
      const events: WinrsEvent[] = [];
      for (let event = client.nextEvent(); event !== undefined; event = client.nextEvent()) events.push(event);
      return events;
    },
  };
}

/** Joins neighbouring output. */
function shown(events: WinrsEvent[]): string[] {
  const lines: string[] = [];
  for (const event of events) {
    if (event.event !== "output") lines.push(event.event === "exit" ? `exit ${event.code}` : event.event);
    else {
      const text = `${event.stream}: ${Buffer.from(event.bytes).toString()}`;
      lines.push(text);
    }
  }
  return lines;
}

const out = (text: string, stream: "stdout" | "stderr" = "stdout"): WinrsOutput => ({
  do: "output",
  command: ID,
  stream,
  bytes: Buffer.from(text),
});
const exit = (code: number): WinrsOutput => ({ do: "exit", command: ID, code });

test("a program runs: its output, its errors, its exit code", () => {
  const joined = join((action) => (action.do === "command" ? [out("hello\r\n"), out("oops", "stderr"), out("bye"), exit(-7)] : []));
  joined.client.open();
  joined.client.run({ id: ID, line: "echo", arguments: ["a b", "<&>", ""] });
  expect(shown(joined.run())).toEqual(["opened", "started", "stdout: hello\r\n", "stderr: oops", "stdout: bye", "exit -7"]);
  expect(joined.actions).toEqual([
    { do: "command", command: ID, line: "echo", arguments: ["a b", "<&>", ""], consoleInput: true, skipShell: false },
  ]);
  joined.client.terminate(ID);
  joined.client.close();
  expect(shown(joined.run())).toEqual(["closed"]);
  expect(joined.actions.slice(1)).toEqual([{ do: "terminate", command: ID }, { do: "delete" }]);
  expect(joined.wire.service.shellCount).toBe(0);
});

test("a shell with environment, directory, code page, no profile, name and times", () => {
  const joined = join(() => [], {
    environment: { "A<b": '1&"2', __proto__x: " y " },
    workingDirectory: "C:\\Windows",
    codepage: 437,
    noProfile: true,
    name: "shell 1",
    idleTimeoutMs: 90_000,
    lifetimeMs: 60_000,
  });
  joined.client.open();
  expect(joined.run()[0]).toMatchObject({
    event: "opened",
    shell: { workingDirectory: "C:\\Windows", idleTimeoutMs: 90_000, outputStreams: ["stdout", "stderr"], name: "shell 1" },
  });
  const { request } = joined.opened[0] as Joined["opened"][0];
  expect(request).toMatchObject({ kind: "cmd", name: "shell 1", workingDirectory: "C:\\Windows" });
  expect({ ...request.environment }).toEqual({ "A<b": '1&"2', __proto__x: " y " });
  expect(request.options).toEqual([
    { name: "WINRS_NOPROFILE", value: "TRUE" },
    { name: "WINRS_CODEPAGE", value: "437" },
  ]);
});

test("only commands are asked for output: Windows refuses a Receive on a command shell itself", () => {
  const { client, wire, run } = join(() => []);
  client.open();
  expect(run().map(({ event }) => event)).toEqual(["opened"]);
  expect(wire.pending).toBe(0);
  client.run({ id: ID, line: "wait" });
  run();
  expect(wire.pending).toBe(1);
});

test("input arrives in order, and its end once", () => {
  const got: Uint8Array[] = [];
  const ends: boolean[] = [];
  const joined = join(
    (action) => {
      if (action.do !== "stdin") return [];
      got.push(action.bytes);
      ends.push(action.end);
      return action.end ? [exit(0)] : [];
    },
    { maxEnvelopeSize: 153_600 },
  );
  joined.client.open();
  joined.client.run({ id: ID, line: "cat", consoleInput: false, skipShell: true });
  const big = Buffer.alloc(500_000, "abcdefg");
  joined.client.write(ID, Buffer.from("first "));
  joined.client.write(ID, big);
  joined.client.write(ID, new Uint8Array(0), true);
  expect(shown(joined.run())).toEqual(["opened", "started", "exit 0"]);
  expect(Buffer.concat(got).equals(Buffer.concat([Buffer.from("first "), big]))).toBe(true);
  expect(ends.filter(Boolean)).toHaveLength(1);
  expect(ends.at(-1)).toBe(true);
  expect(joined.actions[0]).toMatchObject({ consoleInput: false, skipShell: true });
});

test("Ctrl-C and Ctrl-Break reach the program", () => {
  const joined = join((action) => (action.do === "signal" && action.signal === "ctrl_break" ? [exit(3)] : []));
  joined.client.open();
  joined.client.run({ id: ID, line: "sleep" });
  joined.client.interrupt(ID);
  joined.client.interrupt(ID, "ctrl_break");
  expect(shown(joined.run())).toEqual(["opened", "started", "exit 3"]);
  expect(joined.actions.slice(1)).toEqual([
    { do: "signal", command: ID, signal: "ctrl_c" },
    { do: "signal", command: ID, signal: "ctrl_break" },
  ]);
});

test("output that is larger than an envelope comes whole", () => {
  const big = Buffer.alloc(30_000, "0123456789");
  const joined = join((action) =>
    action.do === "command" ? [...Array.from({ length: 40 }, () => ({ ...out(""), bytes: big }) as WinrsOutput), exit(0)] : [],
  );
  joined.client.open();
  joined.client.run({ id: ID, line: "seq" });
  const events = joined.run();
  const bytes = Buffer.concat(events.flatMap((event) => (event.event === "output" ? [event.bytes] : [])));
  expect(bytes.length).toBe(1_200_000);
  expect(events.at(-1)).toEqual({ event: "exit", command: ID, code: 0 });
});

test("where there is no command shell the client is told so", () => {
  const wire = new FakeWire();
  const client = new WinrsClient({ uri: "https://service.test/wsman", newId: counter(1) });
  client.open();
  wire.run({ speaker: client, identity: ALICE });
  const event = client.nextEvent();
  expect(event?.event === "faulted" && event.fault.code).toBe("wsman-resource-unknown");
});

test("a command shell does not disconnect", () => {
  const joined = join(() => []);
  joined.client.open();
  joined.run();
  expect(joined.wire.events.some(({ event }) => event === "action")).toBe(false);
});

import { expect, test } from "vitest";
import { ClientChannel, type ClientChannelEvent } from "./client-channel.ts";
import { SESSION } from "./packet.ts";

const A = "aaaaaaaa-0000-0000-0000-000000000001";
const B = "bbbbbbbb-0000-0000-0000-000000000002";

/** A fragment of `size` bytes of content; the flags are 1 start, 2 end ([MS-PSRP] 2.2.4). */
function fragment(flags: number, size: number): Uint8Array {
  const bytes = new Uint8Array(21 + size);
  bytes[7] = 1;
  bytes[16] = flags;
  new DataView(bytes.buffer).setUint32(17, size);
  return bytes;
}
const whole = fragment(3, 4);

function sent(channel: ClientChannel): string[] {
  const text = Buffer.from(channel.dataToSend() ?? []).toString();
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [, element, stream = "", id, content = ""] =
        /^<(\w+)(?: Stream='(\w+)')? PSGuid='([^']*)'(?: \/>|>([^<]*)<\/Data>)$/.exec(line) ?? [];
      const who = id === SESSION ? "session" : id === A ? "a" : "b";
      return `${element} ${who}${stream === "" ? "" : ` ${stream} ${Buffer.from(content, "base64").length}`}`;
    });
}

function receive(channel: ClientChannel, text: string): ClientChannelEvent[] {
  channel.receive(Buffer.from(`${text}\n`), 0);
  const events: ClientChannelEvent[] = [];
  for (let event = channel.nextEvent(); event !== undefined; event = channel.nextEvent()) events.push(event);
  return events;
}

function started(): ClientChannel {
  const channel = new ClientChannel();
  channel.send({ do: "command", pipeline: A, bytes: whole, text: "" }, 0);
  expect(sent(channel)).toEqual(["Command a"]);
  receive(channel, `<CommandAck PSGuid='${A}' />`);
  return channel;
}

test("a command's data waits for the CommandAck, further data for the DataAck, then travels joined", () => {
  const channel = new ClientChannel({ packetBytes: 60 });
  channel.send({ do: "command", pipeline: A, bytes: whole, text: "" }, 0);
  for (let i = 0; i < 3; i++) channel.send({ do: "send", pipeline: A, stream: "default", bytes: whole }, 0);
  expect(sent(channel)).toEqual(["Command a"]);
  receive(channel, `<CommandAck PSGuid='${A}' />`);
  expect(sent(channel)).toEqual(["Data a Default 50"]);
  expect(channel.queuedBytes(A)).toBe(50);
  receive(channel, `<DataAck PSGuid='${A}' />`);
  expect(sent(channel)).toEqual(["Data a Default 50"]);
  receive(channel, `<DataAck PSGuid='${A}' />`);
  expect(sent(channel)).toEqual([]);
  expect(channel.queuedBytes()).toBe(0);
});

test("ids do not wait for each other", () => {
  const channel = started();
  expect(sent(channel)).toEqual(["Data a Default 25"]);
  channel.send({ do: "send", pipeline: undefined, stream: "default", bytes: whole }, 0);
  channel.send({ do: "command", pipeline: B, bytes: whole, text: "" }, 0);
  expect(sent(channel)).toEqual(["Data session Default 25", "Command b"]);
});

test("answers to host calls go before waiting input", () => {
  const channel = started();
  channel.send({ do: "send", pipeline: A, stream: "default", bytes: whole }, 0);
  channel.send({ do: "send", pipeline: A, stream: "prompt-response", bytes: fragment(3, 1) }, 0);
  sent(channel);
  receive(channel, `<DataAck PSGuid='${A}' />`);
  expect(sent(channel)).toEqual(["Data a PromptResponse 22"]);
  receive(channel, `<DataAck PSGuid='${A}' />`);
  expect(sent(channel)).toEqual(["Data a Default 25"]);
});

test("a stop overtakes waiting input, but not the command itself", () => {
  const channel = new ClientChannel({ packetBytes: 1 });
  channel.send({ do: "command", pipeline: A, bytes: fragment(1, 4), text: "" }, 0);
  channel.send({ do: "send", pipeline: A, stream: "default", bytes: fragment(2, 5) }, 0);
  channel.send({ do: "send", pipeline: A, stream: "default", bytes: whole }, 0);
  channel.send({ do: "stop", pipeline: A }, 0);
  receive(channel, `<CommandAck PSGuid='${A}' />`);
  expect(sent(channel)).toEqual(["Command a", "Data a Default 25"]);
  receive(channel, `<DataAck PSGuid='${A}' />`);
  expect(sent(channel)).toEqual(["Data a Default 26", "Signal a"]);
  receive(channel, `<DataAck PSGuid='${A}' />`);
  channel.send({ do: "send", pipeline: A, stream: "default", bytes: whole }, 0);
  channel.send({ do: "stop", pipeline: A }, 0);
  expect(sent(channel)).toEqual([]);
  channel.send({ do: "send", pipeline: A, stream: "prompt-response", bytes: whole }, 0);
  expect(sent(channel)).toEqual(["Data a PromptResponse 25"]);
});

test("a terminated pipeline is closed at once and heard no more", () => {
  const channel = started();
  sent(channel);
  channel.send({ do: "terminate", pipeline: A }, 0);
  channel.send({ do: "terminate", pipeline: A }, 0);
  expect(sent(channel)).toEqual(["Close a"]);
  expect(receive(channel, `<Data Stream='Default' PSGuid='${A}'>AAAA</Data>`)).toEqual([]);
  expect(receive(channel, `<DataAck PSGuid='${A}' />`)).toEqual([]);
  expect(receive(channel, `<CloseAck PSGuid='${A}' />`)).toEqual([{ event: "pipeline-closed", pipeline: A }]);
  expect(receive(channel, `<CloseAck PSGuid='${A}' />`)).toEqual([]);
  expect(channel.dropped).toBe(3);
});

test("closing the session closes its pipelines first; what the session says meanwhile is heard", () => {
  const channel = started();
  sent(channel);
  channel.send({ do: "delete" }, 0);
  expect(sent(channel)).toEqual(["Close a", "Close session"]);
  expect(receive(channel, `<Data Stream='Default' PSGuid='${SESSION}'>AAAA</Data>`)).toMatchObject([
    { event: "data", pipeline: undefined },
  ]);
  expect(receive(channel, `<CloseAck PSGuid='${SESSION}' />`)).toEqual([{ event: "closed" }]);
  expect(channel.closed).toBe(true);
  expect(channel.nextDeadline()).toBeUndefined();
});

test.each([
  [`<CommandAck PSGuid='${B}' />`, "process-inactive-command"],
  [`<CloseAck PSGuid='${SESSION}' />`, "process-closed-unasked"],
  [`<Close PSGuid='${SESSION}' />`, "process-unknown-element"],
  [`<Command PSGuid='${B}' />`, "process-unknown-element"],
])("refused from a server: %s", (line, code) => {
  expect(() => receive(new ClientChannel(), line)).toThrow(expect.objectContaining({ code }));
});

test.each([
  `<Data Stream='Zork' PSGuid='${SESSION}'>AAAA</Data>`,
  `<Data Stream='Default' PSGuid='${B}'>AAAA</Data>`,
  `<DataAck PSGuid='${B}' />`,
  `<DataAck PSGuid='${SESSION}' />`,
  `<SignalAck PSGuid='${B}' />`,
  `<CloseAck PSGuid='${B}' />`,
])("dropped as PowerShell drops it: %s", (line) => {
  expect(receive(new ClientChannel(), line)).toEqual([]);
});

test("an acknowledgement that does not come ends the session (PowerShell waits for ever)", () => {
  const channel = new ClientChannel({ ackTimeoutMs: 1000 });
  expect(channel.nextDeadline()).toBeUndefined();
  channel.send({ do: "create", bytes: whole }, 5);
  channel.send({ do: "command", pipeline: A, bytes: whole, text: "" }, 7);
  expect(channel.nextDeadline()).toBe(1005);
  channel.tick(1004);
  receive(channel, `<DataAck PSGuid='${SESSION}' />`);
  expect(channel.nextDeadline()).toBe(1007);
  expect(() => channel.tick(1007)).toThrow("did not acknowledge Command within 1 s");
});

test("what only WS-Management can do is refused", () => {
  for (const action of [
    { do: "connect", bytes: whole },
    { do: "disconnect" },
    { do: "reconnect" },
    { do: "connect-command", pipeline: A },
  ] as const) {
    expect(() => new ClientChannel().send(action, 0)).toThrow(expect.objectContaining({ code: "process-no-disconnect" }));
  }
});

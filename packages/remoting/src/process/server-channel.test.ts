import { expect, test } from "vitest";
import { SESSION } from "./packet.ts";
import { ServerChannel, type ServerChannelEvent } from "./server-channel.ts";

const A = "aaaaaaaa-0000-0000-0000-000000000001";
const B = "bbbbbbbb-0000-0000-0000-000000000002";
const four = Uint8Array.of(1, 2, 3, 4);

function sent(channel: ServerChannel): string[] {
  return Buffer.from(channel.dataToSend() ?? [])
    .toString()
    .replaceAll(SESSION, "session")
    .replaceAll(A, "a")
    .replaceAll(B, "b")
    .replaceAll(/>([\w+/=]+)</g, (_, base64: string) => `>${Buffer.from(base64, "base64").length}<`)
    .replaceAll(/ Stream='Default'| PSGuid=|'| \/?>$/gm, " ")
    .split("\n")
    .map((line) =>
      line
        .replaceAll(/[<>\s]+/g, " ")
        .replace(" /Data", "")
        .trim(),
    )
    .filter((line) => line !== "");
}

function receive(channel: ServerChannel, ...lines: string[]): ServerChannelEvent[] {
  channel.receive(Buffer.from(lines.join("\n") + "\n"));
  const events: ServerChannelEvent[] = [];
  for (let event = channel.nextEvent(); event !== undefined; event = channel.nextEvent()) events.push(event);
  return events;
}

const data = (id: string): string => `<Data Stream='Default' PSGuid='${id}'>AAAA</Data>`;

function running(): ServerChannel {
  const channel = new ServerChannel();
  expect(receive(channel, `<Command PSGuid='${A}' />`, data(A))).toMatchObject([{ event: "data", pipeline: A, stream: "default" }]);
  channel.acknowledge(A);
  expect(sent(channel)).toEqual(["CommandAck a", "DataAck a"]);
  return channel;
}

test("the answers that a message causes at once come before its DataAck, as recorded", () => {
  const channel = new ServerChannel();
  receive(channel, data(SESSION));
  channel.send({ do: "data", pipeline: undefined, bytes: four });
  channel.acknowledge(undefined);
  channel.acknowledge(undefined);
  expect(sent(channel)).toEqual(["Data session 4", "DataAck session"]);
});

test("fragments that are ready together share a packet, up to its size and for one id", () => {
  const channel = running();
  const small = new ServerChannel({ packetBytes: 8 });
  receive(small, `<Command PSGuid='${A}' />`, data(A));
  for (const target of [channel, small]) {
    for (let i = 0; i < 3; i++) target.send({ do: "data", pipeline: A, bytes: four });
    target.send({ do: "data", pipeline: undefined, bytes: four });
  }
  expect(sent(channel)).toEqual(["Data a 12", "Data session 4"]);
  expect(sent(small)).toEqual(["CommandAck a", "Data a 8", "Data a 4", "Data session 4"]);
});

test("SignalAck and CloseAck come after the pipeline's last data", () => {
  const channel = running();
  expect(receive(channel, `<Signal PSGuid='${A}' />`)).toEqual([{ event: "stop", pipeline: A }]);
  expect(receive(channel, `<Signal PSGuid='${A}' />`)).toEqual([]);
  expect(receive(channel, `<Close PSGuid='${A}' />`)).toEqual([{ event: "terminate", pipeline: A }]);
  expect(sent(channel)).toEqual([]);
  channel.send({ do: "data", pipeline: A, bytes: four });
  channel.send({ do: "done", pipeline: A });
  expect(sent(channel)).toEqual(["Data a 4", "SignalAck a", "CloseAck a"]);
  channel.send({ do: "data", pipeline: A, bytes: four });
  expect(sent(channel)).toEqual([]);
});

test("a pipeline that is over, never began or is not known is acknowledged at once", () => {
  const channel = running();
  channel.send({ do: "done", pipeline: A });
  expect(receive(channel, `<Signal PSGuid='${A}' />`, data(A), `<Close PSGuid='${A}' />`)).toEqual([]);
  expect(receive(channel, `<Command PSGuid='${B}' />`, `<Signal PSGuid='${B}' />`, `<Close PSGuid='${B}' />`)).toEqual([]);
  expect(receive(channel, `<Close PSGuid='${A}' />`, data(A))).toEqual([]);
  expect(sent(channel)).toEqual([
    "SignalAck a",
    "DataAck a",
    "CloseAck a",
    "CommandAck b",
    "SignalAck b",
    "CloseAck b",
    "CloseAck a",
    "DataAck a",
  ]);
});

test("the session closes with its state before the CloseAck", () => {
  const channel = running();
  expect(receive(channel, `<Close PSGuid='${SESSION}' />`, `<Close PSGuid='${SESSION}' />`)).toEqual([{ event: "delete" }]);
  channel.send({ do: "data", pipeline: undefined, bytes: four });
  channel.send({ do: "closed" });
  expect(sent(channel)).toEqual(["Data session 4", "CloseAck session"]);
  expect(channel.closed).toBe(true);
});

test("a pool that closes by itself sends no CloseAck, which nobody asked for", () => {
  const channel = running();
  channel.send({ do: "closed" });
  expect(sent(channel)).toEqual([]);
});

test("whoever does not wait for the DataAck is refused before he fills the memory", () => {
  const channel = running();
  expect(receive(channel, ...Array.from({ length: 16 }, () => data(A)))).toHaveLength(16);
  expect(() => receive(channel, data(A))).toThrow(expect.objectContaining({ code: "process-malformed" }));
});

test("refuse says why in the line that PowerShell shows its user", () => {
  const channel = running();
  channel.refuse("Too many sessions.\nClose some.");
  expect(Buffer.from(channel.dataToSend() ?? []).toString()).toBe("__NamedPipeError__:Too many sessions. Close some.\n");
});

test.each([
  [[`<DataAck PSGuid='${SESSION}' />`], "process-wrong-direction"],
  [[`<Command PSGuid='${SESSION}' />`], "process-malformed"],
  [[`<Command PSGuid='${A}' />`, `<Command PSGuid='${A}' />`], "process-malformed"],
  [[`<Command PSGuid='${A}' />`, `<Command PSGuid='${B}' />`], "process-too-many-pipelines"],
  [["GET / HTTP/1.1"], "process-stray-text"],
])("refused from a client: %j", (lines, code) => {
  expect(() => receive(new ServerChannel({ maxPipelines: 1 }), ...lines)).toThrow(expect.objectContaining({ code }));
});

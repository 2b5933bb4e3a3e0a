/** Both channels against conversations of PowerShell 7.6.5 with itself. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isFault } from "@tieline/fault";
import { ClientChannel } from "./client-channel.ts";
import { parseLine, SESSION, type Packet } from "./packet.ts";
import { ServerChannel } from "./server-channel.ts";

const folder = new URL("../../vectors/process/", import.meta.url);

interface Entry {
  direction: string;
  line: Buffer;
}

function recording(name: string): Entry[] {
  const bytes = readFileSync(new URL(`${name}.raw`, folder));
  const entries: Entry[] = [];
  for (let at = 7; at < bytes.length;) {
    const length = bytes.readUInt32BE(at + 5);
    entries.push({ direction: String.fromCharCode(bytes[at] as number), line: bytes.subarray(at + 9, at + 9 + length) });
    at += 9 + length;
  }
  return entries;
}

const names = readdirSync(folder)
  .filter((name) => name.endsWith(".raw"))
  .map((name) => name.slice(0, -4));
const sound = names.filter((name) => !name.startsWith("fake-"));
const one = (line: Buffer): Packet | undefined => {
  const text = line.toString().startsWith("__") ? Buffer.from("") : line;
  return [...parseLine(text)][0];
};
const byId = (lines: readonly string[]): Partial<Record<string, string[]>> =>
  Object.groupBy(lines, (line) => /PSGuid='([^']*)'/.exec(line)?.[1] ?? "");

/** PIPELINE_STATE ([MS-PSRP] 2.2.2.21) in the last fragment of these bytes. */
function endsPipeline(bytes: Uint8Array): boolean {
  return Buffer.from(bytes).includes(Buffer.from([1, 0, 0, 0, 6, 0x10, 4, 0]));
}

/** The client is told to do what the recorded client did, as early as it may be told. */
function replayClient(entries: readonly Entry[], chop: boolean): { said: string; dropped: number; fault: string | undefined } {
  const channel = new ClientChannel();
  let said = "";
  const commanded = new Set<string>();
  const flush = (): void => {
    said += Buffer.from(channel.dataToSend() ?? []).toString();
  };
  try {
    for (const [index, { direction, line }] of entries.entries()) {
      const packet = direction === "C" ? one(line) : undefined;
      if (packet?.element === "Data") {
        const { id, bytes, stream } = packet;
        if (commanded.delete(id)) continue;
        if (id === SESSION && said === "") channel.send({ do: "create", bytes }, 0);
        else channel.send({ do: "send", pipeline: id === SESSION ? undefined : id, stream: stream ?? "default", bytes }, 0);
      } else if (packet?.element === "Command") {
        const rest = entries.slice(index + 1).filter((entry) => entry.direction === "C");
        const first = rest.map((entry) => one(entry.line)).find((later) => later?.id === packet.id);
        if (first?.element === "Data") {
          commanded.add(packet.id);
          channel.send({ do: "command", pipeline: packet.id, bytes: first.bytes, text: "" }, 0);
        }
      } else if (packet?.element === "Signal") channel.send({ do: "stop", pipeline: packet.id }, 0);
      else if (packet?.element === "Close")
        channel.send(packet.id === SESSION ? { do: "delete" } : { do: "terminate", pipeline: packet.id }, 0);
      else if (direction === "S") {
        for (const part of chop ? Array.from(line, (byte) => Uint8Array.of(byte)) : [line]) channel.receive(part, 0);
        while (channel.nextEvent() !== undefined);
        if (channel.closed) break;
      }
      flush();
    }
  } catch (error) {
    if (!isFault(error)) throw error;
    return { said, dropped: channel.dropped, fault: error.code };
  }
  return { said, dropped: channel.dropped, fault: undefined };
}

describe.each(sound)("%s", (name) => {
  const entries = recording(name);
  const lines = (direction: string): string[] =>
    entries
      .filter((entry) => entry.direction === direction)
      .map((entry) => entry.line.toString())
      .filter((line) => !line.startsWith("__"));

  test.each([false, true])("our client says what PowerShell's client said (byte by byte: %s)", (chop) => {
    const { said, dropped, fault } = replayClient(entries, chop);
    expect(fault).toBeUndefined();
    expect(dropped).toBe(0);
    expect(byId(said.split(/(?<=\n)/))).toEqual(byId(lines("C")));
  });

  test("our server says what PowerShell's server said", () => {
    const channel = new ServerChannel();
    let said = "";
    for (const { direction, line } of entries) {
      if (direction === "C") {
        for (const byte of line) channel.receive(Uint8Array.of(byte));
        while (channel.nextEvent() !== undefined);
      } else if (direction === "S") {
        const packet = one(line);
        if (packet?.element === "Data") {
          const pipeline = packet.id === SESSION ? undefined : packet.id;
          channel.send({ do: "data", pipeline, bytes: packet.bytes });
          // One fragment a packet, as PowerShell does.
          said += Buffer.from(channel.dataToSend() ?? []).toString();
          if (pipeline !== undefined && endsPipeline(packet.bytes)) channel.send({ do: "done", pipeline });
        } else if (packet?.element === "DataAck") channel.acknowledge(packet.id === SESSION ? undefined : packet.id);
        else if (packet?.element === "CloseAck" && packet.id === SESSION) channel.send({ do: "closed" });
      }
      said += Buffer.from(channel.dataToSend() ?? []).toString();
    }
    expect(byId(said.split(/(?<=\n)/))).toEqual(byId(lines("S")));
  });
});

/** What becomes of a session whose server is damaged: a fault at once, or nothing that the framing could notice. */
const DAMAGED: Record<string, string | undefined> = {
  "fake-attribute-order": undefined,
  "fake-banner": "process-stray-text",
  "fake-banner-no-newline": "process-stray-text",
  "fake-blank-mid": undefined,
  "fake-close-from-server": "process-unknown-element",
  "fake-closeack-unasked": "process-closed-unasked",
  "fake-crlf": undefined,
  "fake-data-bad-stream": undefined,
  "fake-data-no-guid": "process-attributes",
  "fake-data-unknown-guid": undefined,
  "fake-error-line": "process-peer-error",
  "fake-errorline-mid": "process-peer-error",
  "fake-junk-mid": "process-stray-text",
  "fake-no-acks": undefined,
  "fake-no-closeack": undefined,
  "fake-no-stream": "process-attributes",
  "fake-one-line-wraps": undefined,
  "fake-stream-promptresponse": undefined,
  "fake-upper-guid": undefined,
};

test("each damaged recording has its row", () => {
  expect(names.filter((name) => name.startsWith("fake-")).sort()).toEqual(Object.keys(DAMAGED).sort());
});

test.each(Object.entries(DAMAGED))("%s ends in %s", (name, code) => {
  const { fault, dropped } = replayClient(recording(name), false);
  expect(fault).toBe(code);
  expect(dropped > 0).toBe(name === "fake-data-bad-stream" || name === "fake-data-unknown-guid");
});

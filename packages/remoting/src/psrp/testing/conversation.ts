/** A recorded conversation as what each side said and did, without the carrier's acknowledgements. */
import type { InboundStream } from "../../carrier.ts";
import { Reassembler } from "../fragment.ts";
import { EMPTY_GUID } from "../guid.ts";
import type { MessageName } from "../message-types.ts";
import { MESSAGE_HEADER_LENGTH } from "../message.ts";
import { dataOf, type RawRecord, type RecordedPacket } from "./recording.ts";

export interface SaidMessage {
  from: "client" | "server";
  kind: "message";
  name: MessageName;
  pool: string;
  pipeline: string | undefined;
  stream: InboundStream;
  /** Its CLIXML; undefined where the recording does not have it whole. */
  text: string | undefined;
}

/** What the client's side did. */
export type ClientStep =
  | (SaidMessage & { from: "client" })
  | { from: "client"; kind: "stop" | "terminate"; pipeline: string }
  | { from: "client"; kind: "delete" };

export type Step =
  | ClientStep
  | (SaidMessage & { from: "server" })
  /** Packets are missing here, and with them the end of these pipelines. */
  | { from: "nobody"; kind: "gap"; ended: readonly string[] };

/** The steps of a conversation; `raw` completes the messages that the decoded form cut. */
export function conversation(packets: readonly RecordedPacket[], raw: readonly RawRecord[]): Step[] {
  const whole = wholeTexts(raw);
  const steps: Step[] = [];
  for (const [i, packet] of packets.entries()) {
    if (packet.omitted !== undefined) steps.push({ from: "nobody", kind: "gap", ended: endedWithin(packets, i) });
    if (packet.dir !== "c2s" && packet.dir !== "s2c") continue;
    const from = packet.dir === "c2s" ? "client" : "server";
    const id = idOf(packet);
    const pipeline = id === EMPTY_GUID ? undefined : id;
    if (from === "client" && packet.element === "Signal" && pipeline !== undefined) steps.push({ from, kind: "stop", pipeline });
    if (from === "client" && packet.element === "Close")
      steps.push(pipeline === undefined ? { from, kind: "delete" } : { from, kind: "terminate", pipeline });
    if (packet.element !== "Data") continue;
    for (const message of packet.messages ?? []) {
      steps.push({
        from,
        kind: "message",
        name: message.messageTypeName as MessageName,
        pool: message.rpid,
        pipeline: message.pid === EMPTY_GUID ? undefined : message.pid,
        stream: packet.stream === "PromptResponse" ? "prompt-response" : "default",
        text: message.clixmlLength === undefined ? (message.clixml ?? "") : whole.get(`${packet.dir} ${message.objectId}`),
      });
    }
  }
  return withoutUnknown(steps);
}

function idOf(packet: RecordedPacket): string {
  return (packet.psGuid ?? EMPTY_GUID).toLowerCase();
}

/** Pipelines that ran before the gap and are not heard of after it. */
function endedWithin(packets: readonly RecordedPacket[], gap: number): string[] {
  const before = new Set(packets.slice(0, gap).map(idOf));
  const after = new Set(packets.slice(gap).map(idOf));
  const closed = new Set(
    packets
      .slice(0, gap)
      .filter(({ element }) => element === "CloseAck")
      .map(idOf),
  );
  return [...before].filter((id) => id !== EMPTY_GUID && !after.has(id) && !closed.has(id));
}

/** Leaves out pipelines whose beginning is not in the recording. */
function withoutUnknown(steps: readonly Step[]): Step[] {
  const known = new Set<string>();
  return steps.filter((step) => {
    if (!("pipeline" in step) || step.pipeline === undefined) return true;
    if (step.kind === "message" && (step.name === "CREATE_PIPELINE" || step.name === "GET_COMMAND_METADATA")) known.add(step.pipeline);
    return known.has(step.pipeline);
  });
}

/** The texts of all messages of a raw recording, by direction and object. */
function wholeTexts(raw: readonly RawRecord[]): Map<string, string> {
  const texts = new Map<string, string>();
  const decoder = new TextDecoder();
  for (const [direction, dir] of [
    ["C", "c2s"],
    ["S", "s2c"],
  ] as const) {
    const streams = new Map<string, Reassembler>();
    for (const record of raw) {
      const data = record.direction === direction ? dataOf(record) : undefined;
      if (data === undefined) continue;
      const key = `${data.pipeline} ${data.stream}`;
      const stream =
        streams.get(key) ?? new Reassembler({ side: "server", maxObjectSize: Number.MAX_SAFE_INTEGER, anyFirstFragment: true });
      streams.set(key, stream);
      const objectId = data.bytes.length < 8 ? 0n : new DataView(data.bytes.buffer).getBigUint64(0);
      try {
        // A packet with the end of a long message holds nothing else.
        stream.push(data.bytes, (message) => texts.set(`${dir} ${objectId}`, decoder.decode(message.subarray(MESSAGE_HEADER_LENGTH))));
      } catch {
        streams.delete(key);
      }
    }
  }
  return texts;
}

/** Whether recorded messages survive our typed form, and whether recorded bytes give the recorded messages. */
import { BodyCodec } from "../message-body.ts";
import { messageName, type MessageName } from "../message-types.ts";
import { decodeEnvelope, encodeEnvelope } from "../message.ts";
import { Reassembler } from "../fragment.ts";
import { Secrets } from "../secrets.ts";
import { difference, normalForm } from "./normal-form.ts";
import { dataOf, type RawRecord, type RecordedMessage, type RecordedPacket } from "./recording.ts";

const DECODER = new TextDecoder();

/** A codec that keeps everything as it was written. */
export function exactCodec(): BodyCodec {
  const secrets = new Secrets();
  secrets.settle("clear");
  return new BodyCodec({ secureString: secrets, rawTypeNames: true, scriptBlocks: true });
}

/** Decodes the message to its typed form and writes it again; gives what differs. Undefined also where the recording cut it. */
export function checkMessage(message: RecordedMessage, codec: BodyCodec): string | undefined {
  const name = messageName(Number.parseInt(message.messageType, 16));
  if (name !== message.messageTypeName) return `is ${name} to us`;
  const data = new TextEncoder().encode(message.clixml ?? "");
  const body = codec.decode(name, data);
  const ours = normalForm(DECODER.decode(codec.encode(name, body)));
  const wrong = difference(ours, normalForm(message.clixml ?? ""));
  if (wrong !== undefined) return wrong;
  return checkEnvelope(message, name, data);
}

function checkEnvelope(message: RecordedMessage, name: MessageName, data: Uint8Array): string | undefined {
  const to = message.destination === 1 ? "client" : "server";
  const { pool, pipeline } = decodeEnvelope(encodeEnvelope({ name, to, pool: message.rpid, pipeline: message.pid, data }), to);
  return pool === message.rpid && pipeline === message.pid ? undefined : `the ids become ${pool} and ${pipeline}`;
}

/** Ways to cut a stream. */
const CHUNKS: readonly (readonly [name: string, size: (at: number) => number])[] = [
  ["packets", () => Number.MAX_SAFE_INTEGER],
  ["single bytes", () => 1],
  ["uneven pieces", (at) => ((at * 31) % 997) + 1],
];
/** Byte by byte takes its time. */
const LARGEST_FOR_BYTES = 200_000;

/** Reassembles one direction of the raw recording in each way of cutting; gives what differs from the decoded recording. */
export function checkRaw(records: readonly RawRecord[], packets: readonly RecordedPacket[], direction: "C" | "S"): string | undefined {
  const dir = direction === "C" ? "c2s" : "s2c";
  const recorded = packets.filter((packet) => packet.dir === dir).flatMap(({ messages }) => messages ?? []);
  const wanted = recorded.filter((message) => message.messageTypeName !== undefined).map(described);
  const pieces = piecesOf(records, direction);
  const total = pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
  for (const [name, size] of CHUNKS) {
    if (name === "single bytes" && total > LARGEST_FOR_BYTES) continue;
    const ours = reassemble(pieces, size, direction === "C" ? "server" : "client");
    const wrong = difference(ours.join("\n"), wanted.join("\n"));
    if (wrong !== undefined) return `in ${name}: ${wrong}`;
  }
  return undefined;
}

interface Piece {
  /** The carrier's stream, counted anew after each gap. */
  key: string;
  bytes: Uint8Array;
}

/** The Data packets of a direction; what follows a gap begins with the next whole object of its stream. */
function piecesOf(records: readonly RawRecord[], direction: "C" | "S"): Piece[] {
  const begun = new Set<string>();
  let gaps = 0;
  return records.flatMap((record) => {
    if (record.direction === "G") gaps++;
    const data = record.direction === direction ? dataOf(record) : undefined;
    if (data === undefined) return [];
    const key = `${data.pipeline} ${data.stream} ${gaps}`;
    if (gaps > 0 && !begun.has(key) && ((data.bytes[16] ?? 0) & 1) === 0) return [];
    begun.add(key);
    return [{ key, bytes: data.bytes }];
  });
}

function described(message: RecordedMessage): string {
  const text = message.clixmlLength === undefined ? (message.clixml ?? "") : `${(message.clixml ?? "").slice(0, 1000)} cut`;
  return `${message.messageTypeName} ${message.rpid} ${message.pid} ${message.clixmlLength ?? text.length} ${text}`;
}

function reassemble(pieces: readonly Piece[], size: (at: number) => number, me: "client" | "server"): string[] {
  const streams = new Map<string, Reassembler>();
  const messages: string[] = [];
  for (const { key, bytes } of pieces) {
    const reassembler =
      streams.get(key) ?? new Reassembler({ side: "server", maxObjectSize: Number.MAX_SAFE_INTEGER, anyFirstFragment: me === "client" });
    streams.set(key, reassembler);
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, Math.min(bytes.length, at + size(at)));
      at += piece.length;
      reassembler.push(piece, (message) => {
        const { name, pool, pipeline: pid, data } = decodeEnvelope(message, me);
        const text = DECODER.decode(data);
        const cut = text.length > 200_000 ? `${text.length} ${text.slice(0, 1000)} cut` : `${text.length} ${text}`;
        messages.push(`${name} ${pool} ${pid} ${cut}`);
      });
    }
  }
  return messages;
}

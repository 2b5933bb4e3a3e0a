/** Conversations of a PowerShell client with a PowerShell server, as they were recorded; see the README beside the vectors. */
import { EMPTY_GUID } from "../guid.ts";

export interface RecordedMessage {
  objectId: number;
  /** 1 client, 2 server. */
  destination: number;
  messageType: string;
  messageTypeName: string;
  rpid: string;
  pid: string;
  bom: boolean;
  clixml: string | null;
  /** There where `clixml` was cut. */
  clixmlLength?: number;
}

export interface RecordedPacket {
  n: number;
  /** Not there where packets were left out. */
  dir?: "c2s" | "s2c" | "stderr" | "end";
  /** How many packets were left out here. */
  omitted?: number;
  element?: string | null;
  psGuid?: string | null;
  stream?: string | null;
  fragments?: { objectId: number; fragmentId: number; flags: number; length: number }[];
  messages?: RecordedMessage[];
  /** A line that is no packet. */
  text?: string;
}

export interface RawRecord {
  /** C client to server, S server to client, E the server's stderr, X the end, G a gap. */
  direction: string;
  bytes: Uint8Array;
}

/** The decoded form, a packet a line. */
export function parseRecording(jsonl: string): RecordedPacket[] {
  return jsonl
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as RecordedPacket);
}

/** The raw form: `PSRAW1`, then direction, milliseconds, length, bytes. */
export function parseRaw(raw: Uint8Array): RawRecord[] {
  const records: RawRecord[] = [];
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  for (let at = "PSRAW1\n".length; at + 9 <= raw.length;) {
    const length = view.getUint32(at + 5);
    records.push({ direction: String.fromCharCode(raw[at] as number), bytes: raw.subarray(at + 9, at + 9 + length) });
    at += 9 + length;
  }
  return records;
}

/** What a line of the raw form carries, where it is a Data packet. */
export function dataOf(record: RawRecord): { stream: string; pipeline: string | undefined; bytes: Uint8Array } | undefined {
  const line = Buffer.from(record.bytes).toString("utf8");
  const match = /^\uFEFF?<Data\s+([^>]*)>([^<]*)<\/Data>\s*$/.exec(line);
  if (match === null) return undefined;
  const attribute = (name: string): string => new RegExp(`${name}=['"]([^'"]*)`).exec(match[1] as string)?.[1] ?? "";
  const id = attribute("PSGuid").toLowerCase();
  return {
    stream: attribute("Stream"),
    pipeline: id === EMPTY_GUID ? undefined : id,
    bytes: Uint8Array.from(Buffer.from(match[2] as string, "base64")),
  };
}

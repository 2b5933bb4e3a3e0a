/**
 * The envelope of a message ([MS-PSRP] 2.2.1): where it goes, what it is, which pool and pipeline it belongs to, and
 * its data as UTF-8 CLIXML with or without a byte order mark.
 *
 *     destination u32 LE (1 client, 2 server) | type u32 LE | pool GUID | pipeline GUID | data
 */
import { Fault } from "@tieline/fault";
import { plain } from "./bytes.ts";
import { EMPTY_GUID, readGuid, writeGuid } from "./guid.ts";
import { MESSAGES, messageName, type MessageName } from "./message-types.ts";

export const MESSAGE_HEADER_LENGTH = 40;
const MARK = [0xef, 0xbb, 0xbf] as const;
const DESTINATIONS = { client: 1, server: 2 } as const;

/** A message without its meaning. `data` excludes the byte order mark; it is empty where the message has none. */
export interface Envelope {
  name: MessageName;
  to: "client" | "server";
  /** The pool, or zeros: the first answer of a server. */
  pool: string;
  /** The pipeline; `EMPTY_GUID` for the pool's own messages. */
  pipeline: string;
  data: Uint8Array;
}

/** Writes the envelope; data gets a byte order mark, as PowerShell's both ends do. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const { data } = envelope;
  const marked = data.length > 0 ? MARK.length : 0;
  // From Node's pool: messages are many and small, and memory of their own costs more than all that is done here.
  const bytes = Buffer.allocUnsafe(MESSAGE_HEADER_LENGTH + marked + data.length);
  bytes.writeUInt32LE(DESTINATIONS[envelope.to], 0);
  bytes.writeUInt32LE(MESSAGES[envelope.name].type, 4);
  writeGuid(envelope.pool, bytes, 8);
  if (envelope.pipeline === EMPTY_GUID) bytes.fill(0, 24, MESSAGE_HEADER_LENGTH);
  else writeGuid(envelope.pipeline, bytes, 24);
  if (marked > 0) bytes.set(MARK, MESSAGE_HEADER_LENGTH);
  bytes.set(data, MESSAGE_HEADER_LENGTH + marked);
  return plain(bytes);
}

/**
 * Reads an envelope that arrived at `me`. Its data is a view of `message`.
 * Throws `message-header` where it is too short and `message-type-unknown` where it does not travel in this direction.
 */
export function decodeEnvelope(message: Uint8Array, me: "client" | "server"): Envelope {
  if (message.length < MESSAGE_HEADER_LENGTH) throw new Fault("message-header", { length: MESSAGE_HEADER_LENGTH });
  const view = new DataView(message.buffer, message.byteOffset, MESSAGE_HEADER_LENGTH);
  const type = view.getUint32(4, true);
  const name = messageName(type);
  const to = name === undefined ? undefined : MESSAGES[name].to;
  if (name === undefined || (to !== "both" && to !== me) || view.getUint32(0, true) !== DESTINATIONS[me]) {
    throw new Fault("message-type-unknown", { type: `0x${type.toString(16).padStart(8, "0")}` });
  }
  const marked = MARK.every((byte, i) => message[MESSAGE_HEADER_LENGTH + i] === byte);
  return {
    name,
    to: me,
    pool: readGuid(message, 8),
    pipeline: readGuid(message, 24),
    data: message.subarray(MESSAGE_HEADER_LENGTH + (marked ? MARK.length : 0)),
  };
}

/** Writing CLIXML: the wire's form, a file's, and a file as a stream. */
import type { PsValue } from "../objects/index.ts";
import { indent } from "./indent.ts";
import { NAMESPACE, VERSION } from "./names.ts";
import type { WriteOptions } from "./options.ts";
import { ValueWriter } from "./writer.ts";

const OPENING = `<Objs Version="${VERSION}" xmlns="${NAMESPACE}">`;
const CLOSING = "</Objs>";

/**
 * One value as it travels: no root, no white space.
 *
 * @example
 * ```ts
 * serialize(PsObject.of({ Name: "alice", Age: 42 })); // '<Obj RefId="0"><TN RefId="0"><T>System.Management...'
 * ```
 */
export function serialize(value: PsValue, options: WriteOptions = {}): string {
  const writer = new ValueWriter(options);
  writer.write(value);
  return writer.take();
}

const ENCODER = new TextEncoder();
const SMALL = 1024;

/** `serialize` in UTF-8, without a byte order mark. */
export function encode(value: PsValue, options: WriteOptions = {}): Uint8Array {
  const text = serialize(value, options);
  if (text.length >= SMALL) return ENCODER.encode(text);
  // From Node's pool: memory of its own would cost more than the text.
  const bytes = Buffer.from(text);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

export interface DocumentOptions extends WriteOptions {
  /** Lines and two blanks a level, as Export-Clixml writes them. */
  indented?: boolean;
}

/** Values as a file holds them: under the root `Objs`. */
export function serializeDocument(values: readonly PsValue[], options: DocumentOptions = {}): string {
  const writer = new ValueWriter(options);
  for (const value of values) writer.write(value);
  const text = OPENING + writer.take() + CLOSING;
  return options.indented === true ? indent(text) : text;
}

/** Characters in a chunk of `writeValues`, about. */
const CHUNK = 65_536;

/**
 * The same as a stream of UTF-8 chunks: takes values one by one and holds none of them. An object that occurs in
 * two of the values is written in both.
 */
export function* writeValues(values: Iterable<PsValue>, options: WriteOptions = {}): Generator<Uint8Array, void, void> {
  const writer = new ValueWriter(options);
  writer.text = OPENING;
  for (const value of values) {
    writer.write(value);
    writer.forgetObjects();
    if (writer.text.length >= CHUNK) yield ENCODER.encode(writer.take());
  }
  writer.text += CLOSING;
  yield ENCODER.encode(writer.take());
}

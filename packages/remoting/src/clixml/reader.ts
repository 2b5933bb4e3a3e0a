/**
 * Reading CLIXML: whole (`deserialize`), message after message (`Deserializer`), or as a stream (`ClixmlReader`).
 *
 * Both forms are understood: a file with its root `Objs`, holding any number of values, and the wire's, which is one
 * value without a root. The input is UTF-8 (a byte order mark is let through) or text.
 */
import { Fault } from "@tieline/fault";
import type { PsValue } from "../objects/index.ts";
import { Builder } from "./builder.ts";
import type { Element } from "./elements.ts";
import { READ_LIMITS, type ReadOptions } from "./options.ts";
import { XmlScanner } from "./scanner.ts";
import { Utf8Joiner } from "./utf8.ts";

/** What one piece of input may weigh on the scanner at once; larger ones are cut. */
const PIECE = 1 << 20;

/**
 * Takes a document in chunks of any size (cut anywhere, also within a character) and gives each value when it is complete.
 * After a fault the reader is spent.
 *
 * @example
 * ```ts
 * const reader = new ClixmlReader();
 * for (const chunk of chunks) for (const value of reader.write(chunk)) console.log(String(value));
 * reader.end();
 * ```
 */
export class ClixmlReader {
  readonly #builder: Builder;
  readonly #scanner: XmlScanner<Element>;
  readonly #utf8 = new Utf8Joiner();
  readonly #maxSize: number;
  /** Where the value at hand began. */
  #began = 0;
  #first = true;
  #spent = false;

  constructor(options: ReadOptions = {}) {
    this.#builder = new Builder({ references: "recent", ...options });
    this.#scanner = new XmlScanner(this.#builder, { depth: this.#builder.elementDepth });
    this.#builder.position = () => this.#scanner.position;
    this.#builder.completed = () => {
      this.#began = this.#scanner.position;
    };
    this.#maxSize = options.maxSize ?? READ_LIMITS.maxSize;
  }

  /** The values that the chunk completes. */
  write(chunk: Uint8Array | string): PsValue[] {
    if (this.#spent)
      throw new Fault("clixml-malformed", { what: "nothing may follow a fault or the end", position: this.#scanner.position });
    this.#spent = true;
    let text = chunk as string;
    if (typeof chunk !== "string") {
      text = this.#utf8.write(chunk);
      // The byte order mark is the encoding's; in a text it would be a character.
      if (this.#first && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    if (text !== "") this.#first = false;
    for (let at = 0; at < text.length; at += PIECE) {
      const piece = text.length <= PIECE ? text : text.slice(at, at + PIECE);
      if (this.#scanner.received + piece.length - this.#began > this.#maxSize + PIECE) this.#tooLarge();
      this.#scanner.write(piece);
      if (this.#scanner.received - this.#began > this.#maxSize) this.#tooLarge();
    }
    this.#spent = false;
    return this.#builder.take();
  }

  /** The input is complete; throws where it ended too early. */
  end(): PsValue[] {
    if (this.#spent)
      throw new Fault("clixml-malformed", { what: "nothing may follow a fault or the end", position: this.#scanner.position });
    this.#spent = true;
    this.#utf8.end();
    this.#scanner.end();
    return this.#builder.take();
  }

  /** Ready for another document; keeps what it learned of tags, shapes and type names. */
  reset(): void {
    this.#builder.reset();
    this.#scanner.reset();
    this.#utf8.reset();
    this.#began = 0;
    this.#first = true;
    this.#spent = false;
  }

  #tooLarge(): never {
    throw new Fault("clixml-limit", { what: "characters in one value", limit: this.#maxSize });
  }
}

/**
 * Reads documents one after another, each whole, as a session receives its messages. It keeps the tags, shapes and type
 * names that it meets, so that messages of one kind share them.
 */
export class Deserializer {
  readonly #reader: ClixmlReader;

  constructor(options: ReadOptions = {}) {
    this.#reader = new ClixmlReader({ references: "document", ...options });
  }

  /** The value of a document: null for an empty `Objs`, an array where it holds several. */
  read(input: Uint8Array | string): PsValue {
    const reader = this.#reader;
    reader.reset();
    try {
      const values = reader.write(input);
      reader.end();
      return values.length === 1 ? (values[0] as PsValue) : values.length === 0 ? null : values;
    } finally {
      reader.reset();
    }
  }
}

/**
 * The value of a document, in either form.
 *
 * @example
 * ```ts
 * deserialize('<Obj RefId="0"><MS><S N="Name">alice</S></MS></Obj>'); // a PsObject with the property Name
 * ```
 */
export function deserialize(input: Uint8Array | string, options: ReadOptions = {}): PsValue {
  return new Deserializer(options).read(input);
}

/** The values of a document that comes in chunks. */
export function* readValues(chunks: Iterable<Uint8Array | string>, options: ReadOptions = {}): Generator<PsValue, void, void> {
  const reader = new ClixmlReader(options);
  for (const chunk of chunks) yield* reader.write(chunk);
  yield* reader.end();
}

/** The same for a stream, such as a file's. */
export async function* readStream(
  chunks: AsyncIterable<Uint8Array | string>,
  options: ReadOptions = {},
): AsyncGenerator<PsValue, void, void> {
  const reader = new ClixmlReader(options);
  for await (const chunk of chunks) yield* reader.write(chunk);
  yield* reader.end();
}

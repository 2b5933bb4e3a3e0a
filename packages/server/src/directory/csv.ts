/**
 * Comma-separated values as a stream (RFC 4180, as Export-Csv writes them): text in, records with their line out.
 *
 * Also taken: a `#TYPE` line before the head, line ends of any kind, semicolons or tabs instead of commas (what the head
 * uses decides), empty lines. Memory is that of one record. No I/O here but the decoding of bytes.
 */
import { Fault } from "@tieline/fault";

export interface CsvRecord {
  /** The line on which the record begins, from 1. */
  line: number;
  fields: string[];
}

/** What one record may hold; beyond it the file is no table of users. */
const MAX_FIELD = 1024 * 1024;
const MAX_FIELDS = 2048;

const QUOTE = '"';

/** The state machine: push text of any size, take the records that are complete. */
export class CsvReader {
  #delimiter: string | undefined;
  #state: "start" | "plain" | "quoted" | "quote-seen" = "start";
  #field = "";
  #fields: string[] = [];
  #line = 1;
  #recordLine = 1;
  #quoteLine = 1;
  #afterReturn = false;
  #head = "";
  #ended = false;

  /** @throws Fault `csv-syntax` */
  push(text: string): CsvRecord[] {
    // Nothing is parsed before the head is complete, since it decides which character separates.
    if (this.#delimiter === undefined) {
      this.#head += text;
      if (!this.#findDelimiter()) {
        if (this.#head.length > MAX_FIELD) throw new Fault("csv-syntax", { line: this.#line, reason: "the head has no end" });
        return [];
      }
      text = this.#head;
      this.#head = "";
    }
    const records: CsvRecord[] = [];
    this.#parse(text, this.#delimiter as unknown as string, records);
    return records;
  }

  /** The last record, which need not end in a line end. */
  end(): CsvRecord[] {
    this.#ended = true;
    const records = this.push("");
    if (this.#state === "quoted") {
      throw new Fault("csv-syntax", { line: this.#quoteLine, reason: "the quote that opens here is never closed" });
    }
    if (this.#fields.length > 0 || this.#state !== "start") this.#endRecord(records);
    return records;
  }

  get line(): number {
    return this.#line;
  }

  /** Passes over `#TYPE`, then looks for the first separator of the head. */
  #findDelimiter(): boolean {
    if (this.#line === 1 && this.#head.startsWith("#TYPE".slice(0, this.#head.length))) {
      const end = /\r\n|\n|\r(?!$)/.exec(this.#head);
      if (end === null) {
        if (!this.#ended) return false;
      } else {
        this.#head = this.#head.slice(end.index + end[0].length);
        this.#line = this.#recordLine = 2;
      }
    }
    const end = this.#ended ? this.#head.length : this.#head.search(/[\r\n]/);
    if (end < 0) return false;
    const head = this.#head.slice(0, end).replace(/"(?:[^"]|"")*"?/g, "");
    this.#delimiter = /[,;\t]/.exec(head)?.[0] ?? ",";
    return true;
  }

  #parse(text: string, delimiter: string, records: CsvRecord[]): void {
    let i = 0;
    while (i < text.length) {
      if (this.#state === "quoted") {
        const close = text.indexOf(QUOTE, i);
        this.#append(text, i, close < 0 ? text.length : close);
        this.#countLines(text, i, close < 0 ? text.length : close);
        if (close < 0) return;
        this.#state = "quote-seen";
        i = close + 1;
        continue;
      }
      const c = text[i] as string;
      if (this.#afterReturn) {
        this.#afterReturn = false;
        if (c === "\n") {
          i += 1;
          continue;
        }
      }
      if (this.#state === "quote-seen" && c === QUOTE) {
        this.#field += QUOTE;
        this.#state = "quoted";
        i += 1;
      } else if (c === delimiter) {
        this.#endField();
        i += 1;
      } else if (c === "\n" || c === "\r") {
        if (this.#fields.length > 0 || this.#state !== "start") this.#endRecord(records);
        this.#afterReturn = c === "\r";
        this.#line += 1;
        this.#recordLine = this.#line;
        i += 1;
      } else if (this.#state === "quote-seen") {
        throw new Fault("csv-syntax", { line: this.#line, reason: "there is text after a closing quote" });
      } else if (this.#state === "start" && c === QUOTE) {
        this.#state = "quoted";
        this.#quoteLine = this.#line;
        i += 1;
      } else {
        const from = i;
        while (i < text.length && text[i] !== delimiter && text[i] !== "\n" && text[i] !== "\r") i += 1;
        this.#append(text, from, i);
        this.#state = "plain";
      }
    }
  }

  #append(text: string, from: number, to: number): void {
    if (this.#field.length + to - from > MAX_FIELD)
      throw new Fault("csv-syntax", { line: this.#recordLine, reason: "a value is too long" });
    this.#field += text.slice(from, to);
  }

  #countLines(text: string, from: number, to: number): void {
    for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) this.#line += 1;
  }

  #endField(): void {
    if (this.#fields.length >= MAX_FIELDS) throw new Fault("csv-syntax", { line: this.#recordLine, reason: "there are too many values" });
    this.#fields.push(this.#field);
    this.#field = "";
    this.#state = "start";
  }

  #endRecord(records: CsvRecord[]): void {
    this.#endField();
    records.push({ line: this.#recordLine, fields: this.#fields });
    this.#fields = [];
  }
}

/** Byte order marks; without one the text is UTF-8. */
const MARKS: readonly { bytes: readonly number[]; encoding: string }[] = [
  { bytes: [0xef, 0xbb, 0xbf], encoding: "utf-8" },
  { bytes: [0xff, 0xfe], encoding: "utf-16le" },
  { bytes: [0xfe, 0xff], encoding: "utf-16be" },
];
const LONGEST_MARK = 3;

/**
 * The records of a file's bytes, in chunks of any size.
 *
 * @throws Fault `csv-encoding`, `csv-syntax`
 */
export async function* readCsv(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRecord[], void, undefined> {
  const reader = new CsvReader();
  let decoder: TextDecoder | undefined;
  let first: number[] = [];
  const decode = (bytes: Uint8Array | undefined): string => {
    try {
      return decoder?.decode(bytes, { stream: bytes !== undefined }) ?? "";
    } catch (cause) {
      throw new Fault("csv-encoding", { line: reader.line }, { cause });
    }
  };
  const begin = (): string => {
    const mark = MARKS.find(({ bytes }) => bytes.every((byte, i) => first[i] === byte));
    decoder = new TextDecoder(mark?.encoding ?? "utf-8", { fatal: true });
    const rest = Uint8Array.from(first);
    first = [];
    return decode(rest);
  };
  for await (const chunk of chunks) {
    let text = "";
    let bytes = chunk;
    if (decoder === undefined) {
      const needed = Math.min(LONGEST_MARK - first.length, bytes.length);
      first.push(...bytes.subarray(0, needed));
      bytes = bytes.subarray(needed);
      if (first.length < LONGEST_MARK) continue;
      text = begin();
    }
    const records = reader.push(text + decode(bytes));
    if (records.length > 0) yield records;
  }
  const text = decoder === undefined ? begin() : "";
  yield [...reader.push(text + decode(undefined)), ...reader.end()];
}

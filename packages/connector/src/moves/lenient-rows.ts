/**
 * Rows of separated values, read as leniently as can be without guessing: a row that is broken is named and passed over,
 * and the next line is read as if nothing had been. So a quote that is never closed costs its own line and not the file.
 *
 * Pure: text in, rows out. Memory is that of one row, which has bounds.
 */

export interface Row {
  /** The line on which the row begins, from 1. */
  line: number;
  fields: string[];
}

export interface BrokenRow {
  line: number;
  broken: "quote" | "long";
}

/** Characters that one line may have. */
export const LONGEST_LINE = 256 * 1024;
/** Lines that a value in quotes may run over. */
const MOST_LINES = 50;

const CONTINUES = Symbol("continues");

export class LenientRows {
  readonly #separator: string;
  #text = "";
  #line: number;
  /** Lines of a row whose quote is open. */
  #open: string[] = [];
  #skipping = false;

  /** @param line the number of the first line that comes */
  constructor(separator: string, line: number) {
    this.#separator = separator;
    this.#line = line;
  }

  /** The line that is read next. */
  get line(): number {
    return this.#line + this.#open.length;
  }

  push(text: string): (Row | BrokenRow)[] {
    this.#text += text;
    const rows: (Row | BrokenRow)[] = [];
    let from = 0;
    for (;;) {
      const end = lineEnd(this.#text, from);
      if (end === undefined) break;
      this.#take(this.#text.slice(from, end.at), rows);
      from = end.next;
    }
    this.#text = this.#text.slice(from);
    if (this.#text.length > LONGEST_LINE) {
      // The rest of that line is dropped as it comes.
      if (!this.#skipping) rows.push({ line: this.line, broken: "long" });
      this.#skipping = true;
      this.#text = this.#text.endsWith("\r") ? "\r" : "";
    }
    return rows;
  }

  end(): (Row | BrokenRow)[] {
    const rows = this.push("");
    if (this.#text !== "") this.#take(this.#text.replace(/\r$/, ""), rows);
    this.#text = "";
    while (this.#open.length > 0) this.#giveUp(rows);
    return rows;
  }

  #take(text: string, rows: (Row | BrokenRow)[]): void {
    if (this.#skipping || text.length > LONGEST_LINE) {
      if (!this.#skipping) rows.push({ line: this.line, broken: "long" });
      this.#skipping = false;
      this.#line += 1;
      return;
    }
    this.#open.push(text);
    this.#settle(rows);
  }

  #settle(rows: (Row | BrokenRow)[]): undefined {
    const fields = split(this.#open.join("\n"), this.#separator);
    if (fields === CONTINUES) {
      return this.#open.length >= MOST_LINES ? this.#giveUp(rows) : undefined;
    }
    // Two lines whose quotes were both forgotten would swallow the users between them.
    if (fields.some((field) => field.includes("\n") && field.includes("@"))) return this.#giveUp(rows);
    if (fields.some((field) => field.trim() !== "")) rows.push({ line: this.#line, fields });
    this.#line += this.#open.length;
    this.#open = [];
    return undefined;
  }

  /** The first of the open lines is broken; the others are read again without it. */
  #giveUp(rows: (Row | BrokenRow)[]): undefined {
    const [, ...later] = this.#open;
    rows.push({ line: this.#line, broken: "quote" });
    this.#line += 1;
    this.#open = [];
    for (const text of later) this.#take(text, rows);
    return undefined;
  }
}

/** Where the next line ends, and where the one after it begins; a return at the very end may be half of an end. */
function lineEnd(text: string, from: number): { at: number; next: number } | undefined {
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 10) return { at: i, next: i + 1 };
    if (c !== 13) continue;
    if (i + 1 === text.length) return undefined;
    return { at: i, next: text.charCodeAt(i + 1) === 10 ? i + 2 : i + 1 };
  }
  return undefined;
}

/** The values of a row. What stands after a closing quote belongs to the value, as in Import-Csv. */
function split(text: string, separator: string): string[] | typeof CONTINUES {
  if (!text.includes('"')) return text.split(separator);
  const fields: string[] = [];
  let field = "";
  let i = 0;
  for (;;) {
    if (field.trim() === "" && text[i] === '"') {
      field = "";
      for (i += 1; ; i += 1) {
        const close = text.indexOf('"', i);
        if (close < 0) return CONTINUES;
        field += text.slice(i, close);
        i = close + 1;
        if (text[i] !== '"') break;
        field += '"';
      }
    }
    const end = text.indexOf(separator, i);
    // A value may begin with blanks before its quote.
    const next = end < 0 ? text.length : end;
    const rest = text.slice(i, next);
    const quote = field === "" ? /^\s*(?=")/.exec(rest) : null;
    if (quote !== null && quote[0] !== "") {
      i += quote[0].length;
      continue;
    }
    fields.push(field + rest);
    if (end < 0) return fields;
    field = "";
    i = end + 1;
  }
}

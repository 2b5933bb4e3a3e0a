/**
 * Results on stdout, in the format asked for: a table on a terminal, JSON otherwise. Everything that can stream,
 * streams; a table looks at the first rows to find its columns, as PowerShell does.
 */
import { PsObject, type PsValue } from "@tieline/remoting/objects";
import { search } from "@jmespath-community/jmespath";
import { cell } from "./cell.ts";
import { csvLine } from "./csv.ts";
import { plain, type Plain } from "./plain.ts";
import { table } from "./table.ts";
import { printable, widthOf } from "./width.ts";
import { yaml } from "./yaml.ts";

export const FORMATS = ["table", "list", "json", "jsonl", "csv", "yaml"] as const;
export type Format = (typeof FORMATS)[number];

/** A table of these columns, or a list of these properties. */
export interface DefaultView {
  kind: "table" | "list";
  columns: readonly string[];
}

export interface PrinterOptions {
  format: Format;
  /** Writes to stdout; resolves when there is room again. */
  write: (text: string) => Promise<void> | void;
  /** Columns of the terminal. */
  width: number;
  /** JMESPath over the whole result; then nothing streams. */
  query?: string;
  /** The properties that a list is to show; left out: all. */
  listOf?: readonly string[];
  /** How a type is shown by default, where its cmdlet says so. */
  viewOf?: (typeNames: readonly string[]) => DefaultView | undefined;
  /** Remarks for stderr. */
  remark?: (text: string) => void;
}

/** Rows that a table waits for before it decides on widths. */
const TABLE_ROWS = 300;

export class Printer {
  readonly #options: PrinterOptions;
  readonly #held: PsValue[] = [];
  #count = 0;
  #columns: string[] | undefined;

  constructor(options: PrinterOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#count;
  }

  async add(value: PsValue): Promise<void> {
    this.#count += 1;
    const { format, query } = this.#options;
    if (query !== undefined) this.#held.push(value);
    else if (format === "jsonl") await this.#write(`${JSON.stringify(plain(value))}\n`);
    else if (format === "json") await this.#write(`${this.#count === 1 ? "[\n" : ",\n"}${indent(JSON.stringify(plain(value), null, 2))}`);
    else if (format === "yaml") await this.#write(`- ${yaml(plain(value), 1).trimStart()}\n`);
    else if (format === "csv") await this.#csv(value);
    else if (!(value instanceof PsObject)) await this.#list(value);
    else if (format === "list") await this.#list(value, this.#options.listOf);
    else if (this.#columns === undefined && this.#options.viewOf?.(value.typeNames)?.kind === "list")
      await this.#list(value, this.#options.viewOf(value.typeNames)?.columns);
    else {
      this.#held.push(value);
      if (this.#held.length >= TABLE_ROWS) await this.#table();
    }
  }

  async end(): Promise<void> {
    const { format, query } = this.#options;
    if (query !== undefined) return this.#queried(query);
    if (format === "json") await this.#write(this.#count === 0 ? "[]\n" : "\n]\n");
    else if (format === "yaml" && this.#count === 0) await this.#write("[]\n");
    else if (format === "table" && this.#held.length > 0) await this.#table();
    return undefined;
  }

  async #write(text: string): Promise<void> {
    await this.#options.write(text);
  }

  async #queried(query: string): Promise<void> {
    const result = search(this.#held.map(plain) as never, query) as Plain;
    const { format } = this.#options;
    if (format === "yaml") await this.#write(`${yaml(result)}\n`);
    else if (format === "jsonl" && Array.isArray(result)) await this.#write(result.map((item) => `${JSON.stringify(item)}\n`).join(""));
    else if ((format === "table" || format === "list" || format === "csv") && Array.isArray(result)) await this.#again(result);
    else await this.#write(`${typeof result === "string" && format !== "json" ? result : JSON.stringify(result, null, 2)}\n`);
  }

  /** Prints what a query made as if a cmdlet had put it out. */
  async #again(items: readonly Plain[]): Promise<void> {
    const { query: _, viewOf: __, ...rest } = this.#options;
    const printer = new Printer(rest);
    for (const item of items) await printer.add(revive(item));
    await printer.end();
  }

  async #csv(value: PsValue): Promise<void> {
    const object = value instanceof PsObject && value.base === undefined ? value : PsObject.of({ Value: value });
    if (this.#columns === undefined) {
      this.#columns = object.names();
      await this.#write(`${csvLine(this.#columns)}\r\n`);
    }
    const fields = this.#columns.map((name) => {
      const data = plain(object.get(name));
      return data === null
        ? ""
        : Array.isArray(data)
          ? data.map(String).join(";")
          : typeof data === "object"
            ? JSON.stringify(data)
            : data === true
              ? "True"
              : data === false
                ? "False"
                : String(data);
    });
    await this.#write(`${csvLine(fields)}\r\n`);
  }

  async #list(value: PsValue, columns?: readonly string[]): Promise<void> {
    if (!(value instanceof PsObject) || value.names().length === 0) return this.#write(`${printable(cell(value))}\n`);
    const names = columns?.filter((name) => value.has(name)).map((name) => asDeclared(value, name)) ?? value.names();
    const width = Math.max(...names.map(widthOf));
    const lines = names.map((name) => `${name}${" ".repeat(width - widthOf(name))} : ${printable(cell(value.get(name)))}`);
    return this.#write(`${this.#count > 1 ? "\n" : ""}${lines.join("\n")}\n`);
  }

  async #table(): Promise<void> {
    const rows = this.#held.splice(0) as PsObject[];
    const first = rows[0] as PsObject;
    const again = this.#columns !== undefined;
    this.#columns ??= (this.#options.viewOf?.(first.typeNames)?.columns ?? first.names().slice(0, 8)).map((name) =>
      asDeclared(first, name),
    );
    if (this.#columns.length === 0) return this.#write(rows.map((row) => `${printable(cell(row))}\n`).join(""));
    const columns = this.#columns.map((title) => ({ title, right: rows.every((row) => isNumber(row.get(title))) }));
    const { lines, omitted } = table(
      columns,
      rows.map((row) => columns.map((column) => cell(row.get(column.title)))),
      this.#options.width,
    );
    await this.#write(`${(again ? lines.slice(2) : lines).join("\n")}\n`);
    const hidden = again ? 0 : first.names().length - columns.length + omitted.length;
    if (hidden > 0 && !again)
      this.#options.remark?.(`${hidden} more ${hidden === 1 ? "property" : "properties"}: -o list shows all, --query chooses.`);
    return undefined;
  }
}

/** The property's own letter case, however it was asked for. */
function asDeclared(object: PsObject, name: string): string {
  return object.names().find((each) => each.toLowerCase() === name.toLowerCase()) ?? name;
}

function isNumber(value: PsValue | undefined): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

function revive(value: Plain): PsValue {
  if (Array.isArray(value)) return value.map(revive);
  if (value !== null && typeof value === "object")
    return PsObject.of(Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, revive(inner)])));
  return value;
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}

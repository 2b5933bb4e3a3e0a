/** A result that is one whole (an explanation, an examination) as data: JSON, YAML, CSV of its rows, or what a query takes out of it. */
import { search } from "@jmespath-community/jmespath";
import { csvLine } from "./csv.ts";
import type { Plain } from "./plain.ts";
import type { Format } from "./printer.ts";
import { yaml } from "./yaml.ts";

export interface DocumentOptions {
  format: Exclude<Format, "table" | "list">;
  /** JMESPath over the whole. */
  query?: string | undefined;
  /** What CSV and JSON lines list, one a line. */
  rows: readonly object[];
}

export function documentText(whole: object, { format, query, rows }: DocumentOptions): string {
  const data = JSON.parse(JSON.stringify(whole)) as Plain;
  if (query !== undefined) {
    const result = search(data as never, query) as Plain;
    return format === "yaml" ? `${yaml(result)}\n` : `${JSON.stringify(result, null, format === "json" ? 2 : 0)}\n`;
  }
  if (format === "yaml") return `${yaml(data)}\n`;
  if (format === "json") return `${JSON.stringify(data, null, 2)}\n`;
  if (format === "jsonl") return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const line = (row: object): string =>
    csvLine(
      columns.map((name) => {
        const value: unknown = (row as Record<string, unknown>)[name];
        return value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
      }),
    );
  return [csvLine(columns), ...rows.map(line)].map((each) => `${each}\r\n`).join("");
}

/**
 * Objects as lines of text, as a screen shows them: scalars as they are, objects as a table (up to four properties, or
 * by their type's view) or as a list. The first object decides. A first part: grouping and wrapping are not here yet.
 */
import { PsDictionary, PsObject, type PsValue } from "@tieline/remoting/objects";
import type { Column } from "../cmdlet/declaration.ts";
import { propertyNames, propertyOf } from "../types/property.ts";
import { textOf } from "../types/text.ts";
import { baseOf } from "../types/type-name.ts";
import { cellText, isRightAligned } from "./cell.ts";
import type { Views } from "./view.ts";

/** More properties than these make a list. */
const WIDEST_TABLE = 4;

export interface RenderOptions {
  views: Views;
  /** Characters a line. */
  width?: number;
}

export function render(values: readonly PsValue[], { views, width = 120 }: RenderOptions): string[] {
  const lines: string[] = [];
  let rows: PsValue[] = [];
  const flush = (): void => {
    if (rows.length > 0) lines.push(...renderObjects(rows, views, width));
    rows = [];
  };
  for (const value of values) {
    if (value === null) continue;
    if (isPlain(value)) {
      flush();
      lines.push(...textOf(value).split("\n"));
    } else rows.push(value);
  }
  flush();
  return lines;
}

/** A value that is its own text. */
function isPlain(value: PsValue): boolean {
  if (value instanceof PsObject) return value.names().length === 0 && !(value.base instanceof PsDictionary);
  return !(value instanceof PsDictionary);
}

function renderObjects(rows: readonly PsValue[], views: Views, width: number): string[] {
  const first = rows[0] as PsValue;
  const view = first instanceof PsObject ? views.viewFor(first.typeNames) : undefined;
  if (baseOf(first) instanceof PsDictionary) return renderEntries(rows, width);
  const columns: readonly Column[] = view?.columns ?? propertyNames(first).map((property) => ({ property }));
  if (view?.kind === "list" || (view === undefined && columns.length > WIDEST_TABLE)) return renderList(rows, view?.columns);
  return renderTable(rows, columns, width);
}

function renderEntries(rows: readonly PsValue[], width: number): string[] {
  const entries = rows.flatMap((row) => {
    const base = baseOf(row);
    return base instanceof PsDictionary ? [...base].map(([key, value]) => PsObject.of({ Name: textOf(key), Value: value })) : [row];
  });
  return renderTable(entries, [{ property: "Name", width: 30 }, { property: "Value" }], width);
}

export function renderTable(rows: readonly PsValue[], columns: readonly Column[], width: number): string[] {
  const right = columns.map(
    (column) =>
      column.align === "right" || (column.align === undefined && isRightAligned(propertyOf(rows[0] ?? null, column.property) ?? null)),
  );
  const cells = rows.map((row) => columns.map((column) => firstLine(cellText(propertyOf(row, column.property) ?? null, "table"))));
  const heads = columns.map((column) => column.label ?? column.property);
  const widths = columns.map(
    (column, i) => column.width ?? Math.max((heads[i] as string).length, ...cells.map((row) => (row[i] as string).length)),
  );
  fit(widths, width);
  const line = (texts: readonly string[], pad: boolean): string =>
    texts
      .map((text, i) => {
        const w = widths[i] as number;
        const cut =
          text.length <= w
            ? text
            : right[i] === true
              ? `\u2026${text.slice(text.length - w + 1)}`
              : `${text.slice(0, Math.max(0, w - 1))}\u2026`;
        return right[i] === true ? cut.padStart(w) : cut.padEnd(w);
      })
      .slice(0, widths.findIndex((w) => w === 0) < 0 ? undefined : widths.findIndex((w) => w === 0))
      .join(" ")
      .replace(pad ? /$/ : / +$/, "");
  return [
    "",
    line(heads, false),
    line(
      heads.map((head) => "-".repeat(head.length)),
      false,
    ),
    ...cells.map((row) => line(row, false)),
    "",
  ];
}

/** The last columns give way where the line is too short. */
function fit(widths: number[], width: number): void {
  let used = 0;
  for (const [i, wanted] of widths.entries()) {
    const left = width - used - (i === 0 ? 0 : 1);
    widths[i] = left <= 0 ? 0 : Math.min(wanted, left);
    used += (widths[i] as number) + (i === 0 ? 0 : 1);
  }
}

export function renderList(rows: readonly PsValue[], columns?: readonly Column[]): string[] {
  const lines: string[] = [""];
  for (const row of rows) {
    const shown: readonly Column[] = columns ?? propertyNames(row).map((property) => ({ property }));
    const label = Math.max(0, ...shown.map((column) => (column.label ?? column.property).length));
    for (const column of shown)
      lines.push(
        `${(column.label ?? column.property).padEnd(label)} : ${cellText(propertyOf(row, column.property) ?? null, "list")}`.trimEnd(),
      );
    lines.push("");
  }
  return lines;
}

function firstLine(text: string): string {
  const end = text.indexOf("\n");
  return end < 0 ? text : `${text.slice(0, end)}\u2026`;
}

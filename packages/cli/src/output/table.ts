/** A table that fits the terminal: columns shrink from the widest, what does not fit is cut with `…` or left out and said. */
import { fit, printable, widthOf } from "./width.ts";

export interface Column {
  title: string;
  /** Numbers stand to the right. */
  right?: boolean;
}

const MIN_COLUMN = 5;
const GAP = 2;

/** The lines of the table, without colour; `omitted` names columns that had no room. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): { lines: string[]; omitted: string[] } {
  const cells = rows.map((row) => row.map(printable));
  const natural = columns.map((column, i) => Math.max(widthOf(column.title), ...cells.map((row) => widthOf(row[i] ?? "")), 1));
  let shown = columns.length;
  while (shown > 1 && shown * (MIN_COLUMN + GAP) - GAP > width) shown--;
  const widths = shrink(natural.slice(0, shown), width);
  const line = (texts: readonly string[]): string =>
    widths
      .map((w, i) => {
        const text = fit(texts[i] ?? "", w);
        const space = " ".repeat(Math.max(0, w - widthOf(text)));
        return columns[i]?.right === true ? space + text : text + space;
      })
      .join(" ".repeat(GAP))
      .trimEnd();
  return {
    lines: [line(columns.map((c) => c.title)), widths.map((w) => "-".repeat(w)).join(" ".repeat(GAP)), ...cells.map(line)],
    omitted: columns.slice(shown).map((c) => c.title),
  };
}

function shrink(widths: number[], total: number): number[] {
  const result = [...widths];
  let over = result.reduce((sum, w) => sum + w + GAP, -GAP) - total;
  while (over > 0) {
    const widest = Math.max(...result);
    if (widest <= MIN_COLUMN) break;
    const next = Math.max(MIN_COLUMN, ...result.filter((w) => w < widest));
    const at = result.flatMap((w, i) => (w === widest ? [i] : []));
    const cut = Math.min(widest - next, Math.ceil(over / at.length)) || 1;
    for (const i of at) result[i] = widest - cut;
    over -= cut * at.length;
  }
  return result;
}

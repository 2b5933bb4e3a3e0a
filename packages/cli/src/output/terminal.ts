/** The columns of a terminal; of what is none, or does not know, a width that most screens have. */
export function columnsOf(stream: { columns?: number }): number {
  return stream.columns === undefined || stream.columns === 0 ? 120 : stream.columns;
}

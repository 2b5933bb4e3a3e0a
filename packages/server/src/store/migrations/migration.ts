/** One step of the layout; see ../migrations.ts. */
export interface Migration {
  version: number;
  name: string;
  /**
   * Statements in the common subset; `{text}`, `{int}` and `{serial}` stand for the engine's own types, `{clustered}` behind a
   * table for keeping its rows in the order of the primary key, where the engine can.
   */
  statements: readonly string[];
}

/** One step of the layout; see ../migrations.ts. */
export interface Migration {
  version: number;
  name: string;
  /** Statements in the common subset; `{text}`, `{int}` and `{serial}` stand for the engine's own types. */
  statements: readonly string[];
}

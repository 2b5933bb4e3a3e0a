/**
 * What a backup consists of, as records in their order: for each site its database, table by table, then the files that
 * belong to the data folder, then the end, which says how much there should have been. Neutral of the engine: what was
 * saved from SQLite can be restored into PostgreSQL and the other way round.
 */
import { Fault } from "@tieline/fault";
import { z } from "zod";

const Value = z.union([z.string(), z.number(), z.null()]);

const Record_ = z.discriminatedUnion("kind", [
  /** A database begins; `step` is the last step of its layout. */
  z.object({ kind: z.literal("site"), name: z.string(), step: z.number().int() }),
  z.object({ kind: z.literal("table"), name: z.string(), columns: z.array(z.string()) }),
  z.object({ kind: z.literal("rows"), rows: z.array(z.array(Value)) }),
  /** A file below the data folder; path with `/`, content in base64. */
  z.object({ kind: z.literal("file"), path: z.string(), content: z.string() }),
  z.object({ kind: z.literal("end"), rows: z.number().int(), files: z.number().int() }),
]);

export type BackupRecord = z.infer<typeof Record_>;
export type BackupValue = z.infer<typeof Value>;

/** @throws Fault `backup-damaged` */
export function parseRecord(line: string, file: string): BackupRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new Fault("backup-damaged", { file, reason: "a record cannot be read" }, { cause: error });
  }
  const parsed = Record_.safeParse(value);
  if (!parsed.success) throw new Fault("backup-damaged", { file, reason: "a record has another form than expected" });
  return parsed.data;
}

export function serializeRecord(record: BackupRecord): string {
  return `${JSON.stringify(record)}\n`;
}

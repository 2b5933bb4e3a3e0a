/** Moves, batches, hosted migration, synchronisation: see README.md. */
export type { Migration } from "./migration.ts";
export * from "./user-data/index.ts";

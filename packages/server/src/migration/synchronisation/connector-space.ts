/**
 * The connector space: what synchronisation knows of each object of the deployment.
 *
 *     import         the deployment's users     -> hash of what flows; those that are gone are marked
 *     synchronise    imported against exported  -> what is to be exported
 *     export         what is to be exported     -> the tenant's answers: acknowledged, deferred, or an error
 *
 * A row is changed inside a transaction that its caller ends.
 */
import { Fault } from "@tieline/fault";
import type { Tenant, UserCondition, UserRecord } from "../../directory/index.ts";
import type { Queries, SyncObjectsTable } from "../../store/index.ts";
import { attributesOf, hashOf } from "./attribute-flow.ts";
import { MAX_OBJECT_BYTES, type Change, type Result } from "./contract.ts";
import { objectError, type ObjectFault } from "./object-error.ts";
import { NO_COUNTERS, type StepCounters, type SyncObject } from "./sync-run.ts";

/** Rows an insert: below the number of parameters that either engine takes. */
const ROWS = 250;

export type PendingOperation = NonNullable<SyncObjectsTable["pending"]>;

/** An object on its way to the tenant. */
export interface Outgoing {
  row: SyncObjectsTable;
  change: Change;
  hash: string;
  /** JSON of the change. */
  bytes: number;
}

export class ConnectorSpace {
  readonly #deployment: Tenant;
  constructor(deployment: Tenant) {
    this.#deployment = deployment;
  }

  /** Users that a delta import has to look at: changed since, or never seen. */
  changedSince(sinceMs: number): UserCondition {
    const { tenantId } = this.#deployment;
    return (eb) =>
      eb.or([
        eb("changed_ms", ">=", sinceMs),
        eb.not(
          eb.exists(
            eb
              .selectFrom("sync_objects")
              .select("anchor")
              .where("sync_objects.tenant_id", "=", tenantId)
              .whereRef("sync_objects.anchor", "=", "users.object_id"),
          ),
        ),
      ]);
  }

  /** @param isFull whether what has not been touched is counted as well */
  async import(trx: Queries, users: readonly UserRecord[], isFull: boolean): Promise<StepCounters> {
    const counters = { ...NO_COUNTERS };
    const known = await this.#rows(
      trx,
      users.map((user) => user.objectId),
    );
    const changed: SyncObjectsTable[] = [];
    for (const user of users) {
      const row = known.get(user.objectId);
      const hash = hashOf(attributesOf(user, this.#deployment));
      const seen = { name: user.userPrincipalName, source_hash: hash, source_ms: user.changedMs };
      if (row === undefined || row.gone === 1) {
        counters.adds += 1;
        changed.push({ ...(row ?? this.#fresh(user)), ...seen, gone: 0, unsynchronised: 1 });
      } else if (row.source_hash !== hash) {
        counters[row.name === user.userPrincipalName ? "updates" : "renames"] += 1;
        changed.push({ ...row, ...seen, unsynchronised: 1 });
      } else if (isFull || row.source_ms !== user.changedMs) {
        counters.unchanged += 1;
        if (row.source_ms !== user.changedMs) changed.push({ ...row, ...seen });
      }
    }
    await this.#put(trx, changed);
    return counters;
  }

  /** Marks those whose user is no longer in the deployment; how many. */
  async importDeletions(trx: Queries): Promise<number> {
    const { tenantId } = this.#deployment;
    const marked = await trx
      .updateTable("sync_objects")
      .set({ gone: 1, unsynchronised: 1 })
      .where("tenant_id", "=", tenantId)
      .where("gone", "=", 0)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom("users")
              .select("object_id")
              .where("users.tenant_id", "=", tenantId)
              .whereRef("users.object_id", "=", "sync_objects.anchor"),
          ),
        ),
      )
      .executeTakeFirst();
    return Number(marked.numUpdatedRows);
  }

  /** Decides what is to be exported. @param isFull of everything, whether it was imported anew or not */
  async synchronise(trx: Queries, isFull: boolean): Promise<StepCounters> {
    const { tenantId } = this.#deployment;
    if (isFull) await trx.updateTable("sync_objects").set({ unsynchronised: 1 }).where("tenant_id", "=", tenantId).execute();
    const waiting = () => trx.updateTable("sync_objects").where("tenant_id", "=", tenantId).where("unsynchronised", "=", 1);
    const there = () => waiting().where("gone", "=", 0);
    const differing = () => there().whereRef("exported_hash", "!=", "source_hash");
    const count = async (query: { executeTakeFirst(): Promise<{ numUpdatedRows: bigint }> }): Promise<number> =>
      Number((await query.executeTakeFirst()).numUpdatedRows);
    const deletes = await count(waiting().where("gone", "=", 1).set({ pending: "delete", unsynchronised: 0 }));
    const adds = await count(there().where("exported_hash", "is", null).set({ pending: "add", unsynchronised: 0 }));
    const renames = await count(differing().whereRef("exported_name", "!=", "name").set({ pending: "update", unsynchronised: 0 }));
    const updates = await count(differing().set({ pending: "update", unsynchronised: 0 }));
    const same = isFull ? ({ pending: "update" } as const) : { pending: null, ...NO_ERROR };
    const unchanged = await count(there().set({ ...same, unsynchronised: 0 }));
    return { ...NO_COUNTERS, adds, updates, renames, deletes, unchanged };
  }

  /** The tenant is not as it was left: everything is exported again. */
  async exportAgain(trx: Queries): Promise<void> {
    await trx
      .updateTable("sync_objects")
      .set({ pending: "update" })
      .where("tenant_id", "=", this.#deployment.tenantId)
      .where("gone", "=", 0)
      .where("pending", "is", null)
      .execute();
  }

  async countPending(db: Queries, operations: readonly PendingOperation[]): Promise<number> {
    const row = await db
      .selectFrom("sync_objects")
      .select((eb) => eb.fn.countAll().as("n"))
      .where("tenant_id", "=", this.#deployment.tenantId)
      .where("pending", "in", operations)
      .executeTakeFirstOrThrow();
    return Number(row.n);
  }

  /** What is to be exported, by anchor. @param again those alone that met this error in this run */
  async pending(
    db: Queries,
    operation: PendingOperation,
    after: string,
    limit: number,
    again?: { code: string; runId: string },
  ): Promise<SyncObjectsTable[]> {
    let query = db
      .selectFrom("sync_objects")
      .selectAll()
      .where("tenant_id", "=", this.#deployment.tenantId)
      .where("pending", "=", operation)
      .where("anchor", ">", after);
    if (again !== undefined) query = query.where("error_code", "=", again.code).where("error_run", "=", again.runId);
    return query.orderBy("anchor").limit(limit).execute();
  }

  /** What travels of a row; undefined where the user is gone since the import: the next one will see it. */
  outgoing(row: SyncObjectsTable, user: UserRecord | undefined): Outgoing | undefined {
    const operation = row.pending ?? "update";
    if (operation !== "delete" && user === undefined) return undefined;
    const attributes = operation === "delete" || user === undefined ? {} : attributesOf(user, this.#deployment);
    const change: Change = { operation, anchor: row.anchor, objectType: "User", attributes: attributes as Change["attributes"] };
    return {
      row: { ...row, name: user?.userPrincipalName ?? row.name },
      change,
      hash: hashOf(attributes),
      bytes: Buffer.byteLength(JSON.stringify(change)),
    };
  }

  /** An object that is too large to be sent at all has its error without the tenant. */
  tooLarge({ change, bytes }: Outgoing): Result {
    const fields = { attribute: "all attributes", size: `${bytes} bytes`, limit: `${MAX_OBJECT_BYTES} bytes` };
    return { anchor: change.anchor, error: objectError(new Fault("sync-large-object", fields) as ObjectFault) };
  }

  /** Keeps what the tenant answered, in the order of what was sent. */
  async acknowledge(
    trx: Queries,
    sent: readonly Outgoing[],
    results: readonly Result[],
    facts: { runId: string; nowMs: number },
  ): Promise<StepCounters> {
    const counters = { ...NO_COUNTERS };
    const changed: SyncObjectsTable[] = [];
    const deleted: string[] = [];
    for (const [i, { row, hash }] of sent.entries()) {
      const result = results[i] as Result;
      if ("error" in result) {
        const { code, attribute, other, text } = result.error;
        counters.errors += 1;
        const error = { error_code: code, error_attribute: attribute, error_other: other, error_text: text };
        changed.push({ ...row, ...error, error_ms: facts.nowMs, error_run: facts.runId });
        continue;
      }
      counters[COUNTER[result.outcome]] += 1;
      if (result.outcome === "deleted") deleted.push(row.anchor);
      else if (result.outcome === "deferred") changed.push({ ...row, ...NO_ERROR });
      else changed.push({ ...row, ...NO_ERROR, pending: null, exported_hash: hash, exported_name: row.name, exported_ms: facts.nowMs });
    }
    await this.#put(trx, changed);
    if (deleted.length > 0)
      await trx.deleteFrom("sync_objects").where("tenant_id", "=", this.#deployment.tenantId).where("anchor", "in", deleted).execute();
    return counters;
  }

  /** By anchor, a page at a time. */
  async *list(
    db: Queries,
    wanted: { hasError?: boolean; code?: string; pending?: PendingOperation; anchor?: string; name?: string } = {},
  ): AsyncGenerator<SyncObject, void, undefined> {
    let after = "";
    for (;;) {
      let query = db.selectFrom("sync_objects").selectAll().where("tenant_id", "=", this.#deployment.tenantId).where("anchor", ">", after);
      if (wanted.hasError === true) query = query.where("error_code", "is not", null);
      if (wanted.code !== undefined) query = query.where("error_code", "=", wanted.code);
      if (wanted.pending !== undefined) query = query.where("pending", "=", wanted.pending);
      if (wanted.anchor !== undefined) query = query.where("anchor", "=", wanted.anchor);
      if (wanted.name !== undefined) query = query.where("name", "=", wanted.name);
      const rows = await query.orderBy("anchor").limit(ROWS).execute();
      yield* rows.map(shown);
      const last = rows.at(-1);
      if (last === undefined || rows.length < ROWS) return;
      after = last.anchor;
    }
  }

  #fresh(user: UserRecord): SyncObjectsTable {
    return {
      tenant_id: this.#deployment.tenantId,
      anchor: user.objectId,
      name: user.userPrincipalName,
      source_hash: "",
      source_ms: 0,
      gone: 0,
      unsynchronised: 1,
      pending: null,
      exported_hash: null,
      exported_name: null,
      exported_ms: null,
      ...NO_ERROR,
    };
  }

  async #rows(trx: Queries, anchors: readonly string[]): Promise<Map<string, SyncObjectsTable>> {
    if (anchors.length === 0) return new Map();
    const rows = await trx
      .selectFrom("sync_objects")
      .selectAll()
      .where("tenant_id", "=", this.#deployment.tenantId)
      .where("anchor", "in", anchors)
      .execute();
    return new Map(rows.map((row) => [row.anchor, row]));
  }

  async #put(trx: Queries, rows: readonly SyncObjectsTable[]): Promise<void> {
    for (let i = 0; i < rows.length; i += ROWS) {
      await trx
        .insertInto("sync_objects")
        .values(rows.slice(i, i + ROWS))
        .onConflict((conflict) =>
          conflict
            .columns(["tenant_id", "anchor"])
            .doUpdateSet((eb) => Object.fromEntries(COLUMNS.map((column) => [column, eb.ref(`excluded.${column}`)]))),
        )
        .execute();
    }
  }
}

const NO_ERROR = { error_code: null, error_attribute: null, error_other: null, error_text: null, error_ms: null, error_run: null } as const;

const COLUMNS = [
  "name",
  "source_hash",
  "source_ms",
  "gone",
  "unsynchronised",
  "pending",
  "exported_hash",
  "exported_name",
  "exported_ms",
  "error_code",
  "error_attribute",
  "error_other",
  "error_text",
  "error_ms",
  "error_run",
] as const;

const COUNTER = {
  added: "adds",
  joined: "adds",
  updated: "updates",
  renamed: "renames",
  unchanged: "unchanged",
  deleted: "deletes",
  deferred: "deferred",
} as const;

function shown(row: SyncObjectsTable): SyncObject {
  const { error_code: code, error_text: text, error_ms: atMs, error_run: runId } = row;
  return {
    anchor: row.anchor,
    name: row.name,
    isGone: row.gone === 1,
    pending: row.pending,
    exportedMs: row.exported_ms,
    error:
      code === null
        ? null
        : { code, attribute: row.error_attribute, other: row.error_other, text: text ?? "", atMs: atMs ?? 0, runId: runId ?? "" },
  };
}

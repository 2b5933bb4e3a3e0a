/** The plan of a batch: who moves in which wave, and who not at all. */
import type { UserRecord } from "../../directory/index.ts";
import type { Batch } from "./batch.ts";
import type { BatchServiceOptions } from "./batch-service.ts";
import { BatchUserRows } from "./batch-user-rows.ts";
import { complaint } from "./complaint.ts";
import { delegationsOf } from "./delegations.ts";
import { roomType } from "./rules.ts";
import { assignWaves, type Pair, type WaveUser } from "./waves.ts";

type Sources = Pick<BatchServiceOptions, "tenant" | "directory" | "nowMs">;

/** Gives each user who waits a wave, and passes over rooms where the batch leaves them; gives the number of waves. */
export async function planWaves(sources: Sources, batch: Batch): Promise<number> {
  const rows = new BatchUserRows(sources.directory.db, sources.tenant, batch.batchId);
  const users: WaveUser[] = [];
  const pairs: Pair[] = [];
  for await (const page of rows.pages(["waiting"])) {
    const records = await recordsOf(sources, page);
    const rooms = new Map<number, string>();
    for (const user of page) {
      const record = records.get(user.objectId);
      const type = record === undefined ? undefined : roomType(record);
      if (type !== undefined && !batch.includeRooms) rooms.set(user.sequence, type);
      else users.push({ sequence: user.sequence, key: keyOf(user), isRoom: type !== undefined });
    }
    for (const [sequence, type] of rooms) {
      const name = page.find((user) => user.sequence === sequence)?.displayName ?? "";
      const reason = complaint("batch-user-room", { user: name, type });
      await rows.sweep({ state: "waiting", users: [sequence] }, { state: "skipped", fault: reason, finished_ms: sources.nowMs() });
    }
    const delegations = await delegationsOf(sources.directory.db, sources.tenant, page);
    pairs.push(...delegations.map(({ principal, delegate }): Pair => [principal, delegate]));
  }
  const waves = assignWaves(users, pairs, batch.limits.waveSize);
  await rows.setWaves(waves);
  return waves.values().reduce((most, wave) => Math.max(most, wave), 0);
}

/** The users as the directory has them now, without licences and policies, by object id. */
export async function recordsOf(
  { directory, tenant }: Pick<BatchServiceOptions, "directory" | "tenant">,
  users: readonly { objectId: UserRecord["objectId"] }[],
): Promise<Map<string, UserRecord>> {
  const found = new Map<string, UserRecord>();
  if (users.length === 0) return found;
  const ids = users.map(({ objectId }) => objectId);
  const pages = directory.tenant(tenant).users.pages({
    where: (eb) => eb("object_id", "in", ids),
    // One more, so that there is no second page to look for.
    pageSize: ids.length + 1,
    without: { plans: true, policies: true },
  });
  for await (const page of pages) for (const record of page) found.set(record.objectId, record);
  return found;
}

/** What delegations name people by. */
function keyOf(user: { sipAddress: string | null; objectId: string }): string {
  return user.sipAddress?.toLowerCase() ?? user.objectId;
}

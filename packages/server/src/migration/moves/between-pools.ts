/** A move between two pools of the deployment: one transaction, since both have the user from the same place. */
import { Fault } from "@tieline/fault";
import { deploymentTakes, type UserRecord } from "../../directory/index.ts";
import type { Json } from "../../store/index.ts";
import { countsOf, NO_USER_DATA, UserDataStore } from "../user-data/index.ts";
import { BARE, type LeadingSite } from "./leading-site.ts";
import type { MoveOutcome, MoveWish } from "./move.ts";
import type { MoveCall } from "./move-engine.ts";
import { outcomeOf, warningsOf } from "./outcome.ts";
import { nameOf } from "./preflight.ts";
import { routeOf, type Targets } from "./route.ts";

export async function moveBetweenPools(
  site: LeadingSite,
  wish: MoveWish,
  call: MoveCall,
  before: UserRecord,
  targets: Targets,
): Promise<MoveOutcome> {
  const { newGuid, nowMs, tenant, forest } = site.options;
  const startedMs = nowMs();
  const moveId = newGuid();
  const { row, outcome } = await site.step("switch", call, () =>
    site.inside(async (mine, journal, queries) => {
      const user = await mine.users.hold(before.objectId, nowMs(), BARE);
      if (user === undefined) throw new Fault("user-not-found", { identity: before.objectId });
      const { direction, source, target } = routeOf(user, wish.target, wish.options, targets);
      if (direction !== "between-pools") throw new Fault("move-undone", { user: nameOf(user) });
      const move = { moveId, objectId: user.objectId, sipAddress: nameOf(user), direction, source, target, by: wish.by };
      const rest = { options: wish.options, batchId: wish.batchId ?? null, owner: site.owner, leaseMs: nowMs() };
      const begun = await journal.begin({ ...move, ...rest, role: "leader", state: "frozen" }, nowMs());
      const store = new UserDataStore(queries, tenant);
      const data = await store.read(user.objectId);
      const isForced = wish.options.force === true;
      if (isForced) await store.remove(user.objectId);
      await mine.users.update(user.objectId, deploymentTakes(target), nowMs(), BARE);
      await forest?.enqueue(queries, user.objectId);
      const made = outcomeOf(begun, countsOf(isForced ? { ...NO_USER_DATA, policies: data.policies } : data), {
        leftPolicies: [],
        teamsUpgradeMode: null,
        warnings: warningsOf(nameOf(user), wish.options, data, []),
        durationMs: nowMs() - startedMs,
      });
      await journal.advance(begun, "done", nowMs(), { active: false, outcome: made as unknown as Json });
      await call.alongside?.(queries, made);
      return { row: begun, outcome: made };
    }),
  );
  await site.publish(row);
  return outcome;
}

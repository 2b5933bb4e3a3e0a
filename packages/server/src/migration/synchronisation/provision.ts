/**
 * Users who have a licence and no service yet get it, and users whose on-premises attributes were taken away become the
 * tenant's own: both wait from one run to the next as ...NeedsProvisioning, so that it can be seen.
 */
import { Users, type Tenant, type UserRecord } from "../../directory/index.ts";
import type { Queries } from "../../store/index.ts";
import { ONLINE_TARGET } from "../moves/move.ts";
import { licenceOf } from "./homing.ts";
import { interpretedUserType, NEEDS_PROVISIONING } from "./interpreted-user-type.ts";
import type { MovesOf } from "./moves-of-users.ts";

/** How many were. */
export async function provision(queries: Queries, tenant: Tenant, movesOf: MovesOf, nowMs: number): Promise<number> {
  const users = new Users(queries, tenant.tenantId);
  let done = 0;
  // Each page is gone from the condition before the next is read, or it is passed over by its place.
  for await (const page of users.pages({ where: (eb) => eb("interpreted_type", "in", [...NEEDS_PROVISIONING]) })) {
    const moves = await movesOf(
      queries,
      tenant,
      page.map((user) => user.objectId),
    );
    for (const user of page) {
      const hasService = user.registrarPool !== null;
      if (moves.get(user.objectId)?.state === "under-way" || (!hasService && licenceOf(user.plans) !== "has")) continue;
      const address = user.sipAddress ?? (await freeAddress(users, user));
      if (address === undefined) continue;
      const isHybrid = user.interpretedUserType?.startsWith("Hybrid") === true;
      await users.update(
        user.objectId,
        {
          hostingProvider: ONLINE_TARGET,
          registrarPool: user.registrarPool ?? tenant.registrarPool,
          sipAddress: address,
          enabled: true,
          interpretedUserType: interpretedUserType({
            locator: isHybrid ? "online" : null,
            isHomedOnline: true,
            isEnabled: true,
            licence: licenceOf(user.plans),
            before: null,
          }),
        },
        nowMs,
      );
      done += 1;
    }
  }
  return done;
}

/** The user principal name as SIP address, unless somebody has it. */
async function freeAddress(users: Users, user: UserRecord): Promise<string | undefined> {
  const address = `sip:${user.userPrincipalName}`;
  return (await users.count((eb) => eb("sip_key", "=", address.toLowerCase()))) === 0 ? address : undefined;
}

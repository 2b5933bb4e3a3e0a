/** What a move would find, before anything has changed. */
import { Fault, isFault } from "@tieline/fault";
import type { ObjectId, UserRecord } from "../../directory/index.ts";
import { SIP_ADDRESS } from "../hosted/contract.ts";
import type { HostedSession, HostedUser } from "../hosted/hosted-session.ts";
import { faultOf, findingOf } from "./finding.ts";
import type { LeadingSite } from "./leading-site.ts";
import type { Direction, Finding, MoveOptions, MoveWish } from "./move.ts";
import { routeOf } from "./route.ts";

/** Of many at once; the service is asked once for each kind of move among them. */
export async function checkMoves(
  site: LeadingSite,
  wishes: readonly MoveWish[],
  hosted: HostedSession | undefined,
): Promise<ReadonlyMap<ObjectId, readonly Finding[]>> {
  const targets = await site.targets();
  const ids = wishes.map((wish) => wish.user);
  const users = new Map(
    (ids.length === 0 ? [] : await site.mine.users.find((eb) => eb("object_id", "in", ids), ids.length)).map((user) => [
      user.objectId,
      user,
    ]),
  );
  const found = new Map<ObjectId, Finding[]>();
  const asked = new Map<string, { wish: MoveWish; user: UserRecord; direction: "to-online" | "to-pool" }[]>();
  for (const wish of wishes) {
    const findings: Finding[] = [];
    found.set(wish.user, findings);
    const user = users.get(wish.user);
    try {
      if (user === undefined) throw new Fault("user-not-found", { identity: wish.user });
      const { direction } = routeOf(user, wish.target, wish.options, targets);
      refuseUnmovable(user, wish.options);
      if (direction === "between-pools" || hosted === undefined) continue;
      // One address that the service cannot read would refuse all that are asked with it.
      if (!SIP_ADDRESS.test(user.sipAddress ?? "")) throw new Fault("hosted-migration-account");
      const key = `${direction} ${JSON.stringify(wish.options)}`;
      asked.set(key, [...(asked.get(key) ?? []), { wish, user, direction }]);
    } catch (error) {
      if (!isFault(error)) throw error;
      findings.push(findingOf("error", error));
    }
  }
  for (const [user, fault] of (await site.options.forest?.checkWritable(ids)) ?? []) found.get(user)?.push(findingOf("error", fault));
  for (const group of asked.values()) {
    const [first] = group;
    if (first === undefined || hosted === undefined) continue;
    const answers = await hosted.check(
      first.direction,
      group.map(({ user }) => hostedUser(user)),
      first.wish.options,
    );
    for (const [i, { wish }] of group.entries()) found.get(wish.user)?.push(...(answers[i] ?? []));
  }
  return found;
}

/** @throws Fault `directory-insufficient-rights` and what else the forest says of writing */
export async function refuseUnwritable({ options }: LeadingSite, user: UserRecord): Promise<void> {
  const fault = (await options.forest?.checkWritable([user.objectId]))?.get(user.objectId);
  if (fault !== undefined) throw fault;
}

/** What the service says of one user's move: its first refusal is thrown, the rest are words. @throws Fault of hosted/requirements.ts */
export async function askFirst(link: HostedSession, direction: Direction, user: UserRecord, options: MoveOptions): Promise<string[]> {
  if (direction === "between-pools") return [];
  const [findings = []] = await link.check(direction, [hostedUser(user)], options);
  const refusal = findings.find(({ severity }) => severity === "error");
  if (refusal !== undefined) throw faultOf(refusal);
  // What has no counterpart is told again by the move itself.
  return findings.filter(({ code }) => code !== "move-policies-left").map(({ text }) => text);
}

/** @throws Fault `move-unified-contact-store` */
export function refuseUnmovable(user: UserRecord, options: MoveOptions): void {
  if (user.properties["UcsMode"] === "Migrated" && options.force !== true)
    throw new Fault("move-unified-contact-store", { user: nameOf(user) });
}

export function nameOf(user: UserRecord): string {
  return user.sipAddress ?? user.userPrincipalName;
}

/** What the service is told of a user. */
export function hostedUser(user: UserRecord): HostedUser {
  const { properties } = user;
  return {
    sipAddress: user.sipAddress as string,
    userPrincipalName: user.userPrincipalName,
    displayName: user.displayName,
    hasEnterpriseVoice: properties["EnterpriseVoiceEnabled"] === true,
    hasDialInConferencing: typeof properties["AcpInfo"] === "string" && properties["AcpInfo"] !== "",
    lineUri: typeof properties["LineURI"] === "string" ? properties["LineURI"] : null,
    policies: user.policies,
  };
}

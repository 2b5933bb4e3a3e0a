/**
 * What synchronisation may say of where a user is homed. It is a follower: the deployment's DeploymentLocator decides, a move
 * changes it at both sites, and a run that carries what was read before the move must not undo it.
 *
 *     the user online         the deployment says    then
 *     a move is under way     anything               deferred: left as it is, and asked again by the next run
 *     homed online            online                 stays
 *     homed online by a move  on premises            refused as a conflict: an administrator has to look
 *     homed online            on premises            homed on premises
 *     not homed online        online                 homed online, if there is a licence
 *     not homed online        on premises            homed on premises
 *     any                     nothing                stays; who has a licence is provisioned by the next run
 *
 * What would change the homing of a user who was changed here since the run began is deferred, too: the run may have read it before.
 */
import type { UserRecord } from "../../directory/index.ts";
import { ONLINE_TARGET } from "../moves/move.ts";
import type { Attributes } from "./attribute-flow.ts";
import { interpretedUserType, type StandingFacts } from "./interpreted-user-type.ts";

/** What the journal of moves says of a user. */
export type MoveState = "none" | "under-way" | "moved";

export interface HomingQuestion {
  /** As the tenant has it; undefined for a new one. */
  now: Pick<UserRecord, "hostingProvider" | "registrarPool" | "sipAddress" | "enabled" | "interpretedUserType" | "plans"> | undefined;
  attributes: Attributes;
  move: MoveState;
  /** Changed here since the run began. */
  isFresh: boolean;
  /** The tenant's. */
  registrarPool: string;
}

type Homing = Pick<UserRecord, "hostingProvider" | "registrarPool" | "sipAddress" | "enabled" | "interpretedUserType">;

export type HomingAnswer = { kind: "set"; homing: Homing } | { kind: "deferred" } | { kind: "conflict"; locator: string };

/** Without one of them there is no service (domain of licences: one of both is enough to be homed). */
const SERVICE_PLANS: readonly string[] = ["0feaeb32-d00e-4d66-bd5a-43b5b83db82c", "57ff2da0-773e-42df-b2af-ffb7a2317929"];

export function licenceOf(plans: UserRecord["plans"]): StandingFacts["licence"] {
  const mine = plans.filter((plan) => SERVICE_PLANS.includes(plan.planId));
  if (mine.some((plan) => plan.status !== "Deleted")) return "has";
  return mine.length > 0 ? "deleted" : "none";
}

export function decideHoming({ now, attributes, move, isFresh, registrarPool }: HomingQuestion): HomingAnswer {
  if (move === "under-way") return { kind: "deferred" };
  const sip = textOf(attributes["msRTCSIP-PrimaryUserAddress"]);
  const provider = textOf(attributes["msRTCSIP-DeploymentLocator"]);
  const locator = provider === null ? null : provider.toLowerCase() === ONLINE_TARGET ? "online" : "on-premises";
  const wasOnline = (now?.registrarPool ?? null) !== null;
  const licence = licenceOf(now?.plans ?? []);
  const isOnline = locator === null ? wasOnline : locator === "online" && (wasOnline || licence === "has");
  const changesHoming = now !== undefined && isOnline !== wasOnline;
  if (changesHoming && isFresh) return { kind: "deferred" };
  if (changesHoming && wasOnline && move === "moved") return { kind: "conflict", locator: provider ?? "" };
  const before = now?.interpretedUserType ?? null;
  const isOnPremisesEnabled = attributes["msRTCSIP-UserEnabled"] === true;
  const homing: Omit<Homing, "interpretedUserType"> = {
    hostingProvider: locator === "online" ? ONLINE_TARGET : (provider ?? (wasOnline ? (now?.hostingProvider ?? null) : null)),
    registrarPool: isOnline ? (now?.registrarPool ?? registrarPool) : null,
    sipAddress: sip ?? (isOnline ? (now?.sipAddress ?? null) : sipProxy(attributes)),
    enabled: isOnline ? (wasOnline ? (now?.enabled ?? true) : true) : locator === "on-premises" && isOnPremisesEnabled,
  };
  const word = interpretedUserType({ locator, isHomedOnline: isOnline, isEnabled: homing.enabled, licence, before });
  return { kind: "set", homing: { ...homing, interpretedUserType: word } };
}

/** Of a user without a SIP address of its own in the forest: the sip: one among the others. */
export function sipProxy(attributes: Attributes): string | null {
  const list = attributes["proxyAddresses"];
  const found = Array.isArray(list) ? list.map(String).find((value) => /^sip:/i.test(value)) : undefined;
  return found === undefined ? null : `sip:${found.slice(4)}`;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/**
 * A batch applied to the tenant's users, object by object: an object that cannot be taken gets its error and the others go on.
 *
 *     match      by anchor; else by SIP address, then by user principal name, to a user whom no other anchor has
 *     check      attributes, then names and addresses that must be unique
 *     decide     homing (homing.ts)
 *     write      a new user, the differences of one that is there, or nothing
 *
 * Runs inside a transaction that its caller ends.
 */
import { Fault, isFault } from "@tieline/fault";
import { Users, type ObjectId, type Tenant, type UserChanges, type UserRecord } from "../../directory/index.ts";
import type { Json, Queries } from "../../store/index.ts";
import { changesOf, type Attributes } from "./attribute-flow.ts";
import { checkAttributes, nameInTenant, type TenantNames } from "./check-attributes.ts";
import type { Change, Outcome, Result } from "./contract.ts";
import { decideHoming, sipProxy } from "./homing.ts";
import { NO_MOVE, type MoveMark, type MovesOf } from "./moves-of-users.ts";
import { Neighbourhood } from "./neighbourhood.ts";
import { isObjectFault, objectError } from "./object-error.ts";

export interface BatchFacts {
  tenant: Tenant;
  names: TenantNames;
  movesOf: MovesOf;
  /** When the run began, by the tenant's clock. */
  runStartedMs: number;
  nowMs: number;
  newGuid: () => string;
}

/** Rows an insert: below the number of parameters that either engine takes. */
const ROWS = 400;
/** The one kind of object that a tenant's directory has here. */
const USER = "User";

export async function applyBatch(queries: Queries, changes: readonly Change[], facts: BatchFacts): Promise<Result[]> {
  const batch = await Batch.open(queries, changes, facts);
  const results: Result[] = [];
  for (const change of changes) results.push(await batch.take(change));
  await batch.finish();
  return results;
}

class Batch {
  readonly #queries: Queries;
  readonly #facts: BatchFacts;
  readonly #users: Users;
  readonly #near: Neighbourhood;
  readonly #moves: ReadonlyMap<ObjectId, MoveMark>;
  /** Written together at the end: nothing in the batch refers to them but by name. */
  readonly #added: UserRecord[] = [];
  readonly #tied: { anchor: string; object: ObjectId }[] = [];
  readonly #proxies: { address: string; object: ObjectId }[] = [];

  private constructor(queries: Queries, facts: BatchFacts, near: Neighbourhood, moves: ReadonlyMap<ObjectId, MoveMark>) {
    this.#queries = queries;
    this.#facts = facts;
    this.#users = new Users(queries, facts.tenant.tenantId);
    this.#near = near;
    this.#moves = moves;
  }

  static async open(queries: Queries, changes: readonly Change[], facts: BatchFacts): Promise<Batch> {
    const texts = (name: string): string[] =>
      changes.flatMap(({ attributes }) => textsOf(attributes[name]).map((text) => text.toLowerCase()));
    const proxies = texts("proxyAddresses");
    const names = changes.map(({ attributes }) => nameInTenant(attributes, facts.names).toLowerCase());
    const near = await Neighbourhood.read(queries, facts.tenant.tenantId, {
      anchors: changes.map((change) => change.anchor),
      names: storable(names),
      sipAddresses: storable([...texts("msRTCSIP-PrimaryUserAddress"), ...proxies.filter((address) => address.startsWith("sip:"))]),
      proxyAddresses: storable(proxies),
    });
    return new Batch(queries, facts, near, await facts.movesOf(queries, facts.tenant, [...near.users.keys()]));
  }

  async take(change: Change): Promise<Result> {
    const { anchor } = change;
    try {
      return { anchor, outcome: change.operation === "delete" ? await this.#delete(anchor) : await this.#put(change) };
    } catch (error) {
      if (!isFault(error) || !isObjectFault(error)) throw error;
      return { anchor, error: objectError(error) };
    }
  }

  async finish(): Promise<void> {
    const tenant_id = this.#facts.tenant.tenantId;
    await this.#users.add(this.#added);
    for (const some of pieces(this.#tied)) {
      const rows = some.map(({ anchor, object }) => ({ tenant_id, anchor, object_id: object }));
      await this.#queries.insertInto("sync_anchors").values(rows).execute();
    }
    for (const some of pieces(this.#proxies)) {
      const rows = some.map(({ address, object }) => ({ tenant_id, address_key: address, object_id: object }));
      await this.#queries.insertInto("sync_proxy_addresses").values(rows).execute();
    }
  }

  async #delete(anchor: string): Promise<Outcome> {
    const object = this.#near.objectOf(anchor);
    // Deleted before, or never there.
    if (object === undefined) return "deleted";
    if (this.#moves.get(object)?.state === "under-way") return "deferred";
    const tenant = this.#facts.tenant.tenantId;
    await this.#users.remove(object);
    for (const table of ["sync_anchors", "sync_proxy_addresses"] as const)
      await this.#queries.deleteFrom(table).where("tenant_id", "=", tenant).where("object_id", "=", object).execute();
    this.#near.drop(object);
    return "deleted";
  }

  async #put(change: Change): Promise<Outcome> {
    const { names, nowMs } = this.#facts;
    const match = this.#match(change);
    if (change.objectType !== USER)
      throw new Fault("sync-data-validation", { attribute: "objectType", reason: `the tenant takes no ${change.objectType.slice(0, 64)}` });
    const attributes = checkAttributes(change, names);
    const now = match === undefined ? undefined : this.#near.users.get(match.object);
    const move = (match === undefined ? undefined : this.#moves.get(match.object)) ?? NO_MOVE;
    const answer = decideHoming({
      now,
      attributes,
      move: move.state,
      isFresh: Math.max(now?.changedMs ?? 0, move.changedMs) >= this.#facts.runStartedMs,
      registrarPool: this.#facts.tenant.registrarPool,
    });
    const name = nameInTenant(attributes, names);
    if (answer.kind === "conflict")
      throw new Fault("sync-homing-conflict", { user: now?.userPrincipalName ?? name, locator: answer.locator });
    const homing = answer.kind === "set" ? answer.homing : undefined;
    const proxies = new Set(textsOf(attributes["proxyAddresses"]).map((address) => address.toLowerCase()));
    this.#checkUnique(match?.object, name, homing?.sipAddress ?? null, proxies);
    const changes: UserChanges = { ...changesOf(attributes, homing !== undefined), ...homing, userPrincipalName: name };
    if (match === undefined) return this.#add(change.anchor, changes, proxies);
    const differs = now === undefined || !isSame(now, changes);
    const after = differs ? await this.#users.update(match.object, changes, nowMs) : now;
    await this.#setProxies(match.object, proxies);
    this.#near.put(after, proxies);
    if (match.isNew) this.#tie(change.anchor, match.object);
    if (homing === undefined) return "deferred";
    if (match.isNew) return "joined";
    if (!differs) return "unchanged";
    return now?.userPrincipalName === name ? "updated" : "renamed";
  }

  /** Hard by anchor, else soft. @throws Fault `sync-soft-match`, `sync-object-type` */
  #match({ anchor, attributes, objectType }: Change): { object: ObjectId; isNew: boolean } | undefined {
    const hard = this.#near.objectOf(anchor);
    if (hard !== undefined) return { object: hard, isNew: false };
    const sip = attributes["msRTCSIP-PrimaryUserAddress"] ?? sipProxy(attributes);
    const bySip = typeof sip === "string" ? this.#near.ownerOfSip(sip) : undefined;
    const object = bySip ?? this.#near.ownerOfName(nameInTenant(attributes, this.#facts.names));
    if (object === undefined) return undefined;
    const attribute = bySip === undefined ? "userPrincipalName" : "msRTCSIP-PrimaryUserAddress";
    const other = this.#near.nameOf(object);
    const kept = this.#near.users.get(object)?.properties["AccountType"];
    const otherType = typeof kept === "string" ? kept : USER;
    if (otherType !== objectType && (objectType !== USER || otherType === "Guest" || otherType === "ResourceAccount"))
      throw new Fault("sync-object-type", { type: objectType.slice(0, 64), attribute, other, otherType });
    if (this.#near.anchorOf(object) !== undefined) throw new Fault("sync-soft-match", { attribute, other });
    return { object, isNew: true };
  }

  /** @throws Fault `sync-value-not-unique` */
  #checkUnique(object: ObjectId | undefined, name: string, sip: string | null, proxies: ReadonlySet<string>): void {
    const check = (attribute: string, value: string, owner: ObjectId | undefined): void => {
      if (owner !== undefined && owner !== object)
        throw new Fault("sync-value-not-unique", { attribute, value, other: this.#near.nameOf(owner) });
    };
    check("userPrincipalName", name, this.#near.ownerOfName(name));
    if (sip !== null) check("msRTCSIP-PrimaryUserAddress", sip, this.#near.ownerOfSip(sip));
    for (const address of proxies) check("proxyAddresses", address, this.#near.ownerOfProxy(address));
  }

  #add(anchor: string, changes: UserChanges, proxies: ReadonlySet<string>): Outcome {
    const { newGuid, nowMs } = this.#facts;
    const objectId = newGuid() as ObjectId;
    const user: UserRecord = {
      objectId,
      userPrincipalName: changes.userPrincipalName ?? "",
      sipAddress: changes.sipAddress ?? null,
      displayName: changes.displayName ?? "",
      accountName: changes.accountName ?? "",
      enabled: changes.enabled ?? false,
      hostingProvider: changes.hostingProvider ?? null,
      registrarPool: changes.registrarPool ?? null,
      interpretedUserType: changes.interpretedUserType ?? null,
      properties: kept(changes.properties ?? {}),
      policies: {},
      plans: [],
      createdMs: nowMs,
      changedMs: nowMs,
    };
    this.#added.push(user);
    for (const address of proxies) this.#proxies.push({ address, object: objectId });
    this.#near.put(user, proxies);
    this.#tie(anchor, objectId);
    return "added";
  }

  #tie(anchor: string, object: ObjectId): void {
    this.#tied.push({ anchor, object });
    this.#near.tie(anchor, object);
  }

  /** What a user gives up is free at once: another one of the batch may take it. */
  async #setProxies(object: ObjectId, proxies: ReadonlySet<string>): Promise<void> {
    const had = this.#near.proxiesOf(object);
    const gone = [...had].filter((address) => !proxies.has(address));
    for (const address of proxies) if (!had.has(address)) this.#proxies.push({ address, object });
    if (gone.length === 0) return;
    await this.#queries
      .deleteFrom("sync_proxy_addresses")
      .where("tenant_id", "=", this.#facts.tenant.tenantId)
      .where("address_key", "in", gone)
      .execute();
  }
}

/** Whether a user has all of it already. */
function isSame(user: UserRecord, { properties = {}, ...columns }: UserChanges): boolean {
  const mine = user as unknown as Record<string, unknown>;
  return (
    Object.entries(columns).every(([name, value]) => value === undefined || mine[name] === value) &&
    Object.entries(properties).every(([name, value]) => JSON.stringify(user.properties[name] ?? null) === JSON.stringify(value))
  );
}

function kept(properties: Readonly<Record<string, Json>>): Record<string, Json> {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null));
}

function textsOf(value: Attributes[string] | undefined): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((each): each is string => typeof each === "string");
}

/** What a query can carry; the check of the attributes says what is wrong with the others. */
function storable(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter((text) => text.length < 2048 && !text.includes("\0") && text.isWellFormed());
}

function pieces<T>(rows: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(rows.length / ROWS) }, (_, i) => rows.slice(i * ROWS, (i + 1) * ROWS));
}

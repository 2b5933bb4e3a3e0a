/**
 * What a batch has to know of the tenant: whose anchors, names and addresses are those that it speaks of. Read with a handful
 * of queries for up to 500 objects, and kept up to date while the batch is applied.
 */
import type { ObjectId, TenantId, UserRecord } from "../../directory/index.ts";
import { Users } from "../../directory/index.ts";
import type { Queries } from "../../store/index.ts";

export interface Wanted {
  anchors: readonly string[];
  /** In lower case. */
  names: readonly string[];
  sipAddresses: readonly string[];
  proxyAddresses: readonly string[];
}

/** Parameters of one `in`; either engine takes this many. */
const PARAMETERS = 2000;

export class Neighbourhood {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  /** Anchor to object, and back. */
  readonly #objects = new Map<string, ObjectId>();
  readonly #anchors = new Map<ObjectId, string>();
  readonly users = new Map<ObjectId, UserRecord>();
  readonly #byName = new Map<string, ObjectId>();
  readonly #bySip = new Map<string, ObjectId>();
  readonly #byProxy = new Map<string, ObjectId>();
  readonly #proxies = new Map<ObjectId, Set<string>>();

  private constructor(db: Queries, tenant: TenantId) {
    this.#db = db;
    this.#tenant = tenant;
  }

  /** Inside the transaction that changes them: the users that are found are taken until its end. */
  static async read(db: Queries, tenant: TenantId, wanted: Wanted): Promise<Neighbourhood> {
    const all = new Neighbourhood(db, tenant);
    await all.#readAnchors("anchor", wanted.anchors);
    await all.#readProxies("address_key", wanted.proxyAddresses);
    const ids = new Set([
      ...all.#objects.values(),
      ...all.#byProxy.values(),
      ...(await all.#named("upn_key", wanted.names)),
      ...(await all.#named("sip_key", wanted.sipAddresses)),
    ]);
    await all.#readUsers([...ids]);
    await all.#readAnchors("object_id", [...all.users.keys()]);
    await all.#readProxies("object_id", [...all.users.keys()]);
    return all;
  }

  objectOf(anchor: string): ObjectId | undefined {
    return this.#objects.get(anchor);
  }

  anchorOf(object: ObjectId): string | undefined {
    return this.#anchors.get(object);
  }

  ownerOfName(name: string): ObjectId | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  ownerOfSip(address: string): ObjectId | undefined {
    return this.#bySip.get(address.toLowerCase());
  }

  /** Of a proxy address of a synchronised user, or of a SIP address. */
  ownerOfProxy(address: string): ObjectId | undefined {
    return this.#byProxy.get(address.toLowerCase()) ?? this.#bySip.get(address.toLowerCase());
  }

  /** For texts. */
  nameOf(object: ObjectId): string {
    return this.users.get(object)?.userPrincipalName ?? object;
  }

  /** Proxy addresses that the table has for the user, in lower case. */
  proxiesOf(object: ObjectId): ReadonlySet<string> {
    return this.#proxies.get(object) ?? new Set();
  }

  tie(anchor: string, object: ObjectId): void {
    this.#objects.set(anchor, object);
    this.#anchors.set(object, anchor);
  }

  /** The user as it is from now on, with these proxy addresses. */
  put(user: UserRecord, proxies: ReadonlySet<string>): void {
    this.#forget(user.objectId);
    this.#remember(user);
    for (const address of proxies) this.#rememberProxy(address, user.objectId);
  }

  /** The user is gone, and whatever it was known by is free. */
  drop(object: ObjectId): void {
    this.#forget(object);
    const anchor = this.#anchors.get(object);
    this.#anchors.delete(object);
    if (anchor !== undefined) this.#objects.delete(anchor);
  }

  #remember(user: UserRecord): void {
    this.users.set(user.objectId, user);
    this.#byName.set(user.userPrincipalName.toLowerCase(), user.objectId);
    if (user.sipAddress !== null) this.#bySip.set(user.sipAddress.toLowerCase(), user.objectId);
  }

  #rememberProxy(address: string, object: ObjectId): void {
    this.#byProxy.set(address, object);
    const mine = this.#proxies.get(object);
    if (mine === undefined) this.#proxies.set(object, new Set([address]));
    else mine.add(address);
  }

  #forget(object: ObjectId): void {
    const user = this.users.get(object);
    if (user !== undefined) {
      this.#byName.delete(user.userPrincipalName.toLowerCase());
      if (user.sipAddress !== null) this.#bySip.delete(user.sipAddress.toLowerCase());
    }
    for (const address of this.#proxies.get(object) ?? []) this.#byProxy.delete(address);
    this.#proxies.delete(object);
    this.users.delete(object);
  }

  async #readAnchors(column: "anchor" | "object_id", values: readonly string[]): Promise<void> {
    for (const some of pieces(values)) {
      const rows = await this.#db
        .selectFrom("sync_anchors")
        .selectAll()
        .where("tenant_id", "=", this.#tenant)
        .where(column, "in", some)
        .execute();
      for (const row of rows) this.tie(row.anchor, row.object_id as ObjectId);
    }
  }

  async #readProxies(column: "address_key" | "object_id", values: readonly string[]): Promise<void> {
    for (const some of pieces(values)) {
      const rows = await this.#db
        .selectFrom("sync_proxy_addresses")
        .select(["address_key", "object_id"])
        .where("tenant_id", "=", this.#tenant)
        .where(column, "in", some)
        .execute();
      for (const row of rows) this.#rememberProxy(row.address_key, row.object_id as ObjectId);
    }
  }

  /** Whose they are. */
  async #named(column: "upn_key" | "sip_key", values: readonly string[]): Promise<ObjectId[]> {
    const found: ObjectId[] = [];
    for (const some of pieces(values)) {
      const rows = await this.#db
        .selectFrom("users")
        .select("object_id")
        .where("tenant_id", "=", this.#tenant)
        .where(column, "in", some)
        .execute();
      for (const row of rows) found.push(row.object_id as ObjectId);
    }
    return found;
  }

  async #readUsers(ids: readonly ObjectId[]): Promise<void> {
    for (const some of pieces(ids)) {
      // Changes nothing, and takes the rows: what is read now stays so until the batch is kept.
      await this.#db
        .updateTable("users")
        .set((eb) => ({ changed_ms: eb.ref("changed_ms") }))
        .where("tenant_id", "=", this.#tenant)
        .where("object_id", "in", some)
        .execute();
      const users = new Users(this.#db, this.#tenant);
      for (const user of await users.find((eb) => eb("object_id", "in", some), PARAMETERS)) this.#remember(user);
    }
  }
}

function* pieces<T>(values: readonly T[]): Generator<readonly T[], void, undefined> {
  for (let i = 0; i < values.length; i += PARAMETERS) yield values.slice(i, i + PARAMETERS);
}

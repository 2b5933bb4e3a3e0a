/**
 * What the authorization server remembers for a while (codes, refresh tokens, grants, sessions, sign-ins under way), in
 * the form that the library's storage port asks for. Identifiers stand in the database as keyed digests and contents
 * sealed, so that a copy of it lets nobody in. Each row is of one tenant and found only by that tenant.
 *
 * Two that want the same thing at once meet here: using up, claiming and finishing are single conditional statements, and
 * the second of two gets `taken`.
 */
import type { Sources } from "@tieline/auth";
import type { Queries } from "../store/index.ts";
import { isDuplicate } from "../store/index.ts";
import type { Vault } from "./vault.ts";

/** In place of a tenant's id: a device code that began before anybody knew whose it would be. */
export const NO_TENANT = "common";

/** So long expired rows are kept, to tell "expired" from "never heard of". */
const KEEP_EXPIRED_MS = 24 * 60 * 60_000;

export interface ArtifactPayload {
  [name: string]: unknown;
  jti?: string;
  exp?: number;
}

/** The second of two that finish the same thing. */
export type Taken = (model: string) => Error;

export interface ArtifactAdapter {
  upsert(id: string, payload: ArtifactPayload, expiresIn: number): Promise<void>;
  find(id: string): Promise<ArtifactPayload | undefined>;
  findByUserCode(userCode: string): Promise<ArtifactPayload | undefined>;
  findByUid(uid: string): Promise<ArtifactPayload | undefined>;
  consume(id: string): Promise<void>;
  destroy(id: string): Promise<void>;
  revokeByGrantId(grantId: string): Promise<void>;
}

interface Row {
  payload: string;
  consumed_ms: number | null;
}

export class Artifacts {
  readonly #db: Queries;
  readonly #vault: Vault;
  readonly #sources: Sources;
  constructor(db: Queries, vault: Vault, sources: Sources) {
    this.#db = db;
    this.#vault = vault;
    this.#sources = sources;
  }

  /** The port for one kind of thing of one tenant. */
  adapter(tenant: string, model: string, taken: Taken): ArtifactAdapter {
    const mine = () =>
      this.#db
        .selectFrom("identity_artifacts")
        .select(["payload", "consumed_ms"])
        .where("model", "=", model)
        .where("tenant_id", "=", tenant);
    return {
      upsert: (id, payload, expiresIn) => this.#upsert(tenant, model, taken, id, payload, expiresIn),
      find: async (id) => this.#open(model, await mine().where("id", "=", this.#key(model, id)).executeTakeFirst()),
      findByUserCode: async (code) => this.#open(model, await mine().where("user_code", "=", this.#userCode(code)).executeTakeFirst()),
      findByUid: async (uid) => this.#open(model, await mine().where("uid", "=", this.#key("uid", uid)).executeTakeFirst()),
      consume: async (id) => {
        if (!(await this.#mark(tenant, model, id, "consumed_ms"))) throw taken(model);
      },
      destroy: async (id) => {
        await this.#db
          .deleteFrom("identity_artifacts")
          .where("model", "=", model)
          .where("id", "=", this.#key(model, id))
          .where("tenant_id", "=", tenant)
          .execute();
      },
      revokeByGrantId: async (grantId) => {
        await this.#db
          .deleteFrom("identity_artifacts")
          .where("tenant_id", "=", tenant)
          .where("grant_id", "=", this.#key("grant", grantId))
          .execute();
      },
    };
  }

  /** True for the one caller that may finish it. */
  async claim(tenant: string, model: string, id: string): Promise<boolean> {
    return this.#mark(tenant, model, id, "claimed_ms");
  }

  /** True the first time that this id is seen within its life: what may be used once only. */
  async once(tenant: string, model: string, id: string, untilMs: number): Promise<boolean> {
    try {
      await this.#db
        .insertInto("identity_artifacts")
        .values({ ...EMPTY, model, id: this.#key(`${model} ${tenant}`, id), tenant_id: tenant, payload: "", expires_ms: untilMs })
        .execute();
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  /** Whose it is, where a request does not say: `NO_TENANT` or an id; undefined where nobody has it. */
  async tenantOf(model: string, id: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom("identity_artifacts")
      .select("tenant_id")
      .where("model", "=", model)
      .where("id", "=", this.#key(model, id))
      .executeTakeFirst();
    return row?.tenant_id;
  }

  async tenantOfUserCode(userCode: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom("identity_artifacts")
      .select("tenant_id")
      .where("user_code", "=", this.#userCode(userCode))
      .executeTakeFirst();
    return row?.tenant_id;
  }

  /** A device code that was nobody's becomes the tenant's; false where it was somebody's already. */
  async adopt(userCode: string, tenant: string): Promise<boolean> {
    const result = await this.#db
      .updateTable("identity_artifacts")
      .set({ tenant_id: tenant })
      .where("user_code", "=", this.#userCode(userCode))
      .where("tenant_id", "=", NO_TENANT)
      .where("claimed_ms", "is", null)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  /** Notes that a device code was asked for; true where that is sooner after the last time than the interval. */
  async polledTooSoon(deviceCode: string, intervalMs: number): Promise<boolean> {
    const now = this.#sources.nowMs();
    const mine = this.#db
      .updateTable("identity_artifacts")
      .where("model", "=", "DeviceCode")
      .where("id", "=", this.#key("DeviceCode", deviceCode));
    const inTime = await mine
      .set({ polled_ms: now })
      .where((eb) => eb.or([eb("polled_ms", "is", null), eb("polled_ms", "<=", now - intervalMs)]))
      .executeTakeFirst();
    if (inTime.numUpdatedRows > 0n) return false;
    return (await mine.set({ polled_ms: now }).executeTakeFirst()).numUpdatedRows > 0n;
  }

  /** Everything that lets an account's programs and browsers go on. */
  async forgetAccount(tenant: string, account: string): Promise<void> {
    await this.#db.deleteFrom("identity_artifacts").where("tenant_id", "=", tenant).where("account_id", "=", account).execute();
  }

  /** Takes away what expired a day ago; returns how many rows that were. */
  async sweep(): Promise<number> {
    const result = await this.#db
      .deleteFrom("identity_artifacts")
      .where("expires_ms", "<", this.#sources.nowMs() - KEEP_EXPIRED_MS)
      .executeTakeFirst();
    return Number(result.numDeletedRows);
  }

  async #upsert(tenant: string, model: string, taken: Taken, id: string, payload: ArtifactPayload, expiresIn: number): Promise<void> {
    const now = this.#sources.nowMs();
    const texts = (name: string): string | null => (typeof payload[name] === "string" ? (payload[name] as string) : null);
    const [grantId, userCode, uid] = [texts("grantId"), texts("userCode"), texts("uid")];
    const columns = {
      payload: this.#vault.seal(`artifact ${model}`, JSON.stringify(payload)),
      grant_id: grantId === null ? null : this.#key("grant", grantId),
      user_code: userCode === null ? null : this.#userCode(userCode),
      uid: uid === null ? null : this.#key("uid", uid),
      account_id: texts("accountId"),
      expires_ms: payload.exp === undefined ? now + expiresIn * 1000 : payload.exp * 1000,
    };
    const key = this.#key(model, id);
    if (model === "DeviceCode" && (payload["inFlight"] === true || payload["accountId"] !== undefined || payload["error"] !== undefined)) {
      // Somebody begins to finish the sign-in, or finishes it: one alone each.
      const ends = payload["accountId"] !== undefined || payload["error"] !== undefined;
      const result = await this.#db
        .updateTable("identity_artifacts")
        .set({ ...columns, claimed_ms: ends ? FINISHED : now })
        .where("model", "=", model)
        .where("id", "=", key)
        .where("tenant_id", "=", tenant)
        .where((eb) => (ends ? eb.or([eb("claimed_ms", "is", null), eb("claimed_ms", "<>", FINISHED)]) : eb("claimed_ms", "is", null)))
        .executeTakeFirst();
      if (result.numUpdatedRows === 0n) throw taken(model);
      return;
    }
    await this.#db
      .insertInto("identity_artifacts")
      .values({ ...EMPTY, model, id: key, tenant_id: tenant, ...columns })
      .onConflict((conflict) => conflict.columns(["model", "id"]).doUpdateSet(columns).where("identity_artifacts.tenant_id", "=", tenant))
      .execute();
  }

  async #mark(tenant: string, model: string, id: string, column: "consumed_ms" | "claimed_ms"): Promise<boolean> {
    const result = await this.#db
      .updateTable("identity_artifacts")
      .set({ [column]: this.#sources.nowMs() })
      .where("model", "=", model)
      .where("id", "=", this.#key(model, id))
      .where("tenant_id", "=", tenant)
      .where(column, "is", null)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  #open(model: string, row: Row | undefined): ArtifactPayload | undefined {
    if (row === undefined) return undefined;
    const payload = JSON.parse(this.#vault.open(`artifact ${model}`, row.payload)) as ArtifactPayload;
    return row.consumed_ms === null ? payload : { ...payload, consumed: Math.floor(row.consumed_ms / 1000) };
  }

  #key(model: string, id: string): string {
    return this.#vault.digest(model, id);
  }

  #userCode(code: string): string {
    return this.#vault.digest("user code", code.toUpperCase());
  }
}

/** In `claimed_ms`: nobody may claim it any more. */
const FINISHED = -1;

const EMPTY = { grant_id: null, user_code: null, uid: null, account_id: null, consumed_ms: null, claimed_ms: null, polled_ms: null };

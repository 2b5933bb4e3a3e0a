/**
 * Sign-ins that are under way, one row each, bound to the browser that began them. Each change names the version that it
 * read: of two windows that go on at once, one wins and the other is told.
 */
import type { Sources } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import type { TenantId } from "../../directory/index.ts";
import { recordFromJson, type Queries } from "../../store/index.ts";
import type { VerificationMethod } from "../factors/index.ts";

/** What is still to do before the sign-in is finished, in this order. */
export type Todo = "verify" | "change" | "register" | "codes";

/** A method that is being set up. */
export interface Setup {
  what: "passkey" | "notification" | "code" | "phone";
  /** Of a token's key, a phone's code, an approver's link. */
  challengeId?: string;
  /** What a passkey must answer. */
  question?: string;
}

export interface FlowState {
  /** As it was typed. */
  user?: string;
  accountId?: string;
  amr?: string[];
  keep?: boolean;
  remember?: boolean;
  todo?: Todo[];
  /** The way that is being verified. */
  way?: VerificationMethod | "recovery";
  methodId?: string;
  challengeId?: string;
  /** What a passkey must answer. */
  question?: string;
  setup?: Setup;
}

export interface Flow {
  interaction: string;
  tenant: TenantId;
  state: FlowState;
  version: number;
}

/** How long a sign-in may take. */
const LIFE_MS = 60 * 60_000;

export class Flows {
  readonly #db: Queries;
  readonly #sources: Sources;

  constructor(db: Queries, sources: Sources) {
    this.#db = db;
    this.#sources = sources;
  }

  /** @throws Fault `sign-in-elsewhere` in another browser, `sign-in-lapsed` */
  async open(interaction: string, browserHash: string, tenant: TenantId): Promise<Flow> {
    const now = this.#sources.nowMs();
    await this.#db
      .insertInto("sign_in_flows")
      .values({
        interaction,
        browser_hash: browserHash,
        tenant_id: tenant,
        account_id: null,
        state: "{}",
        version: 0,
        finished_ms: null,
        created_ms: now,
        expires_ms: now + LIFE_MS,
      })
      .onConflict((conflict) => conflict.column("interaction").doNothing())
      .execute();
    const row = await this.#db
      .selectFrom("sign_in_flows")
      .selectAll()
      .where("interaction", "=", interaction)
      .where("tenant_id", "=", tenant)
      .executeTakeFirst();
    if (row === undefined || row.finished_ms !== null || row.expires_ms <= now) throw new Fault("sign-in-lapsed");
    if (row.browser_hash !== browserHash) throw new Fault("sign-in-elsewhere");
    return { interaction, tenant, state: recordFromJson(row.state, "sign_in_flows.state") as FlowState, version: row.version };
  }

  /** @throws Fault `sign-in-raced` */
  async save(flow: Flow, state: FlowState): Promise<Flow> {
    await this.#change(flow, { state: JSON.stringify(state), version: flow.version + 1 });
    return { ...flow, state, version: flow.version + 1 };
  }

  /** @throws Fault `sign-in-raced` for the second of two */
  async finish(flow: Flow): Promise<void> {
    await this.#change(flow, { finished_ms: this.#sources.nowMs(), state: "{}", version: flow.version + 1 });
  }

  /** Takes away what has lapsed. */
  async sweep(): Promise<void> {
    await this.#db.deleteFrom("sign_in_flows").where("expires_ms", "<", this.#sources.nowMs()).execute();
  }

  async #change(flow: Flow, columns: { state: string; version: number; finished_ms?: number }): Promise<void> {
    const done = await this.#db
      .updateTable("sign_in_flows")
      .set(columns)
      .where("tenant_id", "=", flow.tenant)
      .where("interaction", "=", flow.interaction)
      .where("version", "=", flow.version)
      .where("finished_ms", "is", null)
      .executeTakeFirst();
    if (done.numUpdatedRows !== 1n) throw new Fault("sign-in-raced");
  }
}

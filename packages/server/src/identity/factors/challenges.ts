/** Challenges that wait for an answer: a code by message, a request for approval, something that is being set up. */
import { Fault } from "@tieline/fault";
import { recordFromJson, toJson, type JsonRecord, type MfaChallengesTable } from "../../store/index.ts";
import { columnsOf, type FactorContext, type Owner } from "./factor-context.ts";
import { drawGuid } from "./drawn.ts";

export type ChallengeKind = MfaChallengesTable["kind"];

export interface Challenge {
  challengeId: string;
  tenantId: string;
  accountId: string;
  kind: ChallengeKind;
  secret: string | null;
  state: MfaChallengesTable["state"];
  data: JsonRecord;
  createdMs: number;
  expiresMs: number;
}

export interface NewChallenge {
  kind: ChallengeKind;
  /** Drawn where it is left out; the secret of the challenge may depend on it. */
  challengeId?: string;
  secret?: string;
  data?: JsonRecord;
  lifeMs: number;
}

export class Challenges {
  readonly #context: FactorContext;
  constructor(context: FactorContext) {
    this.#context = context;
  }

  newId(): string {
    return drawGuid(this.#context.sources);
  }

  async add(owner: Owner, challenge: NewChallenge): Promise<Challenge> {
    const { db, sources } = this.#context;
    const now = sources.nowMs();
    const row: MfaChallengesTable = {
      challenge_id: challenge.challengeId ?? this.newId(),
      ...columnsOf(owner),
      kind: challenge.kind,
      secret: challenge.secret ?? null,
      state: "waiting",
      attempts: 0,
      data: toJson(challenge.data ?? {}),
      created_ms: now,
      expires_ms: now + challenge.lifeMs,
    };
    await db.deleteFrom("mfa_challenges").where("tenant_id", "=", owner.tenantId).where("expires_ms", "<", now).execute();
    await db.insertInto("mfa_challenges").values(row).execute();
    return fromRow(row);
  }

  /** One that is still good, in any state. @throws Fault `factor-lapsed` */
  async get(challengeId: string, kind: ChallengeKind, owner?: Owner): Promise<Challenge> {
    let query = this.#context.db
      .selectFrom("mfa_challenges")
      .selectAll()
      .where("challenge_id", "=", challengeId)
      .where("kind", "=", kind)
      .where("expires_ms", ">", this.#context.sources.nowMs());
    if (owner !== undefined) query = query.where("tenant_id", "=", owner.tenantId).where("account_id", "=", owner.accountId);
    const row = await query.executeTakeFirst();
    if (row === undefined) throw new Fault("factor-lapsed");
    return fromRow(row);
  }

  async waiting(owner: Owner, kind: ChallengeKind): Promise<Challenge[]> {
    const rows = await this.#context.db
      .selectFrom("mfa_challenges")
      .selectAll()
      .where("tenant_id", "=", owner.tenantId)
      .where("account_id", "=", owner.accountId)
      .where("kind", "=", kind)
      .where("state", "=", "waiting")
      .where("expires_ms", ">", this.#context.sources.nowMs())
      .orderBy("created_ms", "desc")
      .execute();
    return rows.map(fromRow);
  }

  /** Counts an answer before it is looked at. @throws Fault `factor-lapsed` after too many, or when it is no longer waiting */
  async attempt(challenge: Challenge): Promise<void> {
    const done = await this.#waiting(challenge)
      .where("attempts", "<", this.#context.limits.challengeAttempts)
      .set((eb) => ({ attempts: eb("attempts", "+", 1) }))
      .executeTakeFirst();
    if (done.numUpdatedRows !== 1n) throw new Fault("factor-lapsed");
  }

  /** From waiting to its end. False where somebody else ended it. */
  async end(challenge: Challenge, state: "done" | "refused"): Promise<boolean> {
    const done = await this.#waiting(challenge).set({ state }).executeTakeFirst();
    return done.numUpdatedRows === 1n;
  }

  /** Takes the challenge away. False where somebody else did: what it stands for is spent once. */
  async spend(challenge: Challenge): Promise<boolean> {
    const done = await this.#context.db
      .deleteFrom("mfa_challenges")
      .where("tenant_id", "=", challenge.tenantId)
      .where("challenge_id", "=", challenge.challengeId)
      .executeTakeFirst();
    return done.numDeletedRows === 1n;
  }

  #waiting(challenge: Challenge) {
    return this.#context.db
      .updateTable("mfa_challenges")
      .where("tenant_id", "=", challenge.tenantId)
      .where("challenge_id", "=", challenge.challengeId)
      .where("state", "=", "waiting");
  }
}

function fromRow(row: MfaChallengesTable): Challenge {
  return {
    challengeId: row.challenge_id,
    tenantId: row.tenant_id,
    accountId: row.account_id,
    kind: row.kind,
    secret: row.secret,
    state: row.state,
    data: recordFromJson(row.data, "mfa_challenges.data"),
    createdMs: row.created_ms,
    expiresMs: row.expires_ms,
  };
}

/** The methods that accounts have registered: one row each, whatever the kind. */
import { Fault } from "@tieline/fault";
import { recordFromJson, toJson, type JsonRecord, type MfaMethodsTable } from "../../store/index.ts";
import { columnsOf, type FactorContext, type Owner } from "./factor-context.ts";
import { drawGuid } from "./drawn.ts";
import type { VerificationMethod } from "./settings.ts";

export type MethodKind = MfaMethodsTable["kind"];

export interface Method {
  methodId: string;
  tenantId: string;
  accountId: string;
  kind: MethodKind;
  name: string;
  secretSealed: string | null;
  data: JsonRecord;
  counter: number;
  createdMs: number;
  usedMs: number | null;
}

/** Which of the tenant's verification methods each kind serves. */
export const SERVES: Readonly<Record<MethodKind, readonly VerificationMethod[]>> = {
  passkey: ["passkey"],
  approver: ["notification"],
  totp: ["code"],
  phone: ["text", "call"],
};

/** As it stands in a fault. */
const PLURALS: Readonly<Record<MethodKind, string>> = {
  passkey: "passkeys",
  approver: "phones that approve",
  totp: "tokens",
  phone: "telephone numbers",
};

export interface NewMethod {
  kind: MethodKind;
  name: string;
  secretSealed?: string;
  lookupKey?: string;
  data?: JsonRecord;
  counter?: number;
}

const MAX_NAME = 60;

export class Methods {
  readonly #context: FactorContext;
  constructor(context: FactorContext) {
    this.#context = context;
  }

  async list(owner: Owner): Promise<Method[]> {
    const rows = await this.#mine(owner).orderBy("created_ms").orderBy("method_id").execute();
    return rows.map(fromRow);
  }

  /** @throws Fault `factor-not-found` */
  async get(owner: Owner, methodId: string): Promise<Method> {
    const row = await this.#mine(owner).where("method_id", "=", methodId).executeTakeFirst();
    if (row === undefined) throw new Fault("factor-not-found", { what: "method" });
    return fromRow(row);
  }

  /** Before the account is known: by a passkey's id, by the hash of an approver's secret. */
  async find(kind: MethodKind, lookupKey: string): Promise<Method | undefined> {
    const row = await this.#context.db
      .selectFrom("mfa_methods")
      .selectAll()
      .where("lookup_key", "=", lookupKey)
      .where("kind", "=", kind)
      .executeTakeFirst();
    return row === undefined ? undefined : fromRow(row);
  }

  /** @throws Fault `factor-limit` */
  async add(owner: Owner, method: NewMethod): Promise<Method> {
    const { db, limits, sources } = this.#context;
    const limit = method.kind === "totp" ? limits.tokens : limits.methods;
    const count = (await this.list(owner)).filter((each) => each.kind === method.kind).length;
    if (count >= limit) throw new Fault("factor-limit", { limit, what: PLURALS[method.kind] });
    const row: MfaMethodsTable = {
      method_id: drawGuid(sources),
      ...columnsOf(owner),
      kind: method.kind,
      name: cleanName(method.name),
      secret_sealed: method.secretSealed ?? null,
      lookup_key: method.lookupKey ?? null,
      data: toJson(method.data ?? {}),
      counter: method.counter ?? 0,
      created_ms: sources.nowMs(),
      used_ms: null,
    };
    await db.insertInto("mfa_methods").values(row).execute();
    return fromRow(row);
  }

  /**
   * Notes a use. False where the counter is not what it was when the method was read: of two uses of one code, or of one
   * passkey's answer, exactly one is the first.
   */
  async used(method: Method, counter = method.counter): Promise<boolean> {
    const done = await this.#context.db
      .updateTable("mfa_methods")
      .set({ counter, used_ms: this.#context.sources.nowMs() })
      .where("tenant_id", "=", method.tenantId)
      .where("method_id", "=", method.methodId)
      .where("counter", "=", method.counter)
      .executeTakeFirst();
    return done.numUpdatedRows === 1n;
  }

  async remove(owner: Owner, methodId: string): Promise<void> {
    await this.#delete(owner).where("method_id", "=", methodId).execute();
  }

  async removeAll(owner: Owner): Promise<void> {
    await this.#delete(owner).execute();
  }

  #delete(owner: Owner) {
    return this.#context.db.deleteFrom("mfa_methods").where("tenant_id", "=", owner.tenantId).where("account_id", "=", owner.accountId);
  }

  #mine(owner: Owner) {
    return this.#context.db
      .selectFrom("mfa_methods")
      .selectAll()
      .where("tenant_id", "=", owner.tenantId)
      .where("account_id", "=", owner.accountId);
  }
}

/** One line of at most 60 characters. */
export function cleanName(name: string, otherwise = "Unnamed"): string {
  const line = name
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, " ")
    .trim()
    .slice(0, MAX_NAME);
  return line === "" ? otherwise : line;
}

function fromRow(row: MfaMethodsTable): Method {
  return {
    methodId: row.method_id,
    tenantId: row.tenant_id,
    accountId: row.account_id,
    kind: row.kind,
    name: row.name,
    secretSealed: row.secret_sealed,
    data: recordFromJson(row.data, "mfa_methods.data"),
    counter: row.counter,
    createdMs: row.created_ms,
    usedMs: row.used_ms,
  };
}

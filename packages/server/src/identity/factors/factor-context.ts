/** What every store of the factors works with, and whose factors are meant. */
import { equalInConstantTime, type Sources } from "@tieline/auth";
import type { Account } from "../../directory/index.ts";
import type { JsonRecord, Queries } from "../../store/index.ts";
import type { Vault } from "../vault.ts";
import type { FactorLimits } from "./limits.ts";

export interface FactorContext {
  db: Queries;
  vault: Vault;
  sources: Sources;
  limits: FactorLimits;
}

/** An account, as far as its factors are concerned. */
export type Owner = Pick<Account, "tenantId" | "accountId" | "userPrincipalName" | "displayName">;

/** The columns by which an owner's rows are found. */
export function columnsOf(owner: Owner): { tenant_id: string; account_id: string } {
  return { tenant_id: owner.tenantId, account_id: owner.accountId };
}

/** Whether two texts are the same; the time tells their lengths apart and nothing else. */
export function isSame(one: string, other: string): boolean {
  return equalInConstantTime(Buffer.from(one), Buffer.from(other));
}

/** A text of a JSON column; empty where there is none. */
export function textIn(record: JsonRecord, name: string): string {
  const value = record[name];
  return typeof value === "string" ? value : "";
}

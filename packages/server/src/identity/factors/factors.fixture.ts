/** Factors over the lab's tenants in memory, with a clock and a transport that the tests hold. */
import { SYSTEM_SOURCES, type Sources } from "@tieline/auth";
import { createLabTenants, Directory, type Account } from "../../directory/index.ts";
import { sqliteDialect, storeOver, type Store } from "../../store/index.ts";
import { Vault } from "../vault.ts";
import { Factors } from "./factors.ts";
import type { FactorLimits } from "./limits.ts";
import type { FactorMessage } from "./transport.ts";

export interface Bench {
  store: Store;
  directory: Directory;
  factors: Factors;
  admin: Account;
  /** An account of another tenant. */
  stranger: Account;
  clock: { nowMs: number };
  sent: FactorMessage[];
  sources: Sources;
}

export async function openBench(limits: Partial<FactorLimits> = {}, given?: Store): Promise<Bench> {
  const clock = { nowMs: Date.UTC(2026, 5, 1, 9) };
  const store = given ?? (await storeOver(sqliteDialect(":memory:"), "sqlite", clock.nowMs));
  const directory = Directory.of(store);
  const credentials = () => Promise.resolve({ passwordHash: null, ntHashSealed: null });
  await createLabTenants(directory, { users: 3, nowMs: clock.nowMs, credentials });
  const sources: Sources = { random: (length) => SYSTEM_SOURCES.random(length), nowMs: () => clock.nowMs };
  const sent: FactorMessage[] = [];
  const transport = {
    send: (message: FactorMessage) => {
      sent.push(message);
      return Promise.resolve();
    },
  };
  const factors = new Factors({ db: store.db, vault: new Vault(new Uint8Array(32).fill(9), sources), sources, transport, limits });
  const admin = (await directory.accounts.find("admin@contoso.com")) as Account;
  const stranger = (await directory.accounts.find("admin@fabrikam.com")) as Account;
  return { store, directory, factors, admin, stranger, clock, sent, sources };
}

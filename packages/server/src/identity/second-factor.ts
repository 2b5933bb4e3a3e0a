/** What the sign-in must know of second factors; whoever has them (the factors' part of the service) fills it in. */
import type { Account } from "../directory/index.ts";

/** `none`: a password is enough; `proof`: a registered factor is asked for; `registration`: one must be set up first. */
export type FactorDemand = "none" | "proof" | "registration";

export interface SecondFactor {
  /**
   * @param address where the person signs in from: some networks are trusted
   * @param client `program` (the default) could have asked a person; `legacy` could not, and is asked for an application password where this
   *   says `proof`
   */
  demand(account: Account, address: string, client?: "program" | "legacy"): Promise<FactorDemand>;
  /**
   * Whether a sign-in of that time, which showed `amr`, may still be renewed without a person: not where the account has
   * registered a second factor since, and it showed none.
   */
  renewal?(account: Account, signIn: { amr: readonly string[]; authTimeMs: number; address: string }): Promise<"none" | "proof">;
  /** True for a password that was made for one legacy program of the account: it takes the account's own password's place. */
  appPassword?(account: Account, password: string): Promise<boolean>;
}

/** A service without second factors. */
export const NO_SECOND_FACTOR: SecondFactor = { demand: () => Promise.resolve("none") };

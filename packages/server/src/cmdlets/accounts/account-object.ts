/** An account as Get-MsolUser shows it. What is not of the vendor's module is marked; the column order is the documentation's. */
import { DateTime, Guid, PsObject } from "@tieline/remoting/objects";
import type { Account } from "../../directory/index.ts";
import { factorSummary, Factors, type FactorSummary } from "../../identity/factors/index.ts";
import type { IdentityService } from "../../identity/index.ts";

export const MSOL_USER = "Microsoft.Online.Administration.User";
/** What New-MsolUser puts out. */
export const MSOL_NEW_USER = "Microsoft.Online.Administration.UserExtended";
export const MSOL_USER_COLUMNS = ["UserPrincipalName", "DisplayName", "BlockCredential", "ObjectId"];

/** What the service's second factors know of the account. */
export function factorsOf(identity: IdentityService, account: Account): Promise<FactorSummary> {
  const { db, sources } = identity.options;
  return factorSummary(new Factors({ db, vault: identity.vault, sources }), account);
}

const at = (ms: number | null): DateTime | null => (ms === null || ms === 0 ? null : DateTime.fromDate(new Date(ms)));

/** @param password one that was just made; it is shown this once */
export function accountObject(account: Account, factors: FactorSummary | undefined, password?: string): PsObject {
  const typeNames = password === undefined ? [MSOL_USER, "System.Object"] : [MSOL_NEW_USER, MSOL_USER, "System.Object"];
  const object = new PsObject({ typeNames });
  const set = (name: string, value: Parameters<PsObject["set"]>[1]): void => void object.set(name, value, "adapted");
  set("UserPrincipalName", account.userPrincipalName);
  set("DisplayName", account.displayName);
  set("SignInName", account.userPrincipalName);
  // The account's id, which tokens call `oid`.
  set("ObjectId", new Guid(account.accountId));
  set("BlockCredential", !account.enabled);
  set("LastPasswordChangeTimestamp", at(account.passwordChangedMs));
  set("StsRefreshTokensValidFrom", at(account.tokensValidFromMs));
  set("UserType", "Member");
  if (factors !== undefined) {
    set("StrongAuthenticationRequirements", factors.state === "Disabled" ? [] : [requirement(factors.state)]);
    set("StrongAuthenticationMethods", factors.methods.map(method(factors.defaultMethod)));
  }
  if (password !== undefined) set("Password", password);
  // Ours:
  set("ForceChangePassword", account.mustChangePassword);
  set("LockedUntil", at(account.lockedUntilMs));
  set("Roles", [...account.roles]);
  set("DirectoryObjectId", account.objectId === null ? null : new Guid(account.objectId));
  object.text = account.userPrincipalName;
  return object;
}

function requirement(state: string): PsObject {
  const object = new PsObject({ typeNames: ["Microsoft.Online.Administration.StrongAuthenticationRequirement", "System.Object"] });
  object.set("RelyingParty", "*", "adapted");
  object.set("State", state, "adapted");
  object.text = state;
  return object;
}

const method =
  (first: string | null) =>
  ({ methodId, kind }: { methodId: string; kind: string }): PsObject => {
    const object = new PsObject({ typeNames: ["Microsoft.Online.Administration.StrongAuthenticationMethod", "System.Object"] });
    // The kinds are this service's own words.
    object.set("MethodType", kind, "adapted");
    object.set("IsDefault", methodId === first, "adapted");
    object.text = kind;
    return object;
  };

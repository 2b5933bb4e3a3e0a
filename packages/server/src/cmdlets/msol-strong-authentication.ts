/**
 * Reset-MsolStrongAuthenticationMethodByUpn, and the parameter -StrongAuthenticationRequirements of Set-MsolUser: how scripts for
 * the vendor's module MSOnline deal with second factors. That the cmdlet exists is documented, its parameters are from memory of public
 * scripts (not verified).
 */
import { ConversionError, textOf, type Cmdlet, type ParameterType } from "@tieline/language";
import { PsObject, type PsValue } from "@tieline/remoting/objects";
import { rolesFor } from "../directory/index.ts";
import type { MfaState } from "../identity/index.ts";
import { accountToChange } from "./accounts/account.ts";
import { checkTenantId, TENANT_ID } from "./accounts/parameters.ts";
import { cmdlet } from "./session.ts";
import { resetFactors } from "./tieline-mfa-user.ts";

const STATES: readonly MfaState[] = ["Disabled", "Enabled", "Enforced"];

const isState = (value: PsValue): boolean => STATES.some((state) => state === value);

const REQUIREMENT: ParameterType<MfaState> = {
  name: "Microsoft.Online.Administration.StrongAuthenticationRequirement",
  shown: "StrongAuthenticationRequirement",
  accepts: isState,
  convert: (value) => stateOf(value),
};

/** A list of objects with a property State; an empty list switches it off. Held as the states alone. */
export const STRONG_REQUIREMENTS: ParameterType<MfaState[]> = {
  name: `${REQUIREMENT.name}[]`,
  shown: `${REQUIREMENT.shown}[]`,
  element: REQUIREMENT,
  accepts: (value) => Array.isArray(value) && value.every((each) => isState(each as PsValue)),
  convert: (value) => listOf(value).map((each) => stateOf(each)),
};

function listOf(value: PsValue): PsValue[] {
  if (value === null) return [];
  const base = value instanceof PsObject && value.base !== undefined ? value.base : value;
  return Array.isArray(base) ? (base as PsValue[]) : [value];
}

function stateOf(value: PsValue): MfaState {
  const given = value instanceof PsObject ? value.get("State") : value;
  const text = textOf(given ?? null).toLowerCase();
  const state = STATES.find((each) => each.toLowerCase() === text);
  if (state === undefined) throw new ConversionError("A StrongAuthenticationRequirement has a State of Enabled, Enforced or Disabled.");
  return state;
}

export const resetMsolStrongAuthenticationMethodByUpn: Cmdlet = cmdlet({
  name: "Reset-MsolStrongAuthenticationMethodByUpn",
  synopsis: "Takes away an account's second factors, for whoever has lost them.",
  description:
    "Does what Reset-TielineMfaUser does: the methods, recovery codes and remembered browsers go, the account's sessions are void, application passwords stay.",
  examples: [
    {
      code: "Reset-MsolStrongAuthenticationMethodByUpn -UserPrincipalName anna@contoso.com",
      remarks: "Lets somebody with a new telephone set it up.",
    },
    {
      code: "Get-MsolUser -SearchString Anna | Reset-MsolStrongAuthenticationMethodByUpn",
      remarks: "Does it for the accounts that are found.",
    },
  ],
  related: ["Reset-TielineMfaUser", "Get-MsolUser"],
  roles: rolesFor("Reset-MsolStrongAuthenticationMethodByUpn", "online"),
  supportsShouldProcess: true,
  parameters: {
    UserPrincipalName: { type: "string", mandatory: true, fromPipelineByPropertyName: true, help: "The account, as name@domain." },
    TenantId: TENANT_ID,
  },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    const account = await accountToChange(context, args);
    if (account === undefined || !(await context.shouldProcess(account.userPrincipalName))) return;
    await resetFactors(context, account, false);
  },
});

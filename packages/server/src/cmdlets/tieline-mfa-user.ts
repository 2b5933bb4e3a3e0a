/**
 * Get-, Set- and Reset-TielineMfaUser: what administrators do about an account's second factors. OURS; Set-MsolUser
 * -StrongAuthenticationRequirements and Reset-MsolStrongAuthenticationMethodByUpn do parts of it under the vendor's names.
 */
import { enumType, textOf, type Cmdlet } from "@tieline/language";
import { DateTime, Guid, PsObject } from "@tieline/remoting/objects";
import { rolesFor, type Account } from "../directory/index.ts";
import { factorSummary, type Factors, type MfaState } from "../identity/index.ts";
import { accountToChange, isOneself, namedAccount } from "./accounts/account.ts";
import { factorsOfSite } from "./mfa.ts";
import { cmdlet, identityOf, mine, type SessionContext } from "./session.ts";

const TYPE_NAME = "Tieline.MfaUser";
const COLUMNS = ["UserPrincipalName", "State", "Registered", "Methods", "RecoveryCodesLeft", "AppPasswords"];

const STATE = enumType("Tieline.MfaState", ["Disabled", "Enabled", "Enforced"]);

/** By the event that leads there (the table of transitions). */
export const EVENTS = { Disabled: "disable", Enabled: "enable", Enforced: "enforce" } as const satisfies Record<MfaState, string>;

const NAMED = {
  UserPrincipalName: { type: "string", position: 0, fromPipelineByPropertyName: true, help: "The account, as name@domain." },
  ObjectId: { type: "guid", fromPipelineByPropertyName: true, help: "The account's id, in place of its name." },
} as const;

async function shown(factors: Factors, account: Account): Promise<PsObject> {
  const facts = await factorSummary(factors, account);
  const object = new PsObject({ typeNames: [TYPE_NAME, "System.Object"] });
  const set = (name: string, value: Parameters<PsObject["set"]>[1]): void => void object.set(name, value, "adapted");
  set("UserPrincipalName", account.userPrincipalName);
  set("ObjectId", new Guid(account.accountId));
  set("State", facts.state);
  set("Registered", facts.registeredMs === null ? null : DateTime.fromDate(new Date(facts.registeredMs)));
  set("RegisterAgain", facts.registerAgain);
  set(
    "Methods",
    facts.methods.map(({ kind, name }) => `${kind}: ${name}`),
  );
  set("RecoveryCodesLeft", facts.recoveryCodesLeft);
  set(
    "AppPasswords",
    (await factors.appPasswords.list(account)).map(({ name }) => name),
  );
  object.text = account.userPrincipalName;
  return object;
}

export const getTielineMfaUser: Cmdlet = cmdlet({
  name: "Get-TielineMfaUser",
  synopsis: "Shows which second factors accounts have.",
  description:
    "Shows each account with its state (Disabled, Enabled or Enforced), its methods and its application passwords by their names.",
  examples: [
    { code: "Get-TielineMfaUser", remarks: "Shows all accounts of the tenant." },
    { code: "Get-TielineMfaUser anna@contoso.com", remarks: "Shows one." },
  ],
  related: ["Set-TielineMfaUser", "Reset-TielineMfaUser"],
  roles: rolesFor("Get-TielineMfaUser", "online"),
  output: [{ typeName: TYPE_NAME, view: { kind: "table", columns: COLUMNS.map((property) => ({ property })) } }],
  parameters: NAMED,
  async process(args, context) {
    const factors = factorsOfSite(context);
    if (args.UserPrincipalName === undefined && args.ObjectId === undefined) {
      for (const account of await mine(context).accounts.list()) await context.write(await shown(factors, account));
      return;
    }
    const account = await namedAccount(context, args);
    if (account !== undefined) await context.write(await shown(factors, account));
  },
});

export const setTielineMfaUser: Cmdlet = cmdlet({
  name: "Set-TielineMfaUser",
  synopsis: "Switches multi-factor sign-in of an account on or off, or has it set up again.",
  description:
    "Enabled: a second factor is set up at the next sign-in in a browser, and legacy programs go on with the password until then; after that the account is Enforced. Enforced: a second factor is asked for at once, and legacy programs need an application password. -RevokeSessions voids the account's tokens, browsers and sessions.",
  examples: [
    { code: "Set-TielineMfaUser anna@contoso.com -State Enabled", remarks: "Has a second factor set up at the next sign-in." },
    {
      code: "Set-TielineMfaUser anna@contoso.com -RequireRegistration -RevokeSessions",
      remarks: "Has the methods shown and set up again.",
    },
  ],
  related: ["Get-TielineMfaUser", "Reset-TielineMfaUser", "Set-MsolUser"],
  roles: rolesFor("Set-TielineMfaUser", "online"),
  supportsShouldProcess: true,
  parameters: {
    ...NAMED,
    State: { type: STATE, help: "Disabled, Enabled or Enforced." },
    RequireRegistration: { type: "switch", help: "Has the methods set up again at the next sign-in in a browser." },
    RevokeSessions: { type: "switch", help: "Voids the account's tokens, remembered browsers and sessions." },
  },
  async process(args, context) {
    const account = await accountToChange(context, args);
    if (account === undefined || !(await context.shouldProcess(account.userPrincipalName))) return;
    const factors = factorsOfSite(context);
    const state = args.State === undefined || args.State === null ? undefined : (textOf(args.State) as MfaState);
    if (state !== undefined) await factors.accounts.change(account, EVENTS[state]);
    if (args.RequireRegistration === true) await factors.accounts.requireRegistration(account);
    if (args.RevokeSessions === true) await revoke(context, factors, account);
  },
});

export const resetTielineMfaUser: Cmdlet = cmdlet({
  name: "Reset-TielineMfaUser",
  synopsis: "Takes away an account's second factors, for whoever has lost them.",
  description:
    "Removes the account's methods, recovery codes and remembered browsers, and voids its sessions. The state stays: an account that is Enforced sets up a new method at the next sign-in in a browser.",
  examples: [
    { code: "Reset-TielineMfaUser anna@contoso.com", remarks: "Lets somebody with a new telephone set it up." },
    { code: "Reset-TielineMfaUser anna@contoso.com -IncludeAppPasswords", remarks: "Takes the application passwords away, too." },
  ],
  related: ["Get-TielineMfaUser", "Set-TielineMfaUser", "Reset-MsolStrongAuthenticationMethodByUpn"],
  roles: rolesFor("Reset-TielineMfaUser", "online"),
  supportsShouldProcess: true,
  parameters: {
    ...NAMED,
    IncludeAppPasswords: { type: "switch", help: "Takes away the application passwords, too." },
  },
  async process(args, context) {
    const account = await accountToChange(context, args);
    if (account === undefined || !(await context.shouldProcess(account.userPrincipalName))) return;
    await resetFactors(context, account, args.IncludeAppPasswords === true);
  },
});

export async function resetFactors(context: SessionContext, account: Account, appPasswords: boolean): Promise<void> {
  const factors = factorsOfSite(context);
  await factors.reset(account, { appPasswords });
  await revoke(context, factors, account);
}

async function revoke(context: SessionContext, factors: Factors, account: Account): Promise<void> {
  const { session } = context;
  await factors.browsers.forgetAll(account);
  await identityOf(context).revoke(session.tenantId, account.accountId, isOneself(context, account) ? session.sessionId : undefined);
}

/**
 * Get-, New-, Set- and Remove-MsolUser: the accounts that sign in. A user of the directory (Get-CsOnlineUser) and an account are
 * two things: New-MsolUser makes an account, and joins it to the directory's user of the same name where there is one;
 * Remove-MsolUser takes the account away and leaves the directory's user. Documented parameters about addresses, licences and
 * telephones belong to the directory's user here and are left out (msol-catalogue.test.ts lists them).
 */
import { enumType, textOf, type Cmdlet } from "@tieline/language";
import { isFault } from "@tieline/fault";
import type { PsObject } from "@tieline/remoting/objects";
import { rolesFor, type Account, type AccountId } from "../../directory/index.ts";
import { refuse } from "../refusals.ts";
import { cmdlet, identityOf, mine, type SessionContext } from "../session.ts";
import { accountObject, factorsOf, MSOL_NEW_USER, MSOL_USER, MSOL_USER_COLUMNS } from "./account-object.ts";
import { accountToChange, isOneself, keepingAnAdministrator, namedAccount } from "./account.ts";
import { STRONG_REQUIREMENTS } from "../msol-strong-authentication.ts";
import { factorsOfSite } from "../mfa.ts";
import { EVENTS } from "../tieline-mfa-user.ts";
import { ALL, checkTenantId, limited, PASSWORD, SEARCH, TENANT_ID } from "./parameters.ts";
import { newPassword } from "./password.ts";

const OUTPUT = [{ typeName: MSOL_USER, view: { kind: "table" as const, columns: MSOL_USER_COLUMNS.map((property) => ({ property })) } }];

const ENABLED_FILTER = enumType("Microsoft.Online.Administration.UserEnabledFilter", ["All", "EnabledOnly", "DisabledOnly"]);

const shown = async (context: SessionContext, account: Account): Promise<PsObject> =>
  accountObject(account, await factorsOf(identityOf(context), account));

const LIST = ["ListUsers__0", "All__0"] as const;

export const getMsolUser: Cmdlet = cmdlet({
  name: "Get-MsolUser",
  synopsis: "Shows the accounts that may sign in.",
  description:
    "Shows accounts of the tenant: whether they are blocked, when the password was changed, which second factors they have, which roles. Accounts are not the directory's users, whom Get-CsOnlineUser shows; DirectoryObjectId says which of them an account belongs to.",
  examples: [
    { code: "Get-MsolUser", remarks: "Shows the first 500 accounts." },
    { code: "Get-MsolUser -UserPrincipalName alice@contoso.com | Select-Object *", remarks: "Shows all that is known of an account." },
    { code: "Get-MsolUser -EnabledFilter DisabledOnly -All", remarks: "Shows the accounts that are blocked." },
  ],
  related: ["New-MsolUser", "Set-MsolUser", "Get-MsolRoleMember"],
  roles: rolesFor("Get-MsolUser", "online"),
  output: OUTPUT,
  defaultSet: "ListUsers__0",
  parameters: {
    UserPrincipalName: {
      type: "string",
      mandatory: true,
      fromPipelineByPropertyName: true,
      sets: ["GetUserByUpn__0"],
      help: "The account, as name@domain.",
    },
    ObjectId: { type: "guid", mandatory: true, fromPipelineByPropertyName: true, sets: ["GetUser__0"], help: "The account's id." },
    SearchString: { ...SEARCH, sets: LIST, help: "Shows those whose name, or user principal name, begins with this text." },
    DomainName: { type: "string", sets: LIST, help: "Shows those of one domain." },
    EnabledFilter: { type: ENABLED_FILTER, sets: LIST, help: "All, EnabledOnly or DisabledOnly." },
    MaxResults: {
      type: "int",
      sets: ["ListUsers__0"],
      validate: { range: [1, 2147483647] },
      default: "500",
      help: "How many to show at most.",
    },
    All: ALL,
    TenantId: TENANT_ID,
  },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    if (context.parameterSet.startsWith("GetUser")) {
      const account = await namedAccount(context, args);
      if (account !== undefined) await context.write(await shown(context, account));
      return;
    }
    const start = args.SearchString?.trim().toLowerCase() ?? "";
    const domain = args.DomainName?.trim().toLowerCase();
    const state = textOf(args.EnabledFilter ?? "All");
    const found = (await mine(context).accounts.list()).filter(
      (each) =>
        [each.displayName, each.userPrincipalName].some((name) => name.toLowerCase().startsWith(start)) &&
        (domain === undefined || each.userPrincipalName.toLowerCase().endsWith(`@${domain}`)) &&
        (state === "All" || each.enabled === (state === "EnabledOnly")),
    );
    for (const account of args.All === true ? found : limited(context, found, args.MaxResults ?? 500)) {
      await context.write(await shown(context, account));
    }
  },
});

const NAME = /^[^\s@"\\/[\]:;|=,+*?<>]{1,64}$/;

/** The name with its domain as the tenant writes it, or undefined after the refusal. */
async function checkedName(context: SessionContext, user: string): Promise<{ name: string; upn: string } | undefined> {
  const [name = "", domain = "", ...more] = user.trim().split("@");
  const found = (await mine(context).domains.list()).find((each) => each.verified && each.name.toLowerCase() === domain.toLowerCase());
  const reason =
    !NAME.test(name) || domain === "" || more.length > 0
      ? "its form is not name@domain"
      : found === undefined
        ? `${domain} is no domain of it`
        : "";
  if (reason === "" && found !== undefined) return { name, upn: `${name}@${found.name}` };
  context.writeError(refuse("msol-user-name", { user, reason }, user));
  return undefined;
}

/** Nothing where the parameter was left out; switched off by an empty list. */
async function setRequirements(context: SessionContext, account: Account, states: readonly string[] | null | undefined): Promise<void> {
  if (states === undefined || states === null) return;
  const state = (states[0] ?? "Disabled") as keyof typeof EVENTS;
  await factorsOfSite(context).accounts.change(account, EVENTS[state]);
}

export const newMsolUser: Cmdlet = cmdlet({
  name: "New-MsolUser",
  synopsis: "Makes an account.",
  description:
    "Makes an account without any role, joined to the user of the directory who has the same user principal name, where there is one. Without -Password one is made, and shown this once in the property Password. Unless -ForceChangePassword is $false, the password is good for one sign-in in a browser, where a new one is set. What the account may do is said by Add-MsolRoleMember.",
  examples: [
    {
      code: 'New-MsolUser -UserPrincipalName anna@contoso.com -DisplayName "Anna Bauer"',
      remarks: "Makes an account, and shows the password that was made for it.",
    },
    {
      code: 'New-MsolUser -UserPrincipalName anna@contoso.com -DisplayName "Anna Bauer" -BlockCredential $true',
      remarks: "Makes one that may not sign in yet.",
    },
  ],
  related: ["Get-MsolUser", "Set-MsolUserPassword", "Add-MsolRoleMember"],
  roles: rolesFor("New-MsolUser", "online"),
  output: [
    {
      typeName: MSOL_NEW_USER,
      view: { kind: "table", columns: ["Password", "UserPrincipalName", "DisplayName"].map((property) => ({ property })) },
    },
    ...OUTPUT,
  ],
  supportsShouldProcess: true,
  parameters: {
    UserPrincipalName: { type: "string", fromPipelineByPropertyName: true, help: "The name to sign in with, in a domain of the tenant." },
    DisplayName: { type: "string", fromPipelineByPropertyName: true, help: "The name that is shown." },
    Password: {
      type: PASSWORD,
      fromPipelineByPropertyName: true,
      help: "The password, of at least 12 characters. A command line may stay in a history: leave it out where you can.",
    },
    ForceChangePassword: {
      type: "bool",
      fromPipelineByPropertyName: true,
      default: "$true",
      help: "Whether the first sign-in sets a new password.",
    },
    BlockCredential: {
      type: "bool",
      fromPipelineByPropertyName: true,
      default: "$false",
      help: "Whether the account may not sign in yet.",
    },
    StrongAuthenticationRequirements: {
      type: STRONG_REQUIREMENTS,
      fromPipelineByPropertyName: true,
      help: "An object with the State Enabled or Enforced switches multi-factor sign-in on.",
    },
    TenantId: TENANT_ID,
  },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    const identity = identityOf(context);
    const { session } = context;
    const displayName = args.DisplayName?.trim() ?? "";
    const checked = await checkedName(context, args.UserPrincipalName ?? "");
    if (checked === undefined) return;
    if (displayName === "" || displayName.length > 256) {
      return context.writeError(
        refuse("msol-user-name", { user: checked.upn, reason: "it needs a -DisplayName of at most 256 characters" }),
      );
    }
    if ((await mine(context).accounts.byName(checked.upn)) !== undefined) {
      return context.writeError(refuse("msol-user-exists", { user: checked.upn }, checked.upn));
    }
    const password = await newPassword(context, args.Password, checked.upn);
    if (password === undefined || !(await context.shouldProcess(checked.upn))) return;
    const accountId = session.newGuid() as AccountId;
    const [user] = await mine(context).users.find((eb) => eb("upn_key", "=", checked.upn.toLowerCase()), 1);
    try {
      const account = {
        accountId,
        userPrincipalName: checked.upn,
        accountName: checked.name,
        displayName,
        objectId: user?.objectId ?? null,
        passwordHash: password.passwordHash,
        roles: [],
        enabled: args.BlockCredential !== true,
        mustChangePassword: args.ForceChangePassword !== false,
      };
      await mine(context).accounts.add(account, session.nowMs());
    } catch (error) {
      if (!isFault(error) || error.code !== "directory-duplicate") throw error;
      return context.writeError(refuse("msol-user-exists", { user: checked.upn }, checked.upn));
    }
    const account = await mine(context).accounts.get(accountId);
    if (account !== undefined) await setRequirements(context, account, args.StrongAuthenticationRequirements);
    if (account !== undefined) await context.write(accountObject(account, await factorsOf(identity, account), password.drawn));
  },
});

export const setMsolUser: Cmdlet = cmdlet({
  name: "Set-MsolUser",
  synopsis: "Changes an account, or blocks it.",
  description:
    "Changes what is given. An account that is blocked signs in nowhere from then on; its tokens are void and its sessions end. Nobody blocks their own account, and the last Global Administrator cannot be blocked.",
  examples: [
    { code: "Set-MsolUser -UserPrincipalName anna@contoso.com -BlockCredential $true", remarks: "Blocks an account." },
    { code: 'Set-MsolUser -UserPrincipalName anna@contoso.com -DisplayName "Anna Bauer"', remarks: "Changes the name that is shown." },
  ],
  related: ["Get-MsolUser", "Set-MsolUserPassword"],
  roles: rolesFor("Set-MsolUser", "online"),
  supportsShouldProcess: true,
  parameters: {
    UserPrincipalName: { type: "string", fromPipelineByPropertyName: true, help: "The account, as name@domain." },
    ObjectId: { type: "guid", fromPipelineByPropertyName: true, help: "The account's id, in place of its name." },
    DisplayName: { type: "string", fromPipelineByPropertyName: true, help: "The name that is shown." },
    BlockCredential: { type: "bool", fromPipelineByPropertyName: true, help: "Whether the account may not sign in." },
    StrongAuthenticationRequirements: {
      type: STRONG_REQUIREMENTS,
      fromPipelineByPropertyName: true,
      help: "An object with the State Enabled or Enforced switches multi-factor sign-in on, an empty list switches it off.",
    },
    TenantId: TENANT_ID,
  },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    const { session } = context;
    const identity = identityOf(context);
    const account = await accountToChange(context, args);
    if (account === undefined) return;
    if (args.BlockCredential === true && isOneself(context, account)) {
      return context.writeError(refuse("msol-oneself", { user: account.userPrincipalName, what: "block" }, account.userPrincipalName));
    }
    if (!(await context.shouldProcess(account.userPrincipalName))) return;
    const change = async ({ accounts }: ReturnType<typeof mine>): Promise<void> => {
      const displayName = args.DisplayName?.trim() ?? "";
      if (displayName !== "") await accounts.setDisplayName(account.accountId, displayName.slice(0, 256), session.nowMs());
      if (args.BlockCredential !== undefined) await accounts.setEnabled(account.accountId, !args.BlockCredential, session.nowMs());
    };
    await setRequirements(context, account, args.StrongAuthenticationRequirements);
    if (args.BlockCredential !== true) return change(mine(context));
    const isDone = await keepingAnAdministrator(context, account, (directory) => change(directory.tenant(session.tenantId)));
    if (isDone) await identity.revoke(session.tenantId, account.accountId);
  },
});

export const removeMsolUser: Cmdlet = cmdlet({
  name: "Remove-MsolUser",
  synopsis: "Removes an account.",
  description:
    "Removes an account with its roles and second factors; its tokens are void and its sessions end. It does not come back: there is no recycle bin here. The directory's user of the same name stays. Nobody removes their own account, and the last Global Administrator cannot be removed. It asks first, unless -Force is given.",
  examples: [
    { code: "Remove-MsolUser -UserPrincipalName anna@contoso.com -Force", remarks: "Removes an account without asking." },
    {
      code: "Get-MsolUser -EnabledFilter DisabledOnly | Remove-MsolUser",
      remarks: "Removes the accounts that are blocked, asking for each.",
    },
  ],
  related: ["Get-MsolUser", "New-MsolUser"],
  roles: rolesFor("Remove-MsolUser", "online"),
  supportsShouldProcess: true,
  defaultSet: "RemoveUser__0",
  parameters: {
    UserPrincipalName: {
      type: "string",
      mandatory: true,
      fromPipelineByPropertyName: true,
      sets: ["RemoveUserByUpn__0"],
      help: "The account, as name@domain.",
    },
    ObjectId: { type: "guid", mandatory: true, fromPipelineByPropertyName: true, sets: ["RemoveUser__0"], help: "The account's id." },
    Force: { type: "switch", help: "Does not ask." },
    TenantId: TENANT_ID,
  },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    const { session } = context;
    const identity = identityOf(context);
    const account = await accountToChange(context, args);
    if (account === undefined) return;
    const user = account.userPrincipalName;
    if (isOneself(context, account)) return context.writeError(refuse("msol-oneself", { user, what: "remove" }, user));
    if (!(await context.shouldProcess(user))) return;
    if (args.Force !== true && !(await context.shouldContinue(`Remove the account ${user}? It does not come back.`, "Confirm"))) return;
    const isDone = await keepingAnAdministrator(context, account, (directory) =>
      directory.tenant(session.tenantId).accounts.remove(account.accountId),
    );
    if (isDone) await identity.revoke(session.tenantId, account.accountId);
  },
});

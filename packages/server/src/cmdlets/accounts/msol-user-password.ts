/** Set-MsolUserPassword: a new password for an account. */
import { type Cmdlet } from "@tieline/language";
import { rolesFor } from "../../directory/index.ts";
import { Factors } from "../../identity/factors/index.ts";
import { cmdlet, identityOf, mine } from "../session.ts";
import { accountToChange, isOneself } from "./account.ts";
import { checkTenantId, PASSWORD, TENANT_ID } from "./parameters.ts";
import { newPassword } from "./password.ts";

export const setMsolUserPassword: Cmdlet = cmdlet({
  name: "Set-MsolUserPassword",
  synopsis: "Gives an account a new password.",
  description:
    "Sets a password, or makes one and puts it out, this once. A lock after wrong passwords is taken away. The account's tokens are void and its sessions end, but for the one that this is run in; browsers are trusted no longer. Application passwords stay. Unless -ForceChangePassword is $false, the password is good for one sign-in in a browser, where a new one is set.",
  examples: [
    { code: "Set-MsolUserPassword -UserPrincipalName anna@contoso.com", remarks: "Makes a password and shows it." },
    {
      code: "Set-MsolUserPassword -UserPrincipalName anna@contoso.com -ForceChangePasswordOnly $true -ForceChangePassword $true",
      remarks: "Leaves the password, which has to be changed at the next sign-in.",
    },
  ],
  related: ["New-MsolUser", "Set-MsolUser"],
  roles: rolesFor("Set-MsolUserPassword", "online"),
  output: [{ typeName: "System.String" }],
  supportsShouldProcess: true,
  defaultSet: "ResetUserPassword__0",
  parameters: {
    UserPrincipalName: {
      type: "string",
      mandatory: true,
      fromPipelineByPropertyName: true,
      sets: ["ResetUserPasswordByUpn__0"],
      help: "The account, as name@domain.",
    },
    ObjectId: {
      type: "guid",
      mandatory: true,
      fromPipelineByPropertyName: true,
      sets: ["ResetUserPassword__0"],
      help: "The account's id.",
    },
    NewPassword: {
      type: PASSWORD,
      fromPipelineByPropertyName: true,
      help: "The password, of at least 12 characters. A command line may stay in a history: leave it out where you can.",
    },
    ForceChangePassword: {
      type: "bool",
      fromPipelineByPropertyName: true,
      default: "$true",
      help: "Whether the next sign-in sets a new password.",
    },
    ForceChangePasswordOnly: {
      type: "bool",
      fromPipelineByPropertyName: true,
      default: "$false",
      help: "Leaves the password as it is, and says only whether it must be changed.",
    },
    TenantId: TENANT_ID,
  },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    const { session } = context;
    const identity = identityOf(context);
    const account = await accountToChange(context, args);
    if (account === undefined) return;
    const { accountId, userPrincipalName } = account;
    const { accounts } = mine(context);
    const mustChange = args.ForceChangePassword !== false;
    if (args.ForceChangePasswordOnly === true) {
      if (await context.shouldProcess(userPrincipalName)) await accounts.setMustChange(accountId, mustChange, session.nowMs());
      return;
    }
    const password = await newPassword(context, args.NewPassword, userPrincipalName);
    if (password === undefined || !(await context.shouldProcess(userPrincipalName))) return;
    // A site with an authorization server has no NTLM, so there is no NT hash to keep in step.
    await accounts.setPassword(accountId, { passwordHash: password.passwordHash, ntHashSealed: null, mustChange }, session.nowMs());
    await accounts.unlock(accountId, session.nowMs());
    await session.directory.knownSources.unlock(account);
    // A browser that was trusted under the older password is asked for a second factor again.
    await new Factors({ db: identity.options.db, vault: identity.vault, sources: identity.options.sources }).browsers.forgetAll(account);
    await identity.revoke(session.tenantId, accountId, isOneself(context, account) ? session.sessionId : undefined);
    if (password.drawn !== undefined) await context.write(password.drawn);
  },
});

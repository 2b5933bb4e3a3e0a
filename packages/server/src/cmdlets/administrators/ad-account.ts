/** Set-ADAccountPassword, Enable-, Disable- and Unlock-ADAccount: how an account of the deployment signs in, and whether. */
import { verifyPassword } from "@tieline/auth";
import type { Cmdlet, ParameterDeclarations } from "@tieline/language";
import { rolesFor, type Account } from "../../directory/index.ts";
import { refuse } from "../refusals.ts";
import { cmdlet, mine, tenantOf, type SessionContext } from "../session.ts";
import { AD_USER, adUserObject, COMMANDS, personDn } from "./ad-objects.ts";
import { passwordHashes } from "./ad-password.ts";
import { AD_PASSWORD, ELSEWHERE } from "./parameters.ts";
import { accountOf, AD_ACCOUNT_ID, idFor, namedPerson, type Person } from "./person.ts";
import { changeRights, endSessions, takeRights } from "./rights.ts";

const ACCOUNT = {
  Identity: {
    type: AD_ACCOUNT_ID,
    mandatory: true,
    position: 0,
    fromPipeline: true,
    help: "The person: logon name, DOMAIN\\logon, user principal name, GUID or distinguished name.",
  },
  PassThru: { type: "switch", help: "Puts out the person after the change." },
  ...ELSEWHERE,
} as const satisfies ParameterDeclarations;

async function show(context: SessionContext, person: Person, isWanted: boolean | null | undefined): Promise<void> {
  const account = person.account === undefined ? undefined : await mine(context).accounts.get(person.account.accountId);
  if (isWanted === true) await context.write(adUserObject({ ...person, account }, await tenantOf(context)));
}

export const setAdAccountPassword: Cmdlet = cmdlet({
  name: "Set-ADAccountPassword",
  implementingType: `${COMMANDS}.SetADAccountPassword`,
  synopsis: "Gives an account of the deployment a new password.",
  description:
    "Sets the password with which the account signs in at this deployment: with -Reset whatever it was, else after the one before. Somebody of the directory who has no account yet gets one. A lock after wrong passwords is taken away, and the account's open sessions end, but for the one that this is run in. Where the people are Active Directory's, the password there stays as it is.",
  examples: [
    {
      code: 'Set-ADAccountPassword -Identity kenmyer -Reset -NewPassword (Read-Host -AsSecureString "Password")',
      remarks: "Gives a password; the text is asked for at the client.",
    },
    { code: "Set-ADAccountPassword kenmyer -OldPassword $old -NewPassword $new", remarks: "Changes it where the one before is known." },
  ],
  related: ["New-ADUser", "Add-ADGroupMember", "Unlock-ADAccount"],
  roles: rolesFor("Set-ADAccountPassword", "pool"),
  output: [{ typeName: AD_USER }],
  supportsShouldProcess: true,
  parameters: {
    ...ACCOUNT,
    NewPassword: {
      type: AD_PASSWORD,
      mandatory: true,
      help: "The password, of at least 12 characters. A text is taken, too, but a command line may stay in a history.",
    },
    OldPassword: { type: AD_PASSWORD, help: "The password before." },
    Reset: { type: "switch", help: "Sets the password without the one before." },
  },
  async process(args, context) {
    const { session } = context;
    const tenant = await tenantOf(context);
    const person = await namedPerson(context, args.Identity, tenant);
    if (person === undefined) return;
    const { account: before } = person;
    const name = person.accountName;
    if (args.Reset !== true) {
      const old = args.OldPassword?.reveal();
      if (old === undefined) return context.writeError(refuse("ad-password-how", {}, name));
      if (!(await verifyPassword(before?.passwordHash ?? undefined, old))) return context.writeError(refuse("ad-old-password", {}, name));
    }
    const accountId = idFor(context, person);
    const hashes = await passwordHashes(context, args.NewPassword, { accountId, userPrincipalName: person.userPrincipalName });
    if (hashes === undefined || !(await context.shouldProcess(personDn(person, tenant), "Set-ADAccountPassword"))) return;
    let account: Account | undefined;
    await changeRights(context, async (directory) => {
      account = await accountOf(context, directory, person, accountId);
      const { accounts } = directory.tenant(session.tenantId);
      await accounts.setPassword(accountId, hashes, session.nowMs());
      await accounts.unlock(accountId, session.nowMs());
    });
    if (account === undefined) return;
    endSessions(context, account);
    await show(context, { ...person, account }, args.PassThru);
  },
});

/** Somebody who has an account, once it is said that it is meant; undefined after a refusal, too. */
async function toChange(context: SessionContext, identity: string): Promise<(Person & { account: Account }) | undefined> {
  const tenant = await tenantOf(context);
  const person = await namedPerson(context, identity, tenant);
  if (person === undefined) return undefined;
  const { account } = person;
  if (account === undefined) {
    context.writeError(refuse("ad-no-account", { name: person.accountName }, person.accountName));
    return undefined;
  }
  return (await context.shouldProcess(personDn(person, tenant), "Set")) ? { ...person, account } : undefined;
}

export const enableAdAccount: Cmdlet = cmdlet({
  name: "Enable-ADAccount",
  implementingType: `${COMMANDS}.EnableADAccount`,
  synopsis: "Lets an account of the deployment sign in.",
  description:
    "Lets an account sign in again, or for the first time where it was made without -Enabled. What it may do is said by its groups.",
  examples: [
    { code: "Enable-ADAccount -Identity kenmyer", remarks: "Enables one account." },
    { code: "Enable-ADAccount CONTOSO\\kenmyer -PassThru", remarks: "Enables it and shows the person." },
  ],
  related: ["Disable-ADAccount", "New-ADUser", "Add-ADGroupMember"],
  roles: rolesFor("Enable-ADAccount", "pool"),
  output: [{ typeName: AD_USER }],
  supportsShouldProcess: true,
  parameters: ACCOUNT,
  async process(args, context) {
    const person = await toChange(context, args.Identity);
    if (person === undefined) return;
    await mine(context).accounts.setEnabled(person.account.accountId, true, context.session.nowMs());
    await show(context, person, args.PassThru);
  },
});

export const disableAdAccount: Cmdlet = cmdlet({
  name: "Disable-ADAccount",
  implementingType: `${COMMANDS}.DisableADAccount`,
  synopsis: "Keeps an account of the deployment from signing in.",
  description:
    "The account signs in nowhere from then on, and its open sessions end, but for the one that this is run in. It keeps its groups. Somebody stays in CsAdministrator who can sign in with a password or a key.",
  examples: [
    { code: "Disable-ADAccount -Identity kenmyer", remarks: "Disables one account." },
    { code: "Disable-ADAccount CONTOSO\\kenmyer -PassThru", remarks: "Disables it and shows the person." },
  ],
  related: ["Enable-ADAccount", "Remove-ADGroupMember"],
  roles: rolesFor("Disable-ADAccount", "pool"),
  output: [{ typeName: AD_USER }],
  supportsShouldProcess: true,
  parameters: ACCOUNT,
  async process(args, context) {
    const { session } = context;
    const person = await toChange(context, args.Identity);
    if (person === undefined) return;
    const { account } = person;
    const isDone = await takeRights(context, [account], (directory) =>
      directory.tenant(session.tenantId).accounts.setEnabled(account.accountId, false, session.nowMs()),
    );
    if (!isDone) return;
    endSessions(context, account);
    await show(context, person, args.PassThru);
  },
});

export const unlockAdAccount: Cmdlet = cmdlet({
  name: "Unlock-ADAccount",
  implementingType: `${COMMANDS}.UnlockADAccount`,
  synopsis: "Takes the lock after wrong passwords from an account of the deployment.",
  description: "Lets an account sign in that was locked after wrong passwords, from all addresses. The password stays.",
  examples: [
    { code: "Unlock-ADAccount -Identity kenmyer", remarks: "Unlocks one account." },
    { code: "Unlock-ADAccount CONTOSO\\kenmyer -PassThru", remarks: "Unlocks it and shows the person." },
  ],
  related: ["Set-ADAccountPassword", "Enable-ADAccount"],
  roles: rolesFor("Unlock-ADAccount", "pool"),
  output: [{ typeName: AD_USER }],
  supportsShouldProcess: true,
  parameters: ACCOUNT,
  async process(args, context) {
    const person = await toChange(context, args.Identity);
    if (person === undefined) return;
    await mine(context).accounts.unlock(person.account.accountId, context.session.nowMs());
    await show(context, person, args.PassThru);
  },
});

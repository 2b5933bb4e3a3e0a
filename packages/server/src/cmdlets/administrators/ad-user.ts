/** New-ADUser: somebody new in the directory of a deployment that has one of its own, with an account that signs in. */
import type { Cmdlet } from "@tieline/language";
import { isFault } from "@tieline/fault";
import { accountId, key, objectId, rolesFor, type UserRecord } from "../../directory/index.ts";
import { refuse } from "../refusals.ts";
import { cmdlet, mine, tenantOf, type SessionContext } from "../session.ts";
import { AD_USER, adUserObject, COMMANDS, personDn } from "./ad-objects.ts";
import { passwordHashes } from "./ad-password.ts";
import { AD_PASSWORD, ELSEWHERE } from "./parameters.ts";
import { personOf } from "./person.ts";

/** What Active Directory takes as sAMAccountName of a person. */
const LOGON = /^[^"/\\[\]:;|=,+*?<>@\s\0]{1,20}$/;
const PRINCIPAL = /^[^@\s\0]{1,64}@[^@\s\0]{1,253}$/;

const MAX_NAME = 64;

export const newAdUser: Cmdlet = cmdlet({
  name: "New-ADUser",
  implementingType: `${COMMANDS}.NewADUser`,
  synopsis: "Makes a person in the deployment's own directory, with an account.",
  description:
    "Makes somebody whom Get-CsAdUser shows and who signs in with the password that is given. What they may do is said by Add-ADGroupMember, a SIP address is given by Enable-CsUser. Without -Enabled $true the account does not sign in yet. A deployment whose people are read from Active Directory has them made there.",
  examples: [
    {
      code: 'New-ADUser -Name "Anna Bauer" -SamAccountName anna -UserPrincipalName anna@contoso.local -AccountPassword (Read-Host -AsSecureString "Password") -Enabled $true',
      remarks: "Makes somebody who signs in with a password, which is asked for at the client.",
    },
    { code: "New-ADUser anna -PassThru", remarks: "Makes somebody who does not sign in yet; the other names are made of this one." },
  ],
  related: ["Add-ADGroupMember", "Set-ADAccountPassword", "Enable-ADAccount", "Get-CsAdUser", "Enable-CsUser"],
  roles: rolesFor("New-ADUser", "pool"),
  output: [
    {
      typeName: AD_USER,
      view: {
        kind: "list",
        columns: [
          "DistinguishedName",
          "Enabled",
          "GivenName",
          "Name",
          "ObjectClass",
          "ObjectGUID",
          "SamAccountName",
          "SID",
          "Surname",
          "UserPrincipalName",
        ].map((property) => ({ property })),
      },
    },
  ],
  supportsShouldProcess: true,
  parameters: {
    Name: {
      type: "string",
      mandatory: true,
      position: 0,
      fromPipelineByPropertyName: true,
      help: "The name of the object, which is shown.",
    },
    SamAccountName: {
      type: "string",
      fromPipelineByPropertyName: true,
      help: "The logon name, of at most 20 characters; left out, it is the name.",
    },
    UserPrincipalName: {
      type: "string",
      fromPipelineByPropertyName: true,
      help: "The name to sign in with, as name@domain; left out, the logon name in the deployment's domain.",
    },
    AccountPassword: {
      type: AD_PASSWORD,
      fromPipelineByPropertyName: true,
      help: "The password, of at least 12 characters. A text is taken, too, but a command line may stay in a history.",
    },
    Enabled: {
      type: "bool",
      fromPipelineByPropertyName: true,
      default: "$false",
      help: "Whether the account may sign in; it needs a password then.",
    },
    DisplayName: { type: "string", fromPipelineByPropertyName: true, help: "The name that is shown, in place of -Name." },
    GivenName: { type: "string", fromPipelineByPropertyName: true, help: "The first name." },
    Surname: { type: "string", fromPipelineByPropertyName: true, help: "The last name." },
    EmailAddress: { type: "string", fromPipelineByPropertyName: true, help: "The mail address." },
    Department: { type: "string", fromPipelineByPropertyName: true, help: "The department." },
    PassThru: { type: "switch", help: "Puts out the person who was made." },
    ...ELSEWHERE,
  },
  async process(args, context) {
    const { session } = context;
    const tenant = await tenantOf(context);
    const logon = (args.SamAccountName ?? args.Name).trim();
    const userPrincipalName = args.UserPrincipalName?.trim() ?? `${logon}@${tenant.name}`;
    const displayName = (args.DisplayName ?? args.Name).trim();
    const { forest } = session.migration ?? {};
    if (forest !== undefined) return context.writeError(refuse("ad-forest", { name: logon }, logon));
    const reason = malformed(logon, userPrincipalName, displayName);
    if (reason !== undefined) return context.writeError(refuse("ad-account-name", { reason }, logon));
    if (await isTaken(context, logon, userPrincipalName)) return context.writeError(refuse("ad-account-exists", { name: logon }, logon));
    const id = accountId(session.newGuid());
    const isEnabled = args.Enabled === true;
    const given = args.AccountPassword ?? null;
    const hashes =
      given === null && !isEnabled
        ? { passwordHash: null, ntHashSealed: null }
        : await passwordHashes(context, given, { accountId: id, userPrincipalName });
    const nowMs = session.nowMs();
    const user: UserRecord = {
      objectId: objectId(session.newGuid()),
      userPrincipalName,
      sipAddress: null,
      displayName,
      accountName: logon,
      enabled: false,
      hostingProvider: null,
      registrarPool: null,
      interpretedUserType: null,
      properties: propertiesOf(args),
      policies: {},
      plans: [],
      createdMs: nowMs,
      changedMs: nowMs,
    };
    if (hashes === undefined || !(await context.shouldProcess(personDn(personOf(undefined, user), tenant), "New"))) return;
    try {
      await session.directory.transaction(async (directory) => {
        const { accounts, users } = directory.tenant(session.tenantId);
        await users.add([user]);
        const names = { userPrincipalName, accountName: logon, displayName, objectId: user.objectId };
        await accounts.add({ accountId: id, ...names, ...hashes, enabled: isEnabled, roles: [] }, nowMs);
      });
    } catch (error) {
      if (!isFault(error) || error.code !== "directory-duplicate") throw error;
      return context.writeError(refuse("ad-account-exists", { name: logon }, logon));
    }
    if (args.PassThru === true) await context.write(adUserObject(personOf(await mine(context).accounts.get(id), user), tenant));
  },
});

function malformed(logon: string, userPrincipalName: string, displayName: string): string | undefined {
  if (!LOGON.test(logon)) return '-SamAccountName has 1 to 20 characters, without blanks and " / \\ [ ] : ; | = , + * ? < > @.';
  if (!PRINCIPAL.test(userPrincipalName)) return "-UserPrincipalName is written as name@domain.";
  return displayName === "" || displayName.length > MAX_NAME ? `A name has 1 to ${MAX_NAME} characters.` : undefined;
}

async function isTaken(context: SessionContext, logon: string, userPrincipalName: string): Promise<boolean> {
  const { accounts, users } = mine(context);
  const [name, upn] = [key(logon), key(userPrincipalName)];
  const [user] = await users.find((eb) => eb.or([eb("account_key", "=", name), eb("upn_key", "=", upn)]), 1);
  return (
    user !== undefined || (await accounts.list()).some((each) => key(each.accountName) === name || key(each.userPrincipalName) === upn)
  );
}

/** By the names that the directory has for them. */
const PROPERTIES = { GivenName: "FirstName", Surname: "LastName", EmailAddress: "WindowsEmailAddress", Department: "Department" } as const;

function propertiesOf(args: Readonly<Partial<Record<keyof typeof PROPERTIES, string | null | undefined>>>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [parameter, property] of Object.entries(PROPERTIES)) {
    const value = args[parameter as keyof typeof PROPERTIES]?.trim() ?? "";
    if (value !== "") found[property] = value;
  }
  return found;
}

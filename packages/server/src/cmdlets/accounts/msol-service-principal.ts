/**
 * Get-, New-, Set- and Remove-MsolServicePrincipal: the applications that scripts sign in as, without a person. An application
 * has one id here (ObjectId and AppPrincipalId are the same) and no names beside it: -ServicePrincipalNames and -Addresses are left out.
 */
import { isFault } from "@tieline/fault";
import { type Cmdlet } from "@tieline/language";
import type { PsObject } from "@tieline/remoting/objects";
import { rolesFor } from "../../directory/index.ts";
import { PUBLIC_CLIENT_ID } from "../../identity/index.ts";
import { refuse } from "../refusals.ts";
import { cmdlet, identityOf, type SessionContext } from "../session.ts";
import { ALL, checkTenantId, limited, PASSWORD, SEARCH, TENANT_ID } from "./parameters.ts";
import {
  applicationsOf,
  CREDENTIAL_TYPE,
  CREDENTIAL_USAGE,
  namedPrincipal,
  plannedCredential,
  NEW_PRINCIPAL,
  PRINCIPAL,
  principalObject,
  principalToChange,
} from "./principal.ts";

const OUTPUT = [
  {
    typeName: PRINCIPAL,
    view: {
      kind: "list" as const,
      columns: ["AccountEnabled", "AppPrincipalId", "DisplayName", "ObjectId", "ServicePrincipalNames", "Roles"].map((property) => ({
        property,
      })),
    },
  },
];

/** The parameters of a credential, for New-MsolServicePrincipal and New-MsolServicePrincipalCredential. */
export const CREDENTIAL_PARAMETERS = {
  Type: {
    type: CREDENTIAL_TYPE,
    fromPipelineByPropertyName: true,
    default: "Symmetric",
    help: "Asymmetric: a certificate. Symmetric, Password: a secret, which is made where -Value is left out.",
  },
  Usage: { type: CREDENTIAL_USAGE, fromPipelineByPropertyName: true, default: "Verify", help: "What it is for: Verify." },
  Value: {
    type: PASSWORD,
    fromPipelineByPropertyName: true,
    help: "The certificate without its key, as base64 of its DER form or as PEM; or a secret of at least 32 characters.",
  },
  StartDate: { type: "datetime", fromPipelineByPropertyName: true, default: "now", help: "From when on it is good." },
  EndDate: {
    type: "datetime",
    fromPipelineByPropertyName: true,
    default: "the certificate's own end, or a year from now",
    help: "Until when it is good.",
  },
} as const;

export const getMsolServicePrincipal: Cmdlet = cmdlet({
  name: "Get-MsolServicePrincipal",
  synopsis: "Shows the applications that may sign in by themselves.",
  description: "Shows the applications of the tenant with their roles. Their credentials are shown by Get-MsolServicePrincipalCredential.",
  examples: [
    { code: "Get-MsolServicePrincipal", remarks: "Shows the first 500 applications." },
    { code: "Get-MsolServicePrincipal -SearchString Nightly", remarks: "Shows those whose name begins so." },
  ],
  related: ["New-MsolServicePrincipal", "Get-MsolServicePrincipalCredential"],
  roles: rolesFor("Get-MsolServicePrincipal", "online"),
  output: OUTPUT,
  defaultSet: "ListServicePrincipals__0",
  parameters: {
    ObjectId: {
      type: "guid",
      mandatory: true,
      fromPipelineByPropertyName: true,
      sets: ["GetServicePrincipal__0"],
      help: "The application's id.",
    },
    AppPrincipalId: {
      type: "guid",
      mandatory: true,
      fromPipelineByPropertyName: true,
      sets: ["GetServicePrincipalByAppPrincipalId__0"],
      help: "The application's id.",
    },
    SearchString: { ...SEARCH, fromPipelineByPropertyName: true, sets: ["ListServicePrincipals__0", "All__0"] },
    MaxResults: {
      type: "int",
      sets: ["ListServicePrincipals__0"],
      validate: { range: [1, 2147483647] },
      default: "500",
      help: "How many to show at most.",
    },
    All: ALL,
    TenantId: TENANT_ID,
  },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    if (context.parameterSet.startsWith("GetServicePrincipal")) {
      const found = await namedPrincipal(context, args);
      if (found !== undefined) await context.write(principalObject(found));
      return;
    }
    const start = args.SearchString?.trim().toLowerCase() ?? "";
    const found = (await applicationsOf(context).list()).filter((each) => each.displayName.toLowerCase().startsWith(start));
    for (const each of args.All === true ? found : limited(context, found, args.MaxResults ?? 500))
      await context.write(principalObject(each));
  },
});

function isName(context: SessionContext, name: string): boolean {
  if (name !== "" && name.length <= 256) return true;
  context.writeError(
    refuse("msol-credential", { reason: "the application needs a name of at most 256 characters", cure: "Give a -DisplayName." }),
  );
  return false;
}

export const newMsolServicePrincipal: Cmdlet = cmdlet({
  name: "New-MsolServicePrincipal",
  synopsis: "Makes an application that may sign in by itself.",
  description:
    "Makes an application with a credential and without any role; a role is given by Add-MsolRoleMember -RoleMemberType ServicePrincipal. With a certificate nothing secret leaves the machine of the script. Without -Type and -Value a secret is made, and shown this once, as Secret.",
  examples: [
    {
      code: 'New-MsolServicePrincipal -DisplayName "Nightly report" -Type Asymmetric -Value "MIIC..."',
      remarks: "Makes an application that shows who it is by a certificate (base64 of its DER form).",
    },
    { code: 'New-MsolServicePrincipal -DisplayName "Nightly report"', remarks: "Makes one with a secret, which is shown this once." },
  ],
  related: ["Add-MsolRoleMember", "New-MsolServicePrincipalCredential", "Get-MsolServicePrincipal"],
  roles: rolesFor("New-MsolServicePrincipal", "online"),
  output: [
    {
      typeName: NEW_PRINCIPAL,
      view: {
        kind: "list",
        columns: ["AppPrincipalId", "DisplayName", "AccountEnabled", "Credentials", "Secret"].map((property) => ({ property })),
      },
    },
    ...OUTPUT,
  ],
  supportsShouldProcess: true,
  parameters: {
    DisplayName: { type: "string", mandatory: true, fromPipelineByPropertyName: true, help: "The name that is shown." },
    AppPrincipalId: { type: "guid", fromPipelineByPropertyName: true, help: "The id; one is made where it is left out." },
    AccountEnabled: { type: "bool", fromPipelineByPropertyName: true, default: "$true", help: "Whether it may sign in." },
    ...CREDENTIAL_PARAMETERS,
    TenantId: TENANT_ID,
  },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    const applications = applicationsOf(context);
    const displayName = args.DisplayName.trim();
    const appId = args.AppPrincipalId?.text.toLowerCase() ?? context.session.newGuid();
    if (!isName(context, displayName)) return;
    const credential = plannedCredential(context, args);
    if (credential === undefined) return;
    if (appId === PUBLIC_CLIENT_ID) return context.writeError(refuse("msol-principal-exists", { principal: appId }, appId));
    if (!(await context.shouldProcess(displayName))) return;
    let added: PsObject;
    try {
      await applications.add({ appId, displayName });
      if (args.AccountEnabled === false) await applications.setEnabled(appId, false);
      added = await credential(appId);
    } catch (error) {
      if (!isFault(error) || error.code !== "directory-duplicate") throw error;
      return context.writeError(refuse("msol-principal-exists", { principal: appId }, appId));
    }
    const application = await applications.find(appId);
    if (application !== undefined) await context.write(principalObject(application, added));
  },
});

export const setMsolServicePrincipal: Cmdlet = cmdlet({
  name: "Set-MsolServicePrincipal",
  synopsis: "Changes an application, or switches it off.",
  description:
    "Changes what is given. An application that is switched off gets no tokens; those that it has open nothing, and its sessions end.",
  examples: [
    {
      code: "Set-MsolServicePrincipal -AppPrincipalId 3f2504e0-4f89-41d3-9a0c-0305e82c3301 -AccountEnabled $false",
      remarks: "Switches an application off.",
    },
    {
      code: 'Get-MsolServicePrincipal -SearchString Nightly | Set-MsolServicePrincipal -DisplayName "Nightly report"',
      remarks: "Changes the name that is shown.",
    },
  ],
  related: ["Get-MsolServicePrincipal", "Remove-MsolServicePrincipal"],
  roles: rolesFor("Set-MsolServicePrincipal", "online"),
  supportsShouldProcess: true,
  parameters: {
    ObjectId: { type: "guid", fromPipelineByPropertyName: true, help: "The application's id." },
    AppPrincipalId: { type: "guid", fromPipelineByPropertyName: true, help: "The application's id." },
    DisplayName: { type: "string", fromPipelineByPropertyName: true, help: "The name that is shown." },
    AccountEnabled: { type: "bool", fromPipelineByPropertyName: true, help: "Whether it may sign in." },
    TenantId: TENANT_ID,
  },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    const application = await principalToChange(context, args);
    if (application === undefined) return;
    const displayName = args.DisplayName?.trim();
    if (displayName !== undefined && !isName(context, displayName)) return;
    if (!(await context.shouldProcess(application.displayName))) return;
    const applications = applicationsOf(context);
    if (displayName !== undefined) await applications.setDisplayName(application.appId, displayName);
    if (args.AccountEnabled !== undefined) await applications.setEnabled(application.appId, args.AccountEnabled);
    if (args.AccountEnabled === false) identityOf(context).endSessions(application.appId);
  },
});

export const removeMsolServicePrincipal: Cmdlet = cmdlet({
  name: "Remove-MsolServicePrincipal",
  synopsis: "Removes an application.",
  description: "Removes an application with its credentials and roles; its tokens open nothing from then on, and its sessions end.",
  examples: [
    {
      code: "Remove-MsolServicePrincipal -AppPrincipalId 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
      remarks: "Removes an application.",
    },
    { code: "Get-MsolServicePrincipal -SearchString Old | Remove-MsolServicePrincipal -WhatIf", remarks: "Says which would be removed." },
  ],
  related: ["Get-MsolServicePrincipal", "Set-MsolServicePrincipal"],
  roles: rolesFor("Remove-MsolServicePrincipal", "online"),
  supportsShouldProcess: true,
  defaultSet: "RemoveServicePrincipal__0",
  parameters: {
    ObjectId: {
      type: "guid",
      mandatory: true,
      fromPipelineByPropertyName: true,
      sets: ["RemoveServicePrincipal__0"],
      help: "The application's id.",
    },
    AppPrincipalId: {
      type: "guid",
      mandatory: true,
      fromPipelineByPropertyName: true,
      sets: ["RemoveServicePrincipalByAppPrincipalId__0"],
      help: "The application's id.",
    },
    TenantId: TENANT_ID,
  },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    const application = await principalToChange(context, args);
    if (application === undefined || !(await context.shouldProcess(application.displayName))) return;
    await applicationsOf(context).remove(application.appId);
    identityOf(context).endSessions(application.appId);
  },
});

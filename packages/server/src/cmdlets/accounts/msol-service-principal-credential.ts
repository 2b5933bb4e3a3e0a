/** Get-, New- and Remove-MsolServicePrincipalCredential: how an application shows that it is itself. */
import type { Cmdlet, ParameterDeclaration } from "@tieline/language";
import { rolesFor } from "../../directory/index.ts";
import { refuse } from "../refusals.ts";
import { cmdlet, identityOf } from "../session.ts";
import { CREDENTIAL_PARAMETERS } from "./msol-service-principal.ts";
import { checkTenantId, TENANT_ID } from "./parameters.ts";
import { applicationsOf, CREDENTIAL, credentialObject, namedPrincipal, plannedCredential, principalToChange } from "./principal.ts";

const OUTPUT = [
  {
    typeName: CREDENTIAL,
    view: {
      kind: "list" as const,
      columns: ["Type", "Value", "KeyId", "StartDate", "EndDate", "Usage", "Hint"].map((property) => ({ property })),
    },
  },
];

const PRINCIPAL_ID = {
  type: "guid",
  mandatory: true,
  fromPipelineByPropertyName: true,
  help: "The application's id.",
} as const satisfies ParameterDeclaration;

export const getMsolServicePrincipalCredential: Cmdlet = cmdlet({
  name: "Get-MsolServicePrincipalCredential",
  synopsis: "Shows the credentials of an application.",
  description:
    "Shows how an application may show that it is itself, with the times between which each is good. Certificates are shown with -ReturnKeyValues $true; secrets never are.",
  examples: [
    {
      code: "Get-MsolServicePrincipalCredential -AppPrincipalId 3f2504e0-4f89-41d3-9a0c-0305e82c3301 -ReturnKeyValues $false",
      remarks: "Shows the credentials of an application.",
    },
    {
      code: "Get-MsolServicePrincipal | Get-MsolServicePrincipalCredential -ReturnKeyValues $false | Sort-Object EndDate",
      remarks: "Shows those of all applications, the first to lapse first.",
    },
  ],
  related: ["New-MsolServicePrincipalCredential", "Remove-MsolServicePrincipalCredential"],
  roles: rolesFor("Get-MsolServicePrincipalCredential", "online"),
  output: OUTPUT,
  defaultSet: "ListServicePrincipalCredentials__0",
  parameters: {
    ObjectId: { ...PRINCIPAL_ID, sets: ["ListServicePrincipalCredentials__0"] },
    AppPrincipalId: { ...PRINCIPAL_ID, sets: ["ListServicePrincipalCredentialsByAppPrincipalId__0"] },
    ReturnKeyValues: { type: "bool", mandatory: true, fromPipelineByPropertyName: true, help: "Whether certificates are shown whole." },
    TenantId: TENANT_ID,
  },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    const application = await namedPrincipal(context, args);
    if (application === undefined) return;
    for (const each of await applicationsOf(context).credentials(application.appId)) {
      const isShown = args.ReturnKeyValues && each.kind === "certificate";
      await context.write(credentialObject(each, isShown ? each.certificate.raw.toString("base64") : undefined));
    }
  },
});

export const newMsolServicePrincipalCredential: Cmdlet = cmdlet({
  name: "New-MsolServicePrincipalCredential",
  synopsis: "Gives an application another credential.",
  description:
    "Adds a certificate, or a secret, beside those that there are, so that one can be replaced before it lapses. A secret that is made here is shown this once, in Value.",
  examples: [
    {
      code: 'New-MsolServicePrincipalCredential -AppPrincipalId 3f2504e0-4f89-41d3-9a0c-0305e82c3301 -Type Asymmetric -Usage Verify -Value "MIIC..."',
      remarks: "Adds a certificate (base64 of its DER form).",
    },
    {
      code: "New-MsolServicePrincipalCredential -AppPrincipalId 3f2504e0-4f89-41d3-9a0c-0305e82c3301 -EndDate 2027-01-31",
      remarks: "Makes a secret that lapses then, and shows it.",
    },
  ],
  related: ["Get-MsolServicePrincipalCredential", "Remove-MsolServicePrincipalCredential"],
  roles: rolesFor("New-MsolServicePrincipalCredential", "online"),
  output: OUTPUT,
  supportsShouldProcess: true,
  defaultSet: "AddServicePrincipalCredentials__0",
  parameters: {
    ObjectId: { ...PRINCIPAL_ID, sets: ["AddServicePrincipalCredentials__0"] },
    AppPrincipalId: { ...PRINCIPAL_ID, sets: ["AddServicePrincipalCredentialsByAppPrincipalId__0"] },
    ...CREDENTIAL_PARAMETERS,
    TenantId: TENANT_ID,
  },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    const application = await principalToChange(context, args);
    const credential = application === undefined ? undefined : plannedCredential(context, args);
    if (application === undefined || credential === undefined || !(await context.shouldProcess(application.displayName))) return;
    await context.write(await credential(application.appId));
  },
});

export const removeMsolServicePrincipalCredential: Cmdlet = cmdlet({
  name: "Remove-MsolServicePrincipalCredential",
  synopsis: "Takes a credential away from an application.",
  description:
    "From then on the application gets no tokens with it, and its open sessions end. Tokens that it has already are good until they lapse, an hour at most; Set-MsolServicePrincipal -AccountEnabled $false ends these too.",
  examples: [
    {
      code: "Remove-MsolServicePrincipalCredential -AppPrincipalId 3f2504e0-4f89-41d3-9a0c-0305e82c3301 -KeyIds 9a0c0305-4f89-41d3-9a0c-0305e82c3302",
      remarks: "Takes one credential away.",
    },
    {
      code: "Remove-MsolServicePrincipalCredential -ObjectId 3f2504e0-4f89-41d3-9a0c-0305e82c3301 -KeyIds 9a0c0305-4f89-41d3-9a0c-0305e82c3302 -WhatIf",
      remarks: "Says what would be done.",
    },
  ],
  related: ["Get-MsolServicePrincipalCredential", "New-MsolServicePrincipalCredential"],
  roles: rolesFor("Remove-MsolServicePrincipalCredential", "online"),
  supportsShouldProcess: true,
  defaultSet: "RemoveServicePrincipalCredentials__0",
  parameters: {
    ObjectId: { ...PRINCIPAL_ID, sets: ["RemoveServicePrincipalCredentials__0"] },
    AppPrincipalId: { ...PRINCIPAL_ID, sets: ["RemoveServicePrincipalCredentialsByAppPrincipalId__0"] },
    KeyIds: { type: "guid[]", mandatory: true, fromPipelineByPropertyName: true, help: "The credentials, by their KeyId." },
    TenantId: TENANT_ID,
  },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    const application = await principalToChange(context, args);
    if (application === undefined) return;
    const { appId, displayName } = application;
    for (const { text } of args.KeyIds) {
      const key = text.toLowerCase();
      if (!(await context.shouldProcess(`${displayName}: ${key}`))) continue;
      if (await applicationsOf(context).removeCredential(appId, key)) identityOf(context).endSessions(appId);
      else context.writeError(refuse("msol-credential-not-found", { principal: displayName, key }, key));
    }
  },
});

/**
 * New-TielineFederatedCredential: an application shows who it is by a token that an issuer elsewhere gave it (workload identity:
 * a build service, a cluster), without any secret of its own. OURS: the vendor's module has no cmdlet for it. Such credentials are
 * shown and taken away by Get- and Remove-MsolServicePrincipalCredential.
 */
import { createPublicKey } from "node:crypto";
import type { JWK } from "jose";
import type { Cmdlet } from "@tieline/language";
import { rolesFor } from "../../directory/index.ts";
import { refuse } from "../refusals.ts";
import { cmdlet } from "../session.ts";
import { applicationsOf, CREDENTIAL, credentialObject, principalToChange } from "./principal.ts";

const MAX_KEYS = 20;

/** The keys of a JSON Web Key Set, or the reason why they cannot be taken. */
function keysIn(text: string): JWK[] | string {
  try {
    const { keys } = JSON.parse(text) as { keys?: unknown };
    if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS) return `it needs 1 to ${MAX_KEYS} keys in "keys"`;
    // What is kept is the public half, whatever was given.
    return keys.map((key: JWK) => {
      const made = createPublicKey({ key, format: "jwk" }).export({ format: "jwk" }) as JWK;
      return { ...made, ...(key.kid === undefined ? {} : { kid: key.kid }), ...(key.alg === undefined ? {} : { alg: key.alg }) };
    });
  } catch {
    return "it is no JSON Web Key Set with public keys";
  }
}

const isHttps = (text: string): boolean => URL.canParse(text) && new URL(text).protocol === "https:";

export const newTielineFederatedCredential: Cmdlet = cmdlet({
  name: "New-TielineFederatedCredential",
  synopsis: "Lets an application sign in with the tokens of an issuer elsewhere.",
  description:
    "A cmdlet of Tieline's own. The application is whoever brings a token of exactly this issuer, subject and audience, signed with one of its keys, which are given or read from an address over https. Nothing secret is kept on either side.",
  examples: [
    {
      code: "New-TielineFederatedCredential -AppPrincipalId 3f2504e0-4f89-41d3-9a0c-0305e82c3301 -Issuer https://builds.contoso.com -Subject repo:reports -JwksUri https://builds.contoso.com/keys",
      remarks: "Lets a build service sign in as the application.",
    },
    {
      code: "New-TielineFederatedCredential -AppPrincipalId 3f2504e0-4f89-41d3-9a0c-0305e82c3301 -Issuer https://cluster.contoso.local -Subject system:serviceaccount:reports -Keys '{\"keys\":[]}'",
      remarks: "The same for an issuer that the service cannot reach: its keys are given.",
    },
  ],
  related: ["Get-MsolServicePrincipalCredential", "Remove-MsolServicePrincipalCredential"],
  roles: rolesFor("New-TielineFederatedCredential", "online"),
  output: [{ typeName: CREDENTIAL }],
  supportsShouldProcess: true,
  defaultSet: "JwksUri",
  parameters: {
    AppPrincipalId: { type: "guid", mandatory: true, fromPipelineByPropertyName: true, help: "The application's id." },
    Issuer: { type: "string", mandatory: true, help: "Who gives the tokens: their iss, letter by letter." },
    Subject: { type: "string", mandatory: true, help: "Whom they are about: their sub, letter by letter." },
    Audience: {
      type: "string",
      default: "api://AzureADTokenExchange",
      help: "Whom they are for: their aud.",
    },
    JwksUri: { type: "string", mandatory: true, sets: ["JwksUri"], help: "Where the issuer's keys are read, over https." },
    Keys: { type: "string", mandatory: true, sets: ["Keys"], help: "The issuer's public keys, as a JSON Web Key Set." },
  },
  async process(args, context) {
    const application = await principalToChange(context, args);
    if (application === undefined) return;
    const refused = (reason: string, cure: string): void =>
      context.writeError(refuse("msol-credential", { reason, cure }, application.appId));
    const { Issuer: issuer, Subject: subject, Audience: audience = "api://AzureADTokenExchange", JwksUri: jwksUri } = args;
    if ([issuer, subject, audience ?? ""].some((text) => text.trim() === "" || text.length > 600)) {
      return refused("issuer, subject and audience have 1 to 600 characters", "Copy them from a token of the issuer.");
    }
    const uri = jwksUri ?? undefined;
    if (uri !== undefined && !isHttps(uri)) return refused("the address of the keys is not https", "Give the keys themselves with -Keys.");
    const keys = uri === undefined ? keysIn(args.Keys ?? "") : undefined;
    if (typeof keys === "string") return refused(keys, "Copy the document that the issuer's jwks_uri names.");
    if (!(await context.shouldProcess(application.displayName))) return;
    const applications = applicationsOf(context);
    const id = await applications.addFederatedCredential(application.appId, {
      issuer,
      subject,
      audience: audience ?? "",
      ...(uri === undefined ? {} : { jwksUri: uri }),
      ...(keys === undefined ? {} : { keys }),
    });
    const added = (await applications.credentials(application.appId)).find((each) => each.credentialId === id);
    if (added !== undefined) await context.write(credentialObject(added));
  },
});

/** Service principals: finding the application that a cmdlet names, what is shown of it, and credentials as they are given. */
import { X509Certificate } from "node:crypto";
import { enumType, textOf } from "@tieline/language";
import { DateTime, Guid, PsObject, type SecureString } from "@tieline/remoting/objects";
import {
  MIN_GIVEN_SECRET,
  PUBLIC_CLIENT_ID,
  type Application,
  type ApplicationCredential,
  type Applications,
} from "../../identity/index.ts";
import { refuse } from "../refusals.ts";
import { identityOf, type SessionContext } from "../session.ts";

export const PRINCIPAL = "Microsoft.Online.Administration.ServicePrincipal";
/** What New-MsolServicePrincipal puts out. */
export const NEW_PRINCIPAL = "Microsoft.Online.Administration.ServicePrincipalExtended";
export const CREDENTIAL = "Microsoft.Online.Administration.ServicePrincipalCredential";

/** Numbers are ours; so is Federated, which a tenant's readers see and nobody gives. */
export const CREDENTIAL_TYPE = enumType("Microsoft.Online.Administration.ServicePrincipalCredentialType", [
  "Other",
  "Asymmetric",
  "Symmetric",
  "Password",
]);
export const CREDENTIAL_USAGE = enumType("Microsoft.Online.Administration.ServicePrincipalCredentialUsage", ["Other", "Sign", "Verify"]);

const YEAR_MS = 365 * 24 * 60 * 60_000;

export interface PrincipalName {
  /** Here the same: an application has one id. */
  ObjectId?: { text: string } | null | undefined;
  AppPrincipalId?: { text: string } | null | undefined;
}

export const applicationsOf = (context: SessionContext): Applications => identityOf(context).applications(context.session.tenantId);

/** The application, or undefined after the refusal was written. */
export async function namedPrincipal(context: SessionContext, name: PrincipalName): Promise<Application | undefined> {
  const id = (name.AppPrincipalId ?? name.ObjectId)?.text.toLowerCase() ?? "";
  const found = id === "" ? undefined : await applicationsOf(context).find(id);
  if (found === undefined) context.writeError(refuse("msol-principal-not-found", { principal: id }, id));
  return found;
}

/** The same for a change: the service's own is left as it is. */
export async function principalToChange(context: SessionContext, name: PrincipalName): Promise<Application | undefined> {
  const found = await namedPrincipal(context, name);
  if (found?.appId !== PUBLIC_CLIENT_ID) return found;
  context.writeError(refuse("msol-principal-own", { principal: found.displayName }, found.appId));
  return undefined;
}

/** @param credential of one that was just made, with its secret where there is one */
export function principalObject(application: Application, credential?: PsObject): PsObject {
  const typeNames = credential === undefined ? [PRINCIPAL, "System.Object"] : [NEW_PRINCIPAL, PRINCIPAL, "System.Object"];
  const object = new PsObject({ typeNames });
  object.set("AccountEnabled", application.enabled, "adapted");
  object.set("AppPrincipalId", new Guid(application.appId), "adapted");
  object.set("DisplayName", application.displayName, "adapted");
  object.set("ObjectId", new Guid(application.appId), "adapted");
  object.set("ServicePrincipalNames", [application.appId], "adapted");
  object.set("TrustedForDelegation", false, "adapted");
  // Ours:
  object.set("Roles", [...application.roles], "adapted");
  if (credential !== undefined) object.set("Credentials", [credential], "adapted");
  if (credential?.has("Value") === true) object.set("Secret", credential.get("Value") ?? null, "adapted");
  object.text = application.displayName;
  return object;
}

const TYPES = { certificate: "Asymmetric", secret: "Password", federated: "Federated" } as const;

/** @param value what may be shown of it, or must be this once */
export function credentialObject(credential: ApplicationCredential, value?: string): PsObject {
  const object = new PsObject({ typeNames: [CREDENTIAL, "System.Object"] });
  const set = (name: string, each: Parameters<PsObject["set"]>[1]): void => void object.set(name, each, "adapted");
  set("Type", TYPES[credential.kind]);
  if (value !== undefined) set("Value", value);
  set("KeyId", new Guid(credential.credentialId));
  set("StartDate", DateTime.fromDate(new Date(credential.fromMs)));
  set("EndDate", credential.kind === "federated" ? null : DateTime.fromDate(new Date(credential.untilMs)));
  set("Usage", "Verify");
  // Ours: what a person knows it by (a certificate's thumbprint, the first characters of a secret, a subject).
  set("Hint", credential.hint);
  if (credential.kind === "federated") {
    set("Issuer", credential.federated.issuer);
    set("Subject", credential.federated.subject);
    set("Audience", credential.federated.audience);
  }
  object.text = `${TYPES[credential.kind]} ${credential.hint}`;
  return object;
}

export interface GivenCredential {
  Type?: PsObject | null | undefined;
  Usage?: PsObject | null | undefined;
  Value?: SecureString | null | undefined;
  StartDate?: DateTime | null | undefined;
  EndDate?: DateTime | null | undefined;
}

/** A credential that has been found fit: adds it, and gives what is shown of it, a drawn secret this once. */
export type PlannedCredential = (appId: string) => Promise<PsObject>;

/** Undefined after the refusal was written. */
export function plannedCredential(context: SessionContext, given: GivenCredential): PlannedCredential | undefined {
  const refused = (reason: string, cure: string): undefined => context.writeError(refuse("msol-credential", { reason, cure })) as undefined;
  const applications = applicationsOf(context);
  const now = context.session.nowMs();
  const fromMs = given.StartDate?.toDate().getTime();
  const untilMs = given.EndDate?.toDate().getTime();
  if (textOf(given.Usage ?? "Verify") !== "Verify")
    return refused("a credential verifies its application here and signs nothing", "Leave -Usage out.");
  if (untilMs !== undefined && untilMs <= Math.max(now, fromMs ?? 0))
    return refused("its end has passed, or comes before its start", "Choose a later -EndDate.");
  const type = textOf(given.Type ?? "Symmetric");
  const value = given.Value?.reveal();
  const put = async (appId: string, credentialId: string, shown?: string): Promise<PsObject> => {
    const added = (await applications.credentials(appId)).find((each) => each.credentialId === credentialId);
    if (added === undefined) return context.fail(refuse("msol-credential-not-found", { principal: appId, key: credentialId }));
    return credentialObject(added, shown);
  };
  if (type === "Other") return refused("its type is not one of Asymmetric, Symmetric and Password", "Choose one of them.");
  if (type === "Asymmetric") {
    const certificate = parsedCertificate(value ?? "");
    if (typeof certificate === "string")
      return refused(certificate, "Give the certificate, without its key, as base64 of its DER form or as PEM.");
    if (certificate.validToDate.getTime() <= now) return refused("the certificate has expired", "Make a new one.");
    return async (appId) =>
      put(
        appId,
        await applications.addCertificate(appId, certificate.raw, {
          ...(fromMs === undefined ? {} : { fromMs }),
          ...(untilMs === undefined ? {} : { untilMs }),
        }),
      );
  }
  if (value !== undefined && (value.length < MIN_GIVEN_SECRET || new Set(value).size < 10)) {
    return refused(
      `a secret of one's own has at least ${MIN_GIVEN_SECRET} characters, drawn at random`,
      "Leave -Value out: then one is made and shown once.",
    );
  }
  if (type === "Password" && value === undefined) context.verbose("No -Value was given: a secret is made.");
  return async (appId) => {
    const added = await applications.addSecret(appId, untilMs ?? (fromMs ?? now) + YEAR_MS, fromMs, value);
    return put(appId, added.credentialId, value === undefined ? added.secret : undefined);
  };
}

/** Or the reason why it is none. */
function parsedCertificate(value: string): X509Certificate | string {
  const text = value.trim();
  if (text === "") return "an asymmetric credential needs the certificate as its -Value";
  if (text.includes("PRIVATE KEY")) return "the text holds a private key, which must stay where the script runs";
  try {
    const certificate = new X509Certificate(text.includes("BEGIN CERTIFICATE") ? text : Buffer.from(text, "base64"));
    const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
    if (asymmetricKeyType !== "rsa") return "its key is not an RSA key";
    return (asymmetricKeyDetails?.modulusLength ?? 0) < 2048 ? "its key has fewer than 2048 bits" : certificate;
  } catch {
    return "the value is no certificate";
  }
}

/** Get- and Set-CsOAuthConfiguration: one Global instance a tenant or deployment, with the switch for modern sign-in. */
import { enumType, textOf, type Cmdlet } from "@tieline/language";
import { PsObject, type PsValue } from "@tieline/remoting/objects";
import { GLOBAL, policyName, rolesFor } from "../directory/index.ts";
import { TenantSignIn, type ModernOverride } from "../identity/index.ts";
import type { JsonRecord } from "../store/index.ts";
import { TENANT, XDS_ID } from "./parameter-types.ts";
import { FORCE } from "./policies/policy-words.ts";
import { refuse } from "./refusals.ts";
import { checkTenant, cmdlet, mine, type SessionContext } from "./session.ts";

const TYPE_NAME = "Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.OAuthSettings";
const FAMILY = "OAuthConfiguration";

/** Kept as they are given; this service acts on none of them. */
const TEXTS = [
  "Realm",
  "ServiceName",
  "ClientAuthorizationOAuthServerIdentity",
  "ExchangeAutodiscoverUrl",
  "ExchangeAutodiscoverAllowedDomains",
  "AlternateAudienceUrl",
  "AdditionalAudienceUrls",
] as const;

/** The namespace is ours. */
const OVERRIDE = enumType("Microsoft.Rtc.Management.WritableConfig.Settings.SSAuth.ClientAdalAuthOverride", [
  "NoOverride",
  "Allowed",
  "Disallowed",
]);

const roles = (name: string): string[] => [...rolesFor(name, "online"), ...rolesFor(name, "pool")];

async function configuration(context: SessionContext): Promise<PsObject> {
  const { session } = context;
  const kept = await mine(context).policies.get(FAMILY, GLOBAL);
  const { modernOverride } = await session.directory.transaction((_, queries) => new TenantSignIn(queries, session.tenantId).get());
  const object = new PsObject({ typeNames: [TYPE_NAME, "System.Object"] });
  object.set("Identity", GLOBAL, "adapted");
  for (const name of TEXTS) object.set(name, (kept?.settings[name] as string | undefined) ?? null, "adapted");
  object.set("ClientAdalAuthOverride", OVERRIDE.convert(modernOverride), "adapted");
  object.text = GLOBAL;
  return object;
}

export const getCsOAuthConfiguration: Cmdlet = cmdlet({
  name: "Get-CsOAuthConfiguration",
  synopsis: "Shows how sign-in by tokens is configured.",
  description: "There is one configuration, Global. ClientAdalAuthOverride says whether modern sign-in is on.",
  examples: [
    { code: "Get-CsOAuthConfiguration", remarks: "Shows the configuration." },
    { code: "Get-CsOAuthConfiguration | Select-Object ClientAdalAuthOverride", remarks: "Shows whether modern sign-in is on." },
  ],
  related: ["Set-CsOAuthConfiguration"],
  roles: roles("Get-CsOAuthConfiguration"),
  output: [
    {
      typeName: TYPE_NAME,
      view: { kind: "list", columns: ["Identity", ...TEXTS, "ClientAdalAuthOverride"].map((property) => ({ property })) },
    },
  ],
  defaultSet: "Identity",
  parameters: {
    Identity: { type: XDS_ID, position: 0, sets: ["Identity"], help: "The configuration: Global." },
    Filter: { type: "string", sets: ["Filter"], help: "A pattern with * for the identities to show." },
    LocalStore: { type: "switch", help: "Asks the local copy of the configuration. There is one copy here: it changes nothing." },
    Tenant: TENANT,
  },
  async process(args, context) {
    checkTenant(context, args.Tenant);
    const wanted = textOf(args.Identity ?? args.Filter ?? GLOBAL) || GLOBAL;
    if (typeof args.Filter === "string" && args.Filter.includes("*")) return context.write(await configuration(context));
    if (policyName(wanted).toLowerCase() !== GLOBAL.toLowerCase()) {
      return context.writeError(refuse("policy-not-found", { family: FAMILY, identity: wanted }, wanted));
    }
    return context.write(await configuration(context));
  },
});

const KEPT_TEXT = { type: "string", sets: ["Identity"], help: "Kept and shown; the service here does not act on it." } as const;

export const setCsOAuthConfiguration: Cmdlet = cmdlet({
  name: "Set-CsOAuthConfiguration",
  synopsis: "Changes how sign-in by tokens is configured.",
  description:
    "ClientAdalAuthOverride switches modern sign-in: Disallowed means that the tenant's users get no tokens and that the endpoint takes none of theirs, from the next request on; with Allowed, or NoOverride, they do.",
  examples: [
    { code: "Set-CsOAuthConfiguration -ClientAdalAuthOverride Allowed", remarks: "Switches modern sign-in on." },
    { code: "Set-CsOAuthConfiguration -Identity Global -ClientAdalAuthOverride Disallowed", remarks: "Switches it off." },
  ],
  related: ["Get-CsOAuthConfiguration"],
  roles: roles("Set-CsOAuthConfiguration"),
  defaultSet: "Identity",
  supportsShouldProcess: true,
  parameters: {
    Identity: { type: XDS_ID, position: 0, sets: ["Identity"], help: "The configuration: Global, also when left out." },
    Instance: {
      type: "psobject",
      fromPipeline: true,
      sets: ["Instance"],
      help: "A configuration as Get-CsOAuthConfiguration puts it out.",
    },
    Realm: KEPT_TEXT,
    ServiceName: KEPT_TEXT,
    ClientAuthorizationOAuthServerIdentity: KEPT_TEXT,
    ExchangeAutodiscoverUrl: KEPT_TEXT,
    ExchangeAutodiscoverAllowedDomains: KEPT_TEXT,
    AlternateAudienceUrl: KEPT_TEXT,
    AdditionalAudienceUrls: KEPT_TEXT,
    ClientAdalAuthOverride: {
      type: OVERRIDE,
      sets: ["Identity"],
      help: "Whether modern sign-in is on: NoOverride (on), Allowed (on) or Disallowed.",
    },
    Force: FORCE,
    Tenant: TENANT,
  },
  async process(given, context) {
    const args = given as Readonly<Record<string, PsValue | undefined>> & typeof given;
    const { session } = context;
    checkTenant(context, args.Tenant as { text: string } | null | undefined);
    const instance = args["Instance"] instanceof PsObject ? args["Instance"] : undefined;
    const identity = textOf((instance === undefined ? args["Identity"] : instance.get("Identity")) ?? GLOBAL) || GLOBAL;
    if (policyName(identity).toLowerCase() !== GLOBAL.toLowerCase()) {
      return context.writeError(refuse("policy-not-found", { family: FAMILY, identity }, identity));
    }
    const value = (name: string): PsValue | undefined => (instance === undefined ? args[name] : instance.get(name));
    const texts: JsonRecord = Object.fromEntries(
      TEXTS.flatMap((name) => {
        const text = value(name);
        return text === undefined ? [] : [[name, text === null ? null : textOf(text)]];
      }),
    );
    const override = value("ClientAdalAuthOverride");
    if (!(await context.shouldProcess(GLOBAL))) return undefined;
    return session.directory.transaction(async (directory, queries) => {
      const now = session.nowMs();
      if (Object.keys(texts).length > 0) await directory.tenant(session.tenantId).policies.change(FAMILY, GLOBAL, texts, now);
      if (override === undefined || override === null) return;
      await new TenantSignIn(queries, session.tenantId).set({ modernOverride: textOf(OVERRIDE.convert(override)) as ModernOverride }, now);
    });
  },
});

/**
 * Get- and Set-TielineMfaConfiguration: the service settings of multi-factor sign-in (founding document 001). The vendor had a web page for
 * them and no cmdlet, so names and parameters are OURS.
 */
import type { Cmdlet } from "@tieline/language";
import { PsObject } from "@tieline/remoting/objects";
import { rolesFor } from "../directory/index.ts";
import { VERIFICATION_METHODS, type MfaSettings, type VerificationMethod } from "../identity/index.ts";
import { factorsOfSite, orRefused } from "./mfa.ts";
import { refuse } from "./refusals.ts";
import { cmdlet, type SessionContext } from "./session.ts";

const TYPE_NAME = "Tieline.MfaConfiguration";
const COLUMNS = ["AllowAppPasswords", "VerificationMethods", "TrustedIpRanges", "RememberDays"];

/** The five methods by the names of the vendor's page. */
const NAMES: Readonly<Record<VerificationMethod, string>> = {
  passkey: "Passkey",
  notification: "MobileAppNotification",
  code: "MobileAppCode",
  text: "TextMessage",
  call: "Call",
};

function shown(settings: MfaSettings): PsObject {
  const object = new PsObject({ typeNames: [TYPE_NAME, "System.Object"] });
  object.set("AllowAppPasswords", settings.allowAppPasswords, "adapted");
  object.set(
    "VerificationMethods",
    settings.methods.map((method) => NAMES[method]),
    "adapted",
  );
  object.set("TrustedIpRanges", [...settings.trustedRanges], "adapted");
  object.set("RememberDays", settings.rememberDays, "adapted");
  return object;
}

export const getTielineMfaConfiguration: Cmdlet = cmdlet({
  name: "Get-TielineMfaConfiguration",
  synopsis: "Shows how multi-factor sign-in is configured.",
  description: "Shows the tenant's service settings: application passwords, methods, trusted address ranges, days to remember a browser.",
  examples: [
    { code: "Get-TielineMfaConfiguration", remarks: "Shows the settings." },
    { code: "(Get-TielineMfaConfiguration).TrustedIpRanges", remarks: "Shows the ranges from which no second factor is asked." },
  ],
  related: ["Set-TielineMfaConfiguration", "Set-TielineMfaUser"],
  roles: rolesFor("Get-TielineMfaConfiguration", "online"),
  output: [{ typeName: TYPE_NAME, view: { kind: "list", columns: COLUMNS.map((property) => ({ property })) } }],
  parameters: {},
  process: async (_, context) => context.write(shown(await factorsOfSite(context).settings(context.session.tenantId))),
});

export const setTielineMfaConfiguration: Cmdlet = cmdlet({
  name: "Set-TielineMfaConfiguration",
  synopsis: "Changes how multi-factor sign-in is configured.",
  description:
    "Changes what is given. A method that is no longer allowed does not count: who has no other is asked to set one up at the next sign-in. Trusted ranges spare people the second factor, not legacy programs the application password.",
  examples: [
    {
      code: "Set-TielineMfaConfiguration -TrustedIpRanges 192.0.2.0/24, 2001:db8::/32 -RememberDays 14",
      remarks: "Asks for no second factor in the office, and elsewhere once a fortnight.",
    },
    {
      code: "Set-TielineMfaConfiguration -VerificationMethods Passkey, MobileAppCode -AllowAppPasswords $false",
      remarks: "Allows passkeys and codes of apps, and no application passwords.",
    },
  ],
  related: ["Get-TielineMfaConfiguration"],
  roles: rolesFor("Set-TielineMfaConfiguration", "online"),
  supportsShouldProcess: true,
  parameters: {
    AllowAppPasswords: { type: "bool", help: "Whether people may make application passwords, and whether those that exist are accepted." },
    VerificationMethods: {
      type: "string[]",
      help: "The methods that are allowed: Passkey, MobileAppNotification, MobileAppCode, TextMessage, Call.",
    },
    TrustedIpRanges: {
      type: "string[]",
      help: "Up to 50 ranges in CIDR form, from which no second factor is asked; an empty list for none.",
    },
    RememberDays: { type: "int", validate: { range: [0, 365] }, help: "Days for which a browser is remembered; 0 for none." },
  },
  async process(args, context) {
    const changes: Partial<MfaSettings> = {
      ...(args.AllowAppPasswords === undefined || args.AllowAppPasswords === null ? {} : { allowAppPasswords: args.AllowAppPasswords }),
      ...(args.VerificationMethods === undefined ? {} : { methods: methodsOf(context, args.VerificationMethods ?? []) }),
      ...(args.TrustedIpRanges === undefined ? {} : { trustedRanges: (args.TrustedIpRanges ?? []).map((range) => range ?? "") }),
      ...(args.RememberDays === undefined || args.RememberDays === null ? {} : { rememberDays: args.RememberDays }),
    };
    if (!(await context.shouldProcess("Global"))) return;
    await orRefused(context, "Global", async () => {
      await factorsOfSite(context).setSettings(context.session.tenantId, changes);
    });
  },
});

function methodsOf(context: SessionContext, names: readonly (string | null)[]): VerificationMethod[] {
  return names.map((name) => {
    const found = VERIFICATION_METHODS.find((method) => NAMES[method].toLowerCase() === (name ?? "").trim().toLowerCase());
    return found ?? context.fail(refuse("mfa-method", { method: name ?? "", methods: Object.values(NAMES).join(", ") }, name));
  });
}

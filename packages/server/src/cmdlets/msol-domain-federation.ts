/**
 * Get-MsolDomainFederationSettings, Set-MsolDomainAuthentication and Update-MsolFederatedDomain: which domains sign in at
 * another identity provider. The names are those of the MSOnline module, whose parameters for SAML and WS-Federation are
 * left out, as this service speaks OpenID Connect with providers; the parameters marked `ours` are what that needs beside.
 */
import { enumType, textOf, type Cmdlet } from "@tieline/language";
import { PsObject, SecureString, type PsValue } from "@tieline/remoting/objects";
import { isFault } from "@tieline/fault";
import { rolesFor } from "../directory/index.ts";
import { ACCOUNT_CLAIMS, type AccountClaim, type FederatedDomain, type Federation, type FederationSettings } from "../identity/index.ts";
import { TENANT } from "./parameter-types.ts";
import { refuse } from "./refusals.ts";
import { checkTenant, cmdlet, mine, type SessionContext } from "./session.ts";

const TYPE_NAME = "Microsoft.Online.Administration.DomainFederationSettings";
const AUTHENTICATION = enumType("Microsoft.Online.Administration.DomainAuthenticationType", ["Managed", "Federated"]);
/** Ours. */
const CLAIM = enumType("Tieline.AccountClaim", ACCOUNT_CLAIMS);

const DOMAIN_NAME = {
  type: "string",
  mandatory: true,
  fromPipelineByPropertyName: true,
  validate: { notNullOrEmpty: true },
  help: "The domain.",
} as const;

/** The part of the service that the cmdlets change. */
function federationOf(context: SessionContext): Federation {
  return context.session.federation ?? context.fail(refuse("no-authorization-server", {}));
}

/** The domain's name as the directory has it. */
async function domainNamed(context: SessionContext, name: string): Promise<string> {
  const found = (await mine(context).domains.list()).find((domain) => domain.name.toLowerCase() === name.trim().toLowerCase());
  return found?.name ?? context.fail(refuse("domain-not-found", { domain: name }, name));
}

/** What the service refuses is an error of the cmdlet, with its reason; the rest goes on as it is. */
async function told<T>(context: SessionContext, domain: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isFault(error) || !error.code.startsWith("federation-")) throw error;
    return context.fail(refuse("federation-refused", { domain, text: error.message }, domain));
  }
}

function settingsObject(settings: FederatedDomain): PsObject {
  const object = new PsObject({ typeNames: [TYPE_NAME, "System.Object"] });
  const values: Readonly<Record<string, PsValue>> = {
    ActiveLogOnUri: null,
    FederationBrandName: settings.brand,
    IssuerUri: settings.issuer,
    LogOffUri: settings.logoffUrl,
    MetadataExchangeUri: null,
    OpenIdConnectDiscoveryEndpoint: settings.metadataUrl,
    PassiveLogOnUri: settings.authorizationUrl,
    SupportsMfa: settings.acceptsProviderMfa,
    TokenUri: settings.tokenUrl,
    KeysUri: settings.keysUrl,
    ClientId: settings.clientId,
    ClientAuthentication: settings.hasSecret ? "Secret" : "Key",
    AccountClaim: settings.accountClaim,
    TrustInsideCorporateNetwork: settings.trustsInsideNetwork,
  };
  for (const [name, value] of Object.entries(values)) object.set(name, value, "adapted");
  return object;
}

const SHOWN = [
  "FederationBrandName",
  "IssuerUri",
  "OpenIdConnectDiscoveryEndpoint",
  "PassiveLogOnUri",
  "LogOffUri",
  "SupportsMfa",
  "TokenUri",
  "KeysUri",
  "ClientId",
  "ClientAuthentication",
  "AccountClaim",
  "TrustInsideCorporateNetwork",
];

export const getMsolDomainFederationSettings: Cmdlet = cmdlet({
  name: "Get-MsolDomainFederationSettings",
  synopsis: "Shows with which identity provider a domain is federated.",
  description: "The client's secret is never shown. A managed domain has no such settings: that is an error.",
  examples: [
    { code: "Get-MsolDomainFederationSettings -DomainName contoso.com", remarks: "Shows the settings." },
    {
      code: "Get-MsolDomainFederationSettings -DomainName contoso.com | Select-Object IssuerUri, SupportsMfa",
      remarks: "Shows whose tokens are taken, and whether its second factor counts.",
    },
  ],
  related: ["Set-MsolDomainAuthentication", "Update-MsolFederatedDomain"],
  roles: rolesFor("Get-MsolDomainFederationSettings", "online"),
  output: [{ typeName: TYPE_NAME, view: { kind: "list", columns: SHOWN.map((property) => ({ property })) } }],
  parameters: { DomainName: DOMAIN_NAME, TenantId: TENANT },
  async process(args, context) {
    checkTenant(context, args.TenantId);
    const domain = await domainNamed(context, args.DomainName ?? "");
    const settings = await federationOf(context).domains(context.session.tenantId).find(domain);
    if (settings === undefined) return context.writeError(refuse("domain-managed", { domain }, domain));
    return context.write(settingsObject(settings));
  },
});

export const setMsolDomainAuthentication: Cmdlet = cmdlet({
  name: "Set-MsolDomainAuthentication",
  synopsis: "Makes a domain managed, or federates it with an identity provider.",
  description:
    "The accounts of a federated domain sign in at its provider, by OpenID Connect, and have no password here from then on; whoever is signed in stays so. The provider must know this service as a client, with the redirect address https://LOGIN-HOST/TENANT-ID/login/federated. What is left out stays as it was. Keep an administrator in the initial domain, which is always managed.",
  examples: [
    {
      code: "Set-MsolDomainAuthentication -DomainName contoso.com -Authentication Federated -OpenIdConnectDiscoveryEndpoint https://sts.contoso.com/adfs/.well-known/openid-configuration -ClientId 5d1c0f4e -ClientSecret $secret",
      remarks: "Federates the domain with a provider that is described by its metadata.",
    },
    {
      code: "Set-MsolDomainAuthentication -DomainName contoso.com -Authentication Managed",
      remarks: "Lets its accounts sign in here again, with the passwords that they have here.",
    },
  ],
  related: ["Get-MsolDomainFederationSettings", "Update-MsolFederatedDomain"],
  roles: rolesFor("Set-MsolDomainAuthentication", "online"),
  parameters: {
    DomainName: { ...DOMAIN_NAME, help: "The domain: verified, and not the initial one." },
    Authentication: { type: AUTHENTICATION, mandatory: true, fromPipelineByPropertyName: true, help: "Managed or Federated." },
    FederationBrandName: { type: "string", fromPipelineByPropertyName: true, help: "What people are told that the provider is called." },
    IssuerUri: {
      type: "string",
      fromPipelineByPropertyName: true,
      help: "The issuer in the provider's tokens, to the letter. Where metadata are read, they must be this issuer's.",
    },
    LogOffUri: { type: "string", fromPipelineByPropertyName: true, help: "Where the provider signs people out. Kept and shown." },
    OpenIdConnectDiscoveryEndpoint: {
      type: "string",
      fromPipelineByPropertyName: true,
      help: "The address of the provider's metadata, which give all other addresses.",
    },
    PassiveLogOnUri: {
      type: "string",
      fromPipelineByPropertyName: true,
      help: "Where the provider signs people in: its authorization endpoint.",
    },
    SupportsMfa: {
      type: "bool",
      fromPipelineByPropertyName: true,
      help: "Whether the provider's second factor satisfies the one that is asked for here.",
    },
    TenantId: TENANT,
    TokenUri: { type: "string", help: "The provider's token endpoint, where no metadata are read. Ours." },
    KeysUri: { type: "string", help: "The provider's keys, where no metadata are read. Ours." },
    ClientId: { type: "string", help: "As what the provider knows this service. Ours." },
    ClientSecret: {
      type: "securestring",
      help: "The secret that goes with it; without one the tenant's own signing key shows who asks (private_key_jwt). Ours.",
    },
    AccountClaim: { type: CLAIM, default: "upn", help: "Which claim of the provider's token names the account. Ours." },
    TrustInsideCorporateNetwork: {
      type: "bool",
      help: "Whether the provider's claim insidecorporatenetwork counts as a trusted network. Ours.",
    },
  },
  async process(args, context) {
    checkTenant(context, args.TenantId);
    const { session } = context;
    const federation = federationOf(context);
    const domain = await domainNamed(context, args.DomainName ?? "");
    const domains = federation.domains(session.tenantId);
    if (textOf(args.Authentication) === "Managed") {
      await domains.remove(domain);
      return federation.changed();
    }
    const text = (value: string | null | undefined): string | undefined =>
      value === null || value === undefined ? undefined : value.trim();
    const known = await domains.find(domain);
    const metadataUrl = text(args.OpenIdConnectDiscoveryEndpoint);
    await told(context, domain, async () => {
      const found = metadataUrl === undefined ? known : await federation.metadata(domain, metadataUrl, text(args.IssuerUri));
      const settings: FederationSettings = {
        issuer: text(args.IssuerUri) ?? found?.issuer ?? "",
        authorizationUrl: text(args.PassiveLogOnUri) ?? found?.authorizationUrl ?? "",
        tokenUrl: text(args.TokenUri) ?? found?.tokenUrl ?? "",
        keysUrl: text(args.KeysUri) ?? found?.keysUrl ?? "",
        logoffUrl: text(args.LogOffUri) ?? found?.logoffUrl ?? null,
        namesIssuer: found?.namesIssuer ?? false,
        metadataUrl: metadataUrl ?? known?.metadataUrl ?? null,
        clientId: text(args.ClientId) ?? known?.clientId ?? "",
        accountClaim:
          args.AccountClaim === undefined || args.AccountClaim === null
            ? (known?.accountClaim ?? "upn")
            : (textOf(args.AccountClaim) as AccountClaim),
        acceptsProviderMfa: args.SupportsMfa ?? known?.acceptsProviderMfa ?? false,
        trustsInsideNetwork: args.TrustInsideCorporateNetwork ?? known?.trustsInsideNetwork ?? false,
        brand: text(args.FederationBrandName) ?? known?.brand ?? null,
      };
      const secret = args.ClientSecret instanceof SecureString ? args.ClientSecret.reveal() : known === undefined ? null : undefined;
      await domains.set(domain, settings, secret, session.nowMs());
    });
    return federation.changed();
  },
});

export const updateMsolFederatedDomain: Cmdlet = cmdlet({
  name: "Update-MsolFederatedDomain",
  synopsis: "Reads a federated domain's provider again.",
  description:
    "Addresses come from the provider's metadata, where the domain was federated by them, and keys from its key set: for when the provider has changed one of them and is not waited for until the service reads them by itself.",
  examples: [
    { code: "Update-MsolFederatedDomain -DomainName contoso.com", remarks: "Reads metadata and keys of the domain's provider." },
    {
      code: "Update-MsolFederatedDomain -DomainName contoso.com -SupportMultipleDomain",
      remarks: "The same: here each domain has an issuer of its own anyway.",
    },
  ],
  related: ["Get-MsolDomainFederationSettings", "Set-MsolDomainAuthentication"],
  roles: rolesFor("Update-MsolFederatedDomain", "online"),
  parameters: {
    DomainName: DOMAIN_NAME,
    SupportMultipleDomain: {
      type: "switch",
      help: "For providers of several domains. Each domain has settings of its own here: it is taken and changes nothing.",
    },
  },
  async process(args, context) {
    const domain = await domainNamed(context, args.DomainName ?? "");
    await told(context, domain, () => federationOf(context).readAgain(context.session.tenantId, domain));
  },
});

/**
 * The lab's directory, made up: the same seed and number of users give the same people, with the same ids, on every
 * machine. Names of tenants, hosts and pools are those of the scripts that administrators brought along.
 *
 * contoso.com is a hybrid: most of its people were synchronised from its own Active Directory, and some are still homed
 * on its pool. `generateUsers` for the tenant and for the deployment walk the same sequence of people, so both halves
 * agree. fabrikam.com is online alone.
 */
import { chance, type Chance } from "./chance.ts";
import type { ObjectId, TenantId } from "./ids.ts";
import { namedPeople, type Homing, type NamedPerson } from "./lab-people.ts";
import { SERVICE_PLANS, type PlanAssignment } from "./licences.ts";
import { addressPart, DEPARTMENTS, FIRST_NAMES, LAST_NAMES, PLACES } from "./people.ts";
import type { Json, JsonRecord } from "../store/index.ts";
import type { Pool } from "./pools.ts";
import type { Domain, Tenant } from "./tenants.ts";
import type { UserRecord } from "./user-record.ts";

const DAY_MS = 86_400_000;
/** The proxy that both halves of a hybrid name as the service. */
export const ONLINE_PROXY = "sipfed.online.lync.com";

/** A tenant, or a deployment, of the lab. */
export interface LabSite {
  tenant: Omit<Tenant, "createdMs" | "changedMs">;
  domains: readonly Domain[];
  /** How its people are spread over the ways of being homed. */
  isHybrid: boolean;
  /** What is set up beside users and policies; names inside are the parameters of the cmdlets. */
  settings: readonly { kind: string; name: string; settings: JsonRecord }[];
  /** Policies of its own: those that its people have and the other site has not. */
  policies: readonly { family: string; name: string; settings: JsonRecord }[];
}

const CONTOSO_ID = "6a1c2b8e-5f0d-4c1a-9b7e-0a3d5e7f9c01" as TenantId;
const FABRIKAM_ID = "b2f4d6e8-1a3c-4e5f-8d7b-2c4e6f8a0b02" as TenantId;
const DEPLOYMENT_ID = "d0c1b2a3-9e8f-4d7c-a6b5-3f4e5d6c7b03" as TenantId;

const domain = (name: string, isDefault = false, sip = true): Domain => ({ name, verified: true, isDefault, sip });

/** The online site's tenants; DisplayName as a founding script asks for it. */
export const LAB_TENANTS: readonly LabSite[] = [
  {
    tenant: {
      tenantId: CONTOSO_ID,
      kind: "online",
      name: "contoso",
      displayName: "Contoso.com",
      initialDomain: "contoso.onmicrosoft.com",
      netbiosName: null,
      forest: "0a",
      registrarPool: "sippool0a01.infra.lync.com",
      remotePowerShell: true,
      properties: { DirSyncEnabled: true, CountryAbbreviation: "US", City: "Redmond", StateOrProvince: "WA", PreferredLanguage: "en-US" },
    },
    domains: [
      domain("contoso.com", true),
      domain("contoso.onmicrosoft.com"),
      domain("hybrid.contoso.com"),
      domain("onpremises.contoso.com"),
    ],
    isHybrid: true,
    settings: [{ kind: "TenantFederationConfiguration", name: "Global", settings: { SharedSipAddressSpace: true } }],
    policies: [],
  },
  {
    tenant: {
      tenantId: FABRIKAM_ID,
      kind: "online",
      name: "fabrikam",
      displayName: "Fabrikam.com",
      initialDomain: "fabrikam.onmicrosoft.com",
      netbiosName: null,
      forest: "0a",
      registrarPool: "sippool0a02.infra.lync.com",
      remotePowerShell: true,
      properties: { CountryAbbreviation: "US", City: "Chicago", StateOrProvince: "IL", PreferredLanguage: "en-US" },
    },
    domains: [domain("fabrikam.com", true), domain("fabrikam.onmicrosoft.com")],
    isHybrid: false,
    settings: [],
    policies: [],
  },
];

/** Contoso's own deployment. */
export const LAB_DEPLOYMENT: LabSite = {
  tenant: {
    tenantId: DEPLOYMENT_ID,
    kind: "pool",
    name: "contoso.local",
    displayName: "Contoso",
    initialDomain: "contoso.local",
    netbiosName: "CONTOSO",
    forest: "",
    registrarPool: "pool01.contoso.local",
    remotePowerShell: true,
    properties: {},
  },
  domains: [
    domain("contoso.com", true),
    domain("contoso.local", false, false),
    domain("hybrid.contoso.com"),
    domain("onpremises.contoso.com"),
  ],
  isHybrid: true,
  settings: [
    {
      // As setup makes it on every deployment, with what ties it to the service: founding scripts replace it by one of their own.
      kind: "HostingProvider",
      name: "LyncOnline",
      settings: {
        ProxyFqdn: ONLINE_PROXY,
        Enabled: true,
        EnabledSharedAddressSpace: true,
        HostsOCSUsers: true,
        IsLocal: false,
        VerificationLevel: "UseSourceVerification",
        AutodiscoverUrl: "https://webdir.online.lync.com/Autodiscover/AutodiscoverService.svc/root",
      },
    },
    {
      kind: "AccessEdgeConfiguration",
      name: "Global",
      settings: { AllowOutsideUsers: true, AllowFederatedUsers: true, EnablePartnerDiscovery: true },
    },
  ],
  policies: [{ family: "ClientPolicy", name: "Branch Office", settings: {} }],
};

export const LAB_POOLS: readonly Pool[] = [
  {
    identity: "pool01.contoso.local",
    site: "Site:Redmond",
    computers: ["fe01.contoso.local"],
    services: servicesOf("pool01.contoso.local"),
  },
  {
    // Where people of pool01 can move without leaving the premises.
    identity: "pool02.contoso.local",
    site: "Site:Redmond",
    computers: ["fe02.contoso.local"],
    services: servicesOf("pool02.contoso.local"),
  },
  {
    identity: "edge01.contoso.local",
    site: "Site:Redmond",
    computers: ["edge01.contoso.local"],
    services: ["EdgeServer:edge01.contoso.local"],
  },
];

function servicesOf(pool: string): string[] {
  const services = ["Registrar", "UserServer", "WebServer", "ConferencingServer", "ApplicationServer"].map((each) => `${each}:${pool}`);
  return [...services, "EdgeServer:edge01.contoso.local"];
}

/** The accounts that the lab signs in with; who makes them brings the passwords. */
export interface LabAccount {
  domain: string;
  name: string;
  displayName: string;
  roles: readonly string[];
}

const ADMINISTRATOR = ["Skype for Business Administrator"];

export const LAB_ACCOUNTS: readonly LabAccount[] = [
  ...["contoso.com", "fabrikam.com"].flatMap((domainName) => [
    { domain: domainName, name: "admin", displayName: "Administrator", roles: ["Global Administrator", ...ADMINISTRATOR] },
    { domain: domainName, name: "helpdesk", displayName: "Help Desk", roles: ["Helpdesk Administrator"] },
    { domain: domainName, name: "viewer", displayName: "View-Only Administrator", roles: ["Global Reader"] },
  ]),
  // Of the domains whose discovery begins at the deployment.
  { domain: "hybrid.contoso.com", name: "hybridadmin", displayName: "Hybrid Administrator", roles: ADMINISTRATOR },
  { domain: "onpremises.contoso.com", name: "localadmin", displayName: "Local Administrator", roles: ADMINISTRATOR },
];

export const DEPLOYMENT_ACCOUNTS: readonly LabAccount[] = [
  { domain: "contoso.local", name: "administrator", displayName: "Administrator", roles: ["CsAdministrator"] },
  { domain: "contoso.local", name: "helpdesk", displayName: "Help Desk", roles: ["CsHelpDesk"] },
  { domain: "contoso.local", name: "viewer", displayName: "View-Only Administrator", roles: ["CsViewOnlyAdministrator"] },
  // A move across sites wants both roles: each of the first two has one of them.
  { domain: "contoso.local", name: "serveradmin", displayName: "Server Administrator", roles: ["CsServerAdministrator"] },
  { domain: "contoso.local", name: "useradmin", displayName: "User Administrator", roles: ["CsUserAdministrator"] },
  { domain: "contoso.local", name: "mover", displayName: "Migration", roles: ["CsServerAdministrator", "CsUserAdministrator"] },
];

interface Person {
  objectId: ObjectId;
  first: string;
  last: string;
  displayName: string;
  account: string;
  homing: Homing;
  /** What the table says of whoever has a name there. */
  named: NamedPerson | undefined;
  draw: Chance;
}

/** The people of a site, one after the other, without end. Whoever has a name in the table stands in for the one who was drawn there. */
function* people(seed: string, isHybrid: boolean): Generator<Person, never, undefined> {
  const draw = chance(seed);
  const names = namedPeople(isHybrid);
  const taken = new Map<string, number>();
  const add = (account: string): string => {
    const twins = taken.get(account) ?? 0;
    taken.set(account, twins + 1);
    return twins === 0 ? account : `${account}${twins + 1}`;
  };
  for (let i = 0; ; i += 1) {
    const known = names[i];
    // The first five were never drawn; behind them the sequence goes on whoever stands there.
    const first = i < UNDRAWN ? (known?.first ?? "") : draw.pick(FIRST_NAMES);
    const last = i < UNDRAWN ? (known?.last ?? "") : draw.pick(LAST_NAMES);
    const drawn = add(i < UNDRAWN ? (known?.account ?? "") : `${addressPart(first)}.${addressPart(last)}`);
    const share = draw.next();
    const homed: Homing = share < 0.55 ? "hybrid-online" : share < 0.75 ? "hybrid-on-premises" : share < 0.92 ? "online" : "none";
    const homing = known?.homing ?? homed;
    const person = { first: known?.first ?? first, last: known?.last ?? last };
    yield {
      ...person,
      objectId: draw.guid() as ObjectId,
      displayName: `${person.first} ${person.last}`,
      account: known?.account ?? drawn,
      homing: isHybrid || homing === "none" ? homing : "online",
      named: known,
      draw,
    };
  }
}

/** How many of the named have no drawn person behind them. */
const UNDRAWN = 5;

export interface GenerateOptions {
  /** People of the site; of a deployment those among them that it synchronises. */
  users: number;
  seed?: string;
  nowMs: number;
}

/** Users of one site of the lab. */
export function* generateUsers(site: LabSite, options: GenerateOptions): Generator<UserRecord, void, undefined> {
  const domainName = site.domains.find((candidate) => candidate.isDefault)?.name ?? site.tenant.initialDomain;
  const source = people(`${options.seed ?? "tieline"} ${domainName}`, site.isHybrid);
  for (let i = 0; i < options.users; i += 1) {
    const person = source.next().value;
    const facts = factsOf(person, domainName, i, options.nowMs);
    if (site.tenant.kind === "online") yield onlineUser(person, facts, site);
    else if (person.homing !== "online" && person.homing !== "none") yield deploymentUser(person, facts, site);
  }
}

interface Facts {
  upn: string;
  sip: string;
  properties: Record<string, Json>;
  lineUri: string | null;
  createdMs: number;
  hasVoice: boolean;
  hasDialIn: boolean;
}

function factsOf(person: Person, domainName: string, index: number, nowMs: number): Facts {
  const { draw } = person;
  const place = draw.pick(PLACES);
  const department = draw.pick(DEPARTMENTS);
  const upn = `${person.account}@${domainName}`;
  const drawnVoice = draw.next() < 0.4;
  const { named } = person;
  const hasVoice = named?.voice ?? drawnVoice;
  const sip = `sip:${named?.sip ?? person.account}@${domainName}`;
  const number = `+${place.prefix}${String(index % 100_000).padStart(5, "0")}`;
  const properties: Record<string, Json> = {
    FirstName: person.first,
    LastName: person.last,
    Alias: person.account,
    WindowsEmailAddress: upn,
    Title: draw.pick(department.titles),
    Department: department.name,
    Company: domainName.replace(/\..*$/, "").replace(/^./, (letter) => letter.toUpperCase()),
    City: place.city,
    CountryAbbreviation: place.usage,
    CountryOrRegionDisplayName: place.country,
    UsageLocation: place.usage,
    PreferredLanguage: place.language,
    ProxyAddresses: [`SMTP:${upn}`, ...(person.homing === "none" ? [] : [sip])],
    ...(place.state === "" ? {} : { StateOrProvince: place.state }),
    ...(hasVoice ? { Phone: number } : {}),
    ...named?.properties,
  };
  const createdMs = nowMs - (30 + draw.below(1000)) * DAY_MS - draw.below(DAY_MS);
  const lineUri = hasVoice ? `tel:${number}` : null;
  return { upn, sip, properties, lineUri, createdMs, hasVoice, hasDialIn: named?.dialIn ?? false };
}

/** What the tenant sees of each way of being homed. */
const ONLINE_VIEW: Readonly<Record<Homing, { type: string; sip: boolean; enabled: boolean; hosting: string | null; homed: boolean }>> = {
  "hybrid-online": { type: "HybridOnlineSfBUser", sip: true, enabled: true, hosting: ONLINE_PROXY, homed: true },
  "hybrid-on-premises": { type: "HybridOnpremSfBUser", sip: true, enabled: true, hosting: "SRV:", homed: false },
  "on-premises": { type: "PureOnlineNoService", sip: false, enabled: false, hosting: null, homed: false },
  online: { type: "PureOnlineSfBUser", sip: true, enabled: true, hosting: ONLINE_PROXY, homed: true },
  none: { type: "PureOnlineNoService", sip: false, enabled: false, hosting: null, homed: false },
};

function onlineUser(person: Person, facts: Facts, site: LabSite): UserRecord {
  const view = ONLINE_VIEW[person.homing];
  const isSynced = person.homing.startsWith("hybrid");
  const { OnPremLineURI: _none, ...properties } = facts.properties;
  return {
    objectId: person.objectId,
    userPrincipalName: facts.upn,
    sipAddress: view.sip ? facts.sip : null,
    displayName: person.displayName,
    accountName: person.account,
    enabled: view.enabled,
    hostingProvider: view.hosting,
    registrarPool: view.homed ? site.tenant.registrarPool : null,
    interpretedUserType: view.type,
    properties: {
      ...properties,
      EnterpriseVoiceEnabled: view.homed && facts.hasVoice,
      ...(view.homed && facts.lineUri !== null ? { LineURI: facts.lineUri } : {}),
      ...(isSynced
        ? {
            DirSyncEnabled: true,
            OnPremSipAddress: facts.sip,
            OnPremSIPEnabled: true,
            OnPremHostingProvider: view.hosting as string,
            OnPremEnterpriseVoiceEnabled: !view.homed && facts.hasVoice,
            OnPremDomainName: LAB_DEPLOYMENT.tenant.name,
            OnPremSamAccountName: person.account,
            OnPremisesUserPrincipalName: facts.upn,
            ...(facts.lineUri === null ? {} : { OnPremLineURI: facts.lineUri }),
          }
        : {}),
    },
    policies: {},
    plans: view.sip ? plansFor(facts, person.named?.lacks) : [],
    createdMs: facts.createdMs,
    changedMs: facts.createdMs,
  };
}

/** How a deployment writes that somebody's meetings can be dialled into; the provider is the lab's. */
const ACP_INFO = `<acpInformation default="true"><tollNumber>+14255550100</tollNumber><domain>acp.contoso.com</domain></acpInformation>`;

function deploymentUser(person: Person, facts: Facts, site: LabSite): UserRecord {
  const isHere = person.homing !== "hybrid-online";
  return {
    objectId: person.objectId,
    userPrincipalName: facts.upn,
    sipAddress: facts.sip,
    displayName: person.displayName,
    accountName: person.account,
    enabled: true,
    hostingProvider: isHere ? "SRV:" : ONLINE_PROXY,
    registrarPool: isHere ? site.tenant.registrarPool : null,
    interpretedUserType: null,
    properties: {
      ...facts.properties,
      EnterpriseVoiceEnabled: isHere && facts.hasVoice,
      ...(isHere && facts.lineUri !== null ? { LineURI: facts.lineUri } : {}),
      ...(facts.hasDialIn ? { AcpInfo: ACP_INFO } : {}),
      ...person.named?.onPremises,
    },
    policies: person.named?.policies ?? {},
    plans: [],
    createdMs: facts.createdMs,
    changedMs: facts.createdMs,
  };
}

function plansFor(facts: Facts, lacks: readonly string[] = []): PlanAssignment[] {
  const names = ["MCOSTANDARD", "TEAMS1", ...(facts.hasVoice ? ["MCOEV"] : []), ...(facts.hasDialIn ? ["MCOMEETADV"] : [])];
  return SERVICE_PLANS.filter((plan) => names.includes(plan.name) && !lacks.includes(plan.name)).map((plan) => ({
    planId: plan.id,
    status: "Enabled",
    assignedMs: facts.createdMs,
  }));
}

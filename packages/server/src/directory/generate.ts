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
import { SERVICE_PLANS, type PlanAssignment } from "./licences.ts";
import { addressPart, DEPARTMENTS, FIRST_NAMES, LAST_NAMES, PLACES } from "./people.ts";
import type { Json } from "../store/index.ts";
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
};

export const LAB_POOLS: readonly Pool[] = [
  {
    identity: "pool01.contoso.local",
    site: "Site:Redmond",
    computers: ["fe01.contoso.local"],
    services: ["Registrar", "UserServer", "WebServer", "ConferencingServer", "ApplicationServer", "EdgeServer"].map(
      (service) => `${service}:${service === "EdgeServer" ? "edge01" : "pool01"}.contoso.local`,
    ),
  },
  {
    identity: "edge01.contoso.local",
    site: "Site:Redmond",
    computers: ["edge01.contoso.local"],
    services: ["EdgeServer:edge01.contoso.local"],
  },
];

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
];

/** How somebody is homed; the share of each is what the lab needs to show. */
type Homing = "hybrid-online" | "hybrid-on-premises" | "online" | "none";

/** People that scripts and documents name come first. */
const KNOWN: readonly { first: string; last: string; account: string; homing: Homing }[] = [
  { first: "Ken", last: "Myer", account: "kenmyer", homing: "hybrid-on-premises" },
  { first: "Alice", last: "Jones", account: "alice", homing: "hybrid-online" },
  { first: "Bob", last: "Kelly", account: "bob", homing: "hybrid-online" },
  { first: "Pilar", last: "Ackerman", account: "pilar", homing: "online" },
  { first: "Test", last: "User", account: "user", homing: "hybrid-on-premises" },
];

interface Person {
  objectId: ObjectId;
  first: string;
  last: string;
  displayName: string;
  account: string;
  homing: Homing;
  draw: Chance;
}

/** The people of a site, one after the other, without end. */
function* people(seed: string, isHybrid: boolean): Generator<Person, never, undefined> {
  const draw = chance(seed);
  const taken = new Map<string, number>();
  for (let i = 0; ; i += 1) {
    const known = KNOWN[i];
    const first = known?.first ?? draw.pick(FIRST_NAMES);
    const last = known?.last ?? draw.pick(LAST_NAMES);
    const base = known?.account ?? `${addressPart(first)}.${addressPart(last)}`;
    const twins = taken.get(base) ?? 0;
    taken.set(base, twins + 1);
    const share = draw.next();
    const drawn: Homing = share < 0.55 ? "hybrid-online" : share < 0.75 ? "hybrid-on-premises" : share < 0.92 ? "online" : "none";
    const homing = known?.homing ?? drawn;
    yield {
      objectId: draw.guid() as ObjectId,
      first,
      last,
      displayName: `${first} ${last}`,
      account: twins === 0 ? base : `${base}${twins + 1}`,
      homing: isHybrid || homing === "none" ? homing : "online",
      draw,
    };
  }
}

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
    else if (person.homing === "hybrid-online" || person.homing === "hybrid-on-premises") yield deploymentUser(person, facts, site);
  }
}

interface Facts {
  upn: string;
  sip: string;
  properties: Record<string, Json>;
  lineUri: string | null;
  createdMs: number;
  hasVoice: boolean;
}

function factsOf(person: Person, domainName: string, index: number, nowMs: number): Facts {
  const { draw } = person;
  const place = draw.pick(PLACES);
  const department = draw.pick(DEPARTMENTS);
  const upn = `${person.account}@${domainName}`;
  const hasVoice = draw.next() < 0.4;
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
    ProxyAddresses: [`SMTP:${upn}`, ...(person.homing === "none" ? [] : [`sip:${upn}`])],
    ...(place.state === "" ? {} : { StateOrProvince: place.state }),
    ...(hasVoice ? { Phone: number } : {}),
  };
  const createdMs = nowMs - (30 + draw.below(1000)) * DAY_MS - draw.below(DAY_MS);
  return { upn, sip: `sip:${upn}`, properties, lineUri: hasVoice ? `tel:${number}` : null, createdMs, hasVoice };
}

/** What the tenant sees of each way of being homed. */
const ONLINE_VIEW: Readonly<Record<Homing, { type: string; sip: boolean; enabled: boolean; hosting: string | null; homed: boolean }>> = {
  "hybrid-online": { type: "HybridOnlineSfBUser", sip: true, enabled: true, hosting: ONLINE_PROXY, homed: true },
  "hybrid-on-premises": { type: "HybridOnpremSfBUser", sip: true, enabled: true, hosting: "SRV:", homed: false },
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
    plans: view.sip ? plansFor(facts) : [],
    createdMs: facts.createdMs,
    changedMs: facts.createdMs,
  };
}

function deploymentUser(person: Person, facts: Facts, site: LabSite): UserRecord {
  const isHere = person.homing === "hybrid-on-premises";
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
    },
    policies: {},
    plans: [],
    createdMs: facts.createdMs,
    changedMs: facts.createdMs,
  };
}

function plansFor(facts: Facts): PlanAssignment[] {
  const names = ["MCOSTANDARD", "TEAMS1", ...(facts.hasVoice ? ["MCOEV"] : [])];
  return SERVICE_PLANS.filter((plan) => names.includes(plan.name)).map((plan) => ({
    planId: plan.id,
    status: "Enabled",
    assignedMs: facts.createdMs,
  }));
}

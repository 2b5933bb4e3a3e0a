/** People who can be moved from a lab's pool to its service, by number: the same at both sites, and at every start. */
import { createHash } from "node:crypto";
import type { ObjectId, UserRecord } from "../packages/server/src/directory/index.ts";
import { generateUserData, type Colleague, type UserData } from "../packages/server/src/migration/index.ts";
import type { SiteKind } from "../packages/server/src/site.ts";

const MADE_MS = Date.UTC(2020, 7, 5);
/** MCOSTANDARD and TEAMS1, without which nobody comes to the service. */
const PLANS = ["0feaeb32-d00e-4d66-bd5a-43b5b83db82c", "57ff2da0-773e-42df-b2af-ffb7a2317929"];

/** Scattered over the index, as ids of a real directory are. */
function idOf(number: number): ObjectId {
  const hash = createHash("md5").update(`mover ${number}`).digest("hex");
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20)}` as ObjectId;
}

export function mover(site: SiteKind, number: number): UserRecord {
  const account = `mover${number}`;
  const upn = `${account}@contoso.com`;
  const sip = `sip:${upn}`;
  const properties = {
    FirstName: "Mover",
    LastName: String(number),
    Alias: account,
    WindowsEmailAddress: upn,
    Title: "Consultant",
    Department: "Services",
    Company: "Contoso",
    City: "Redmond",
    CountryAbbreviation: "US",
    UsageLocation: "US",
    PreferredLanguage: "en-US",
    ProxyAddresses: [`SMTP:${upn}`, sip],
    EnterpriseVoiceEnabled: false,
  };
  const synchronised = {
    DirSyncEnabled: true,
    OnPremSipAddress: sip,
    OnPremSIPEnabled: true,
    OnPremHostingProvider: "SRV:",
    OnPremEnterpriseVoiceEnabled: false,
    OnPremDomainName: "contoso.local",
    OnPremSamAccountName: account,
    OnPremisesUserPrincipalName: upn,
  };
  const isOnline = site === "online";
  return {
    objectId: idOf(number),
    userPrincipalName: upn,
    sipAddress: sip,
    displayName: `Mover ${number}`,
    accountName: account,
    enabled: true,
    hostingProvider: "SRV:",
    registrarPool: isOnline ? null : "pool01.contoso.local",
    interpretedUserType: isOnline ? "HybridOnpremSfBUser" : null,
    properties: isOnline ? { ...properties, ...synchronised } : properties,
    policies: {},
    plans: isOnline ? PLANS.map((planId) => ({ planId, status: "Enabled", assignedMs: MADE_MS })) : [],
    createdMs: MADE_MS,
    changedMs: MADE_MS,
  };
}

const COLLEAGUES: readonly Colleague[] = Array.from({ length: 1000 }, (_, i) => ({
  uri: `sip:colleague${i}@contoso.com`,
  displayName: `Colleague ${i}`,
}));

export function dataOf(user: UserRecord, contacts: number): UserData {
  const person = { objectId: user.objectId, uri: user.sipAddress ?? "", displayName: user.displayName, hasVoice: false, isRich: false };
  return generateUserData(person, COLLEAGUES, { nowMs: MADE_MS, contacts });
}

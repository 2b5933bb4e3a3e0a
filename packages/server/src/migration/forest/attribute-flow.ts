/**
 * How a user of the forest and a user of the deployment are told in each other's words: one row an attribute.
 *
 * The forest owns names, mail and place: its values come in, and nothing of them is ever written there. The msRTCSIP
 * attributes are the deployment's: they come in too, unless the deployment still has the user to write.
 *
 * `msRTCSIP-PrimaryHomeServer` is the pool's FQDN here, as our schema file declares it. With the vendor's schema it is the DN of
 * a pool's object, which home-servers.ts translates; a DN that it does not know is passed over: such a user has no pool of ours.
 */
import type { UserChanges, UserRecord } from "../../directory/index.ts";
import type { Json } from "../../store/index.ts";
import type { ForestChanges, ForestUser } from "./forest.ts";

type Values = readonly string[];
type Properties = Record<string, Json>;

interface Flow {
  attribute: string;
  /** Where it goes: what it sets of the user. A value that is not there takes the property away. */
  read: (values: Values, into: Incoming) => void;
  /** What is to stand in the forest; without it, the forest owns the attribute. */
  write?: (user: UserRecord) => ForestChanges[string];
}

/** A user as the forest tells it, before it is decided whose word counts. */
interface Incoming {
  userPrincipalName?: string;
  displayName?: string;
  accountName?: string;
  sipAddress: string | null;
  enabled: boolean;
  locator: string | null;
  homeServer: string | null;
  /** The forest's. */
  properties: Properties;
  /** The deployment's. */
  homing: Properties;
}

/** Bit of msRTCSIP-OptionFlags: enabled for Enterprise Voice (the vendor's list of schema attributes: UCEnabled). */
const VOICE = 128;
/** The bit for enhanced presence, without which no client of today signs in. */
const PRESENCE = 256;
/** Bit of userAccountControl. */
const ACCOUNT_DISABLED = 2;
/** msRTCSIP-DeploymentLocator of a user who is homed on premises. */
const ON_PREMISES = "SRV:";

const one = (value: string | null | undefined): Values => (value === null || value === undefined || value === "" ? [] : [value]);
const first = (values: Values): string | null => values[0] ?? null;
const whole = (values: Values): number | null => (/^-?\d{1,10}$/.test(values[0] ?? "") ? Number(values[0]) : null);
const isSip = (address: string): boolean => /^sip:/i.test(address);

const property = (attribute: string, name: string): Flow => ({
  attribute,
  read: (values, into) => (into.properties[name] = first(values)),
});
const kept = (attribute: string, name: string): Flow => ({ attribute, read: (values, into) => (into.homing[name] = first(values)) });

const ATTRIBUTE_FLOW: readonly Flow[] = [
  { attribute: "sAMAccountName", read: ([value], into) => value !== undefined && (into.accountName = value) },
  { attribute: "userPrincipalName", read: ([value], into) => value !== undefined && (into.userPrincipalName = value) },
  { attribute: "displayName", read: ([value], into) => value !== undefined && (into.displayName = value) },
  property("givenName", "FirstName"),
  property("sn", "LastName"),
  property("mail", "WindowsEmailAddress"),
  property("telephoneNumber", "Phone"),
  property("department", "Department"),
  property("title", "Title"),
  property("company", "Company"),
  property("l", "City"),
  property("st", "StateOrProvince"),
  property("co", "CountryOrRegionDisplayName"),
  property("c", "CountryAbbreviation"),
  {
    attribute: "userAccountControl",
    read: (values, into) => {
      const flags = whole(values);
      into.properties["UserAccountControl"] = flags;
      into.properties["AccountEnabled"] = flags === null ? null : (flags & ACCOUNT_DISABLED) === 0;
    },
  },
  {
    // Shared: mail is the forest's, the address with `sip:` the deployment's.
    attribute: "proxyAddresses",
    read: (values, into) => (into.properties["ProxyAddresses"] = values.length === 0 ? null : [...values].sort()),
    write: ({ sipAddress }) => ({ beginning: "sip:", values: one(sipAddress) }),
  },
  {
    attribute: "msRTCSIP-PrimaryUserAddress",
    read: (values, into) => (into.sipAddress = first(values)),
    write: ({ sipAddress }) => one(sipAddress),
  },
  {
    attribute: "msRTCSIP-UserEnabled",
    read: (values, into) => (into.enabled = first(values)?.toUpperCase() === "TRUE"),
    write: ({ sipAddress, enabled }) => one(sipAddress === null ? null : enabled ? "TRUE" : "FALSE"),
  },
  {
    attribute: "msRTCSIP-DeploymentLocator",
    read: (values, into) => (into.locator = first(values)),
    write: ({ hostingProvider }) => one(hostingProvider),
  },
  {
    attribute: "msRTCSIP-PrimaryHomeServer",
    read: (values, into) => (into.homeServer = first(values)),
    write: ({ registrarPool }) => one(registrarPool),
  },
  {
    attribute: "msRTCSIP-Line",
    read: (values, into) => (into.homing["LineURI"] = first(values)),
    write: ({ properties }) => one(textOf(properties["LineURI"])),
  },
  {
    attribute: "msRTCSIP-OptionFlags",
    read: (values, into) => {
      const flags = whole(values);
      into.homing["OptionFlags"] = flags;
      into.homing["EnterpriseVoiceEnabled"] = flags === null ? null : (flags & VOICE) !== 0;
    },
    write: ({ sipAddress, properties }) => one(sipAddress === null ? null : String(optionFlags(properties))),
  },
  kept("msRTCSIP-OwnerUrn", "OwnerUrn"),
  kept("msRTCSIP-ApplicationOptions", "ApplicationOptions"),
];

/** What is asked of the forest. */
export const USER_ATTRIBUTES: readonly string[] = ATTRIBUTE_FLOW.map(({ attribute }) => attribute);

/** What the deployment writes there. */
export const WRITTEN_ATTRIBUTES: readonly string[] = ATTRIBUTE_FLOW.filter(({ write }) => write !== undefined).map(
  ({ attribute }) => attribute,
);

export interface ForestView {
  /** Names, mail, place; a null in the properties takes one away. */
  person: UserChanges & { userPrincipalName: string; displayName: string; accountName: string; properties: Properties };
  /** The homing and what goes with it. */
  homing: Pick<UserRecord, "sipAddress" | "enabled" | "hostingProvider" | "registrarPool"> & { properties: Properties };
}

/** @param domain The forest's, for a user without a userPrincipalName */
export function readUser(user: ForestUser, domain: string): ForestView {
  const into: Incoming = { sipAddress: null, enabled: false, locator: null, homeServer: null, properties: {}, homing: {} };
  for (const { attribute, read } of ATTRIBUTE_FLOW) read(user.attributes[attribute] ?? [], into);
  const accountName = into.accountName ?? user.guid;
  const isHomed = into.sipAddress !== null;
  const isOnline = isHomed && into.locator !== null && into.locator.toUpperCase() !== ON_PREMISES;
  return {
    person: {
      accountName,
      userPrincipalName: into.userPrincipalName ?? `${accountName}@${domain}`,
      displayName: into.displayName ?? accountName,
      properties: into.properties,
    },
    homing: {
      sipAddress: into.sipAddress,
      enabled: isHomed && into.enabled,
      hostingProvider: isOnline ? into.locator : isHomed ? ON_PREMISES : null,
      registrarPool: isOnline || !isHomed || into.homeServer?.includes("=") === true ? null : into.homeServer,
      properties: into.homing,
    },
  };
}

/** What the forest is to have of the user. */
export function writeUser(user: UserRecord): ForestChanges {
  return Object.fromEntries(ATTRIBUTE_FLOW.flatMap(({ attribute, write }) => (write === undefined ? [] : [[attribute, write(user)]])));
}

/** The forest's list with the deployment's address in it: what both will say when the user is written. */
export function withSipAddress(proxies: Json | undefined, sipAddress: string | null): Json {
  const mail = (Array.isArray(proxies) ? proxies.map(String) : []).filter((address) => !isSip(address));
  const list = [...mail, ...one(sipAddress)].sort();
  return list.length === 0 ? null : list;
}

function optionFlags(properties: UserRecord["properties"]): number {
  const known = properties["OptionFlags"];
  const others = typeof known === "number" ? known & ~VOICE : PRESENCE;
  return properties["EnterpriseVoiceEnabled"] === true ? others | VOICE : others;
}

function textOf(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}

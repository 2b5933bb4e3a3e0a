/**
 * The attribute flow, as one table that both ends read: the deployment makes attributes of its user by `from`, the tenant makes
 * properties of attributes by `to`. Attributes have their names in the forest. A whole object travels each time: an attribute that is
 * not there is taken away at the tenant.
 *
 * What follows of the homing attributes for HostingProvider, RegistrarPool, SipAddress, Enabled and InterpretedUserType is
 * not a flow but a decision, in homing.ts.
 */
import { createHash } from "node:crypto";
import type { Tenant, UserChanges, UserRecord } from "../../directory/index.ts";
import type { Json, JsonRecord } from "../../store/index.ts";

export type Attributes = JsonRecord;

export interface Flow {
  /** In the forest. */
  attribute: string;
  type: "text" | "flag" | "number" | "list";
  /** Of the deployment's user; null or undefined where there is none. */
  from: (user: UserRecord, deployment: Tenant) => Json | undefined;
  /** Properties of the tenant's user. */
  to: readonly string[];
  /** A column of the tenant's user beside: then the attribute must be there. */
  column?: "userPrincipalName" | "displayName" | "accountName";
  /** Characters of a value. */
  maxLength: number;
  /** Values of a list. */
  maxValues?: number;
  /** Left alone while a move of the user is under way. */
  isHoming?: true;
  /** What the tenant keeps of a list; default: all of it. */
  keep?: (values: readonly string[]) => readonly string[];
}

/** As it is, from the property of the same meaning. */
const text = (attribute: string, property: string, maxLength = 256): Flow => ({
  attribute,
  type: "text",
  from: (user) => user.properties[property],
  to: [property],
  maxLength,
});

export const ATTRIBUTE_FLOW: readonly Flow[] = [
  {
    attribute: "userPrincipalName",
    type: "text",
    from: (user) => user.userPrincipalName,
    to: ["OnPremisesUserPrincipalName"],
    column: "userPrincipalName",
    maxLength: 113,
  },
  { attribute: "displayName", type: "text", from: (user) => user.displayName, to: [], column: "displayName", maxLength: 256 },
  {
    attribute: "sAMAccountName",
    type: "text",
    from: (user) => user.accountName,
    to: ["OnPremSamAccountName"],
    column: "accountName",
    maxLength: 256,
  },
  { attribute: "dnsDomainName", type: "text", from: (_user, deployment) => deployment.name, to: ["OnPremDomainName"], maxLength: 255 },
  { attribute: "objectSid", type: "text", from: (user) => user.properties["Sid"], to: ["OnPremSecurityIdentifier"], maxLength: 256 },
  {
    attribute: "accountEnabled",
    type: "flag",
    from: (user) => user.properties["AccountEnabled"] ?? true,
    to: ["AccountEnabled"],
    maxLength: 0,
  },
  // The person
  text("givenName", "FirstName", 64),
  text("sn", "LastName", 64),
  text("mailNickname", "Alias", 64),
  text("mail", "WindowsEmailAddress"),
  text("title", "Title", 128),
  text("department", "Department", 64),
  text("company", "Company", 64),
  text("physicalDeliveryOfficeName", "Office", 128),
  text("description", "Description", 1024),
  text("telephoneNumber", "Phone", 64),
  text("homePhone", "HomePhone", 64),
  text("mobile", "MobilePhone", 64),
  text("facsimileTelephoneNumber", "Fax", 64),
  text("ipPhone", "IPPhone", 64),
  {
    attribute: "otherTelephone",
    type: "list",
    from: (user) => user.properties["OtherTelephone"],
    to: ["OtherTelephone"],
    maxLength: 64,
    maxValues: 100,
  },
  text("streetAddress", "StreetAddress", 1024),
  text("l", "City", 128),
  text("st", "StateOrProvince", 128),
  text("postalCode", "PostalCode", 40),
  text("c", "CountryAbbreviation", 3),
  text("co", "CountryOrRegionDisplayName", 128),
  text("preferredLanguage", "PreferredLanguage", 64),
  text("wWWHomePage", "WebPage", 2048),
  text("msExchUsageLocation", "UsageLocation", 3),
  {
    attribute: "proxyAddresses",
    type: "list",
    from: (user) => user.properties["ProxyAddresses"],
    to: ["ProxyAddresses"],
    maxLength: 1123,
    maxValues: 400,
  },
  {
    attribute: "proxyAddresses",
    type: "list",
    from: (user) => user.properties["ProxyAddresses"],
    to: ["SipProxyAddress"],
    maxLength: 1123,
    maxValues: 400,
    keep: (values) => values.filter((value) => /^sip:/i.test(value)),
  },
  // Homing
  {
    attribute: "msRTCSIP-PrimaryUserAddress",
    type: "text",
    from: (user) => user.sipAddress,
    to: ["OnPremSipAddress"],
    maxLength: 454,
    isHoming: true,
  },
  {
    attribute: "msRTCSIP-UserEnabled",
    type: "flag",
    from: (user) => (user.sipAddress === null ? null : user.enabled),
    to: ["OnPremSIPEnabled"],
    maxLength: 0,
    isHoming: true,
  },
  {
    attribute: "msRTCSIP-DeploymentLocator",
    type: "text",
    from: (user) => user.hostingProvider,
    to: ["OnPremHostingProvider"],
    maxLength: 255,
    isHoming: true,
  },
  {
    attribute: "msRTCSIP-Line",
    type: "text",
    from: (user) => user.properties["LineURI"],
    to: ["OnPremLineURI"],
    maxLength: 512,
    isHoming: true,
  },
  {
    attribute: "msRTCSIP-OptionFlags",
    type: "number",
    from: (user) => user.properties["OptionFlags"],
    to: ["OptionFlags"],
    maxLength: 0,
    isHoming: true,
  },
  // A bit of the option flags in a forest; the deployment's directory has it as a property of its own.
  {
    attribute: "enterpriseVoiceEnabled",
    type: "flag",
    from: (user) => (user.sipAddress === null ? null : user.properties["EnterpriseVoiceEnabled"]),
    to: ["OnPremEnterpriseVoiceEnabled"],
    maxLength: 0,
    isHoming: true,
  },
];

const BY_ATTRIBUTE = new Map(ATTRIBUTE_FLOW.map((flow) => [flow.attribute, flow]));

export function flowOf(attribute: string): Flow | undefined {
  return BY_ATTRIBUTE.get(attribute);
}

/** What of the deployment's user travels. */
export function attributesOf(user: UserRecord, deployment: Tenant): Attributes {
  const attributes: Record<string, Json> = {};
  for (const { attribute, from } of BY_ATTRIBUTE.values()) {
    const value = from(user, deployment);
    if (value !== null && value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0))
      attributes[attribute] = value;
  }
  return attributes;
}

/** Tells whether attributes are the same as before; the table's order is theirs. */
export function hashOf(attributes: Attributes): string {
  return createHash("sha256").update(JSON.stringify(attributes)).digest("base64url");
}

/**
 * What of the tenant's user becomes of checked attributes; homing attributes are left out where they are deferred. A
 * property that is to go is null.
 */
export function changesOf(attributes: Attributes, withHoming: boolean): UserChanges & { properties: JsonRecord } {
  const columns: Partial<Record<NonNullable<Flow["column"]>, string>> = {};
  const properties: Record<string, Json> = { DirSyncEnabled: true };
  for (const { attribute, to, column, isHoming, keep } of ATTRIBUTE_FLOW) {
    if (isHoming === true && !withHoming) continue;
    const value = attributes[attribute] ?? null;
    if (column !== undefined && typeof value === "string") columns[column] = value;
    for (const property of to) properties[property] = keep !== undefined && Array.isArray(value) ? keep(value.map(String)) : value;
  }
  return { ...columns, properties };
}

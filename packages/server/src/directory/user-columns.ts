/**
 * From a line of a users' file to a user: which column fills which property, and what a value must look like. The
 * columns are those of `Get-CsOnlineUser | Export-Csv`, of 2020 or of later modules.
 */
import { Fault } from "@tieline/fault";
import type { Json } from "../store/index.ts";
import { parseGuid, type ObjectId } from "./ids.ts";
import { parseAssignedPlans } from "./licences.ts";
import { GLOBAL, policyName } from "./policies.ts";
import { userProperty, type UserProperty } from "./user-properties.ts";
import type { UserRecord } from "./user-record.ts";

/** Names of later modules, and what they were called before. */
const RENAMED: Readonly<Record<string, string>> = {
  givenname: "FirstName",
  userdirsyncenabled: "DirSyncEnabled",
  uservalidationerrors: "MCOValidationErrors",
  issipenabled: "Enabled",
  teamssurvivablebranchappliancepolicy: "TeamsBranchSurvivabilityPolicy",
  country: "CountryOrRegionDisplayName",
};

/** Columns that PowerShell adds on its way; nobody needs to hear that they were passed over. */
const FROM_THE_SESSION = new Set(["pscomputername", "runspaceid", "psshowcomputername"]);

export interface Columns {
  /** By position; undefined where the column is passed over. */
  properties: readonly (UserProperty | undefined)[];
  names: readonly string[];
  /** Names of columns that mean nothing here. */
  unknown: readonly string[];
}

/** @throws Fault `csv-header` */
export function userColumns(head: readonly string[]): Columns {
  const names = head.map((name) => name.trim());
  const seen = new Set<string>();
  const unknown: string[] = [];
  const properties = names.map((name) => {
    const wanted = name.toLowerCase();
    if (seen.has(wanted)) throw new Fault("csv-header", { reason: `the column ${name} stands there twice` });
    seen.add(wanted);
    const property = userProperty(RENAMED[wanted] ?? name);
    if (property === undefined && !FROM_THE_SESSION.has(wanted)) unknown.push(name);
    return property?.imports === undefined ? undefined : property;
  });
  const present = new Set(properties.map((property) => property?.imports));
  if (!present.has("userPrincipalName") && !present.has("sipAddress")) {
    throw new Fault("csv-header", { reason: "neither UserPrincipalName nor SipAddress is among them" });
  }
  return { properties, names, unknown };
}

/** A user as the file has it: the object id may be missing. */
export type ImportedUser = Omit<UserRecord, "objectId"> & { objectId: ObjectId | undefined };

export interface Reading {
  user: ImportedUser;
  /** What is wrong, each with its column. */
  problems: string[];
  /** Values that said nothing: Export-Csv writes the type's name where it finds a list. */
  passedOver: number;
}

/** Export-Csv's word for a list. */
const TYPE_NAME = /^(?:Deserialized\.)?(?:System|Microsoft)\.[\w.+]+(?:`\d+)?(?:\[.*\])?$/;
const ADDRESS = /^[^\s@<>"]+@[^\s@<>"]+\.?[^\s@<>"]*$/;

interface Draft {
  ids: Map<string, ObjectId>;
  columns: Partial<Record<"userPrincipalName" | "sipAddress" | "displayName" | "accountName", string>>;
  hostingProvider: string | null;
  registrarPool: string | null;
  interpretedUserType: string | null;
  enabled: boolean | undefined;
  properties: Record<string, Json>;
  policies: Record<string, string>;
  plans: UserRecord["plans"];
}

export function readUser(columns: Columns, fields: readonly string[], nowMs: number): Reading {
  const problems: string[] = [];
  let passedOver = 0;
  const draft: Draft = {
    ids: new Map(),
    columns: {},
    hostingProvider: null,
    registrarPool: null,
    interpretedUserType: null,
    enabled: undefined,
    properties: {},
    policies: {},
    plans: [],
  };
  for (const [i, property] of columns.properties.entries()) {
    const text = fields[i]?.trim() ?? "";
    if (property === undefined || text === "") continue;
    if (text.includes("\0")) {
      // One of the engines cannot keep it, and no name holds it.
      problems.push(`column ${columns.names[i] as string}: the value holds a NUL character`);
      continue;
    }
    if (TYPE_NAME.test(text)) {
      passedOver += 1;
      continue;
    }
    const problem = take(draft, property, text, nowMs);
    if (problem === PASSED_OVER) passedOver += 1;
    else if (problem !== undefined) problems.push(`column ${columns.names[i] as string}: ${problem}`);
  }
  return { user: finish(draft, problems, nowMs), problems, passedOver };
}

const PASSED_OVER = "passed over";

/** Puts one value where it belongs; gives back what is wrong with it. */
function take(draft: Draft, property: UserProperty, text: string, nowMs: number): string | undefined {
  switch (property.imports) {
    case "objectId": {
      const guid = parseGuid(text) ?? parseGuid(/^CN=([^,]+),/i.exec(text)?.[1] ?? "");
      if (guid === undefined) return property.name === "Identity" ? undefined : `${quoted(text)} is no GUID`;
      draft.ids.set(property.name, guid as ObjectId);
      return undefined;
    }
    case "userPrincipalName":
      if (!ADDRESS.test(text)) return `${quoted(text)} is no user principal name`;
      draft.columns.userPrincipalName = text;
      return undefined;
    case "sipAddress": {
      const address = text.replace(/^sip:/i, "");
      if (!ADDRESS.test(address)) return `${quoted(text)} is no SIP address`;
      draft.columns.sipAddress = `sip:${address}`;
      return undefined;
    }
    case "displayName":
    case "accountName":
      draft.columns[property.imports] = text;
      return undefined;
    case "enabled": {
      const value = parseFlag(text);
      draft.enabled = value;
      return value === undefined ? `${quoted(text)} is neither True nor False` : undefined;
    }
    case "hostingProvider":
    case "registrarPool":
    case "interpretedUserType":
      draft[property.imports] = text;
      return undefined;
    case "plans":
      draft.plans = parseAssignedPlans(text, nowMs);
      return undefined;
    case "policy": {
      const name = policyName(text);
      if (name !== GLOBAL) draft.policies[property.name] = name;
      return undefined;
    }
    default:
      return keep(draft.properties, property, text);
  }
}

function keep(properties: Record<string, Json>, property: UserProperty, text: string): string | undefined {
  switch (property.type) {
    case "flag": {
      const value = parseFlag(text);
      if (value === undefined) return `${quoted(text)} is neither True nor False`;
      properties[property.name] = value;
      return undefined;
    }
    case "number":
      if (!/^[+-]?\d{1,10}$/.test(text)) return `${quoted(text)} is no whole number`;
      properties[property.name] = Number(text);
      return undefined;
    case "date": {
      const ms = parseDate(text);
      if (ms === undefined) return PASSED_OVER;
      properties[property.name] = ms;
      return undefined;
    }
    case "list":
      properties[property.name] = text.split(/[\s;,]+/).filter((part) => part !== "");
      return undefined;
    default:
      properties[property.name] = text;
      return undefined;
  }
}

function finish(draft: Draft, problems: string[], nowMs: number): ImportedUser {
  const { columns } = draft;
  const bare = columns.sipAddress?.slice("sip:".length);
  const upn = columns.userPrincipalName ?? bare ?? "";
  if (upn === "" && problems.length === 0) problems.push("neither UserPrincipalName nor SipAddress has a value");
  const local = upn.replace(/@.*$/, "");
  return {
    objectId: draft.ids.get("ObjectId") ?? draft.ids.get("Guid") ?? draft.ids.get("Identity"),
    userPrincipalName: upn,
    sipAddress: columns.sipAddress ?? null,
    displayName: columns.displayName ?? local,
    accountName: columns.accountName ?? local,
    enabled: draft.enabled ?? columns.sipAddress !== undefined,
    hostingProvider: draft.hostingProvider,
    registrarPool: draft.registrarPool,
    interpretedUserType: draft.interpretedUserType,
    properties: draft.properties,
    policies: draft.policies,
    plans: draft.plans,
    createdMs: nowMs,
    changedMs: nowMs,
  };
}

function parseFlag(text: string): boolean | undefined {
  const value = text.toLowerCase();
  return value === "true" ? true : value === "false" ? false : undefined;
}

/** ISO 8601, or the forms that Export-Csv writes in the United States and in Germany; others are not guessed at. */
function parseDate(text: string): number | undefined {
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const ms = Date.parse(text);
    return Number.isNaN(ms) ? undefined : ms;
  }
  const match = /^(\d{1,2})([/.])(\d{1,2})\2(\d{4})(?: (\d{1,2}):(\d\d)(?::(\d\d))?(?: ([AP]M))?)?$/i.exec(text);
  if (match === null) return undefined;
  const [, a, separator, b, year, hour = "0", minute = "0", second = "0", half] = match;
  const [month, day] = separator === "/" ? [Number(a), Number(b)] : [Number(b), Number(a)];
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toUpperCase() === "PM" ? 12 : 0);
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  return Date.UTC(Number(year), month - 1, day, hours, Number(minute), Number(second));
}

function quoted(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 60)}...` : text}"`;
}

/** The ids of the directory: GUIDs in lower case that must not be mixed with each other. */
declare const brand: unique symbol;

export type TenantId = string & { readonly [brand]: "tenant" };
/** A user's object id, unique within its tenant. */
export type ObjectId = string & { readonly [brand]: "object" };
export type AccountId = string & { readonly [brand]: "account" };

const GUID = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i;

/** The GUID in lower case without braces, or undefined where the text is none. */
export function parseGuid(text: string): string | undefined {
  return GUID.exec(text.trim())?.[1]?.toLowerCase();
}

export function tenantId(guid: string): TenantId {
  return checked(guid) as TenantId;
}

export function objectId(guid: string): ObjectId {
  return checked(guid) as ObjectId;
}

export function accountId(guid: string): AccountId {
  return checked(guid) as AccountId;
}

function checked(guid: string): string {
  const parsed = parseGuid(guid);
  if (parsed === undefined) throw new TypeError(`not a GUID: ${guid}`);
  return parsed;
}

/** How names are compared: without regard to case, the same on every engine. */
export function key(text: string): string {
  return text.toLowerCase();
}

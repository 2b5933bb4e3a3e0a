/** What the token cache holds, checked when it is read: it may be another version's, or damaged. */

export interface CachedToken {
  resource: string;
  accessToken: string;
  /** Milliseconds since 1970, on this machine's clock. */
  expiresAtMs: number;
}

export interface CachedAccount {
  /** Origin of the authority. */
  authority: string;
  /** Its authorization address, from which all others follow. */
  authorizationUri: string;
  clientId: string;
  /** The tenant as its tokens name it, or as it was asked for where they do not. */
  tenantId: string;
  /** Other names under which that tenant was asked for. */
  tenantNames: string[];
  /** `admin@contoso.com` */
  user: string;
  refreshToken?: string;
  tokens: CachedToken[];
  signedInAtMs: number;
}

export interface CacheContent {
  version: 1;
  accounts: CachedAccount[];
  /** Profile name -> id of its account. */
  defaults: Record<string, string>;
}

/** Undefined where the bytes are no such thing. */
export function readCacheContent(bytes: Uint8Array): CacheContent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  if (!isRecord(value) || value["version"] !== 1 || !Array.isArray(value["accounts"]) || !isRecord(value["defaults"])) return undefined;
  const defaults = Object.entries(value["defaults"]).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return { version: 1, accounts: value["accounts"].filter(isAccount), defaults: Object.fromEntries(defaults) };
}

function isAccount(value: unknown): value is CachedAccount {
  return (
    isRecord(value) &&
    ["authority", "authorizationUri", "clientId", "tenantId", "user"].every((name) => typeof value[name] === "string") &&
    ["undefined", "string"].includes(typeof value["refreshToken"]) &&
    typeof value["signedInAtMs"] === "number" &&
    Array.isArray(value["tenantNames"]) &&
    value["tenantNames"].every((name) => typeof name === "string") &&
    Array.isArray(value["tokens"]) &&
    value["tokens"].every(isToken) &&
    URL.canParse(value["authorizationUri"] as string)
  );
}

function isToken(value: unknown): value is CachedToken {
  return (
    isRecord(value) &&
    typeof value["resource"] === "string" &&
    typeof value["accessToken"] === "string" &&
    typeof value["expiresAtMs"] === "number"
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The forms in which a user is named (Get-CsOnlineUser -Identity and all its relatives): SIP address with or without
 * `sip:`, user principal name, GUID, distinguished name, DOMAIN\logon, display name (with wildcards); an account name
 * alone matches last, where nothing else did.
 */
import { sql, type SqlBool } from "kysely";
import { parseUserDn, type NameContext } from "./distinguished-name.ts";
import { key, parseGuid } from "./ids.ts";
import type { UserCondition } from "./users.ts";

/** The conditions to try, in order, until one finds somebody; empty where the text can name nobody of this tenant. */
export function userIdentity(text: string, context: NameContext & { netbiosName?: string | null }): readonly UserCondition[] {
  const identity = text.trim();
  if (identity === "" || identity.includes("\0")) return [];
  const wanted = key(identity);
  const guid = parseGuid(identity);
  if (guid !== undefined) return [(eb) => eb("object_id", "=", guid)];
  if (wanted.startsWith("sip:")) return [(eb) => eb("sip_key", "=", wanted)];
  if (/^cn=.*,/.test(wanted)) {
    const named = parseUserDn(context, identity);
    if (named === undefined) return [];
    return "objectId" in named ? [(eb) => eb("object_id", "=", named.objectId)] : [(eb) => eb("display_key", "=", key(named.displayName))];
  }
  const logon = /^([^\\@*]+)\\(.+)$/.exec(wanted);
  if (logon !== null) {
    const account = logon[2] as string;
    return context.netbiosName?.toLowerCase() === logon[1] ? [(eb) => eb("account_key", "=", account)] : [];
  }
  const displayName: UserCondition = (eb) => eb("display_key", "=", wanted);
  if (wanted.includes("*")) return [(eb) => (wanted === "*" ? eb.lit(true) : displayNameLike(wanted))];
  if (wanted.includes("@")) {
    return [(eb) => eb("upn_key", "=", wanted), (eb) => eb("sip_key", "=", `sip:${wanted}`), displayName];
  }
  return [displayName, (eb) => eb("account_key", "=", wanted)];
}

function displayNameLike(wildcard: string) {
  return sql<SqlBool>`display_key like ${likePattern(wildcard)} escape '!'`;
}

/** The pattern of LIKE for a text in which only `*` is a wildcard. */
export function likePattern(wildcard: string): string {
  return wildcard.replace(/[!%_]/g, "!$&").replace(/\*+/g, "%");
}

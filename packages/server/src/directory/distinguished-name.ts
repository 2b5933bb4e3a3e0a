/**
 * Distinguished names as Get-CsTenant and Get-CsOnlineUser show them:
 * `CN=<user>,OU=<tenant>,OU=OCS Tenants,DC=lync0e001,DC=local`. On premises the CN is the display name (RFC 4514 2.4).
 */
import { parseGuid } from "./ids.ts";

/** Where names live: the forest of an online tenant, or the domain of a deployment. */
export interface NameContext {
  kind: "online" | "pool";
  tenantId: string;
  /** 0e, jp1. */
  forest: string;
  /** contoso.local, for a deployment. */
  name: string;
}

export function tenantDn(context: NameContext): string {
  return context.kind === "online"
    ? `OU=${context.tenantId},OU=OCS Tenants,DC=lync${context.forest}001,DC=local`
    : context.name
        .split(".")
        .map((label) => `DC=${escapeDn(label)}`)
        .join(",");
}

export function userDn(context: NameContext, objectId: string, displayName: string): string {
  return context.kind === "online" ? `CN=${objectId},${tenantDn(context)}` : `CN=${escapeDn(displayName)},CN=Users,${tenantDn(context)}`;
}

/** A user's DN taken apart, or undefined where it is none of this tenant. */
export function parseUserDn(context: NameContext, dn: string): { objectId: string } | { displayName: string } | undefined {
  const match = /^CN=((?:\\.|[^,\\])+),(.+)$/is.exec(dn.trim());
  if (match === null) return undefined;
  const name = (match[1] as string).replace(/\\([0-9a-f]{2})|\\(.)/gi, (_whole, hex: string | undefined, plain: string | undefined) =>
    hex === undefined ? (plain as string) : String.fromCharCode(parseInt(hex, 16)),
  );
  const rest = (match[2] as string)
    .trim()
    .replace(/\s*,\s*/g, ",")
    .toLowerCase();
  const expected = context.kind === "online" ? tenantDn(context) : `CN=Users,${tenantDn(context)}`;
  if (rest !== expected.toLowerCase()) return undefined;
  if (context.kind === "pool") return { displayName: name };
  const objectId = parseGuid(name);
  return objectId === undefined ? undefined : { objectId };
}

/** The tenant's GUID of `OU=<guid>,OU=OCS Tenants,...`, in whatever forest; undefined where it is another form. */
export function tenantOfDn(dn: string): string | undefined {
  const match = /^OU=([^,]+),OU=OCS Tenants(?:,|$)/i.exec(dn.trim());
  return match === null ? undefined : parseGuid(match[1] as string);
}

function escapeDn(text: string): string {
  return text.replace(/[\\",+<>;=]/g, "\\$&").replace(/^[ #]| $/g, "\\$&");
}

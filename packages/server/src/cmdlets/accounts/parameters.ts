/** Parameters that the cmdlets of accounts and applications share, and the type of a password. */
import { ConversionError, textOf, type ParameterDeclaration, type ParameterType } from "@tieline/language";
import { PsObject, SecureString } from "@tieline/remoting/objects";
import { refuse } from "../refusals.ts";
import type { SessionContext } from "../session.ts";

/**
 * A password, documented as String: taken as such or as SecureString (OURS), and held as SecureString from then on, so that no
 * record of what was run shows it. A client that is told "String" turns a SecureString into the name of that type; this is
 * refused, or everybody would have the same password.
 */
export const PASSWORD: ParameterType<SecureString> = {
  name: "System.String",
  shown: "string",
  accepts: (value) => value instanceof SecureString || typeof value === "string",
  convert(value) {
    const base = value instanceof PsObject && value.base !== undefined ? value.base : value;
    if (base instanceof SecureString) return base;
    const text = textOf(base ?? null);
    if (text === "System.Security.SecureString") {
      throw new ConversionError("Your client sent the name of the type SecureString in the password's place. Give the password as a text.");
    }
    return new SecureString(text);
  },
};

export const TENANT_ID = {
  type: "guid",
  fromPipelineByPropertyName: true,
  help: "The tenant's id. A session acts on its own tenant only, so it can be left out.",
} as const satisfies ParameterDeclaration;

export const ALL = { type: "switch", sets: ["All__0"], help: "Shows all, however many there are." } as const satisfies ParameterDeclaration;
export const SEARCH = {
  type: "string",
  help: "Shows those whose name begins with this text.",
} as const satisfies ParameterDeclaration;

/** -TenantId: the session's own, or nothing. */
export function checkTenantId(context: SessionContext, id: { text: string } | null | undefined): void {
  if (id !== undefined && id !== null && id.text.toLowerCase() !== context.session.tenantId) {
    context.fail(refuse("other-tenant", { tenant: id.text }));
  }
}

/** At most so many; says so where there were more. */
export function limited<T>(context: SessionContext, rows: readonly T[], max: number): readonly T[] {
  if (rows.length <= max) return rows;
  // The text is ours.
  context.warning(`More results are available. The first ${max} are shown; -All shows all, -MaxResults another number.`);
  return rows.slice(0, max);
}

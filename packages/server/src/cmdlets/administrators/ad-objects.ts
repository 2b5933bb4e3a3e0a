/** People and groups as the module of Active Directory shows them. Nothing here has a security identifier: SID is empty. */
import { Guid, PsObject, type PsValue } from "@tieline/remoting/objects";
import { tenantDn, userDn, type Role, type Tenant } from "../../directory/index.ts";
import type { Person } from "./person.ts";

const NAMES = "Microsoft.ActiveDirectory.Management";
/** What the ids of errors end in. */
export const COMMANDS = `${NAMES}.Commands`;
export const AD_PRINCIPAL = `${NAMES}.ADPrincipal`;
export const AD_GROUP = `${NAMES}.ADGroup`;
export const AD_USER = `${NAMES}.ADUser`;

export const groupDn = (role: Role, tenant: Tenant): string => `CN=${role.name},CN=Users,${tenantDn(tenant)}`;
export const personDn = (person: Person, tenant: Tenant): string => userDn(tenant, "", person.displayName);

function object(typeNames: readonly string[], dn: string, values: Readonly<Record<string, PsValue>>): PsObject {
  const made = new PsObject({ typeNames: [...typeNames, "System.Object"] });
  for (const [name, value] of Object.entries(values)) made.set(name, value, "adapted");
  made.text = dn;
  return made;
}

/** A member of a group. */
export function principalObject(person: Person, tenant: Tenant): PsObject {
  const dn = personDn(person, tenant);
  return object([AD_PRINCIPAL], dn, {
    distinguishedName: dn,
    name: person.displayName,
    objectClass: "user",
    objectGUID: new Guid(person.id),
    SamAccountName: person.accountName,
    SID: null,
  });
}

export function groupObject(role: Role, tenant: Tenant): PsObject {
  const dn = groupDn(role, tenant);
  return object([AD_GROUP, AD_PRINCIPAL], dn, {
    DistinguishedName: dn,
    GroupCategory: "Security",
    GroupScope: "Universal",
    Name: role.name,
    ObjectClass: "group",
    SamAccountName: role.name,
    SID: null,
  });
}

export function adUserObject(person: Person, tenant: Tenant): PsObject {
  const dn = personDn(person, tenant);
  const { properties = {} } = person.user ?? {};
  return object([AD_USER, AD_PRINCIPAL], dn, {
    DistinguishedName: dn,
    Enabled: person.account?.enabled ?? false,
    GivenName: text(properties["FirstName"]),
    Name: person.displayName,
    ObjectClass: "user",
    ObjectGUID: new Guid(person.id),
    SamAccountName: person.accountName,
    SID: null,
    Surname: text(properties["LastName"]),
    UserPrincipalName: person.userPrincipalName,
  });
}

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

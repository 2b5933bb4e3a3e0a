/** A forest behind a deployment: Active Directory over LDAP. A deployment without one has its users in its database alone. */

/** A user as the forest has it; names of attributes are the forest's (msRTCSIP-PrimaryUserAddress, ...). */
export interface ForestUser {
  /** objectGUID, lower case with hyphens. */
  guid: string;
  distinguishedName: string;
  /** Attribute to its values, as text. */
  attributes: Readonly<Record<string, readonly string[]>>;
  /** True where the user was removed from the forest. */
  deleted: boolean;
}

export interface Forest extends AsyncDisposable {
  /** For people: `ldaps://dc1.contoso.local`. */
  readonly name: string;
  /** All users, or those changed since the cursor; the cursor after each page is where the next reading begins. */
  read(cursor: string | undefined): AsyncIterable<{ users: readonly ForestUser[]; cursor: string }>;
  /** Sets attributes; an empty list takes one away. @throws Fault `directory-insufficient-rights`, `forest-...` */
  write(guid: string, attributes: Readonly<Record<string, readonly string[]>>): Promise<void>;
}

/** A forest behind a deployment: Active Directory over LDAP. A deployment without one has its users in its database alone. */
import type { Fault } from "@tieline/fault";

/** A user as the forest has it; names of attributes are the forest's (msRTCSIP-PrimaryUserAddress, ...). */
export interface ForestUser {
  /** objectGUID, lower case with hyphens. */
  guid: string;
  distinguishedName: string;
  /** Attribute to its values, as text; in the letters of `USER_ATTRIBUTES`. */
  attributes: Readonly<Record<string, readonly string[]>>;
  /** True where the user was removed from the forest. */
  deleted: boolean;
}

export interface ForestPage {
  users: readonly ForestUser[];
  /** GUIDs of users of whom no more is told than that they are there. */
  present: readonly string[];
  /** Where the next reading begins, if this one ends here. */
  cursor: string;
  /** On the last page: this reading named all users that there are, and who is not among them is gone. */
  whole: boolean;
}

/**
 * What to set: the values, all of them (an empty list takes the attribute away); or, of an attribute that others write as
 * well, those values alone that begin so, in any letters.
 */
export type ForestChanges = Readonly<Record<string, readonly string[] | { beginning: string; values: readonly string[] }>>;

export interface Forest extends AsyncDisposable {
  /** For people: `ldaps://dc1.contoso.local`. */
  readonly name: string;
  /** Of the domain, `contoso.local`: what follows the @ of a user without a userPrincipalName. */
  readonly domain: string;
  /**
   * All users, or those changed since the cursor. A connection that was lost is opened again once, and then pages may come
   * twice. @throws Fault `forest-...`
   */
  read(cursor: string | undefined): AsyncIterable<ForestPage>;
  /** Changes a user's attributes. @throws Fault `directory-insufficient-rights`, `forest-object`, `forest-...` */
  write(guid: string, changes: ForestChanges): Promise<void>;
  /** Which of these users could not have these attributes written, and why: `directory-insufficient-rights`, `forest-object`. */
  unwritable(guids: readonly string[], attributes: readonly string[]): Promise<ReadonlyMap<string, Fault>>;
}

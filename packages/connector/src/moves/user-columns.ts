/** Which column of a table names the users: found by its name, the surest first. */

export interface UserColumns {
  separator: string;
  /** Names of all columns, as the file has them. */
  names: readonly string[];
  address: number;
  /** True where its values may be other identities than addresses. */
  isIdentity: boolean;
  displayName: number | undefined;
}

/** Without case, blanks and signs. */
const ADDRESS_NAMES = [
  "sipaddress",
  "msrtcsipprimaryuseraddress",
  "primaryuseraddress",
  "userprincipalname",
  "upn",
  "identity",
  "user",
  "mail",
  "email",
  "emailaddress",
  "windowsemailaddress",
  "primarysmtpaddress",
];
const IDENTITIES = new Set(["identity", "user"]);

/** From the head of a table; undefined where none of its columns names users. */
export function userColumns(head: string, told?: string): UserColumns | undefined {
  const bare = head.replace(/"(?:[^"]|"")*"/g, "");
  const separator = told ?? /[,;\t]/.exec(bare)?.[0] ?? ",";
  const names = head.split(separator).map((name) =>
    name
      .trim()
      .replace(/^"(.*)"$/s, "$1")
      .trim(),
  );
  while (names.at(-1) === "") names.pop();
  const plain = names.map((name) => name.toLowerCase().replace(/[^a-z0-9]/g, ""));
  const name = ADDRESS_NAMES.find((each) => plain.includes(each));
  if (name === undefined) return undefined;
  const displayName = plain.indexOf("displayname");
  return {
    separator,
    names,
    address: plain.indexOf(name),
    isIdentity: IDENTITIES.has(name),
    displayName: displayName < 0 ? undefined : displayName,
  };
}

/** Files of users as real exports are: each broken line is named, the rest goes on. */
import { expect, test } from "vitest";
import { readUsers, type FileFinding, type ListedUser } from "./read-users.ts";

async function read(file: string | Uint8Array, chunk = 64 * 1024): Promise<{ users: ListedUser[]; findings: FileFinding[] }> {
  const bytes = typeof file === "string" ? new TextEncoder().encode(file) : file;
  async function* chunks(): AsyncGenerator<Uint8Array, void> {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const all = { users: [] as ListedUser[], findings: [] as FileFinding[] };
  for await (const { users, findings } of readUsers(chunks(), "users.csv")) {
    all.users.push(...users);
    all.findings.push(...findings);
  }
  return all;
}

const identities = ({ users }: { users: ListedUser[] }): string[] => users.map(({ identity }) => identity);
const told = ({ findings }: { findings: FileFinding[] }): string[] => findings.map(({ line, code }) => `${line} ${code}`);

const TWO = ["sip:alice@contoso.com", "sip:bob@contoso.com"];
const utf16 = (text: string, big = false, mark = true): Uint8Array => {
  const bytes = Buffer.from(`${mark ? "\ufeff" : ""}${text}`, "utf16le");
  return big ? bytes.swap16() : bytes;
};
const TABLE = 'SipAddress,DisplayName\r\nsip:alice@contoso.com,"Jones, Alice"\r\nsip:bob@contoso.com,Bøb\r\n';

test.each<[string, string | Uint8Array]>([
  ["Export-Csv -NoTypeInformation", '"SipAddress","DisplayName"\r\n"sip:alice@contoso.com","Alice"\r\n"sip:bob@contoso.com","Bob"\r\n'],
  [
    "Export-Csv with its type",
    '#TYPE Selected.System.Object\r\n"SipAddress","DisplayName"\r\n"sip:alice@contoso.com","A"\r\n"sip:bob@contoso.com","B"\r\n',
  ],
  ["a byte order mark", `\ufeff${TABLE}`],
  ["UTF-16, little end first", utf16(TABLE)],
  ["UTF-16, big end first", utf16(TABLE, true)],
  ["UTF-16 without its mark", utf16(TABLE, false, false)],
  ["semicolons, as Excel writes them", TABLE.replace('"Jones, Alice"', "Alice").replaceAll(",", ";")],
  ["semicolons that are told", `sep=;\r\n${TABLE.replace('"Jones, Alice"', "Alice").replaceAll(",", ";")}`],
  ["tabs", TABLE.replace('"Jones, Alice"', "Alice").replaceAll(",", "\t")],
  ["trailing commas and empty lines", "SipAddress,DisplayName,,\n\nsip:alice@contoso.com,Alice,,,,\n,,,\n\nsip:bob@contoso.com,Bob\n\n"],
  ["columns in another order", "DisplayName,Enabled,Sip Address\nAlice,True,sip:alice@contoso.com\nBob,True,sip:bob@contoso.com"],
  ["line ends in quotes", 'DisplayName,SipAddress\n"Alice\nJones",sip:alice@contoso.com\n"B ""Bob"" B",sip:bob@contoso.com\n'],
  ["returns alone", TABLE.replaceAll("\r\n", "\r")],
  ["a list of addresses", "# pilots\nsip:alice@contoso.com\n\nsip:bob@contoso.com\n"],
  ["the form of -UserList", "sip:alice@contoso.com,sip:bob@contoso.com"],
  ["a list with semicolons and quotes", '"sip:alice@contoso.com"; "sip:bob@contoso.com";'],
])("users are read from %s, whole and byte by byte", async (_form, file) => {
  for (const chunk of [1 << 16, 7, 1]) expect(identities(await read(file, chunk))).toEqual(TWO);
  expect(told(await read(file))).toEqual([]);
});

test.each(["UserPrincipalName", "UPN", "Identity", "mail", "E-Mail", "msRTCSIP-PrimaryUserAddress", "sipaddress"])(
  "a column may be called %s",
  async (name) => {
    expect(identities(await read(`Name,"${name}"\nAlice,alice@contoso.com\n`))).toEqual(["alice@contoso.com"]);
  },
);

test("the SIP address is surer than other names", async () => {
  expect(identities(await read("Mail,UserPrincipalName,SipAddress\na@x.com,b@x.com,sip:c@x.com\n"))).toEqual(["sip:c@x.com"]);
});

test("an identity need not be an address where the column is one of identities", async () => {
  const file = 'Identity\n"CN=Alice,OU=Staff,DC=contoso,DC=local"\nCONTOSO\\bob\n';
  expect(identities(await read(file))).toEqual(["CN=Alice,OU=Staff,DC=contoso,DC=local", "CONTOSO\\bob"]);
});

test("what is neither UTF-8 nor UTF-16 is read as Windows-1252, and that is said once", async () => {
  const bytes = Buffer.from("SipAddress,DisplayName\nsip:a@x.com,J\xf6rg\nsip:b@x.com,Zo\xeb\n", "latin1");
  for (const chunk of [1 << 16, 3, 1]) {
    const { users, findings } = await read(bytes, chunk);
    expect(users.map(({ displayName }) => displayName)).toEqual(["Jörg", "Zoë"]);
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([["move-file-encoding", "warning"]]);
  }
});

test("a character that a chunk cuts in two is no sign of another encoding", async () => {
  for (const chunk of [1, 2, 3, 5])
    expect((await read("SipAddress,DisplayName\nsip:a@x.com,J\u00f6rg 日本 😀\n", chunk)).findings).toEqual([]);
});

test.each([
  ["sip:alice@contoso.com,Again", "move-row-duplicate"],
  ["SIP:Alice@Contoso.com,Again", "move-row-duplicate"],
  [",Carol", "move-row-no-address"],
  ['"  ",Carol', "move-row-no-address"],
  ["sip:3f2504e0-4f89-11d3-9a0c-0305e82c3301@contoso.com,Gone", "move-row-deleted-user"],
  ["sip:3f2504e04f8911d39a0c0305e82c3301carol@contoso.com,Gone", "move-row-deleted-user"],
  ["Carol,carol@contoso.com", "move-row-not-address"],
  ["sip:carol,Carol", "move-row-not-address"],
  ["sip:carol@@contoso.com,Carol", "move-row-not-address"],
  ["tel:+4712345,Carol", "move-row-not-address"],
  ["sip:carol@contoso.com,Jones, Carol", "move-row-columns"],
  ["sip:ca\u0007rol@contoso.com,Carol", "move-row-control"],
  ["sip:ca\u200brol@contoso.com,Carol", "move-row-control"],
  ['sip:carol@contoso.com,"Carol', "move-row-quote"],
])("%j is a finding with its line, and what comes after it is read", async (row, code) => {
  const file = `SipAddress,DisplayName\nsip:alice@contoso.com,Alice\n${row}\nsip:bob@contoso.com,Bob\n`;
  const all = await read(file);
  expect(identities(all)).toEqual(TWO);
  expect(told(all)).toEqual([`3 ${code}`]);
  expect(all.findings[0]?.text).toMatch(/^Line 3 of the users/);
  expect(all.findings[0]?.cure).toMatch(/\.$/);
});

test("two quotes that were forgotten do not swallow the users between them", async () => {
  const all = await read('SipAddress,DisplayName\nsip:a@x.com,"A\nsip:b@x.com,B\nsip:c@x.com,"C\nsip:d@x.com,D\n');
  expect(identities(all)).toEqual(["sip:b@x.com", "sip:d@x.com"]);
  expect(told(all)).toEqual(["2 move-row-quote", "4 move-row-quote"]);
});

test("a line without end is passed over", async () => {
  const all = await read(`SipAddress,DisplayName\nsip:a@x.com,${"x".repeat(600_000)}\nsip:b@x.com,B\n`);
  expect([identities(all), told(all)]).toEqual([["sip:b@x.com"], ["2 move-row-long"]]);
});

test.each([
  ["", "move-file-empty"],
  ["SipAddress,DisplayName\r\n", "move-file-empty"],
  ["Name,Office\nAlice,Oslo\n", "move-file-no-column"],
])("a file that names nobody is refused: %j", async (file, code) => {
  await expect(read(file)).rejects.toMatchObject({ code });
});

test("the -UserList form may be one line of any length", async () => {
  const list = Array.from({ length: 50_000 }, (_, i) => `sip:u${i}@contoso.com`).join(",");
  expect((await read(list)).users).toHaveLength(50_000);
});

test("of 100,000 rows 37 are broken in the ways of real exports: 37 findings, 99,963 users", async () => {
  const BROKEN: readonly ((i: number) => string)[] = [
    () => "sip:user1@contoso.com;Again",
    (i) => `;User ${i}`,
    (i) => `sip:3f2504e0-4f89-11d3-9a0c-${String(i).padStart(12, "0")}@contoso.com;Gone`,
    (i) => `User ${i};sip:user${i}@contoso.com`,
    (i) => `sip:user${i}@contoso.com;User; ${i};Oslo`,
    (i) => `sip:us\u0000er${i}@contoso.com;User ${i}`,
    (i) => `sip:user${i}@contoso.com;"User ${i}`,
    (i) => `sip:user${i};User ${i}`,
    (i) => `SIP:USER2@CONTOSO.COM;User ${i}`,
  ];
  const lines = ["#TYPE Selected.Microsoft.Rtc.Management.ADConnect.Schema.OnlineUser", '"SipAddress";"DisplayName"'];
  const expected: number[] = [];
  for (let i = 1; i <= 100_000; i++) {
    const kind = i % 2_700 === 0 ? (i / 2_700 - 1) % BROKEN.length : undefined;
    if (kind !== undefined) expected.push(lines.length + 1);
    lines.push(
      kind === undefined
        ? `"sip:user${i}@contoso.com";"Bjørn ""${i}"" Ås"${i % 5 === 0 ? ";;" : ""}`
        : (BROKEN[kind] as (i: number) => string)(i),
    );
  }
  expect(expected).toHaveLength(37);
  const { users, findings } = await read(utf16(`${lines.join("\r\n")}\r\n`));
  expect(findings.map(({ line }) => line)).toEqual(expected);
  expect(users).toHaveLength(99_963);
  expect(new Set(findings.map(({ code }) => code)).size).toBe(7);
});

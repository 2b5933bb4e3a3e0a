/** What a real PowerShell's Export-Csv wrote is read without a finding: see vectors/README.md. */
import { createReadStream } from "node:fs";
import { expect, test } from "vitest";
import { readUsers, type ListedUser } from "./read-users.ts";

async function read(name: string, highWaterMark: number): Promise<{ users: ListedUser[]; findings: unknown[] }> {
  const file = createReadStream(new URL(`vectors/${name}.csv`, import.meta.url), { highWaterMark });
  const all = { users: [] as ListedUser[], findings: [] as unknown[] };
  for await (const { users, findings } of readUsers(file, name)) {
    all.users.push(...users);
    all.findings.push(...findings);
  }
  return all;
}

test("founding document 002's list of the users online; what is left of a deleted user in it is named", async () => {
  const { users, findings } = await read("export-csv-pwsh-7.6", 1 << 16);
  expect([users.length, users[0]]).toEqual([27, { line: 2, identity: "sip:alice@contoso.com", displayName: "Alice Jones" }]);
  expect(users.map(({ identity }) => identity)).toContain("sip:kenmyer@contoso.com");
  expect(findings).toEqual([expect.objectContaining({ line: 11, code: "move-row-deleted-user" })]);
});

test.each(["export-csv-utf16", "export-csv-utf8-mark-type", "export-csv-semicolons"])("%s, whole and byte by byte", async (name) => {
  for (const chunk of [1 << 16, 1]) {
    const { users, findings } = await read(name, chunk);
    expect(users.map(({ displayName }) => displayName)).toEqual([
      "Alice Jones",
      "Anika Gupta",
      "Anton Johansson",
      'Jörg "JJ" Groß, Ørsted',
      "雪\n😀",
    ]);
    expect(users.at(-1)?.identity).toBe("sip:yuki@contoso.com");
    expect(findings).toEqual([]);
  }
});

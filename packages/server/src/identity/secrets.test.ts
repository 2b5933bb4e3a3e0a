/** Secrets that went by are not in the database nor in the log, in any spelling. A driver looks at a whole process. */
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { tablesOf } from "../store/backup/tables.ts";
import { openAuthority, PASSWORD, TARGET, type Authority } from "./authority.fixture.ts";
import { PUBLIC_CLIENT_ID } from "./applications.ts";

/** All rows of all tables, as text. */
async function contents({ store }: Authority): Promise<string> {
  const rows: unknown[] = [];
  for (const { name } of await tablesOf(store.db, "sqlite"))
    rows.push(
      ...(await store.db
        .selectFrom(name as "tenants")
        .selectAll()
        .execute()),
    );
  return JSON.stringify(rows);
}

function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    return text.slice(shift === 0 ? 0 : shift + 1, -1);
  });
  const forAddresses = base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), bytes.toString("hex"), ...base64, ...forAddresses];
}

test("passwords, tokens, codes and secrets leave nothing behind that shows them", async () => {
  await using authority = await openAuthority();
  const secrets: Record<string, string> = { password: PASSWORD, wrong: `Zz9-${randomBytes(9).toString("hex")}+/` };
  const post = async (form: Record<string, string>): Promise<Record<string, unknown>> =>
    (await authority.post("/contoso.com/oauth2/token", { client_id: PUBLIC_CLIENT_ID, resource: TARGET, ...form })).json;
  const keep = (name: string, answer: Record<string, unknown>): void => {
    for (const each of ["access_token", "refresh_token", "device_code", "user_code"]) {
      const secret = answer[each];
      if (typeof secret === "string") secrets[`${each} ${name}`] = secret.split(".").at(-1) ?? secret;
    }
  };
  const user = { grant_type: "password", username: "admin@contoso.com" };
  const got = await post({ ...user, password: PASSWORD });
  keep("by password", got);
  keep("by refresh", await post({ grant_type: "refresh_token", refresh_token: String(got["refresh_token"]) }));
  keep("of a device", (await authority.post("/contoso.com/oauth2/devicecode", { client_id: PUBLIC_CLIENT_ID, resource: TARGET })).json);
  await post({ ...user, password: secrets["wrong"] ?? "" });
  await post({ grant_type: "refresh_token", refresh_token: secrets["wrong"] ?? "" });
  await post({ grant_type: "client_credentials", client_secret: secrets["wrong"] ?? "" });
  const applications = authority.service.applications((await authority.account("admin@contoso.com")).tenantId);
  const { secret } = await applications.addSecret(await applications.add({ displayName: "Night work", roles: [] }), Date.now() + 60_000);
  secrets["of an application"] = secret;
  expect(Object.keys(secrets).length).toBeGreaterThan(7);
  const [rows, log] = [await contents(authority), authority.logged.join("\n")];
  expect(rows).toContain("admin@contoso.com");
  for (const [name, value] of Object.entries(secrets)) {
    for (const spelling of spellings(value)) expect(rows.includes(spelling) || log.includes(spelling), name).toBe(false);
  }
});

/** Tenants are kept apart by each query: read from the source, so that one that forgets is seen before it runs. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MIGRATIONS } from "./migrations.ts";

const SOURCE = join(import.meta.dirname, "..");

/** Queries that cross tenants, and why they may. */
const ACROSS: Readonly<Record<string, string>> = {
  "directory/accounts.ts selectFrom accounts": "finds whose a logon name is, and counts at an account by its id, which is drawn",
  "directory/accounts.ts updateTable accounts": "counts at an account by its id, which is drawn",
  "directory/accounts.ts selectFrom role_assignments": "the roles of an account that was found, by its id",
  "directory/tenants.ts selectFrom tenants": "finds whose a domain is",
  "identity/artifacts.ts updateTable identity_artifacts": "notes the hurry of a device, by the digest of its code",
  "identity/artifacts.ts deleteFrom identity_artifacts": "sweeps what has expired, of all",
  "identity/factors/challenges.ts selectFrom mfa_challenges": "a challenge by its id, which is drawn",
  "identity/factors/methods.ts selectFrom mfa_methods": "whose a passkey or an approver's secret is, by its id or digest",
  "identity/pages/flows.ts deleteFrom sign_in_flows": "sweeps what has lapsed, of all",
  "identity/pages/page-sessions.ts selectFrom page_sessions": "whose a browser's secret is, by its digest",
  "identity/pages/page-sessions.ts deleteFrom page_sessions": "sweeps what has lapsed, of all",
  "identity/federation/federation.ts selectFrom federated_domains": "which domains sign in elsewhere, before a tenant is known",
};

/** Tables whose rows are of a tenant: those with the column. */
const TABLES = new Set(
  MIGRATIONS.flatMap((step) => step.statements)
    .map((statement) => /^create table (\w+) \(([^]*)\)(?: \{clustered\})?$/.exec(statement))
    .filter((match) => match !== null && /\btenant_id\b/.test(match[2] ?? ""))
    .map((match) => match?.[1]),
);

/** Each read, change and removal of such rows, from its table to its end. Rows that are added must name their tenant by their type. */
function queries(): { name: string; text: string }[] {
  const found: { name: string; text: string }[] = [];
  for (const file of readdirSync(SOURCE, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts") || /\.(test|fixture)\.ts$/.test(file)) continue;
    const text = readFileSync(join(SOURCE, file), "utf8");
    for (const match of text.matchAll(/\.(selectFrom|updateTable|deleteFrom)\(\s*"(\w+)"/g)) {
      if (!TABLES.has(match[2])) continue;
      const rest = text.slice(match.index);
      const end = rest.search(/\.execute\w*\(|;\n/);
      found.push({ name: `${file.replaceAll("\\", "/")} ${match[1]} ${match[2]}`, text: rest.slice(0, end) });
    }
  }
  return found;
}

test("each query of a tenant's rows names the tenant, or stands in the table of those that may cross", () => {
  const all = queries();
  expect(TABLES.size).toBeGreaterThan(15);
  expect(all.length).toBeGreaterThan(60);
  const without = all.filter(({ text }) => !text.includes("tenant_id")).map(({ name }) => name);
  expect(without.filter((name) => ACROSS[name] === undefined)).toEqual([]);
  expect(Object.keys(ACROSS).filter((name) => !without.includes(name))).toEqual([]);
});

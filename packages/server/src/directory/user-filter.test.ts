import { compileFilter, parseFilter, type Filter } from "@tieline/language";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENGINES } from "../store/engines.fixture.ts";
import type { Store } from "../store/index.ts";
import { chance, type Chance } from "./chance.ts";
import { Directory } from "./directory.ts";
import { LAB_TENANTS } from "./generate.ts";
import type { ObjectId, TenantId } from "./ids.ts";
import { createLabTenants } from "./lab.ts";
import type { Tenant } from "./tenants.ts";
import { narrow } from "./user-filter.ts";
import { userProperty, userValue } from "./user-properties.ts";
import type { UserRecord } from "./user-record.ts";

const NOW = Date.UTC(2020, 7, 5, 10);
const CONTOSO = LAB_TENANTS[0]?.tenant.tenantId as TenantId;

/** Names on which the ways of comparing differ. */
const ODD_NAMES = [
  "Straße",
  "STRASSE",
  "İlker",
  "ilker",
  "a%b",
  "a_b",
  "a!b",
  "[x]",
  "a*b",
  "",
  "\u{1F600}\u{1F600}",
  "e\u0301",
  "\u00e9",
  "K (Kelvin)",
  "K",
];

const TEXT_PROPERTIES = [
  "DisplayName",
  "UserPrincipalName",
  "SipAddress",
  "SamAccountName",
  "HostingProvider",
  "RegistrarPool",
  "InterpretedUserType",
  "City",
];

/** A filter of any shape, over properties with and without a column. */
function anyFilter(draw: Chance, known: readonly UserRecord[], depth = 0): string {
  const form = draw.below(depth > 2 ? 6 : 9);
  const sub = (): string => anyFilter(draw, known, depth + 1);
  if (form === 6) return `(${sub()} -and ${sub()})`;
  if (form === 7) return `(${sub()} -or ${sub()})`;
  if (form === 8) return `(-not (${sub()}))`;
  if (form === 5)
    return draw.pick([
      "Enabled -eq $true",
      "Enabled -ne $true",
      "Enabled",
      "-not Enabled",
      "Enabled -eq 0",
      "Enabled -ne 'x'",
      "SipAddress",
      "Enabled -eq $null",
    ]);
  if (form === 4)
    return `${draw.pick(["WhenCreated", "WhenChanged"])} -${draw.pick(["gt", "ge", "lt", "le", "eq"])} '${new Date(NOW - draw.below(1000) * 86_400_000).toISOString().slice(0, draw.pick([10, 19]))}'`;
  const property = draw.pick(TEXT_PROPERTIES);
  const user = draw.pick(known);
  const whole = draw.pick([user.displayName, user.userPrincipalName, user.sipAddress ?? "", user.accountName, ...ODD_NAMES]);
  const value = form === 3 ? "$null" : `'${pattern(draw, whole).replaceAll("'", "''")}'`;
  return `${property} -${draw.pick(["eq", "ne", "like", "notlike", "gt", "le"])} ${value}`;
}

function pattern(draw: Chance, text: string): string {
  const at = draw.below(text.length + 1);
  switch (draw.below(6)) {
    case 0:
      return `${text.slice(0, at)}*`;
    case 1:
      return `*${text.slice(at)}`;
    case 2:
      return `${text.slice(0, at)}?${text.slice(at + 1)}`;
    case 3:
      return `${text.slice(0, at)}[a-z]*`;
    case 4:
      return text.toUpperCase();
    default:
      return text;
  }
}

describe.each(ENGINES)("filters in the database, on $name", ({ open }) => {
  let store: Store;
  let tenant: Tenant;
  let all: UserRecord[];

  beforeAll(async () => {
    store = await open();
    const directory = Directory.of(store);
    await createLabTenants(directory, {
      users: 100,
      nowMs: NOW,
      credentials: () => Promise.resolve({ passwordHash: null, ntHashSealed: null }),
    });
    tenant = (await directory.tenants.byId(CONTOSO)) as Tenant;
    const { users } = directory.tenant(CONTOSO);
    const base = await users.get((await users.find((eb) => eb("account_key", "=", "alice")))[0]?.objectId as ObjectId);
    const draw = chance("odd");
    await users.add(
      ODD_NAMES.map((displayName, i) => ({
        ...(base as UserRecord),
        objectId: draw.guid() as ObjectId,
        displayName,
        userPrincipalName: `odd${i}@contoso.com`,
        sipAddress: i % 3 === 0 ? null : `sip:${i % 2 === 0 ? displayName : "odd"}${i}@contoso.com`,
        accountName: i % 2 === 0 ? displayName : `odd${i}`,
      })),
    );
    all = [];
    for await (const user of users.stream()) all.push(user);
  });
  afterAll(() => store.close());

  const decide = (filter: Filter) =>
    compileFilter(filter, (user: UserRecord, name) => {
      const property = userProperty(name);
      return property === undefined ? undefined : userValue(property, user, tenant);
    });

  it("never lose a user that the filter lets through, and are right where they say exact", async () => {
    const draw = chance("filters");
    const { users } = Directory.of(store).tenant(CONTOSO);
    let narrowed = 0;
    let exact = 0;
    for (let round = 0; round < 400; round += 1) {
      const text = anyFilter(draw, all);
      const filter = parseFilter(text);
      const expected = all.filter(decide(filter)).map((user) => user.objectId);
      const condition = narrow(filter);
      if (condition === undefined) continue;
      narrowed += 1;
      const found = (await users.find(condition.where, 1000)).map((user) => user.objectId);
      if (condition.exact) {
        exact += 1;
        expect(found, text).toEqual(expected);
      } else
        expect(
          expected.filter((id) => !found.includes(id)),
          text,
        ).toEqual([]);
    }
    expect(narrowed).toBeGreaterThan(150);
    expect(exact).toBeGreaterThan(50);
  });

  it("spare most of the work where a name is asked for", async () => {
    const { users } = Directory.of(store).tenant(CONTOSO);
    const found = await users.find(
      narrow(parseFilter("UserPrincipalName -eq 'ALICE@contoso.com' -and City -ne 'x'"))?.where ?? (() => expect.fail("nothing")),
      1000,
    );
    expect(found.length).toBeLessThan(20);
    expect(narrow(parseFilter("City -eq 'x'"))).toBeUndefined();
    expect(narrow(parseFilter("DisplayName -eq 'a\0b'"))).toBeUndefined();
  });
});

import { expect, it } from "vitest";
import { chance } from "../../directory/chance.ts";
import { byCodePoint } from "./canonical.ts";
import { compareUserData, digestOf, requireSame } from "./compare.ts";
import { FULL } from "./user-data.fixture.ts";
import { NO_USER_DATA, type UserData } from "./user-data.ts";

/** Every way to reach a value of the data, with a change that is one. */
function* changes(value: unknown, path: string, put: (value: unknown) => UserData): Generator<[string, UserData]> {
  if (Array.isArray(value)) {
    for (const [i, each] of value.entries()) {
      yield [`${path}[${i}] gone`, put(value.filter((_, j) => j !== i))];
      yield* changes(each, `${path}[${i}]`, (inner) => put(value.with(i, inner)));
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [name, each] of Object.entries(value)) yield* changes(each, `${path}.${name}`, (inner) => put({ ...value, [name]: inner }));
  } else if (typeof value === "boolean") yield [path, put(!value)];
  else if (typeof value === "number") yield [path, put(value + 10)];
  else if (typeof value === "string") yield [path, put(`${value}x`)];
  else yield [path, put("x")];
}

it("tells of every single field that is another, and the digest with it", () => {
  const all = [...changes(FULL, "", (value) => value as UserData)];
  expect(all.length).toBeGreaterThan(60);
  const own = digestOf(FULL);
  for (const [path, changed] of all) {
    expect(compareUserData(FULL, changed), path).not.toEqual([]);
    expect(digestOf(changed), path).not.toBe(own);
  }
  expect(new Set(all.map(([, changed]) => digestOf(changed))).size).toBe(all.length);
});

it("names the field by the key of its element, with both values", () => {
  const [bob, ...others] = FULL.contacts as [UserData["contacts"][number], ...UserData["contacts"]];
  const changed: UserData = {
    ...FULL,
    contacts: [{ ...bob, displayName: "Robert", groups: [1] }, ...others],
    delegates: [],
    policies: { ClientPolicy: "ClientPolicyNoIMURL" },
    forwarding: null,
  };
  expect(compareUserData(FULL, changed)).toEqual([
    { path: "contacts[sip:bob@contoso.com].displayName", expected: "Bob Kelly", found: "Robert" },
    { path: "contacts[sip:bob@contoso.com].groups.1", expected: 2, found: undefined },
    { path: "delegates[sip:pilar@contoso.com]", expected: FULL.delegates[0], found: undefined },
    { path: "forwarding", expected: FULL.forwarding, found: null },
    { path: "policies.ConferencingPolicy", expected: "BposSIMP", found: undefined },
  ]);
  expect(() => requireSame("alice@contoso.com", FULL, changed)).toThrow(expect.objectContaining({ code: "user-data-differs" }));
  requireSame("alice@contoso.com", FULL, structuredClone(FULL));
});

it("does not count the order of lists, properties and policies", () => {
  const draw = chance("order");
  const shuffled = <T>(list: readonly T[]): T[] =>
    list
      .map((each) => [draw.next(), each] as const)
      .sort(([a], [b]) => a - b)
      .map(([, each]) => each);
  const turn = (value: unknown): unknown => {
    if (Array.isArray(value)) return shuffled(value.map(turn));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(shuffled(Object.entries(value)).map(([name, inner]) => [name, turn(inner)]));
  };
  for (let i = 0; i < 50; i += 1) {
    const turned = turn(FULL) as UserData;
    expect(compareUserData(FULL, turned)).toEqual([]);
    expect(digestOf(turned)).toBe(digestOf(FULL));
  }
});

it("does not look at what is no field of the data", () => {
  const more = { ...FULL, contacts: FULL.contacts.map((contact) => ({ ...contact, note: 1 })) } as UserData;
  expect(digestOf(more)).toBe(digestOf(FULL));
});

it("compares nothing with nothing, and with all", () => {
  expect(compareUserData(NO_USER_DATA, NO_USER_DATA)).toEqual([]);
  expect(compareUserData(NO_USER_DATA, FULL).map(({ path }) => path)).toContain("meetings[8K2M4QX7]");
  const all = compareUserData(NO_USER_DATA, FULL);
  expect(all.filter(({ expected }) => expected !== undefined).map(({ path }) => path)).toEqual(["forwarding"]);
});

it("sorts by code point, which is the order of UTF-8", () => {
  const draw = chance("texts");
  const units = ["a", "b", "\u00e9", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}", "\u{1f600}"];
  const texts = Array.from({ length: 300 }, () => Array.from({ length: draw.below(5) }, () => draw.pick(units)).join(""));
  const bytes = (text: string): Buffer => Buffer.from(text, "utf8");
  expect(texts.toSorted(byCodePoint)).toEqual(texts.toSorted((a, b) => Buffer.compare(bytes(a), bytes(b))));
});

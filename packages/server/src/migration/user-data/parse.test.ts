import { isFault } from "@tieline/fault";
import { describe, expect, it } from "vitest";
import { chance, type Chance } from "../../directory/chance.ts";
import { compareUserData, digestOf } from "./compare.ts";
import { parseUserData, USER_DATA_LIMITS } from "./parse.ts";
import { contactList, FULL } from "./user-data.fixture.ts";
import { NO_USER_DATA } from "./user-data.ts";

function problems(value: unknown): string {
  try {
    parseUserData(value);
  } catch (error) {
    if (isFault(error) && error.code === "user-data-invalid") return (error.fields as { problems: string }).problems;
    throw error;
  }
  return "";
}

it("takes its own form back unchanged, over JSON", () => {
  expect(JSON.stringify(parseUserData(JSON.parse(JSON.stringify(FULL))))).toBe(JSON.stringify(FULL));
  expect(parseUserData({})).toEqual(NO_USER_DATA);
});

it("puts addresses in lower case and fills in what is absent", () => {
  expect(parseUserData({ contacts: [{ uri: "SIP:Bob@Contoso.COM" }] }).contacts).toEqual([
    { uri: "sip:bob@contoso.com", displayName: "", groups: [], subscribed: true },
  ]);
});

describe("refuses by path and reason", () => {
  const contact = { uri: "sip:a@b.c" };
  const meeting = { conferenceId: "A", startsMs: 0, endsMs: 0 };
  it.each<[string, unknown, RegExp]>([
    ["no object", 1, /^the whole: /],
    ["null", null, /^the whole: /],
    ["a list", [], /^the whole: /],
    ["an unknown property", { contact: [] }, /contact/],
    ["an unknown property inside", { contacts: [{ ...contact, note: "" }] }, /^contacts\.0: /],
    ["no address", { contacts: [{ uri: "bob" }] }, /^contacts\.0\.uri: it is no address/],
    ["an address with a blank", { contacts: [{ uri: "sip:a b@c.d" }] }, /contacts\.0\.uri/],
    ["a contact twice, in other letters", { contacts: [contact, { uri: "SIP:A@b.c" }] }, /^contacts\.1: it is in the list twice/],
    ["a group that is not there", { contacts: [{ ...contact, groups: [3] }] }, /^contacts\.0\.groups: there is no group 3/],
    ["group 0", { groups: [{ number: 0, name: "x" }] }, /^groups\.0\.number/],
    ["half a group", { groups: [{ number: 1.5, name: "x" }] }, /^groups\.0\.number/],
    ["a group without a name", { groups: [{ number: 1, name: "" }] }, /^groups\.0\.name/],
    ["a level of its own", { permissions: [{ member: "sip:a@b.c", level: "Family" }] }, /^permissions\.0\.level/],
    ["a control character", { groups: [{ number: 1, name: "a\0b" }] }, /control characters/],
    ["half a surrogate pair", { groups: [{ number: 1, name: "a\ud800" }] }, /surrogate/],
    ["an end before the beginning", { meetings: [{ ...meeting, startsMs: 5, endsMs: 4 }] }, /^meetings\.0\.endsMs: it lies before/],
    ["a year that no date has", { meetings: [{ ...meeting, endsMs: 1e15 }] }, /^meetings\.0\.endsMs/],
    ["a forward to nowhere", { forwarding: { mode: "ForwardImmediate" } }, /^forwarding\.target: the mode needs one/],
    ["a forward to a page", { forwarding: { mode: "ForwardImmediate", target: "https://x" } }, /^forwarding\.target/],
    ["a family that is none", { policies: { "client policy": "x" } }, /policies/],
    ["too many contacts", { contacts: Array.from({ length: 1001 }, (_, i) => ({ uri: `sip:a${i}@b.c` })) }, /^contacts: /],
    ["too many delegates", { delegates: Array.from({ length: 26 }, (_, i) => ({ uri: `sip:a${i}@b.c` })) }, /^delegates: /],
    ["a million of nothing", { contacts: Array.from({ length: 1_000_000 }, () => 1) }, /^contacts: [^;]*$/],
    [
      "families without end",
      { policies: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`P${i}`, "x"])) },
      /^policies: they are more than 64$/,
    ],
    ["a name that is too long", { groups: [{ number: 1, name: "x".repeat(257) }] }, /^groups\.0\.name/],
  ])("%s", (_what, value, expected) => {
    expect(problems(value)).toMatch(expected);
  });

  it("tells of ten problems and counts the others", () => {
    const told = problems({ contacts: Array.from({ length: 30 }, () => ({})) });
    expect(told.split("; ")).toHaveLength(11);
    expect(told).toMatch(/and 20 more$/);
  });
});

it("takes as much as the limits say", () => {
  expect(parseUserData(contactList(USER_DATA_LIMITS.contacts)).contacts).toHaveLength(1000);
});

/** Any JSON, the words of ours among it. */
function anything(draw: Chance, depth: number): unknown {
  const words = [
    "contacts",
    "groups",
    "uri",
    "number",
    "sip:a@b.c",
    "__proto__",
    "constructor",
    "",
    "\0",
    "\ud800",
    "𝒵",
    "TeamCall",
    "voicemail",
  ];
  switch (draw.below(depth > 4 ? 5 : 7)) {
    case 0:
      return draw.pick([null, true, false]);
    case 1:
      return draw.pick([0, -1, 1, 2, 1.5, 1e300, -0, 65_536, Number.MAX_SAFE_INTEGER]);
    case 2:
    case 3:
    case 4:
      return draw.pick(words);
    case 5:
      return Array.from({ length: draw.below(4) }, () => anything(draw, depth + 1));
    default:
      return JSON.parse(
        `{${Array.from({ length: draw.below(5) }, () => `${JSON.stringify(draw.pick(words))}:${JSON.stringify(anything(draw, depth + 1))}`).join(",")}}`,
      );
  }
}

/** FULL with something else in one or two places. */
function bent(draw: Chance, value: unknown): unknown {
  if (draw.next() < 0.04) return anything(draw, 3);
  if (Array.isArray(value)) return draw.next() < 0.05 ? [...value, ...value.slice(0, 1)] : value.map((each) => bent(draw, each));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, bent(draw, inner)]));
}

it("any JSON ends in data of ours, which then stays as it is, or in a fault of ours", () => {
  const draw = chance("any json");
  let taken = 0;
  for (let i = 0; i < 4000; i += 1) {
    const value = i % 2 === 0 ? anything(draw, 0) : bent(draw, FULL);
    let data;
    try {
      data = parseUserData(value);
    } catch (error) {
      expect(isFault(error) && error.code).toBe("user-data-invalid");
      expect((error as Error).message.length).toBeLessThan(4000);
      continue;
    }
    taken += 1;
    const again = parseUserData(JSON.parse(JSON.stringify(data)));
    expect(again).toEqual(data);
    expect(compareUserData(data, again)).toEqual([]);
    expect(digestOf(again)).toBe(digestOf(data));
    expect(digestOf(data) === digestOf(FULL)).toBe(compareUserData(data, FULL).length === 0);
  }
  expect(taken).toBeGreaterThan(100);
});

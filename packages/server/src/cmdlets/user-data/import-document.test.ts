import { isFault } from "@tieline/fault";
import { PsDictionary, PsList, PsObject, type PsValue } from "@tieline/remoting/objects";
import { describe, expect, it } from "vitest";
import { chance, type Chance } from "../../directory/chance.ts";
import { entriesOfObject, entriesOfText, type ImportEntry } from "./import-document.ts";

/** The entries, or the code of the fault. */
function outcome(work: () => ImportEntry[]): ImportEntry[] | string {
  try {
    return work();
  } catch (error) {
    if (isFault(error)) return error.code;
    throw error;
  }
}

describe("a document", () => {
  const entry = { identity: "alice", parts: { contacts: [] } };

  it("is one entry, a list of them, or an object with users; a byte order mark does not matter", () => {
    const one = '{"identity":"alice","contacts":[]}';
    for (const text of [one, `[${one}]`, `{"users":[${one}]}`, `\uFEFF${one}`]) expect(entriesOfText(text)).toEqual([entry]);
    expect(entriesOfText("[]")).toEqual([]);
    expect(entriesOfText('{"identity":" "}')).toEqual([{ identity: undefined, parts: {} }]);
    expect(entriesOfText('{"identity":1}')).toEqual([{ identity: undefined, parts: {} }]);
  });

  it("as an object has names with or without capitals, but families of policies as they are", () => {
    const policies = PsObject.of({ ClientPolicy: "Sales" });
    const lists = new PsList([PsObject.of({ Uri: "sip:a@b.c", Groups: new PsList([1n, 2]) })]);
    expect(entriesOfObject(PsObject.of({ Identity: "alice", Contacts: lists, Policies: policies }))).toEqual([
      { identity: "alice", parts: { contacts: [{ uri: "sip:a@b.c", groups: [1, 2] }], policies: { ClientPolicy: "Sales" } } },
    ]);
  });

  it("that holds itself ends in a fault", () => {
    const circle = PsObject.of({ identity: "alice" });
    circle.set("contacts", [circle]);
    expect(outcome(() => entriesOfObject(circle))).toBe("user-data-syntax");
  });
});

function anyValue(draw: Chance, depth: number): PsValue {
  const name = (): string => draw.pick(["identity", "Identity", "users", "contacts", "policies", "__proto__", "constructor", ""]);
  const fields = (): [string, PsValue][] => Array.from({ length: draw.below(4) }, () => [name(), anyValue(draw, depth + 1)]);
  switch (draw.below(depth > 5 ? 4 : 8)) {
    case 0:
      return draw.pick([null, true, false, 0, 1.5, -1]);
    case 1:
      return BigInt(draw.below(1000)) ** 9n;
    case 2:
    case 3:
      return draw.pick(["alice", "", "\0", "\ud800", "[]"]);
    case 4:
      return Array.from({ length: draw.below(4) }, () => anyValue(draw, depth + 1));
    case 5:
      return new PsList(Array.from({ length: draw.below(4) }, () => anyValue(draw, depth + 1)));
    case 6:
      return new PsDictionary(fields());
    default:
      return PsObject.of(Object.fromEntries(fields()));
  }
}

it("any value of PowerShell's ends in entries or in our fault", () => {
  const draw = chance("objects");
  const outcomes = Array.from({ length: 3000 }, () => outcome(() => entriesOfObject(anyValue(draw, 0))));
  expect(outcomes.filter((each) => typeof each === "string" && each !== "user-data-syntax")).toEqual([]);
  expect(outcomes.filter((each) => typeof each !== "string").length).toBeGreaterThan(200);
});

it("any text ends in entries or in our fault", () => {
  const draw = chance("texts");
  const pieces = ["{", "}", "[", "]", ":", ",", '"identity"', '"users"', '"alice"', "1", "null", " ", "\0", "\ud800", "'"];
  for (let i = 0; i < 3000; i += 1) {
    const found = outcome(() => entriesOfText(Array.from({ length: draw.below(9) }, () => draw.pick(pieces)).join("")));
    if (typeof found === "string") expect(found).toBe("user-data-syntax");
  }
  expect(outcome(() => entriesOfText("[".repeat(200_000)))).toBe("user-data-syntax");
  expect(outcome(() => entriesOfText(`${"[".repeat(5000)}${"]".repeat(5000)}`))).toBe("user-data-syntax");
});

import { describe, expect, it } from "vitest";
import { Catalogue } from "./catalogue.ts";
import { complete } from "./completion.ts";
import { defineCmdlet } from "./declaration.ts";
import { argumentsSchema } from "./schema.ts";

const setUser = defineCmdlet({
  name: "Set-User",
  synopsis: "Changes a user.",
  parameters: {
    Identity: { type: "string", mandatory: true, position: 0, help: "Who." },
    Enabled: { type: "bool" },
    Colour: { type: "string", validate: { set: ["Red", "Green"] } },
    Ids: { type: "guid[]", validate: { count: [1, 3] } },
    Size: { type: "int", validate: { range: [1, 9] } },
    Big: { type: "long" },
    Force: { type: "switch" },
  },
});
const getUser = defineCmdlet({
  name: "Get-User",
  synopsis: "Gets users.",
  parameters: { A: { type: "int", mandatory: true, sets: ["A"] }, B: { type: "int", mandatory: true, sets: ["B"] } },
});
const hidden = defineCmdlet({ name: "Get-Hidden", synopsis: "Hidden.", parameters: {}, hidden: true });
const catalogue = new Catalogue([setUser, getUser, hidden]);
const texts = (...words: string[]): string[] => complete(catalogue, words).map(({ text }) => text);

describe("completion", () => {
  it.each<[string[], string[]]>([
    [["get-"], ["Get-User"]],
    [["Set-User", "-C"], ["-Colour", "-Confirm"].slice(0, 1)],
    [
      ["Set-User", "-Colour", ""],
      ["Red", "Green"],
    ],
    [["Set-User", "-Col", "g"], ["Green"]],
    [["Set-User", "-Enabled", "$t"], ["$true"]],
    [["Set-User", "-ErrorAction", "Si"], ["SilentlyContinue"]],
    [
      ["Set-User", "-Force", "-I"],
      ["-Identity", "-Ids", "-InformationAction", "-InformationVariable"],
    ],
    [["Set-User", "-Identity", "x", "-Id"], ["-Ids"]],
    [["Set-User", "x"], []],
    [["No-Such", "-"], []],
    [["[*"], []],
  ])("of %j", (words, expected) => {
    expect(texts(...words)).toEqual(expected);
  });
});

describe("the schema of the arguments", () => {
  it("says types, limits and what is mandatory", () => {
    expect(argumentsSchema(setUser)).toEqual({
      type: "object",
      additionalProperties: false,
      required: ["Identity"],
      properties: {
        Identity: { type: "string", description: "Who." },
        Enabled: { type: "boolean" },
        Colour: { type: "string", enum: ["Red", "Green"] },
        Ids: { type: "array", items: { type: "string", format: "uuid" }, minItems: 1, maxItems: 3 },
        Size: { type: "integer", minimum: 1, maximum: 9 },
        Big: { type: "string", pattern: "^-?[0-9]+$" },
        Force: { type: "boolean" },
      },
    });
  });
  it("gives one alternative a set", () => {
    expect(argumentsSchema(getUser)).toMatchObject({
      anyOf: [
        { title: "A", required: ["A"] },
        { title: "B", required: ["B"] },
      ],
    });
  });
});

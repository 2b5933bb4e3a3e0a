import { readFileSync } from "node:fs";
import {
  Byte,
  Char,
  DateTime,
  Decimal,
  Double,
  Guid,
  PsDictionary,
  PsList,
  PsObject,
  ScriptBlock,
  SecureString,
  TimeSpan,
  UInt32,
  Uri,
  Version,
  type PsValue,
} from "@tieline/remoting/objects";
import { describe, expect, it } from "vitest";
import { arrayOf, nullable, resolveType, textType, unlimitedType, type TypeName } from "./builtin.ts";
import { compareValues, equalValues, truth } from "./compare.ts";
import { enumType } from "./enumeration.ts";
import type { ParameterType } from "./parameter-type.ts";
import { propertyNames, propertyOf } from "./property.ts";
import { textOf } from "./text.ts";
import { typeNameOf } from "./type-name.ts";
import { hasWildcard, wildcard } from "./wildcard.ts";

const rows = new Map(
  (
    JSON.parse(readFileSync(new URL("../../vectors/binding-errors.json", import.meta.url), "utf8")) as {
      id: string;
      errors: { message: string }[];
    }[]
  ).map((row) => [row.id, row.errors]),
);

const DAY = enumType("System.DayOfWeek", ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]);
const ATTRIBUTES = enumType("System.IO.FileAttributes", { None: 0, ReadOnly: 1, Hidden: 2, System: 4, Directory: 16 }, { flags: true });

const type = (of: TypeName | ParameterType): ParameterType => resolveType(of);

describe("conversions that succeed (recorded: conv-0001 to conv-0109)", () => {
  it.each<[TypeName | ParameterType, PsValue, PsValue]>([
    ["int", 2.5, 2],
    ["int", 3.5, 4],
    ["int", " 8 ", 8],
    ["int", "0x1A", 26],
    ["int", "1e2", 100],
    ["int", true, 1],
    ["int", "", 0],
    ["int", " ", 0],
    ["int", new Char("A"), 65],
    ["long", 5, 5n],
    ["uint", "7", new UInt32(7)],
    ["byte", 3.7, new Byte(4)],
    ["byte", "0xF", new Byte(15)],
    ["double", "1,000.5", new Double(1000.5)],
    ["double", "1e-3", new Double(0.001)],
    ["decimal", "1.50", new Decimal("1.50")],
    ["decimal", "1e2", new Decimal("100")],
    ["bool", 2, true],
    ["char", 65, new Char("A")],
    ["string", new Double(1), "1"],
    ["string", [1, [2, 3]], "1 System.Object[]"],
    ["string", PsObject.of({ a: 1, b: null }), "@{a=1; b=}"],
    ["datetime", "2024-01-02", new DateTime(638_397_504_000_000_000n, "Unspecified")],
    ["datetime", "January 2, 2024", new DateTime(638_397_504_000_000_000n, "Unspecified")],
    ["datetime", "2 Jan 2024", new DateTime(638_397_504_000_000_000n, "Unspecified")],
    ["datetime", "1/2/2024 12:00:00 AM", new DateTime(638_397_504_000_000_000n, "Unspecified")],
    ["datetime", "2024-01-02T02:00:00+02:00", new DateTime(638_397_504_000_000_000n, "Utc")],
    ["timespan", "5", new TimeSpan(4_320_000_000_000n)],
    ["timespan", 5, new TimeSpan(5n)],
    ["timespan", "1.02:03:04.5", new TimeSpan(937_845_000_000n)],
    ["guid", "{6F9619FF-8B86-D011-B42D-00C04FC964FF}", new Guid("6f9619ff-8b86-d011-b42d-00c04fc964ff")],
    ["guid", "6F9619FF8B86D011B42D00C04FC964FF", new Guid("6f9619ff-8b86-d011-b42d-00c04fc964ff")],
    ["version", "1.2.3", new Version("1.2.3")],
    ["uri", "http://x/a", new Uri("http://x/a")],
    ["scriptblock", new ScriptBlock(" 1 "), " 1 "],
    ["int[]", ["1", 2], [1, 2]],
    ["int[]", "1", [1]],
    ["string[]", new PsList(["a"]), ["a"]],
    ["byte[]", new Uint8Array([1, 255]), [new Byte(1), new Byte(255)]],
    [nullable(resolveType("int") as ParameterType<number>), "7", 7],
    [unlimitedType("Unlimited"), "unlimited", "Unlimited"],
    [unlimitedType("Unlimited"), "25", 25],
    [textType("Tieline.UserIdParameter"), PsObject.of({ Identity: "sip:a@b", DisplayName: "A" }), "sip:a@b"],
  ])("%o of %j", (of, value, expected) => {
    expect(type(of).convert(value)).toEqual(expected);
  });

  it.each<[PsValue, string, number]>([
    ["mon", "Monday", 1],
    [3, "Wednesday", 3],
    ["Friday", "Friday", 5],
    [new PsObject({ typeNames: ["Deserialized.System.DayOfWeek"], text: "Sunday", base: 0 }), "Sunday", 0],
  ])("an enumeration of %j", (value, text, number) => {
    const made = DAY.convert(value);
    expect([made.text, made.base, made.typeNames[0]]).toEqual([text, number, "System.DayOfWeek"]);
  });

  it("flags as names, as a list of names and as a number", () => {
    expect([ATTRIBUTES.convert("Hidden, System"), ATTRIBUTES.convert(6)].map((value) => [value.text, value.base])).toEqual([
      ["Hidden, System", 6],
      ["Hidden, System", 6],
    ]);
  });
});

describe("conversions that fail, word for word", () => {
  it.each<[string, TypeName | ParameterType, PsValue, number?]>([
    ["conv-0007", "char", "ab"],
    ["conv-0010", "char", 65536],
    ["conv-0011", "int", "abc"],
    ["conv-0024", DAY, "T"],
    ["conv-0026", DAY, 9],
    ["conv-0026", DAY, "9", 1],
    ["conv-0032", "long", "9223372036854775808"],
    ["conv-0033", "double", "abc"],
    ["conv-0035", "decimal", "abc"],
    ["conv-0036", "decimal", new Double(1e30)],
    ["conv-0041", "byte[]", "AB"],
    ["conv-0052", "datetime", ""],
    ["conv-0053", "datetime", "now"],
    ["conv-0057", "timespan", "25:00"],
    ["conv-0058", "timespan", new Double(1.5)],
    ["conv-0060", "guid", "not-a-guid"],
    ["conv-0062", "version", "a.b"],
    ["conv-0064", "version", 5],
    ["conv-0080", "switch", 1],
    ["conv-0080", "switch", "x", 1],
    ["conv-0104", "int", "1 000"],
    ["conv-0111", "securestring", "x"],
    ["conv-0112", "pscredential", "user"],
  ])("%s", (id, of, value, which = 0) => {
    expect(() => type(of).convert(value)).toThrow(expect.objectContaining({ message: rows.get(id)?.[which]?.message }) as Error);
  });

  it.each<[TypeName, PsValue, string]>([
    ["int", "1e400", 'Cannot convert value "1e400" to type "System.Int32". Error: "Value was either too large or too small for an Int32."'],
    ["timespan", "99999999", "The TimeSpan string '99999999' could not be parsed"],
    ["version", "1.9999999999", "Value was either too large or too small for an Int32."],
    ["byte", 256, "Value was either too large or too small for an unsigned byte."],
    ["int", new Double(Number.NaN), "Value was either too large or too small for an Int32."],
    ["datetime", "2024-02-30", "String '2024-02-30' was not recognized as a valid DateTime."],
  ])("%s of %o", (of, value, text) => {
    expect(() => type(of).convert(value)).toThrow(text);
  });

  it("never shows a secret", () => {
    const secret = new SecureString("hunter2");
    for (const of of ["int", "guid", "datetime", "bool", "hashtable", "version"] as const) {
      expect(() => type(of).convert(secret)).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining("hunter2") as string }) as Error,
      );
    }
    expect(textOf(secret)).toBe("System.Security.SecureString");
  });
});

describe("texts and type names", () => {
  it.each<[PsValue, string, string]>([
    [null, "", ""],
    [true, "True", "System.Boolean"],
    [5, "5", "System.Int32"],
    [0.1 + 0.2, "0.3", "System.Double"],
    [new Double(1e15), "1E+15", "System.Double"],
    [new Double(1 / 3), "0.333333333333333", "System.Double"],
    [new Double(1e-5), "1E-05", "System.Double"],
    [new Double(0.0001), "0.0001", "System.Double"],
    [new Double(123456789012345), "123456789012345", "System.Double"],
    [5n, "5", "System.Int64"],
    [[1, null, "x"], "1  x", "System.Object[]"],
    [new PsDictionary(), "System.Collections.Hashtable", "System.Collections.Hashtable"],
    [new DateTime(638_710_748_520_000_000n, "Utc"), "12/29/2024 13:14:12", "System.DateTime"],
    [new TimeSpan(90_000_000_000n), "02:30:00", "System.TimeSpan"],
  ])("%o is %s of %s", (value, text, name) => {
    expect([textOf(value), typeNameOf(value)]).toEqual([text, name]);
  });
});

describe("comparison (recorded: ops-0009 to ops-0092)", () => {
  it.each<[PsValue, PsValue, boolean]>([
    ["01", 1, false],
    [1, "01", true],
    [true, "False", true],
    [null, 0, false],
    ["a", "A", true],
    [5, new Double(5), true],
    [5n, "5", true],
    [DAY.of("Monday"), "monday", true],
    ["x", null, false],
  ])("%o equals %o: %s", (left, right, expected) => {
    expect(equalValues(left, right)).toBe(expected);
  });

  it.each<[PsValue, PsValue, number | undefined]>([
    [null, 0, -1],
    [-1, null, -1],
    ["a", "B", -1],
    [10, "9", 1],
    [10, "x", undefined],
    [new Version("1.10"), "1.9", 1],
  ])("%o against %o is %s", (left, right, expected) => {
    const order = compareValues(left, right);
    expect(order === undefined ? undefined : Math.sign(order)).toBe(expected);
  });

  it.each<[PsValue, boolean]>([
    ["False", true],
    ["", false],
    [0, false],
    [[0], false],
    [[0, 0], true],
    [new PsDictionary(), true],
    [null, false],
  ])("%j is %s", (value, expected) => {
    expect(truth(value)).toBe(expected);
  });
});

describe("properties", () => {
  it("are found in any letter case in objects and dictionaries, and lists know their length", () => {
    expect(propertyOf(PsObject.of({ Name: "x" }), "NAME")).toBe("x");
    expect(propertyOf(PsDictionary.of({ Name: "x" }), "name")).toBe("x");
    expect([propertyOf("abc", "Length"), propertyOf([1, 2], "count"), propertyOf(5, "Nope")]).toEqual([3, 2, undefined]);
    expect(propertyNames(PsDictionary.of({ a: 1, b: 2 }))).toEqual(["a", "b"]);
  });
});

describe("wildcards", () => {
  it.each<[string, string, boolean]>([
    ["*", "", true],
    ["a?c", "ABC", true],
    ["a?c", "ac", false],
    ["[abc]x", "bx", true],
    ["[a-c]x", "dx", false],
    ["[]]", "]", true],
    ["a`*", "a*", true],
    ["a`*", "ab", false],
    ["a[", "a[", true],
    ["*b*d", "abcd", true],
    ["*b*d", "abce", false],
    ["", "", true],
    ["", "a", false],
  ])("%s against %j: %s", (pattern, text, expected) => {
    expect(wildcard(pattern).matches(text)).toBe(expected);
  });
  it("know whether a text holds one", () => {
    expect([hasWildcard("a*"), hasWildcard("a`*"), hasWildcard("[a]")]).toEqual([true, false, true]);
  });
});

it("names the types of arrays for the metadata", () => {
  expect([arrayOf(DAY).name, resolveType("string[]").name, resolveType("switch").name, resolveType("int?").name]).toEqual([
    "System.DayOfWeek[]",
    "System.String[]",
    "System.Management.Automation.SwitchParameter",
    "System.Nullable`1[[System.Int32]]",
  ]);
});

import { describe, expect, test } from "vitest";
import { NUMBER_FORMS, numberText } from "./number-text.ts";
import { PsDictionary, PsList, PsObject, type PsValue, toText } from "./ps-object.ts";
import { DateTime, Double, Single, TimeSpan } from "./scalars.ts";

describe('what "$value" shows', () => {
  test.each<[PsValue, string]>([
    [null, ""],
    [true, "True"],
    [5, "5"],
    [9_007_199_254_740_993n, "9007199254740993"],
    [new Double(1e15), "1E+15"],
    [new Double(0.1 + 0.2), "0.3"],
    [new Double(1 / 3), "0.333333333333333"],
    [new Double(Number.POSITIVE_INFINITY), "Infinity"],
    [new Single(0.1), "0.1"],
    [new Single(16_777_217), "1.677722E+07"],
    [new DateTime(637_185_764_960_000_000n, "Utc"), "02/29/2020 12:34:56"],
    [new DateTime(0n, "Unspecified"), "01/01/0001 00:00:00"],
    [new TimeSpan(-937_845_000_000n), "-1.02:03:04.5000000"],
    [Uint8Array.of(1, 2), "1 2"],
    [[null, null, 1], "  1"],
    [[1, [2, 3], "x"], "1 System.Object[] x"],
    [new PsList([new PsList([1])]), "System.Collections.ArrayList"],
    [PsDictionary.of({ a: 1 }), "System.Collections.Hashtable"],
    [PsObject.of({ a: 1, b: [1, 2], c: PsObject.of({ d: 1 }), n: null }), "@{a=1; b=System.Object[]; c=; n=}"],
    [new PsObject({ typeNames: ["System.DayOfWeek", "System.Enum"], text: "Friday", base: 5 }), "Friday"],
    [new PsObject(), ""],
  ])("%o is %j", (value, text) => expect(toText(value)).toBe(text));

  test("a property that is extended hides an adapted one of its name", () => {
    const object = new PsObject();
    object.set("p", 1, "adapted");
    const other = PsObject.of({ P: 2 });
    object.put("extended", other.shape("extended"), [2]);
    expect(String(object)).toBe("@{P=2}");
    expect(object.get("p")).toBe(2);
  });
});

describe("numbers on the wire", () => {
  test.each([
    [0, "0"],
    [-0, "-0"],
    [1e9, "1000000000"],
    [123_456_789_012_345_680, "1.2345678901234568E+17"],
    [1e16, "10000000000000000"],
    [1e17, "1E+17"],
    [-1.5e-7, "-1.5E-07"],
    [0.0001, "0.0001"],
    [0.00001, "1E-05"],
    [0.001, "0.001"],
  ])("%d is %s", (value, text) => expect(numberText(value, NUMBER_FORMS.doubleWire)).toBe(text));
});

describe("dictionaries", () => {
  test("text keys are found in any letter case, however many there are, the first of its name", () => {
    const dictionary = new PsDictionary(Array.from({ length: 1000 }, (_, i): [PsValue, PsValue] => [`Key${i}`, i]));
    expect(dictionary.get("KEY999")).toBe(999);
    expect(dictionary.get("none")).toBeUndefined();
    dictionary.entries.push(["KEY5", "later"]);
    expect(dictionary.get("key5")).toBe(5);
    dictionary.set("new", 1);
    expect(dictionary.get("NEW")).toBe(1);
    dictionary.entries.length = 20;
    expect(dictionary.has("new")).toBe(false);
    expect(dictionary.get("key19")).toBe(19);
  });

  test("other keys are compared by type and value", () => {
    const dictionary = new PsDictionary([
      [1, "int"],
      [new Double(1), "double"],
      [1n, "long"],
    ]);
    expect([dictionary.get(1), dictionary.get(new Double(1)), dictionary.get(1n), dictionary.get("1")]).toEqual([
      "int",
      "double",
      "long",
      undefined,
    ]);
  });
});

import { expect, test } from "vitest";
import { parseParameters } from "./parameters.ts";

test.each([
  [["-Identity", "alice"], [["Identity", "alice"]]],
  [["alice"], [[undefined, "alice"]]],
  [
    ["-Force", "-Identity:alice"],
    [
      ["Force", true],
      ["Identity", "alice"],
    ],
  ],
  [
    ["-Confirm:$false", "-X", "$null"],
    [
      ["Confirm", false],
      ["X", null],
    ],
  ],
  [["-A", "1", "-A", "2", "-a", "3"], [["A", ["1", "2", "3"]]]],
  [
    ["-Line", "tel:+1", "-5"],
    [
      ["Line", "tel:+1"],
      [undefined, "-5"],
    ],
  ],
  [["\u2013Verbose"], [["Verbose", true]]],
  [["-X:", "v"], [["X", "v"]]],
  [[], []],
])("%j", (words, expected) => {
  expect(parseParameters(words).map((p) => [p.name, p.value])).toEqual(expected);
});

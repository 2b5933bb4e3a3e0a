import { expect, test } from "vitest";
import { formatAge, formatSeconds, parseDuration } from "./duration.ts";

test.each([
  ["PT3M", 180_000],
  ["PT180.000S", 180_000],
  ["PT20S", 20_000],
  ["PT0.5S", 500],
  ["P1DT1H1M1S", 90_061_000],
  ["PT2147483.647S", 2_147_483_647],
  ["PT7200.000S", 7_200_000],
  ["P0DT0H0M0S", 0],
])("%s is a duration of %d ms, XML Schema part 2 3.2.6", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "P", "PT", "3M", "PT-3M", "P1Y", "P1M", "PT3", "60000", "-PT5S", "PT1e3S", "PT3M junk"])(
  "%j is no duration with a fixed length",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test("what is written is read again", () => {
  expect(formatSeconds(7_200_000)).toBe("PT7200.000S");
  expect(formatAge(90_061_999)).toBe("P1DT1H1M1S");
  for (const ms of [0, 1, 999, 60_000, 2_147_483_647]) expect(parseDuration(formatSeconds(ms))).toBe(ms);
});

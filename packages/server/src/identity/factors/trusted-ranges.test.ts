import { describe, expect, it } from "vitest";
import { isTrusted, parseRange, rangeText } from "./trusted-ranges.ts";

describe("ranges", () => {
  it.each([
    ["192.0.2.0/24", "192.0.2.0/24"],
    [" 192.0.2.7 ", "192.0.2.7/32"],
    ["2001:DB8::/32", "2001:db8::/32"],
    ["::1", "::1/128"],
  ])("%j is one", (text, plain) => {
    const range = parseRange(text);
    expect(range === undefined ? undefined : rangeText(range)).toBe(plain);
  });

  it.each([
    "",
    "0.0.0.0/0",
    "::/0",
    "192.0.2.0/33",
    "2001:db8::/129",
    "192.0.2/24",
    "300.1.1.1/8",
    "host/24",
    "192.0.2.0/-1",
    "192.0.2.0/24/1",
  ])("%j is none", (text) => {
    expect(parseRange(text)).toBeUndefined();
  });

  const ranges = ["192.0.2.128/25", "2001:db8:1::/48", "10.1.2.3/32"];
  it.each([
    ["192.0.2.127", false],
    ["192.0.2.128", true],
    ["192.0.2.255", true],
    ["192.0.3.0", false],
    ["10.1.2.3", true],
    ["10.1.2.4", false],
    ["2001:db8:1:ffff::1", true],
    ["2001:db8:2::1", false],
    ["::ffff:192.0.2.200", true],
    ["::ffff:192.0.2.1", false],
    ["", false],
    ["unknown", false],
  ])("%s lies inside: %s", (address, inside) => {
    expect(isTrusted(ranges, address)).toBe(inside);
  });
});

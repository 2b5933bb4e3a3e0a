import { compileFilter } from "@tieline/language";
import { describe, expect, it } from "vitest";
import { LdapFilterError, parseLdapFilter } from "./ldap-filter.ts";

const person: Readonly<Record<string, string | boolean | null>> = {
  DisplayName: "Alice (Ops) *",
  Department: "Sales",
  City: "München",
  Enabled: true,
  SipAddress: null,
  LastName: "Jones",
};
const property = (from: typeof person, name: string) =>
  from[Object.keys(from).find((known) => known.toLowerCase() === name.toLowerCase()) ?? ""] ?? null;
const holds = (text: string): boolean => compileFilter(parseLdapFilter(text), property)(person);

describe("an LDAP filter, RFC 4515", () => {
  it.each<[string, boolean]>([
    ["(department=sales)", true],
    ["department=Sales", true],
    [" ( department = Sales ) ", true],
    ["!(department=Sales)", false],
    ["(!department=Ops)", true],
    ["(&(department=Sales)(l=M*))", true],
    ["(|(department=Ops)(sn=Jones))", true],
    ["(&(department=Sales)(!(sn=Jones)))", false],
    ["(msRTCSIP-PrimaryUserAddress=*)", false],
    ["(department=*)", true],
    ["(cn=*Ops*)", true],
    ["(cn=Alice \\28Ops\\29 \\2a)", true],
    ["(cn=Alice \\28Ops\\29 \\2a*)", true],
    ["(l=M\\c3\\bcnchen)", true],
    ["(msRTCSIP-UserEnabled=TRUE)", true],
    ["(department>=S)", true],
    ["(department<=S)", false],
    ["(department~=Sales)", true],
    ["(department=Sa?es)", false],
    ["(department=Sa[l]*)", false],
  ])("answers %s with %s", (text, expected) => {
    expect(holds(text)).toBe(expected);
  });

  it.each<[string, number, RegExp]>([
    ["(department=Sales", 18, /closing parenthesis/],
    ["(department=Sales))", 19, /text after/],
    ["(=Sales)", 2, /name of an attribute/],
    ["(department Sales)", 13, /one of/],
    ["(&)", 3, /nothing to join/],
    ["(cn=a\\2)", 5, /backslash/],
    ["(&(a=1)b)", 8, /closing parenthesis/],
    ["", 1, /name of an attribute/],
    ["(".repeat(100), 2, /name of an attribute/],
    ["(!".repeat(100), 130, /levels/],
  ])("refuses %s at character %i", (text, position, reason) => {
    expect(() => parseLdapFilter(text)).toThrow(LdapFilterError);
    try {
      parseLdapFilter(text);
    } catch (error) {
      expect(error).toMatchObject({ position, message: expect.stringMatching(reason) as string });
    }
  });
});

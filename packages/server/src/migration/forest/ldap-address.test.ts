import { isFault } from "@tieline/fault";
import { expect, test } from "vitest";
import { parseLdapAddress } from "./ldap-address.ts";

test.each([
  ["ldaps://dc1.contoso.local", false, { host: "dc1.contoso.local", port: 636, protection: "tls", name: "ldaps://dc1.contoso.local" }],
  ["ldap://dc1.contoso.local/", false, { host: "dc1.contoso.local", port: 389, protection: "start-tls", name: "ldap://dc1.contoso.local" }],
  ["ldaps://[::1]:10636", false, { host: "::1", port: 10_636, protection: "tls", name: "ldaps://[::1]:10636" }],
  ["ldap://localhost:1389", true, { host: "localhost", port: 1389, protection: "none", name: "ldap://localhost:1389" }],
] as const)("%s, plain %s", (text, plain, expected) => {
  expect(parseLdapAddress(text, plain)).toEqual(expected);
});

test.each([
  ["dc1.contoso.local", false, "forest-address"],
  ["https://dc1.contoso.local", false, "forest-address"],
  ["ldaps://", false, "forest-address"],
  ["ldaps://dc1.contoso.local/DC=contoso", false, "forest-address"],
  ["ldaps://dc1.contoso.local?x", false, "forest-address"],
  ["ldaps://svc:secret@dc1.contoso.local", false, "forest-address"],
  ["svc:secret@dc1.contoso.local:99999", false, "forest-address"],
  ["ldaps://localhost", true, "forest-address"],
  ["ldap://dc1.contoso.local", true, "forest-plain"],
  ["ldap://127.0.0.1.contoso.local", true, "forest-plain"],
] as const)("refuses %s, plain %s, and shows no password", (text, plain, code) => {
  let thrown: unknown;
  try {
    parseLdapAddress(text, plain);
  } catch (error) {
    thrown = error;
  }
  expect(isFault(thrown) && thrown.code).toBe(code);
  expect(JSON.stringify(thrown)).not.toContain("secret");
});

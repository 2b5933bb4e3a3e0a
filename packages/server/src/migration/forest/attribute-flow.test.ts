/** A user in the forest's words and in the deployment's. */
import { expect, test } from "vitest";
import { objectId, type UserRecord } from "../../directory/index.ts";
import { readUser, USER_ATTRIBUTES, withSipAddress, writeUser, WRITTEN_ATTRIBUTES } from "./attribute-flow.ts";

const GUID = "aaaaaaaa-0000-4000-8000-000000000001";
const SIP = "sip:ada@corp.test";
const ONLINE = "sipfed.online.lync.com";
const user = (attributes: Record<string, readonly string[]>): Parameters<typeof readUser>[0] => ({
  guid: GUID,
  distinguishedName: "CN=Ada",
  attributes,
  deleted: false,
});
const homing = (attributes: Record<string, readonly string[]>): ReturnType<typeof readUser>["homing"] =>
  readUser(user(attributes), "corp.test").homing;

test("a user without a userPrincipalName has the account's name at the domain, without a displayName the account's", () => {
  expect(readUser(user({ sAMAccountName: ["ada"] }), "corp.test").person).toMatchObject({
    accountName: "ada",
    userPrincipalName: "ada@corp.test",
    displayName: "ada",
  });
});

test.each([
  ["not enabled", {}, [null, false, null, null]],
  ["an address alone: on premises, of no pool", { "msRTCSIP-PrimaryUserAddress": [SIP] }, [SIP, false, "SRV:", null]],
  [
    "homed on premises",
    {
      "msRTCSIP-PrimaryUserAddress": [SIP],
      "msRTCSIP-UserEnabled": ["TRUE"],
      "msRTCSIP-DeploymentLocator": ["SRV:"],
      "msRTCSIP-PrimaryHomeServer": ["pool01.corp.test"],
    },
    [SIP, true, "SRV:", "pool01.corp.test"],
  ],
  [
    "homed online: of no pool, whatever else stands there",
    {
      "msRTCSIP-PrimaryUserAddress": [SIP],
      "msRTCSIP-UserEnabled": ["TRUE"],
      "msRTCSIP-DeploymentLocator": [ONLINE],
      "msRTCSIP-PrimaryHomeServer": ["pool01.corp.test"],
    },
    [SIP, true, ONLINE, null],
  ],
  [
    "a home server by DN is none of ours",
    { "msRTCSIP-PrimaryUserAddress": [SIP], "msRTCSIP-PrimaryHomeServer": ["CN=Lc Services,CN=Microsoft,CN=1:1,CN=Pools"] },
    [SIP, false, "SRV:", null],
  ],
] as const)("homing: %s", (_title, attributes, expected) => {
  const { sipAddress, enabled, hostingProvider, registrarPool } = homing(attributes);
  expect([sipAddress, enabled, hostingProvider, registrarPool]).toEqual(expected);
});

test("OptionFlags: the bit of Enterprise Voice is the user's property, all other bits stay as they are", () => {
  const record = (properties: UserRecord["properties"]): UserRecord => ({
    objectId: objectId(GUID),
    userPrincipalName: "ada@corp.test",
    sipAddress: SIP,
    displayName: "Ada",
    accountName: "ada",
    enabled: true,
    hostingProvider: "SRV:",
    registrarPool: "pool01.corp.test",
    interpretedUserType: null,
    properties,
    policies: {},
    plans: [],
    createdMs: 0,
    changedMs: 0,
  });
  const flags = (properties: UserRecord["properties"]): unknown => writeUser(record(properties))["msRTCSIP-OptionFlags"];
  expect(homing({ "msRTCSIP-OptionFlags": ["385"] }).properties).toMatchObject({ OptionFlags: 385, EnterpriseVoiceEnabled: true });
  expect(flags({ OptionFlags: 257, EnterpriseVoiceEnabled: true })).toEqual(["385"]);
  expect(flags({ OptionFlags: 385, EnterpriseVoiceEnabled: false })).toEqual(["257"]);
  expect(flags({})).toEqual(["256"]);
  expect(homing({ "msRTCSIP-OptionFlags": ["many"] }).properties).toMatchObject({ OptionFlags: null });
});

test("userAccountControl tells whether the account is enabled", () => {
  const enabled = (flags: string): unknown => readUser(user({ userAccountControl: [flags] }), "x").person.properties["AccountEnabled"];
  expect([enabled("512"), enabled("514")]).toEqual([true, false]);
});

test("what is written is asked for as well, and nothing of the person is written", () => {
  expect(WRITTEN_ATTRIBUTES.every((name) => USER_ATTRIBUTES.includes(name))).toBe(true);
  expect(WRITTEN_ATTRIBUTES.filter((name) => !name.startsWith("msRTCSIP-"))).toEqual(["proxyAddresses"]);
});

test("of the proxy addresses the one with sip: is the deployment's", () => {
  expect(withSipAddress(["SMTP:a@x", "SIP:old@x"], "sip:new@x")).toEqual(["SMTP:a@x", "sip:new@x"]);
  expect(withSipAddress(["SMTP:a@x", "sip:old@x"], null)).toEqual(["SMTP:a@x"]);
  expect(withSipAddress(undefined, null)).toBeNull();
});

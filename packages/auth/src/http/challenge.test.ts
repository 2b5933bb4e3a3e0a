import { isFault } from "@tieline/fault";
import { expect, test } from "vitest";
import { parseAuthorization, parseChallenges, renderAuthorization, renderChallenge } from "./challenge.ts";

const codeOf = (action: () => unknown): string => {
  try {
    action();
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
};
const plain = (headers: string | string[]): unknown =>
  parseChallenges(headers).map(({ scheme, token68, parameters }) => [scheme, token68 ?? Object.fromEntries(parameters)]);

test.each([
  [
    "several headers",
    ["Negotiate", "Kerberos", 'Basic realm="WSMAN"', "CredSSP"],
    [
      ["Negotiate", {}],
      ["Kerberos", {}],
      ["Basic", { realm: "WSMAN" }],
      ["CredSSP", {}],
    ],
  ],
  [
    "one header, RFC 9110 11.6.1",
    'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
    [
      ["Basic", { realm: "simple" }],
      ["Newauth", { realm: "apps", type: "1", title: 'Login to "apps"' }],
    ],
  ],
  [
    "token68, then others",
    'Negotiate oYGZ+/==, Basic realm="a, b", NTLM',
    [
      ["Negotiate", "oYGZ+/=="],
      ["Basic", { realm: "a, b" }],
      ["NTLM", {}],
    ],
  ],
  [
    "empty elements",
    ", ,Basic realm=x,, ,Negotiate,",
    [
      ["Basic", { realm: "x" }],
      ["Negotiate", {}],
    ],
  ],
  [
    "spaces around =, names in any case",
    'Bearer Client_Id = "00000004", authorization_uri="https://login.windows.net/common/oauth2/authorize", Digest qop=auth',
    [
      ["Bearer", { client_id: "00000004", authorization_uri: "https://login.windows.net/common/oauth2/authorize" }],
      ["Digest", { qop: "auth" }],
    ],
  ],
  [
    "an unquoted address",
    "Bearer authorization_uri=https://login.windows.net/x",
    [["Bearer", { authorization_uri: "https://login.windows.net/x" }]],
  ],
  ["nothing", "", []],
])("%s", (_title, headers, expected) => {
  expect(plain(headers)).toEqual(expected);
});

test("the mutual profile of WS-Management is a scheme, DSP0226 C.4", () => {
  const uri = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual";
  expect(parseAuthorization(uri)).toEqual({ scheme: uri, parameters: new Map() });
  expect(renderAuthorization(uri)).toBe(uri);
});

test("Authorization holds one set of credentials", () => {
  expect(parseAuthorization(" Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ== ")).toMatchObject({
    scheme: "Basic",
    token68: "QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
  });
  expect(parseAuthorization("Bearer a.b-c_d")).toMatchObject({ scheme: "Bearer", token68: "a.b-c_d" });
  expect(codeOf(() => parseAuthorization("Basic QQ==, Negotiate QQ=="))).toBe("header-malformed");
  expect(codeOf(() => parseAuthorization(""))).toBe("header-malformed");
});

test.each(['Basic realm="open', "Basic realm=,x=", "=x", '"x"', "Negotiate ab c", "Basic realm=a b"])("%s is refused", (header) => {
  expect(codeOf(() => parseChallenges(header))).toBe("header-malformed");
});

test("what was rendered is read again, quotes and all", () => {
  const value = { scheme: "Basic", parameters: { realm: 'a "b" \\ c', charset: "UTF-8" } };
  const [back] = parseChallenges(renderChallenge(value));
  expect(Object.fromEntries(back?.parameters ?? [])).toEqual(value.parameters);
  expect(renderChallenge({ scheme: "Negotiate", token68: "QQ==" })).toBe("Negotiate QQ==");
  expect(renderChallenge({ scheme: "Negotiate" })).toBe("Negotiate");
});

test("hostile headers take linear time", () => {
  const started = performance.now();
  for (const header of [
    "a ".repeat(60_000),
    `B ${"x=".repeat(60_000)}`,
    `B r="${"\\".repeat(120_000)}`,
    ",".repeat(130_000),
    "A".repeat(130_000),
    " ".repeat(130_000),
    `N ${"a".repeat(60_000)} ${" ".repeat(60_000)}b`,
  ]) {
    expect(codeOf(() => parseChallenges(header))).toMatch(/^(none|header-malformed)$/);
  }
  expect(performance.now() - started).toBeLessThan(2000);
  expect(codeOf(() => parseChallenges("x".repeat(200_000)))).toBe("header-malformed");
  expect(codeOf(() => parseChallenges("N,".repeat(100)))).toBe("header-malformed");
});

test("any text works or gives a fault of the catalogue", () => {
  const pieces = ["Negotiate", " ", ",", "=", '"', "\\", "abc==", "realm", "Basic", "\t", "\u0000", "é", "x=1"];
  let state = 3;
  let accepted = 0;
  for (let round = 0; round < 20_000; round++) {
    let text = "";
    for (let i = 0; i < round % 9; i++) text += pieces[((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % pieces.length];
    const code = codeOf(() => parseChallenges(text));
    if (code === "none") accepted++;
    expect(["none", "header-malformed"]).toContain(code);
  }
  expect(accepted).toBeGreaterThan(3000);
});

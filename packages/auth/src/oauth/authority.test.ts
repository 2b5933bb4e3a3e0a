import { expect, test } from "vitest";
import { authorityOf, authorityWith, readMetadata } from "./authority.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test.each([
  ["https://l.test/common/oauth2/authorize", undefined, "v1", "https://l.test/common/oauth2/token"],
  ["https://l.test/common/oauth2/authorize", "contoso.com", "v1", "https://l.test/contoso.com/oauth2/token"],
  ["https://l.test/Common/oauth2/v2.0/authorize", "contoso.com", "v2", "https://l.test/contoso.com/oauth2/v2.0/token"],
  ["https://l.test/fabrikam.com/oauth2/authorize", "contoso.com", "v1", "https://l.test/fabrikam.com/oauth2/token"],
  ["https://l.test:8443/sts/organizations/oauth2/", "contoso.com", "v1", "https://l.test:8443/sts/contoso.com/oauth2/token"],
  ["https://l.test/common/oauth2/authorize", "../evil/x", "v1", "https://l.test/..%2Fevil%2Fx/oauth2/token"],
])("%s for %s is generation %s at %s", (uri, tenant, generation, token) => {
  const authority = authorityOf(new URL(uri), tenant);
  expect([authority.generation, authority.token.href]).toEqual([generation, token]);
});

test("all addresses follow from the one of the challenge, in both generations", () => {
  const v1 = authorityOf(new URL("https://l.test/common/oauth2/authorize"), "contoso.com");
  const v2 = authorityWith(v1, { generation: "v2", tenant: "t" });
  expect([v1.authorize, v1.deviceCode, v1.metadata].map((url) => url.pathname)).toEqual([
    "/contoso.com/oauth2/authorize",
    "/contoso.com/oauth2/devicecode",
    "/contoso.com/.well-known/openid-configuration",
  ]);
  expect([v2.authorize, v2.deviceCode, v2.metadata].map((url) => url.pathname)).toEqual([
    "/t/oauth2/v2.0/authorize",
    "/t/oauth2/v2.0/devicecode",
    "/t/v2.0/.well-known/openid-configuration",
  ]);
});

test("an address that is none of OAuth's is refused", () => {
  expect(() => authorityOf(new URL("https://l.test/login?x=secret"))).toThrow(expect.objectContaining({ code: "authority-unusable" }));
});

test("metadata may move the addresses on the same host, and to no other", () => {
  const authority = authorityOf(new URL("https://l.test/common/oauth2/authorize"));
  const moved = readMetadata(bytes('{"issuer":"https://i.test/x/","token_endpoint":"https://l.test/elsewhere"}'), authority);
  expect([moved.token.pathname, moved.authorize.pathname, moved.issuer]).toEqual([
    "/elsewhere",
    "/common/oauth2/authorize",
    "https://i.test/x/",
  ]);
  for (const elsewhere of ["https://evil.test/token", "http://l.test/token", 7]) {
    expect(() => readMetadata(bytes(JSON.stringify({ issuer: "i", token_endpoint: elsewhere })), authority)).toThrow(
      expect.objectContaining({ code: "authority-unusable" }),
    );
  }
});

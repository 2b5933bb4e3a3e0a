import { expect, test } from "vitest";
import { wishOf, type NewCsOnlineSessionParameters } from "./new-cs-online-session.ts";
import { somebody, wishFor } from "./sign-in/fake-authority.fixture.ts";

const signIn = wishFor(somebody());
const wish = (parameters: NewCsOnlineSessionParameters) => wishOf(parameters, signIn);

test.each<[NewCsOnlineSessionParameters, Record<string, unknown>]>([
  [{}, {}],
  [{ UserName: "a@b.c" }, { user: "a@b.c" }],
  [
    { OverrideAdminDomain: "d.e", OverrideDiscoveryUri: "https://x.test/" },
    { overrideAdminDomain: "d.e", overrideDiscoveryUri: "https://x.test/" },
  ],
  [{ OverridePowerShellUri: new URL("https://x.test/OcsPowershellOAuth") }, { targetUri: "https://x.test/OcsPowershellOAuth" }],
  [{ TargetUri: "https://x.test/y" }, { targetUri: "https://x.test/y" }],
  [{ OverrideAccessTokenResourceUri: "https://r.test/" }, { signIn: { resource: "https://r.test/" } }],
  [{ OAuthAccessToken: "t" }, { signIn: { given: { token: "t" } } }],
  [
    { teams: 1, TeamsEnvironmentName: "teamsgcch" } as never,
    { overrideDiscoveryUri: "https://webdir.online.gov.skypeforbusiness.us/Autodiscover/AutodiscoverService.svc/root" },
  ],
])("%j comes to %j", (parameters, expected) => {
  expect(wish(parameters)).toMatchObject({ authentication: "default", ...expected });
});

test("a credential gives its password to both ways, the token's and the direct one", async () => {
  const made = wish({ Credential: { UserName: "a@b.c", Password: "p" } });
  expect(made.signIn?.given.password?.("a@b.c")).toBe("p");
  expect(await made.credential("a@b.c")).toEqual({ kind: "password", user: "a@b.c", password: "p" });
});

test.each<NewCsOnlineSessionParameters>([
  { UserName: "a", Credential: { UserName: "a", Password: "p" } },
  { OAuthAccessToken: "t", Credential: { UserName: "a", Password: "p" } },
  { TargetUri: "https://x.test/", OverridePowerShellUri: "https://x.test/" },
  { TeamsEnvironmentName: "TeamsMoon" },
])("%j is refused", (parameters) => {
  expect(() => wish(parameters)).toThrow(expect.objectContaining({ code: "usage" }));
});

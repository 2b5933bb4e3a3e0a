import { expect, test } from "vitest";
import { readChallenge } from "./target-challenge.ts";

const read = (...headers: string[]) => readChallenge({ headers: { "www-authenticate": headers } });

test("client, authority and issuers come from the Bearer challenge, beside Basic", () => {
  const challenge = read(
    'Bearer client_id="1950a258-227b-4e31-a9cf-717495945fc2", authorization_uri="https://login.online.lync.com/common/oauth2/authorize", trusted_issuers="https://a.test/1/, https://a.test/2/"',
    'Basic realm="online.lync.com"',
  );
  expect(challenge).toEqual({
    schemes: ["Bearer", "Basic"],
    basicOffered: true,
    clientId: "1950a258-227b-4e31-a9cf-717495945fc2",
    authorizationUri: new URL("https://login.online.lync.com/common/oauth2/authorize"),
    trustedIssuers: ["https://a.test/1/", "https://a.test/2/"],
  });
});

test("one header with all challenges reads as several do; schemes and names in any letter case", () => {
  const challenge = read('NEGOTIATE, BEARER Client_Id="c", Authorization_Uri="https://login.test/x", basic realm="r"');
  expect([challenge.schemes, challenge.basicOffered, challenge.clientId]).toEqual([["NEGOTIATE", "BEARER", "basic"], true, "c"]);
});

test("a User document's challenge names where web tickets are given", () => {
  const challenge = read(
    'Bearer trusted_issuers="", client_id="00000004-0000-0ff1-ce00-000000000000", MsRtcOAuth href="https://host.test/WebTicket/oauthtoken",grant_type="urn:microsoft.rtc:windows,password"',
  );
  expect(challenge).toEqual({
    schemes: ["Bearer", "MsRtcOAuth"],
    basicOffered: false,
    clientId: "00000004-0000-0ff1-ce00-000000000000",
    trustedIssuers: [],
    ticket: { href: "https://host.test/WebTicket/oauthtoken", grantTypes: ["urn:microsoft.rtc:windows", "password"] },
  });
});

test("each value is taken from the first Bearer challenge that has it", () => {
  const challenge = read('Bearer client_id="", Bearer client_id="b", authorization_uri="https://b.test/"');
  expect([challenge.clientId, challenge.authorizationUri?.host]).toEqual(["b", "b.test"]);
});

test("an answer without a challenge offers nothing", () => {
  expect(readChallenge({ headers: {} })).toEqual({ schemes: [], basicOffered: false, trustedIssuers: [] });
});

test.each(["http://login.test/common", "login.test", "javascript:alert(1)", "https://"])("an authority %j is refused", (authority) => {
  expect(() => read(`Bearer client_id="c", authorization_uri="${authority}"`)).toThrow(
    expect.objectContaining({ code: "header-malformed" }),
  );
});

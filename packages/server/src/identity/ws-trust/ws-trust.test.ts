import { generateKeyPairSync } from "node:crypto";
import { SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SignedXml } from "xml-crypto";
import { parseIssueResponse, serializeIssueRequest, SAML_11_TOKEN, WEB_TICKET_TOKEN, type IssueRequest } from "@tieline/auth";
import { isFault } from "@tieline/fault";
import { CONTOSO, FABRIKAM, HOST, openAuthority, PASSWORD, type Authority } from "../authority.fixture.ts";
import { signAssertion, verifyAssertion } from "./saml-assertion.ts";
import { isWebTicket, judgeWebTicket } from "./web-ticket.ts";

const ADMIN = "admin@contoso.com";
const TICKET_SERVICE = "https://admin0a.online.lync.com/WebTicket/WebTicketService.svc";
const TARGET = "https://admin0a.online.lync.com/OcsPowershellLiveId";

let authority: Authority;
beforeAll(async () => {
  authority = await openAuthority();
});
afterAll(() => authority[Symbol.asyncDispose]());
beforeEach(() => {
  authority.service.use({ secondFactor: { demand: () => Promise.resolve("none") } });
  authority.clock.aheadMs = 0;
});

const message = (more: Partial<IssueRequest> = {}): string => {
  const now = Date.now() + authority.clock.aheadMs;
  return serializeIssueRequest({
    version: "1.3",
    soap: "1.2",
    to: `https://${HOST}/RST2.srf`,
    messageId: "urn:uuid:1",
    createdMs: now,
    expiresMs: now + 300_000,
    requestor: { kind: "password", user: ADMIN, password: PASSWORD },
    appliesTo: TICKET_SERVICE,
    tokenType: SAML_11_TOKEN,
    ...more,
  });
};

async function send(path: string, body: string, type = "application/soap+xml; charset=utf-8"): Promise<{ status: number; text: string }> {
  const response = await fetch(authority.base + path, { method: "POST", body, headers: { "content-type": type } });
  return { status: response.status, text: await response.text() };
}

async function assertion(more: Partial<IssueRequest> = {}): Promise<string> {
  return parseIssueResponse((await send("/RST2.srf", message(more))).text, HOST).xml;
}

async function ticket(xml: string, appliesTo = TARGET): Promise<string> {
  const asked = message({ requestor: { kind: "assertion", xml }, appliesTo, tokenType: WEB_TICKET_TOKEN });
  const issued = parseIssueResponse((await send("/WebTicket/WebTicketService.svc", asked)).text, HOST);
  return Buffer.from(/>([^<]+)</.exec(issued.xml)?.[1] ?? "", "base64").toString();
}

const refusal = async (path: string, body: string): Promise<string> => {
  const { status, text } = await send(path, body);
  expect(status).toBeGreaterThanOrEqual(400);
  try {
    parseIssueResponse(text, HOST);
  } catch (error) {
    return isFault(error) ? `${error.code} ${error.said ?? error.message}` : String(error);
  }
  return "a token";
};

describe("the way of old to a session", () => {
  it("goes from a password over an assertion to a web ticket, in both versions of WS-Trust", async () => {
    for (const version of ["2005", "1.3"] as const) {
      const got = await ticket(await assertion({ version }));
      expect(isWebTicket(got)).toBe(true);
      const holder = await judgeWebTicket(authority.service, got, TARGET);
      expect(holder).toMatchObject({ kind: "person", account: { userPrincipalName: ADMIN }, tenantId: CONTOSO });
    }
  });

  it("says where the assertion is had", async () => {
    const answer = await authority.get("/WebTicket/WebTicketService.svc/mex");
    expect(answer.text).toContain(`<wsa:Address>https://${HOST}/RST2.srf</wsa:Address>`);
  });

  it("has a shorter form for clients without SOAP", async () => {
    const answer = await authority.post("/WebTicket/oauthtoken", { grant_type: "password", username: ADMIN, password: PASSWORD });
    expect(answer.json).toMatchObject({ token_type: "Bearer", ms_rtc_identityscope: "local" });
    await expect(judgeWebTicket(authority.service, String(answer.json["access_token"]), TARGET)).resolves.toBeDefined();
  });

  it("answers SOAP 1.1 to whoever speaks it", async () => {
    const { text } = await send("/RST2.srf", message({ soap: "1.1" }), "text/xml");
    expect(text).toContain("http://schemas.xmlsoap.org/soap/envelope/");
    const refused = await send(
      "/RST2.srf",
      message({ soap: "1.1", requestor: { kind: "password", user: ADMIN, password: "no" } }),
      "text/xml",
    );
    expect(refused).toMatchObject({ status: 500, text: expect.stringContaining("<faultcode") });
  });

  it("is written into the sign-in log, good and bad", async () => {
    await assertion();
    await refusal("/RST2.srf", message({ requestor: { kind: "password", user: ADMIN, password: "wrong" } }));
    const [bad, good] = await authority.service.signIns(CONTOSO).list({ limit: 2 });
    expect(bad).toMatchObject({ name: ADMIN, method: "ws-trust", result: 50_126 });
    expect(good).toMatchObject({ name: ADMIN, method: "ws-trust", result: 0 });
  });
});

describe("is refused, in the words that administrators know,", () => {
  it.each<[string, Partial<IssueRequest>, RegExp]>([
    [
      "a wrong password",
      { requestor: { kind: "password", user: ADMIN, password: "wrong" } },
      /^aadsts-50126 AADSTS50126: Error validating credentials/,
    ],
    ["an unknown user", { requestor: { kind: "password", user: "nobody@contoso.com", password: "x" } }, /^aadsts-50034/],
    ["an unknown tenant", { requestor: { kind: "password", user: "x@nowhere.example", password: "x" } }, /^aadsts-90002/],
    ["another purpose", { appliesTo: "https://evil.example/" }, /^aadsts-500011/],
    ["an old message", { createdMs: 0, expiresMs: 1000 }, /time stamp/],
    ["a message without a time", { createdMs: Date.UTC(2100, 0), expiresMs: Date.UTC(2100, 1) }, /time stamp/],
  ])("%s", async (_name, more, text) => {
    expect(await refusal("/RST2.srf", message(more))).toMatch(text);
  });

  it("an account with a second factor", async () => {
    authority.service.use({ secondFactor: { demand: () => Promise.resolve("proof") } });
    expect(await refusal("/RST2.srf", message())).toMatch(
      /^aadsts-50076 AADSTS50076: Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '.*'\./,
    );
    authority.service.use({ secondFactor: { demand: () => Promise.resolve("registration") } });
    expect(await refusal("/RST2.srf", message())).toMatch(/^aadsts-50079/);
  });

  it("a tenant that takes no passwords from programs", async () => {
    await authority.service.settings(CONTOSO).set({ legacy: false }, Date.now());
    expect(await refusal("/RST2.srf", message())).toMatch(/^aadsts-70003/);
    await authority.service.settings(CONTOSO).set({ legacy: true }, Date.now());
  });

  it("a message that is none, or too long", async () => {
    for (const body of ["", "<html>", "<!DOCTYPE a>", "x".repeat(200_000)])
      expect(await refusal("/RST2.srf", body)).toMatch(/WS-Trust message/);
  });
});

describe("an assertion", () => {
  const keys = () => ({ keys: authority.service.keys, host: HOST });
  const clock = (nowMs = Date.now()) => ({ nowMs, skewMs: 300_000 });
  const judged = async (xml: string, audience = TICKET_SERVICE, nowMs?: number): Promise<string> => {
    try {
      await verifyAssertion(keys(), xml, audience, clock(nowMs));
      return "accepted";
    } catch (error) {
      return isFault(error) ? error.code : String(error);
    }
  };

  it("is accepted as it was given", async () => {
    expect(await judged(await assertion())).toBe("accepted");
  });

  it("is for one service and one time", async () => {
    const xml = await assertion();
    expect(await judged(xml, TARGET)).toBe("assertion-refused");
    expect(await judged(xml, TICKET_SERVICE, Date.now() + 16 * 60_000)).toBe("assertion-refused");
    expect(await judged(xml, TICKET_SERVICE, Date.now() - 16 * 60_000)).toBe("assertion-refused");
  });

  it("of another tenant's key, or another issuer, is refused", async () => {
    const xml = await assertion();
    expect(await judged(xml.replaceAll(CONTOSO, FABRIKAM))).toBe("assertion-refused");
    expect(await judged(xml.replace(HOST, "login.evil.example"))).toBe("assertion-refused");
  });

  it("signed with a key of one's own is refused, also with that key inside", async () => {
    const own = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const xml = (await assertion()).replace(/<ds:Signature[^]*<\/ds:Signature>/, "");
    const id = /AssertionID="([^"]+)"/.exec(xml)?.[1];
    const kid = (await authority.service.keys.active(CONTOSO)).kid;
    const signer = new SignedXml({
      privateKey: own.privateKey.export({ type: "pkcs8", format: "pem" }),
      signatureAlgorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
      canonicalizationAlgorithm: "http://www.w3.org/2001/10/xml-exc-c14n#",
      idAttribute: "AssertionID",
      getKeyInfoContent: () => `<ds:KeyName>${kid}</ds:KeyName>`,
    });
    signer.addReference({
      xpath: "/*",
      uri: `#${id}`,
      transforms: ["http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/2001/10/xml-exc-c14n#"],
      digestAlgorithm: "http://www.w3.org/2001/04/xmlenc#sha256",
    });
    signer.computeSignature(xml, { prefix: "ds", location: { reference: "/*", action: "append" } });
    expect(await judged(signer.getSignedXml())).toBe("assertion-refused");
  });

  it("is refused in every form of signature wrapping", async () => {
    const xml = await assertion();
    const signature = /<ds:Signature[^]*<\/ds:Signature>/.exec(xml)?.[0] ?? "";
    const evil = xml.replaceAll(ADMIN, "viewer@contoso.com").replace(signature, "");
    const otherId = evil.replace(/AssertionID="[^"]+"/, 'AssertionID="_00000000000000000000000000000000"');
    const close = "</saml:Assertion>";
    const wrapped = [
      // The good one inside the bad one, before and after its content, with its signature moved out or left in.
      otherId.replace(close, `${xml}${close}`),
      otherId.replace(close, `${signature}${close}`),
      evil.replace(close, `${signature}${close}`),
      otherId.replace(
        close,
        `${signature.replace("</ds:Signature>", `<ds:Object>${xml.replace(signature, "")}</ds:Object></ds:Signature>`)}${close}`,
      ),
      evil.replace("<saml:Conditions", `<saml:Advice>${xml}</saml:Advice><saml:Conditions`),
      // Two signatures, none, one of nothing.
      xml.replace(close, `${signature}${close}`),
      xml.replace(signature, ""),
      xml.replace(/URI="#[^"]+"/, 'URI=""'),
      xml.replace(/<ds:Reference[^]*<\/ds:Reference>/, ""),
      xml.replace(/(<ds:Reference[^]*<\/ds:Reference>)/, "$1$1"),
      // Weaker algorithms.
      xml.replace("xmldsig-more#rsa-sha256", "xmldsig-more#hmac-sha256"),
      xml.replace("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#hmac-sha1"),
      xml.replace("2001/04/xmlenc#sha256", "2000/09/xmldsig#sha1"),
      xml.replace(/<ds:Transform Algorithm="[^"]*enveloped-signature"\/>/, ""),
      xml.replace("<ds:Transforms>", '<ds:Transforms><ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"/>'),
      // Comments that split what is read (SAML's CVE-2017-11427 family): canonical text is what counts.
      xml.replaceAll(ADMIN, "admin@contoso.com<!-- -->.evil.example"),
    ];
    for (const [i, each] of wrapped.entries()) expect(await judged(each), `form ${i}`).toBe("assertion-refused");
  });

  it("is not believed where any octet was changed", async () => {
    const xml = await assertion();
    let seed = 11;
    const draw = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const wrong: string[] = [];
    for (let i = 0; i < 400; i++) {
      const at = draw(xml.length);
      const damaged = xml.slice(0, at) + String.fromCharCode(33 + draw(90)) + xml.slice(at + draw(3));
      if (damaged === xml) continue;
      try {
        const found = await verifyAssertion(keys(), damaged, TICKET_SERVICE, clock());
        // A change that canonicalization removes leaves the same statement.
        if (found.userPrincipalName !== ADMIN || found.tenantId !== CONTOSO) wrong.push(damaged);
      } catch (error) {
        if (!isFault(error) || error.code !== "assertion-refused") wrong.push(String(error));
      }
    }
    expect(wrong).toEqual([]);
  });

  it("given before everything was revoked opens nothing", async () => {
    const xml = await assertion();
    const account = await authority.account(ADMIN);
    authority.clock.aheadMs = 2000;
    await authority.service.revoke(CONTOSO, account.accountId);
    const asked = message({ requestor: { kind: "assertion", xml }, appliesTo: TARGET });
    expect(await refusal("/WebTicket/WebTicketService.svc", asked)).toMatch(/revoked/);
    await authority.directory.tenant(CONTOSO).accounts.setTokensValidFrom(account.accountId, 0);
  });

  it("holds names that XML would take amiss", async () => {
    const now = Date.now();
    const account = await authority.account(ADMIN);
    const made = { tenantId: CONTOSO, accountId: account.accountId, audience: "a&b", issuedMs: now, expiresMs: now + 1000 };
    const xml = await signAssertion(keys(), { ...made, userPrincipalName: "o'<\"&>@x" }, "0".repeat(32));
    expect((await verifyAssertion(keys(), xml, "a&b", clock())).userPrincipalName).toBe("o'<\"&>@x");
  });
});

describe("a web ticket", () => {
  const judged = (text: string, target = TARGET) => judgeWebTicket(authority.service, text, target);

  it("is for one endpoint, of this service alone", async () => {
    const xml = await assertion();
    const good = await ticket(xml);
    await expect(judged(good)).resolves.toBeDefined();
    await expect(judged(good, "https://admin0a.online.lync.com/wsman")).rejects.toMatchObject({ code: "assertion-refused" });
    const asked = message({ requestor: { kind: "assertion", xml }, appliesTo: "https://evil.example/OcsPowershell" });
    expect(await refusal("/WebTicket/WebTicketService.svc", asked)).toMatch(/^aadsts-500011/);
    authority.clock.aheadMs = 2 * 3_600_000;
    await expect(judged(good)).rejects.toMatchObject({ code: "assertion-refused" });
  });

  it("is no access token, and no access token is a ticket; nor is what others signed", async () => {
    const account = await authority.account(ADMIN);
    const key = await authority.service.keys.active(CONTOSO);
    const signed = (typ: string, alg: string, by: Parameters<SignJWT["sign"]>[0]) =>
      new SignJWT({ tid: CONTOSO })
        .setProtectedHeader({ alg, kid: key.kid, typ })
        .setIssuer("https://admin0a.online.lync.com/WebTicket")
        .setAudience(TARGET)
        .setSubject(account.accountId)
        .setIssuedAt()
        .setNotBefore("0s")
        .setExpirationTime("1h")
        .sign(by);
    await expect(judged(await signed("webticket+jwt", "RS256", key.privateJwk))).resolves.toBeDefined();
    const modulus = Buffer.from(String(key.jwk["n"]), "base64url");
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const bad = [
      await signed("at+jwt", "RS256", key.privateJwk),
      await signed("webticket+jwt", "HS256", modulus),
      await signed("webticket+jwt", "RS256", other),
      await signed("webticket+jwt", "PS256", { ...key.privateJwk, alg: "PS256" }),
      `${Buffer.from('{"alg":"none","typ":"webticket+jwt"}').toString("base64url")}.${Buffer.from(JSON.stringify({ tid: CONTOSO, sub: account.accountId, aud: TARGET })).toString("base64url")}.`,
      "a.b.c",
    ];
    for (const [i, each] of bad.entries()) await expect(judged(each), `form ${i}`).rejects.toMatchObject({ code: "assertion-refused" });
  });
});

import { describe, expect, it, test } from "vitest";
import { isFault } from "@tieline/fault";
import { parseIssueRequest, serializeIssueRequest, type IssueRequest } from "./issue-request.ts";
import { parseIssueResponse, serializeIssueResponse, serializeTrustFault, type IssuedToken } from "./issue-response.ts";
import { SAML_11_TOKEN, type WsTrustVersion } from "./namespaces.ts";
import { readXml } from "./xml-tree.ts";

const FRAMES = (["2005", "1.3"] as WsTrustVersion[]).flatMap((version) => (["1.1", "1.2"] as const).map((soap) => ({ version, soap })));

const request = (more: Partial<IssueRequest> = {}): IssueRequest => ({
  version: "1.3",
  soap: "1.2",
  to: "https://login.test/rst2.srf",
  messageId: "urn:uuid:1",
  createdMs: Date.UTC(2020, 7, 5),
  expiresMs: Date.UTC(2020, 7, 5, 0, 5),
  requestor: { kind: "password", user: "admin@contoso.com", password: "a<b>&\"c' \u00e9\ud83d\ude00" },
  appliesTo: "https://admin0a.test/WebTicket/WebTicketService.svc",
  tokenType: SAML_11_TOKEN,
  ...more,
});

describe.each(FRAMES)("WS-Trust $version in SOAP $soap", (frame) => {
  it("asks with a password, and is read as it was meant", () => {
    expect(parseIssueRequest(serializeIssueRequest(request(frame)))).toEqual(request(frame));
  });

  it("asks with an assertion, which comes out to the letter", () => {
    const requestor = {
      kind: "assertion",
      xml: '<x:Assertion xmlns:x="urn:a" ID="1"><x:B>&lt;&#xD;\n </x:B><!-- c --></x:Assertion>',
    } as const;
    expect(parseIssueRequest(serializeIssueRequest(request({ ...frame, requestor }))).requestor).toEqual(requestor);
  });

  it("is answered with the token", () => {
    const token: IssuedToken = {
      tokenType: SAML_11_TOKEN,
      appliesTo: "https://x/",
      createdMs: 1000,
      expiresMs: 2000,
      xml: '<b:T xmlns:b="urn:b">x</b:T>',
    };
    expect(parseIssueResponse(serializeIssueResponse(token, { ...frame, relatesTo: "urn:uuid:1" }), "login.test")).toEqual(token);
  });

  it("is refused in words, which come through", () => {
    const said = serializeTrustFault({ code: "FailedAuthentication", text: "No & never." }, { ...frame, relatesTo: "" });
    expect(() => parseIssueResponse(said, "login.test")).toThrow(
      expect.objectContaining({ code: "trust-refused", message: expect.stringContaining("No & never.") }),
    );
  });

  it("is refused with a code that administrators know", () => {
    const text = "AADSTS50126: Error validating credentials due to invalid username or password.";
    const said = serializeTrustFault({ code: "FailedAuthentication", text }, { ...frame, relatesTo: "" });
    expect(() => parseIssueResponse(said, "login.test")).toThrow(expect.objectContaining({ code: "aadsts-50126" }));
  });
});

describe("what is no request", () => {
  const good = serializeIssueRequest(request());
  const without = (tag: string): string => good.replace(new RegExp(`<(\\w:)?${tag}[ >].*?</\\1?${tag}>`), "");
  it.each([
    ["nothing", ""],
    ["a web page", "<!doctype html><html><body>Sign in</body></html>"],
    ["a document type", `<!DOCTYPE x [<!ENTITY e "y">]>${good}`],
    ["a processing instruction", `<?php x?>${good}`],
    ["another envelope", good.replaceAll("2003/05/soap-envelope", "2003/05/other")],
    ["no body", without("s:Body")],
    ["no header", without("s:Header")],
    ["no token asked for", good.replaceAll("RequestSecurityToken", "Other")],
    ["a renewal", good.replace("200512/Issue</t:RequestType>", "200512/Renew</t:RequestType>")],
    ["no purpose", without("p:AppliesTo")],
    ["two users", good.replace("<o:UsernameToken", "<o:UsernameToken></o:UsernameToken><o:UsernameToken")],
    ["user and assertion", good.replace("</o:Security>", "<a:Assertion/></o:Security>")],
    ["a digest for a password", good.replace("#PasswordText", "#PasswordDigest")],
    ["too deep", "<a>".repeat(60) + "</a>".repeat(60)],
    ["too many", `<a>${"<b/>".repeat(3000)}</a>`],
    ["too long", `<a>${"x".repeat(600_000)}</a>`],
    ["cut off", good.slice(0, -20)],
  ])("%s is refused", (_name, text) => {
    expect(() => parseIssueRequest(text)).toThrow(expect.objectContaining({ code: "trust-message-malformed" }));
  });
});

test("damaged messages end in a fault of ours, or say the same", () => {
  const good = serializeIssueRequest(request());
  let seed = 7;
  const draw = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let i = 0; i < 2000; i++) {
    const at = draw(good.length);
    const damaged = good.slice(0, at) + ["", "<", "&", "\0", "\u00e9", ">", '"', "a:"][draw(8)] + good.slice(at + draw(4));
    for (const read of [parseIssueRequest, (text: string) => parseIssueResponse(text, "x")]) {
      try {
        read(damaged);
      } catch (error) {
        expect(isFault(error) && ["trust-message-malformed", "trust-refused"].includes(error.code), String(error)).toBe(true);
      }
    }
  }
});

test("an element knows where it stands in the text", () => {
  const text = '<a><b c=">">x</b><b/></a>';
  expect(readXml(text).children.map(({ start, end }) => text.slice(start, end))).toEqual(['<b c=">">x</b>', "<b/>"]);
});

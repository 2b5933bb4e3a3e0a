/** Whatever answers: a document comes of it, or one of our faults. */
import { expect, test } from "vitest";
import { isFault } from "@tieline/fault";
import { answer } from "./answer.ts";
import { parseJson, serializeJson } from "./json.ts";
import { resolve } from "./resolve.ts";
import { parseXml, serializeXml } from "./xml.ts";
import { XML_TYPE, type DiscoveryDocument } from "./document.ts";

/** Numbers from a seed, the same at each run. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below;
}

const PIECES = [
  '<?xml version="1.0"?>',
  "<AutodiscoverResponse>",
  '<AutodiscoverResponse AccessLocation="Internal">',
  "</AutodiscoverResponse>",
  "<Root>",
  "</Root>",
  "<Domain>",
  "</Domain>",
  '<Link token="Redirect" href="https://a.test/"/>',
  '<Link token="Domain" href="/x?y"/>',
  '<Link token="External/RemotePowerShell" href="https://e.test/"/>',
  '<Link token="Hybrid" href="http://[::1]:99999/"/>',
  '<SipServerExternalAccess fqdn="a" port="-1"/>',
  "<!DOCTYPE a [<!ENTITY b 'c'>]>",
  "<![CDATA[",
  "]]>",
  "&b;",
  "<html><title>",
  '{"_links":',
  '{"redirect":{"href":"https://a.test/"}}',
  '{"__proto__":{"href":"https://a.test/"},"constructor":{"href":1}}',
  "null",
  "[",
  "}",
  '"',
  "\uFEFF",
  "\u0000",
  "\uD800",
];

const WHOLE = [
  { kind: "Root", token: "Redirect", href: "https://a.test/?next" },
  { kind: "Root", token: "Domain", href: "/domain" },
  { kind: "Domain", token: "Hybrid", href: "https://o.test/" },
  { kind: "Domain", token: "External/RemotePowerShell", href: "https://e.test/" },
].flatMap(({ kind, ...link }) => {
  const document = { kind: kind as "Root", accessLocation: "External" as const, links: [link], access: [] };
  return [serializeXml(document), serializeJson(document)];
});

function made(draw: (below: number) => number): Uint8Array {
  const pieces = Array.from({ length: 1 + draw(12) }, () => PIECES[draw(PIECES.length)] as string).join("");
  const bytes = new TextEncoder().encode(draw(2) === 0 ? pieces : WHOLE[draw(WHOLE.length)]);
  for (let n = draw(3); n > 0; n--) bytes[draw(bytes.length)] = draw(256);
  return draw(8) === 0 ? bytes.subarray(0, draw(bytes.length)) : bytes;
}

test("a walk over random and damaged documents ends, with an endpoint or one of our faults", async () => {
  const draw = chance(1);
  let found = 0;
  for (let i = 0; i < 4000; i++) {
    const seen: Uint8Array[] = [];
    try {
      await resolve({
        domain: "c.test",
        now: () => 0,
        ...(i % 2 === 0 ? { discoveryUri: "https://a.test/" } : {}),
        fetch: async () => {
          const body = made(draw);
          seen.push(body);
          const status = [200, 200, 200, 200, 301, 404, 500][draw(7)] ?? 200;
          return { status, headers: { location: draw(2) === 0 ? "https://b.test/" : "::" }, body, certificate: made(draw) };
        },
      });
      found += 1;
    } catch (error) {
      const last = Buffer.from(seen.at(-1) ?? []).toString("hex");
      expect(isFault(error) ? error.code : String(error), last).toMatch(/^(discovery-|http-|usage)/);
    }
  }
  expect(found).toBeGreaterThan(0);
});

test("what we write is read back, whatever the names and addresses", () => {
  const draw = chance(2);
  const word = (): string => Array.from({ length: 1 + draw(12) }, () => String.fromCodePoint(33 + draw(900))).join("");
  for (let i = 0; i < 500; i++) {
    const document: DiscoveryDocument = {
      kind: "Domain",
      accessLocation: draw(2) === 0 ? "Internal" : "External",
      links: Array.from({ length: 1 + draw(6) }, (_, n) => ({ token: `External/${n}${word()}`, href: `https://a.test/${word()}` })),
      access: [{ name: "SipServerExternalAccess", fqdn: "sip.test", port: 1 + draw(65_535) }],
    };
    expect(parseXml(serializeXml(document), "u")).toEqual(document);
    expect(parseJson(serializeJson(document), "u")).toEqual(document);
  }
});

test("a site answers any path, host and query, or says that it is none of its", () => {
  const draw = chance(3);
  const parts = [
    "/",
    "?",
    "&",
    "=",
    "sipuri",
    "Domain",
    "autodiscover/autodiscoverservice.svc/root",
    "/user",
    "%",
    "%41",
    "@",
    "\u00e9",
    "..",
    "<",
    '"',
  ];
  for (let i = 0; i < 3000; i++) {
    const target = `/${Array.from({ length: draw(8) }, () => parts[draw(parts.length)]).join("")}`;
    const got = answer({ secure: draw(2) === 0, host: "a.test", target, accept: draw(2) === 0 ? XML_TYPE : undefined }, () => ({
      autodiscover: "https://web.test",
      hybrid: "https://o.test/?a=1&b=2",
    }));
    if (got?.status === 200 && got.headers["content-type"] === XML_TYPE) parseXml(got.body, "u");
    else if (got?.status === 200) parseJson(got.body, "u");
    else expect([undefined, 401]).toContain(got?.status);
  }
});

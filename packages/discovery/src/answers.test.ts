/** What comes instead of a document: pages, giants, silence; and what is then said ([MS-OCDISCWS] 3.1). */
import { expect, test } from "vitest";
import { Fault, isFault } from "@tieline/fault";
import { hopsOf } from "./hop.ts";
import { resolve, type Fetch, type FetchAnswer, type ResolveOptions } from "./resolve.ts";
import { webPage } from "./web-page.ts";

const answer = (text: string, more: Partial<FetchAnswer> = {}): FetchAnswer => ({
  status: 200,
  headers: {},
  body: new TextEncoder().encode(text),
  ...more,
});
const links = (kind: string, ...tokens: [string, string][]): FetchAnswer =>
  answer(
    `<AutodiscoverResponse><${kind}>${tokens.map(([t, h]) => `<Link token="${t}" href="${h}"/>`).join("")}</${kind}></AutodiscoverResponse>`,
  );
const PAGE = answer("<!DOCTYPE html><html><head><title>Hotel &amp; Spa\n sign-in</title></head></html>", {
  headers: { "content-type": "text/html; charset=utf-8" },
});

/** Answers by address; what is not listed is a dead name. */
function web(pages: Record<string, FetchAnswer | Fault>): Fetch {
  return async (url) => {
    const page = pages[url.href] ?? pages[url.origin];
    if (page === undefined) throw new Fault("name-unknown", { host: url.hostname, port: 80, reason: "ENOTFOUND" });
    if (isFault(page)) throw page;
    return page;
  };
}

async function troubleOf(fetch: Fetch, more: Partial<ResolveOptions> = {}): Promise<Fault> {
  try {
    await resolve({ domain: "c.test", fetch, now: () => 0, ...more });
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
  throw new Error("no trouble");
}

const from = (uri: string): Partial<ResolveOptions> => ({ discoveryUri: uri });

test("where no name answers, each is listed with what came of it", async () => {
  const trouble = await troubleOf(
    web({
      "http://lyncdiscover.c.test": PAGE,
      "https://lyncdiscover.c.test": answer("", { status: 503 }),
      "http://lyncdiscoverinternal.c.test": links("Root", ["Redirect", "https://web.c.test/root"]),
    }),
  );
  expect(trouble.code).toBe("discovery-failed");
  expect(trouble.fields).toMatchObject({
    tried:
      'http://lyncdiscover.c.test: a web page titled "Hotel & Spa sign-in"; https://lyncdiscover.c.test: HTTP status 503; ' +
      "http://lyncdiscoverinternal.c.test: led to web.c.test: no such name; https://lyncdiscoverinternal.c.test: no such name",
  });
  expect(hopsOf(trouble).map((hop) => hop.fault)).toEqual([
    "discovery-web-page",
    "discovery-http",
    undefined,
    "name-unknown",
    "name-unknown",
  ]);
});

test("names that fail alike are told together", async () => {
  expect((await troubleOf(web({}))).fields).toMatchObject({
    tried: "http and https://lyncdiscover.c.test: no such name; http and https://lyncdiscoverinternal.c.test: no such name",
  });
});

test("a web page behind one name lets the next name try", async () => {
  const fetch = web({
    "http://lyncdiscover.c.test": PAGE,
    "https://lyncdiscover.c.test": links("Domain", ["External/RemotePowerShell", "https://e.test/x"]),
  });
  expect((await resolve({ domain: "c.test", fetch, now: () => 0 })).targetUri).toBe("https://e.test/x");
});

test("a beginning that was named fails with its own fault", async () => {
  const page = await troubleOf(web({ "https://a.test": PAGE }), from("https://a.test/"));
  expect([page.code, page.fields]).toEqual([
    "discovery-web-page",
    { url: "https://a.test/?Domain=c.test", page: 'a web page titled "Hotel & Spa sign-in"' },
  ]);
  expect((await troubleOf(web({}), from("https://a.test/"))).code).toBe("name-unknown");
  expect((await troubleOf(web({ "https://a.test": answer("", { status: 404 }) }), from("https://a.test/"))).code).toBe("discovery-http");
  for (const uri of ["a.test", "ftp://a.test/", "http://"]) expect((await troubleOf(web({}), from(uri))).code).toBe("usage");
});

test.each([
  ["<html><body>It works</body></html>", "", "a web page without a title"],
  ["<title>x</title>", "text/html", 'a web page titled "x"'],
  [`<html><title>${"long ".repeat(40)}</title>`, "", `a web page titled "${"long ".repeat(15)}lo..."`],
  ["<html><title>a\u001b[31m\u0007b</title>", "", 'a web page titled "a [31m b"'],
  ['<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html><title>t</title></html>', "", 'a web page titled "t"'],
  ["<AutodiscoverResponse><Root/></AutodiscoverResponse>", "text/html", undefined],
  ["{}", "application/json", undefined],
])("%j as %j is %j", (text, type, expected) => {
  expect(webPage(text, type)).toBe(expected);
});

test("a document over the limit is not read", async () => {
  const giant = answer("<AutodiscoverResponse>" + " ".repeat(10 * 1024 * 1024));
  expect(await troubleOf(web({ "https://a.test": giant }), from("https://a.test/"))).toMatchObject({
    code: "http-answer-too-large",
    fields: { host: "a.test", limit: 1024 * 1024 },
  });
  const small = await troubleOf(web({ "https://a.test": answer("{}  ") }), { ...from("https://a.test/"), maxDocumentBytes: 3 });
  expect(small.fields).toMatchObject({ limit: 3 });
});

test("each fetch is told how long and how much; the whole walk has a limit of its own", async () => {
  let nowMs = 0;
  const limits: unknown[] = [];
  const fetch: Fetch = async (url, _headers, limit) => {
    limits.push(limit);
    nowMs += 50_000;
    throw new Fault("connection-timeout", { host: url.host, port: 80, seconds: 30 });
  };
  const trouble = await troubleOf(fetch, { now: () => nowMs });
  expect([trouble.code, trouble.fields]).toEqual(["discovery-timeout", { domain: "c.test", seconds: 120 }]);
  expect(limits).toEqual([
    { timeoutMs: 30_000, maxBytes: 1_048_576 },
    { timeoutMs: 30_000, maxBytes: 1_048_576 },
    { timeoutMs: 20_000, maxBytes: 1_048_576 },
  ]);
  expect(hopsOf(trouble).map((hop) => [hop.durationMs, hop.found])).toEqual([
    [50_000, "no answer in time"],
    [50_000, "no answer in time"],
    [50_000, "no answer in time"],
    [0, "Discovery of c.test did not end within 120 s"],
  ]);
});

test.each([
  ["https://user:secret@b.test/", "discovery-unreadable"],
  ["https://[bad", "discovery-unreadable"],
  ["javascript:alert(1)", "discovery-downgrade"],
  ["http://b.test/", "discovery-downgrade"],
])("a link to %s is not followed: %s", async (href, code) => {
  for (const token of ["Redirect", "Domain", "Hybrid", "External/RemotePowerShell"]) {
    const trouble = await troubleOf(web({ "https://a.test": links("Root", [token, href]) }), from("https://a.test/"));
    expect([token, trouble.code]).toEqual([token, code]);
    expect(JSON.stringify(trouble.fields)).not.toContain("secret");
  }
});

test("an endpoint without TLS is no endpoint, wherever it was named", async () => {
  const fetch = web({ "http://lyncdiscover.c.test": links("Domain", ["External/RemotePowerShell", "http://e.test/x"]) });
  expect((await troubleOf(fetch)).code).toBe("discovery-downgrade");
});

test("a Hybrid link in the Root still counts where the Domain document has none; it is asked for the domain", async () => {
  const fetch = web({
    "http://lyncdiscover.c.test": links("Root", ["Domain", "https://p.test/domain"], ["Hybrid", "https://o.test/root"]),
    "https://p.test": links("Domain", ["Internal/Autodiscover", "https://p.test/"]),
    "https://o.test/root?Domain=c.test": links("Domain", ["External/RemotePowerShell", "https://e.test/x"]),
  });
  const { targetUri, hops } = await resolve({ domain: "c.test", fetch, now: () => 0 });
  expect([targetUri, hops[1]?.found]).toEqual([
    "https://e.test/x",
    "Domain: back to the Root's Hybrid -> https://o.test/root?Domain=c.test",
  ]);
});

test("who is taken to be inside may be given an internal endpoint, where there is no other", async () => {
  const document = (location: string): FetchAnswer =>
    answer(
      `<AutodiscoverResponse AccessLocation="${location}"><Domain><Link token="Internal/RemotePowerShell" href="https://i.test/"/></Domain></AutodiscoverResponse>`,
    );
  const go = (location: string) =>
    resolve({ domain: "c.test", fetch: web({ "https://a.test": document(location) }), now: () => 0, ...from("https://a.test/") });
  expect((await go("Internal")).targetUri).toBe("https://i.test/");
  await expect(go("External")).rejects.toMatchObject({ code: "discovery-no-endpoint" });
});

import { expect, test } from "vitest";
import { Fault, isFault } from "@tieline/fault";
import { answer } from "./answer.ts";
import { parseJson, serializeJson } from "./json.ts";
import { resolve, type Fetch } from "./resolve.ts";
import { parseXml, serializeXml } from "./xml.ts";
import type { DiscoveryDocument } from "./document.ts";
import type { DomainServices } from "./services.ts";

const ONLINE: DomainServices = {
  autodiscover: "https://webdir.online.lync.com",
  remotePowerShell: "https://admin0a.online.lync.com/OcsPowershellLiveId",
};

/** Hosts as functions of the domain; what is not listed does not exist. */
function world(hosts: Record<string, (domain: string) => DomainServices | undefined>, accept?: string): Fetch {
  return async (url, headers) => {
    const lookUp = hosts[`${url.protocol}//${url.host}`];
    if (lookUp === undefined) throw new Fault("name-unknown", { host: url.hostname, port: url.port || "?", reason: "ENOTFOUND" });
    const got = answer(
      { secure: url.protocol === "https:", host: url.host, target: url.pathname + url.search, accept: accept ?? headers["accept"] },
      lookUp,
    );
    if (got === undefined) return { status: 404, headers: {}, body: new Uint8Array() };
    return { status: got.status, headers: got.headers, body: new TextEncoder().encode(got.body) };
  };
}

const go = (fetch: Fetch, domain = "contoso.com") => resolve({ domain, fetch, now: () => 0 });

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  try {
    await promise;
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
  throw new Error("no fault");
}

test.each([undefined, "application/json"])("walks http -> redirect -> root -> domain -> endpoint (accept %s)", async (accept) => {
  const found = await go(
    world({ "http://lyncdiscover.contoso.com": () => ONLINE, "https://webdir.online.lync.com": () => ONLINE }, accept),
  );
  expect(found.targetUri).toBe(ONLINE.remotePowerShell);
  expect(found.hops.map((hop) => hop.found.split(" ->")[0])).toEqual([
    "Root: Redirect",
    "Root: Domain",
    "Domain: External/RemotePowerShell",
  ]);
});

test("an on-premises answer without PowerShell leads over its Hybrid link", async () => {
  const pool: DomainServices = {
    autodiscover: "https://pool01.contoso.local",
    hybrid: "https://webdir.online.lync.com/?Domain=contoso.com",
  };
  const found = await go(
    world({
      "http://lyncdiscover.contoso.com": () => pool,
      "https://pool01.contoso.local": () => pool,
      "https://webdir.online.lync.com": () => ONLINE,
    }),
  );
  expect(found.targetUri).toBe(ONLINE.remotePowerShell);
  expect(found.hops.some((hop) => hop.found.includes("Hybrid"))).toBe(true);
});

test("an on-premises answer without a Hybrid link explains itself", async () => {
  const pool: DomainServices = { autodiscover: "https://pool01.contoso.local" };
  const fault = await faultOf(go(world({ "http://lyncdiscover.contoso.com": () => pool, "https://pool01.contoso.local": () => pool })));
  expect(fault.code).toBe("discovery-no-endpoint");
});

test("falls through the names, then says which were tried", async () => {
  const found = await go(
    world({ "https://lyncdiscoverinternal.contoso.com": () => ({ ...ONLINE, autodiscover: "https://lyncdiscoverinternal.contoso.com" }) }),
  );
  expect(found.targetUri).toBe(ONLINE.remotePowerShell);
  const fault = await faultOf(go(world({}), "nowhere.test"));
  expect(fault.code).toBe("discovery-failed");
  expect(fault.message).toContain("lyncdiscover.nowhere.test");
});

test("an interrupted walk tries no further name", async () => {
  let asked = 0;
  const fetch: Fetch = async () => {
    asked += 1;
    throw new Fault("interrupted");
  };
  expect((await faultOf(go(fetch))).code).toBe("interrupted");
  expect(asked).toBe(1);
});

test("what a proxy says of all destinations ends the walk; its rules are told before that no name answered", async () => {
  const at = { proxy: "p:1", host: "a", port: 443 };
  for (const [fault, tries, code] of [
    [new Fault("proxy-interactive", { ...at, status: 302, page: "x" }), 1, "proxy-interactive"],
    [new Fault("proxy-logon-failed", { proxy: "p:1", user: "u", offered: "Basic" }), 1, "proxy-logon-failed"],
    [new Fault("proxy-refused", { ...at, status: 403 }), 4, "proxy-refused"],
    [new Fault("proxy-refused", { ...at, status: 503 }), 4, "discovery-failed"],
  ] as const) {
    let asked = 0;
    const fetch: Fetch = () => {
      asked += 1;
      return Promise.reject(fault);
    };
    expect([(await faultOf(go(fetch))).code, asked]).toEqual([code, tries]);
  }
});

test("a circle ends, and so does a way back to plain http", async () => {
  const circle = world({ "http://lyncdiscover.contoso.com": () => ({ autodiscover: "http://lyncdiscover.contoso.com" }) });
  expect((await faultOf(go(circle))).code).toBe("discovery-loop");
  const down: Fetch = async () => ({ status: 302, headers: { location: "http://evil.test/" }, body: new Uint8Array() });
  const fault = await faultOf(resolve({ domain: "x", discoveryUri: "https://a.test/", fetch: down, now: () => 0 }));
  expect(fault.code).toBe("discovery-downgrade");
});

test.each([
  "",
  "{}",
  "[1]",
  "null",
  "<!DOCTYPE x><AutodiscoverResponse/>",
  "<AutodiscoverResponse><Other/></AutodiscoverResponse>",
  "<a>".repeat(50),
])("%j is refused as unreadable", async (text) => {
  const fetch: Fetch = async () => ({ status: 200, headers: {}, body: new TextEncoder().encode(text) });
  expect((await faultOf(resolve({ domain: "x", discoveryUri: "https://a.test/", fetch, now: () => 0 }))).code).toBe("discovery-unreadable");
});

test("both writings carry the links there and back", () => {
  const document: DiscoveryDocument = {
    kind: "Domain",
    accessLocation: "Internal",
    links: [
      { token: "External/RemotePowerShell", href: 'https://a.test/x?a=1&b="2"' },
      { token: "Hybrid", href: "https://b.test/" },
    ],
    access: [],
  };
  expect(
    parseXml(serializeXml({ ...document, access: [{ name: "SipServerExternalAccess", fqdn: "sip.test", port: 5061 }] }), "u").access,
  ).toHaveLength(1);
  expect(parseXml(serializeXml(document), "u")).toEqual(document);
  expect(parseJson(serializeJson(document), "u")).toEqual(document);
});

test("the domain is read from the query, a SIP address, or the host", () => {
  const asked: string[] = [];
  const ask = (host: string, target: string) =>
    answer({ secure: true, host, target, accept: undefined }, (domain) => {
      asked.push(domain);
      return undefined;
    })?.status;
  expect([
    ask("x", "/?Domain=Contoso.com"),
    ask("x", "/autodiscover/AutodiscoverService.svc/root?sipuri=sip:a@b.test"),
    ask("lyncdiscover.c.test:8080", "/"),
  ]).toEqual([404, 404, 404]);
  expect(asked).toEqual(["contoso.com", "b.test", "c.test"]);
  expect(ask("x", "/other")).toBeUndefined();
});

const POOL: DomainServices = {
  autodiscover: "https://webext.contoso.com",
  internalAutodiscover: "https://pool01.contoso.local",
  hybrid: "https://webdir.online.lync.com/Autodiscover/AutodiscoverService.svc/root",
  sipServer: { fqdn: "edge01.contoso.local", port: 5061 },
  internalSipServer: { fqdn: "pool01.contoso.local", port: 5061 },
};
const ROOT = "/Autodiscover/AutodiscoverService.svc/root";

function read(host: string, target: string, more: { secure?: boolean; caller?: string } = {}): DiscoveryDocument {
  const got = answer({ secure: true, host, target, accept: "application/vnd.microsoft.rtc.autodiscover+xml;v=1", ...more }, () => POOL);
  expect([got?.status, got?.headers["content-type"]]).toEqual([200, "application/vnd.microsoft.rtc.autodiscover+xml;v=1"]);
  return parseXml(got?.body ?? "", "u");
}

test.each([
  ["lyncdiscoverinternal.contoso.com", "Internal", "https://pool01.contoso.local"],
  ["pool01.contoso.local:443", "Internal", "https://pool01.contoso.local"],
  ["lyncdiscover.contoso.com", "External", "https://webext.contoso.com"],
  ["WebExt.contoso.com", "External", "https://webext.contoso.com"],
])("who asks %s is %s, and is sent on to %s (2.2.5.1)", (host, accessLocation, base) => {
  const root = read(host, `${ROOT}?originalDomain=contoso.com`);
  expect(root).toMatchObject({ kind: "Root", accessLocation });
  expect(root.links.map(({ token, href }) => `${token} ${href}`)).toEqual([
    `Domain ${base}${ROOT}/domain?originalDomain=contoso.com`,
    `User ${base}${ROOT}/user?originalDomain=contoso.com`,
    `OAuth ${base}${ROOT}/oauth/user?originalDomain=contoso.com`,
    `Self ${base}${ROOT}?originalDomain=contoso.com`,
    `Hybrid ${POOL.hybrid}`,
  ]);
});

test.each(["/", ROOT, `${ROOT}/domain`, `${ROOT}/user`])("over plain http %s is a single Redirect, with status 200 (3.1.5.2)", (path) => {
  const { kind, links } = read("lyncdiscover.contoso.com", `${path}?sipuri=sip:Alice@contoso.com`, { secure: false });
  expect([kind, links]).toEqual(["Root", [{ token: "Redirect", href: `https://webext.contoso.com${ROOT}?sipuri=alice%40contoso.com` }]]);
});

test("a Domain document names both sides' services and servers, a User document needs a caller", () => {
  const domain = read("webext.contoso.com", `${ROOT}/domain?originalDomain=contoso.com`);
  expect(domain.links.map(({ token }) => token)).toEqual(["Internal/Autodiscover", "External/Autodiscover", "Self", "Hybrid"]);
  expect(domain.access).toEqual([
    { name: "SipServerInternalAccess", fqdn: "pool01.contoso.local", port: 5061 },
    { name: "SipClientInternalAccess", fqdn: "pool01.contoso.local", port: 5061 },
    { name: "SipServerExternalAccess", fqdn: "edge01.contoso.local", port: 5061 },
    { name: "SipClientExternalAccess", fqdn: "edge01.contoso.local", port: 443 },
  ]);
  for (const path of ["user", "oauth/user"]) {
    expect(read("webext.contoso.com", `${ROOT}/${path}?sipuri=alice@contoso.com`, { caller: "alice@contoso.com" })).toMatchObject({
      kind: "User",
      access: domain.access,
    });
    const unknown = answer({ secure: true, host: "webext.contoso.com", target: `${ROOT}/${path}`, accept: undefined }, () => POOL);
    expect(unknown?.status).toBe(401);
    expect(unknown?.headers["www-authenticate"]).toBe(
      'Bearer trusted_issuers="", client_id="00000004-0000-0ff1-ce00-000000000000", ' +
        'MsRtcOAuth href="https://webext.contoso.com/WebTicket/oauthtoken",grant_type="urn:microsoft.rtc:windows,urn:microsoft.rtc:anonmeeting,password"',
    );
  }
});

test("JSON is HAL: links by name, in lower case where the specification's tokens are single words", () => {
  const got = answer({ secure: false, host: "lyncdiscover.contoso.com", target: "/", accept: "*/*" }, () => POOL);
  expect(got?.headers["content-type"]).toBe("application/json");
  expect(JSON.parse(got?.body ?? "")).toEqual({
    accessLocation: "External",
    _links: { redirect: { href: `https://webext.contoso.com${ROOT}?originalDomain=contoso.com` } },
  });
});

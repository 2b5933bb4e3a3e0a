import { expect, test } from "vitest";
import { isFault } from "@tieline/fault";
import { DEAD_MS, DeadProxies } from "./dead-proxies.ts";
import { proxyFromEnvironment } from "./environment.ts";
import { exceptionsOf, isLoopback, splitExceptions } from "./exceptions.ts";
import { interactivePage } from "./interactive-page.ts";
import { parseProxy, proxyName, type ProxyHop } from "./proxy.ts";

const shown = (hops: readonly ProxyHop[]): string =>
  hops.map((hop) => (hop === "direct" ? hop : `${hop.kind} ${proxyName(hop)}`)).join("; ");

test.each([
  ["p.test:3128", "http p.test:3128"],
  ["http://p.test", "http p.test:80"],
  ["http://p.test:80/", "http p.test:80"],
  ["https://p.test", "https p.test:443"],
  ["https://p.test:80", "https p.test:80"],
  ["socks5://[::1]:9", "socks5 [::1]:9"],
  ["socks5h://p.test", "socks5 p.test:1080"],
  ["SOCKS5://p.test:1", "socks5 p.test:1"],
  ["http://me:s%20ecret@p.test:1", "http p.test:1"],
])("the address %s is %s", (text, expected) => {
  expect(shown([parseProxy(text)])).toBe(expected);
});

test("a credential in the address is decoded; what cannot be read is refused without showing it", () => {
  expect(parseProxy("http://me%40corp:s%20ecret%@p:1").credential).toEqual({ user: "me@corp", password: "s%20ecret%" });
  for (const text of ["", "http://", "socks4://p", "ftp://p", "http://me:geheim@p:99999", "http://a b"]) {
    try {
      parseProxy(text);
      expect.unreachable(text);
    } catch (error) {
      expect(isFault(error) && error.code).toBe("usage");
      expect(JSON.stringify(error)).not.toContain("geheim");
    }
  }
});

test.each([
  ["corp.test", "corp.test", 443, true],
  ["corp.test", "a.corp.test", 443, true],
  ["corp.test", "notcorp.test", 443, false],
  ["CORP.test", "A.Corp.Test", 443, true],
  ["corp.test.", "corp.test", 443, true],
  ["corp.test", "corp.test.", 443, true],
  [".corp.test", "a.corp.test", 443, true],
  [".corp.test", "corp.test", 443, false],
  ["*.corp.test", "a.b.corp.test", 443, true],
  ["*.corp.test", "corp.test", 443, false],
  ["corp.test:8443", "corp.test", 8443, true],
  ["corp.test:8443", "corp.test", 443, false],
  [".corp.test:8443", "a.corp.test", 8443, true],
  ["10.0.0.0/8", "10.9.8.7", 443, true],
  ["10.0.0.0/8", "11.9.8.7", 443, false],
  ["10.0.0.0/8", "10.corp.test", 443, false],
  ["10.0.0.0/33", "10.0.0.1", 443, false],
  ["10.1.2.3", "10.1.2.3", 443, true],
  ["10.1.2.3:80", "10.1.2.3", 443, false],
  ["10.1.2.3", "110.1.2.3", 443, false],
  ["fd00::/8", "fd12::1", 443, true],
  ["::1", "::1", 443, true],
  ["[::1]:5986", "::1", 5986, true],
  ["[::1]:5986", "::1", 443, false],
  ["fe80::1", "fe80:0:0:0:0:0:0:1", 443, true],
  ["*", "anything.test", 1, true],
  ["<local>", "pool01", 443, true],
  ["<local>", "pool01.corp.test", 443, false],
  ["192.168.*", "192.168.3.4", 443, true],
  ["pool*.corp.test", "pool01.corp.test", 443, true],
  ["pool*.corp.test", "pool01xcorp.test", 443, false],
  ["a.test, b.test c.test", "c.test", 443, true],
  ["a.test,,  ,", "b.test", 443, false],
  ["", "b.test", 443, false],
  ["ü.test", "ü.test", 443, true],
] as const)("NO_PROXY %j and %s:%i: %s", (text, host, port, expected) => {
  expect(exceptionsOf(splitExceptions(text))({ host, port })).toBe(expected);
});

test.each([
  [{ HTTPS_PROXY: "http://p:1" }, "https:", "a.test", "http p:1"],
  [{ HTTPS_PROXY: "http://p:1" }, "http:", "a.test", "direct"],
  [{ HTTP_PROXY: "http://p:1" }, "https:", "a.test", "direct"],
  [{ http_proxy: "q:2", https_proxy: "p:1" }, "http:", "a.test", "http q:2"],
  [{ https_proxy: "p:1", HTTPS_PROXY: "q:2" }, "https:", "a.test", "http p:1"],
  [{ ALL_PROXY: "socks5://s" }, "https:", "a.test", "socks5 s:1080"],
  [{ ALL_PROXY: "socks5://s", https_proxy: "p:1" }, "http:", "a.test", "socks5 s:1080"],
  [{ https_proxy: "p:1", NO_PROXY: ".a.test,b.test" }, "https:", "x.a.test", "direct"],
  [{ https_proxy: "p:1", no_proxy: "*" }, "https:", "x", "direct"],
  [{ https_proxy: "p:1" }, "https:", "localhost", "direct"],
  [{ https_proxy: "p:1" }, "https:", "127.1.2.3", "direct"],
  [{ https_proxy: "" }, "https:", "x", "direct"],
  [{}, "https:", "x", "direct"],
] as const)("of %j for %s//%s: %s", async (environment, protocol, host, expected) => {
  expect(shown(await proxyFromEnvironment(environment)({ protocol, host, port: 443 }))).toBe(expected);
});

test("loopback is what never leaves this machine", () => {
  expect(["localhost", "LOCALHOST.", "a.localhost", "127.0.0.9", "[::1]", "::1"].every(isLoopback)).toBe(true);
  expect(["localhost.test", "128.0.0.1", "::2", "127.test"].some(isLoopback)).toBe(false);
});

test("the dead come last until their time is over, and are tried where all are", () => {
  const dead = new DeadProxies();
  const [a, b] = [parseProxy("a:1"), parseProxy("b:1")];
  dead.mark(a, 1000);
  expect(shown(dead.order([a, "direct"], 1000))).toBe("direct; http a:1");
  expect(shown(dead.order([a, b], 1000 + DEAD_MS - 1))).toBe("http b:1; http a:1");
  expect(shown(dead.order([a, b], 1000 + DEAD_MS))).toBe("http a:1; http b:1");
  dead.mark(a, 1000);
  dead.mark("direct", 1000);
  dead.forget(a);
  expect(shown(dead.order([a, "direct"], 1001))).toBe("http a:1; direct");
});

const HTML = "text/html; charset=utf-8";
test.each([
  ["a tunnel", 200, {}, "", undefined],
  ["a page in place of a tunnel", 200, { "content-type": HTML }, "<title>Welcome \n to WiFi</title>", '"Welcome to WiFi"'],
  ["a way to a page", 302, { location: "https://me:pw@login.corp.test/start?ticket=secret#x" }, "", "https://login.corp.test/start"],
  ["a way without a place", 307, {}, "", "a page without a title"],
  [
    "a captive portal",
    511,
    { "content-type": HTML },
    "<meta http-equiv='refresh' content='0; url=http://portal.test/a?b'>",
    "http://portal.test/a",
  ],
  ["407 that no program can answer", 407, { "content-type": HTML }, "<title>Sign in</title>", '"Sign in"'],
  ["407 with challenges", 407, { "proxy-authenticate": "Basic", "content-type": HTML }, "<form>", undefined],
  ["403 with a form", 403, { "content-type": HTML }, '<title>Log on</title><form><input type="password">', '"Log on"'],
  [
    "403 with a script that goes elsewhere",
    403,
    { "content-type": HTML },
    "<script>window.location='http://portal.test/x?y'</script>",
    "http://portal.test/x",
  ],
  [
    "403 that merely says no",
    403,
    { "content-type": HTML },
    "<title>ERROR: The requested URL could not be retrieved</title><p>Access Denied",
    undefined,
  ],
  ["503 in words", 503, { "content-type": "text/plain" }, "no", undefined],
] as const)("%s (%i)", (_title, status, headers, body, expected) => {
  expect(interactivePage({ status, headers: new Map(Object.entries(headers).map(([name, value]) => [name, [value]])), body })).toBe(
    expected,
  );
});

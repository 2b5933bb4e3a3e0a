import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isFault, type Fault } from "@tieline/fault";
import { Dialler, NameMap, proxyName, type ProxyChoice, type ProxyHop } from "@tieline/net";
import { diallerFor } from "../dialler-options.ts";
import { parseProxyWish, proxyChoiceFor, type ProxySources } from "./choose.ts";
import { pacChoice, parsePacResult } from "./pac.ts";
import { wpadDomains } from "./script-source.ts";

const folder = mkdtempSync(join(tmpdir(), "tieline-pac-"));
const PAC = `function FindProxyForURL(url, host) {
  if (isPlainHostName(host) || dnsDomainIs(host, ".corp.test")) return "DIRECT";
  if (shExpMatch(host, "*.lync.com")) return "PROXY a.test:8080; HTTPS b.test:8443; SOCKS5 c.test; DIRECT";
  if (url != "https://" + host + "/") return "PROXY told-too-much.test:1";
  return null;
}`;
let server: Server;
let port: number;
const asked: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.headers.host}${request.url}`);
    const path = request.url?.split("?")[0];
    if (path === "/moved.pac") return response.writeHead(302, { location: "/proxy.pac" }).end();
    if (path === "/loop.pac") return response.writeHead(302, { location: "/loop.pac" }).end();
    if (path === "/none.pac") return response.writeHead(404).end();
    if (path === "/big.pac") return response.end("x".repeat(2 * 1024 * 1024));
    return response.end(path === "/page.pac" ? "<html>sign in</html>" : PAC);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
  writeFileSync(join(folder, "proxy.pac"), PAC);
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const shown = (hops: readonly ProxyHop[]): string =>
  hops.map((hop) => (hop === "direct" ? hop : `${hop.kind} ${proxyName(hop)}`)).join("; ");
const LYNC = { protocol: "https:", host: "admin0a.online.lync.com", port: 443 } as const;
const at = async (choice: ProxyChoice, host: string = LYNC.host): Promise<string> => shown(await choice({ ...LYNC, host }));
const choose = (text: string | undefined, more: Partial<ProxySources> = {}): ProxyChoice =>
  proxyChoiceFor(parseProxyWish(text), { environment: {}, direct: new Dialler(), system: () => Promise.resolve(undefined), ...more });

async function faultOf(action: Promise<unknown>): Promise<Fault> {
  const fault = await action.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isFault(fault)) throw new Error("no fault", { cause: fault });
  return fault;
}

const DESKTOP = {
  exceptions: ["*.corp.test"],
  http: { kind: "http", host: "desk.test", port: 1 },
  https: { kind: "http", host: "desk.test", port: 2 },
} as const;
test.each([
  ["none", {}, "direct"],
  ["p.test:3128", { https_proxy: "env:1" }, "http p.test:3128"],
  ["socks5://p.test", {}, "socks5 p.test:1080"],
  ["environment", { https_proxy: "env:1" }, "http env:1"],
  ["environment", {}, "direct"],
  ["system", { https_proxy: "env:1" }, "http env:1"],
  ["system", {}, "http desk.test:2"],
  [undefined, {}, "http desk.test:2"],
] as const)("--proxy %s with %j is %s", async (text, environment, expected) => {
  expect(await at(choose(text, { environment, system: () => Promise.resolve(DESKTOP) }))).toBe(expected);
});

test("the desktop is asked once, its exceptions hold, and without one all is direct", async () => {
  let times = 0;
  const choice = choose("system", { system: () => Promise.resolve((times++, DESKTOP)) });
  expect([await at(choice, "a.corp.test"), await at(choice, "localhost"), await at(choice)]).toEqual([
    "direct",
    "direct",
    "http desk.test:2",
  ]);
  expect(times).toBe(1);
  expect(await at(choose("system"))).toBe("direct");
});

test("a script by address, by way of a redirection, as a file, and of the desktop", async () => {
  const hops = "http a.test:8080; https b.test:8443; socks5 c.test:1080; direct";
  for (const text of [
    `auto=http://127.0.0.1:${port}/proxy.pac`,
    `auto=http://127.0.0.1:${port}/moved.pac`,
    `auto=${join(folder, "proxy.pac")}`,
    `auto=file://${join(folder, "proxy.pac")}`,
  ]) {
    const choice = choose(text);
    expect([await at(choice), await at(choice, "pool01"), await at(choice, "x.corp.test"), await at(choice, "other.test")]).toEqual([
      hops,
      "direct",
      "direct",
      "direct",
    ]);
  }
  const script = `http://127.0.0.1:${port}/proxy.pac`;
  const system = (): ReturnType<NonNullable<ProxySources["system"]>> => Promise.resolve({ exceptions: ["*.lync.com"], script });
  expect(await at(choose("auto", { system }))).toBe(hops);
  expect(await at(choose("system", { system }))).toBe("direct");
  expect((await faultOf(at(choose("auto")))).code).toBe("usage");
});

test.each([
  ["none.pac", "HTTP status 404"],
  ["loop.pac", "redirects without an end"],
  ["page.pac", "no FindProxyForURL"],
  ["big.pac", "larger"],
])("a script that is none: %s", async (name, words) => {
  const fault = await faultOf(at(choose(`auto=http://me:geheim@127.0.0.1:${port}/${name}?ticket=geheim`)));
  expect(fault.code).toBe("proxy-script-unusable");
  expect(fault.message).toContain(words);
  expect(JSON.stringify(fault)).not.toContain("geheim");
});

test.each([
  ["does not end", "function FindProxyForURL() { for (;;) {} }", "does not come to an end"],
  ["does not end while it is read", "for (;;) {} function FindProxyForURL() {}", "does not come to an end"],
  [
    "eats all memory",
    "function FindProxyForURL() { var a = []; for (;;) a.push(new Array(300000).join('x') + a.length); }",
    "out of memory",
  ],
  ["works long in one place", "function FindProxyForURL() { for (;;) new Array(300000).join('x'); }", "does not come to an end"],
  ["throws", "function FindProxyForURL() { throw new Error('broken by its author'); }", "broken by its author"],
  ["cannot be read", "function FindProxyForURL( {", ""],
  ["reaches out of its box", "function FindProxyForURL() { return process.env.PATH + require('fs'); }", "process"],
  ["calls deeper and deeper", "function FindProxyForURL(u, h) { return FindProxyForURL(u, h); }", ""],
])("a script that %s ends in a fault", async (_title, text, words) => {
  const choice = pacChoice("x.pac", () => Promise.resolve(text), { timeoutMs: 2500, memoryBytes: 8 * 1024 * 1024 });
  const fault = await faultOf(at(choice));
  expect(fault.code).toBe("proxy-script-unusable");
  expect(fault.message).toContain(words);
});

test("a script that failed is fetched anew", async () => {
  const texts = ["function FindProxyForURL() { throw 1; }", PAC];
  const choice = pacChoice("x.pac", () => Promise.resolve(texts.shift() ?? ""));
  expect((await faultOf(at(choice))).code).toBe("proxy-script-unusable");
  expect(await at(choice, "pool01")).toBe("direct");
});

test("what a script says is read as browsers do", () => {
  expect(shown(parsePacResult("PROXY a:1;DIRECT"))).toBe("http a:1; direct");
  expect(shown(parsePacResult(" proxy a ; http b:2;SOCKS c:3 ; QUIC d:4; PROXY ; PROXY a b"))).toBe("http a:80; http b:2; socks5 c:3");
  for (const nothing of ["", ";;", "BLACKHOLE", null, undefined, 7]) expect(shown(parsePacResult(nothing))).toBe("direct");
});

test("WPAD looks in the machine's domains and their parents, never in a top-level one, and only where it is asked for", async () => {
  expect(wpadDomains("pc1.site.corp.test", "nameserver 1.2.3.4\nsearch other.test corp.test\n")).toEqual([
    "site.corp.test",
    "corp.test",
    "other.test",
  ]);
  expect(wpadDomains("pc1", "")).toEqual([]);
  const direct = new Dialler({ names: NameMap.of([`wpad.site.corp.test:80:127.0.0.1:1`, `wpad.corp.test:80:127.0.0.1:${port}`]) });
  const choice = choose("wpad", { direct, wpadDomains: ["site.corp.test", "corp.test"] });
  expect(await at(choice)).toContain("http a.test:8080");
  expect(asked).toContain("wpad.corp.test/wpad.dat");
  expect((await faultOf(at(choose("wpad", { wpadDomains: [] })))).code).toBe("proxy-not-discovered");
});

test("what the name map places goes by a proxy only where one was named for it", async () => {
  const connectTo = ["inner.test:80:127.0.0.1:1"];
  const wishes = { connectTo, caFiles: [], insecure: false, environment: { http_proxy: "http://127.0.0.1:2" } };
  const reach = (proxy: string | undefined): Promise<Fault> =>
    faultOf(diallerFor({ ...wishes, proxy }).dial({ protocol: "http:", host: "inner.test", port: 80 }));
  expect((await reach(undefined)).code).toBe("connection-refused");
  expect((await reach("environment")).code).toBe("connection-refused");
  expect((await reach("http://127.0.0.1:2")).code).toBe("proxy-unreachable");
});

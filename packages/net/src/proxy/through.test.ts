/** The dialler by way of proxies that behave in every way. */
import { readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import { createServer as createTcp, type AddressInfo, type Server } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isFault, type Fault } from "@tieline/fault";
import { Dialler } from "../dialler.ts";
import { get } from "../get.ts";
import { NameMap } from "../name-map.ts";
import { PinnedClient } from "../pinned-client.ts";
import { startTestProxy, type TestProxyOptions } from "../test-proxy.fixture.ts";
import { DeadProxies } from "./dead-proxies.ts";
import { always, parseProxy, proxyName, type ProxyHop } from "./proxy.ts";

const pem = (name: string): string => readFileSync(new URL(`../../../remoting/vectors/tls/${name}.pem`, import.meta.url), "utf8");
const TLS = { cert: pem("cert"), key: pem("key") };
let http: Server;
let https: Server;
let ports: { http: number; https: number };

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const listening = (server: Server): Promise<void> => new Promise((resolve) => void server.listen(0, "127.0.0.1", resolve));

beforeAll(async () => {
  http = createHttp((request, response) => {
    let size = 0;
    request.on("data", (chunk: Buffer) => (size += chunk.length));
    request.on("end", () => response.end(`${request.method} ${request.headers.host} ${request.url} ${size}`));
  });
  https = createHttps(TLS, (request, response) => response.end(`secret ${request.headers.host}`));
  await Promise.all([listening(http), listening(https)]);
  ports = { http: portOf(http), https: portOf(https) };
});
afterAll(() => {
  http.close();
  https.close();
});

const route = (target: string): { host: string; port: number } => ({
  host: "127.0.0.1",
  port: target.endsWith(":443") ? ports.https : ports.http,
});
const proxied = (...hops: ProxyHop[]): Dialler => new Dialler({ proxy: always(...hops), tls: { insecure: true } });
const at = (port: number, scheme = "http", user = ""): ProxyHop => parseProxy(`${scheme}://${user}127.0.0.1:${port}`);
const text = ({ body }: { body: Uint8Array }): string => Buffer.from(body).toString();

async function faultOf(action: Promise<unknown>): Promise<Fault> {
  try {
    await action;
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
  throw new Error("no fault");
}

/** A port where nobody listens. */
async function deadPort(): Promise<number> {
  const server = createTcp();
  await listening(server);
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("CONNECT carries http and https, by an http proxy and by one inside TLS", async () => {
  for (const tls of [undefined, TLS]) {
    await using proxy = await startTestProxy({ route, ...(tls === undefined ? {} : { tls }) });
    const dialler = proxied(at(proxy.port, tls === undefined ? "http" : "https"));
    expect(text(await get(dialler, new URL("http://inner.test/x")))).toBe("GET inner.test /x 0");
    expect(text(await get(dialler, new URL("https://inner.test/")))).toBe("secret inner.test");
    expect(proxy.tunnels).toEqual(["inner.test:80", "inner.test:443"]);
  }
});

test("SOCKS5 by name and address, with and without a password (RFC 1928, 1929)", async () => {
  for (const socks of [true, { user: "alice", password: "Sésame:!" }]) {
    await using proxy = await startTestProxy({ route, socks });
    const dialler = proxied(at(proxy.port, "socks5", socks === true ? "" : `alice:${encodeURIComponent("Sésame:!")}@`));
    expect(text(await get(dialler, new URL("https://inner.test/")))).toBe("secret inner.test");
    expect(text(await get(dialler, new URL("http://10.1.2.3/")))).toBe("GET 10.1.2.3 / 0");
    expect(text(await get(dialler, new URL("http://[fd00::12:1.2.3.4]/")))).toContain("GET [fd00::12:102:304]");
    expect(proxy.tunnels).toEqual(["inner.test:443", "10.1.2.3:80", "[fd00:0000:0000:0000:0000:0012:0102:0304]:80"]);
  }
});

test.each([
  ["", "proxy-authentication-required"],
  ["alice:geheim@", "proxy-logon-failed"],
])("a SOCKS5 proxy with a password refuses %j", async (user, code) => {
  await using proxy = await startTestProxy({ socks: { user: "alice", password: "right" } });
  const fault = await faultOf(get(proxied(at(proxy.port, "socks5", user)), new URL("http://inner.test/")));
  expect([fault.code, JSON.stringify(fault)]).toEqual([code, expect.not.stringContaining("geheim") as string]);
});

test("a SOCKS5 proxy's refusal is told in its words; one that is none is named", async () => {
  await using refusing = await startTestProxy({ socks: true, answer: "2" });
  const fault = await faultOf(get(proxied(at(refusing.port, "socks5")), new URL("http://inner.test/")));
  expect(fault.code).toBe("proxy-socks-refused");
  expect(fault.message).toContain("its rules do not allow the connection");
  await using plain = await startTestProxy({ answer: "HTTP/1.1 400 Bad Request\r\n\r\n" });
  const other = createTcp((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await listening(other);
  expect((await faultOf(get(proxied(at(portOf(other), "socks5")), new URL("http://inner.test/")))).code).toBe("proxy-not-socks");
  expect((await faultOf(get(proxied(at(plain.port)), new URL("https://inner.test/")))).code).toBe("proxy-refused");
  other.close();
});

const PAGE = "<html><title>Acceptable use</title><form></form></html>";
test.each([
  [
    "a page with status 200",
    `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${PAGE.length}\r\n\r\n${PAGE}`,
    "proxy-interactive",
    '"Acceptable use"',
  ],
  ["a page without a length", `HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n${PAGE}`, "proxy-interactive", '"Acceptable use"'],
  [
    "a redirection",
    "HTTP/1.1 302 Found\r\nLocation: https://portal.corp.test/login?u=1\r\nContent-Length: 0\r\n\r\n",
    "proxy-interactive",
    "https://portal.corp.test/login",
  ],
  [
    "407 with a page alone",
    `HTTP/1.1 407 Sign in\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n${PAGE.length.toString(16)}\r\n${PAGE}\r\n0\r\n\r\n`,
    "proxy-interactive",
    '"Acceptable use"',
  ],
  [
    "403 with a form",
    `HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: ${PAGE.length}\r\n\r\n${PAGE}`,
    "proxy-interactive",
    '"Acceptable use"',
  ],
  ["403 without words", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "proxy-refused", "HTTP 403"],
  ["502", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "proxy-refused", "HTTP 502"],
  ["nothing but an end", "HTTP/1.1 ", "proxy-unreachable", "closed the connection"],
  ["no HTTP", "220 mail.test ESMTP\r\n", "proxy-not-http", "not HTTP"],
  ["no status", "HTTP/1.1 OK\r\n\r\n", "proxy-not-http", "not HTTP"],
])("a proxy that answers CONNECT with %s", async (_title, answer, code, words) => {
  await using proxy = await startTestProxy({ answer });
  const fault = await faultOf(get(proxied(at(proxy.port)), new URL("https://inner.test/")));
  expect(fault.code).toBe(code);
  expect(fault.message).toContain(words);
  expect(fault.message).toContain(`127.0.0.1:${proxy.port}`);
  expect(fault.layer).toBe("proxy");
});

test("a proxy that says nothing is given up in time, and by the caller's signal at once", async () => {
  await using proxy = await startTestProxy({ hang: true });
  const dialler = proxied(at(proxy.port)).with({ connectTimeoutMs: 60 });
  expect((await faultOf(get(dialler, new URL("https://inner.test/")))).code).toBe("proxy-timeout");
  const leaving = AbortSignal.abort();
  expect((await faultOf(proxied(at(proxy.port)).dial({ protocol: "https:", host: "inner.test", port: 443 }, leaving))).code).toBe(
    "interrupted",
  );
});

test("the next way is tried where a proxy is dead, and the dead one is left alone for a while", async () => {
  await using alive = await startTestProxy({ route });
  await using hanging = await startTestProxy({ hang: true });
  let nowMs = 0;
  const gone = at(await deadPort());
  const used: string[] = [];
  const dialler = new Dialler({
    proxy: always(gone, at(hanging.port), at(alive.port), "direct"),
    connectTimeoutMs: 400,
    dead: new DeadProxies(),
    now: () => nowMs,
    onProxy: (proxy) => used.push(proxyName(proxy)),
  });
  expect(text(await get(dialler, new URL("http://inner.test/")))).toBe("GET inner.test / 0");
  nowMs = 1000;
  expect(text(await get(dialler.with({ connectTimeoutMs: 300 }), new URL("http://inner.test/")))).toBe("GET inner.test / 0");
  expect(used).toEqual([`127.0.0.1:${alive.port}`, `127.0.0.1:${alive.port}`]);
  const nobody = new Dialler({ proxy: always(gone) });
  expect((await faultOf(get(nobody, new URL("http://inner.test/")))).code).toBe("proxy-unreachable");
  const direct = new Dialler({ proxy: always(gone, "direct"), names: NameMap.of([`inner.test:80:127.0.0.1:${ports.http}`]) });
  expect(text(await get(direct, new URL("http://inner.test/")))).toBe("GET inner.test / 0");
});

test("a proxy that refuses has spoken: the next one is not asked", async () => {
  await using refusing = await startTestProxy({ answer: "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" });
  await using other = await startTestProxy({ route });
  expect((await faultOf(get(proxied(at(refusing.port), at(other.port)), new URL("https://inner.test/")))).code).toBe("proxy-refused");
  expect(other.connections()).toBe(0);
});

const basicJudge: TestProxyOptions["judge"] = () => (authorization) =>
  authorization === `Basic ${Buffer.from("me:s ecret").toString("base64")}`
    ? { kind: "pass" }
    : { kind: "challenge", challenges: ['Basic realm="p"'] };

test("the credential in the proxy's address goes by Basic; a wrong one is refused once, and shown nowhere", async () => {
  await using proxy = await startTestProxy({ route, judge: basicJudge });
  expect(text(await get(proxied(at(proxy.port, "http", "me:s%20ecret@")), new URL("http://inner.test/")))).toBe("GET inner.test / 0");
  const before = proxy.requests.length;
  const fault = await faultOf(get(proxied(at(proxy.port, "http", "me:geheim@")), new URL("http://inner.test/")));
  expect(fault.code).toBe("proxy-logon-failed");
  expect(fault.message).toContain("'me'");
  expect(JSON.stringify(fault)).not.toContain("geheim");
  expect(proxy.requests.length - before).toBe(1);
  expect((await faultOf(get(proxied(at(proxy.port)), new URL("http://inner.test/")))).code).toBe("proxy-authentication-required");
});

test("where a proxy opens tunnels to TLS alone, plain http goes through it by whole addresses", async () => {
  await using proxy = await startTestProxy({
    route,
    judge: basicJudge,
    answer: (target) => (/:443$| http:/.test(target) ? undefined : "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
  });
  const dialler = proxied(at(proxy.port, "http", "me:s%20ecret@"));
  expect(text(await get(dialler, new URL("http://inner.test/a?b=1")))).toBe("GET inner.test /a?b=1 0");
  expect(text(await get(dialler, new URL("https://inner.test/")))).toBe("secret inner.test");
  await using client = new PinnedClient(dialler, new URL("http://inner.test/"), { forwarding: true });
  for (const path of ["/one", "/two"]) {
    expect(text(await client.request({ method: "POST", path, body: new Uint8Array(5) }))).toBe(`POST inner.test ${path} 5`);
  }
  expect(proxy.requests).toContain("GET http://inner.test/a?b=1");
  await using bound = new PinnedClient(dialler, new URL("http://inner.test/"));
  expect((await faultOf(bound.request({ method: "GET", path: "/" }))).code).toBe("proxy-refused");
  await using portal = await startTestProxy({
    answer: (target) =>
      target.startsWith("GET")
        ? `HTTP/1.1 511 Sign in\r\nContent-Type: text/html\r\nContent-Length: ${PAGE.length}\r\n\r\n${PAGE}`
        : "HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n",
  });
  expect((await faultOf(get(proxied(at(portal.port)), new URL("http://inner.test/")))).code).toBe("proxy-interactive");
});

test("an unknown authority behind a proxy is named as the proxy's own", async () => {
  await using proxy = await startTestProxy({ route });
  const fault = await faultOf(get(new Dialler({ proxy: always(at(proxy.port)) }), new URL("https://inner.test/")));
  expect(fault.code).toBe("tls-intercepted");
  expect(fault.fields).toMatchObject({ host: "inner.test", issuer: ISSUER, proxy: `127.0.0.1:${proxy.port}` });
  const direct = new Dialler({ names: NameMap.of([`inner.test:443:127.0.0.1:${ports.https}`]) });
  expect((await faultOf(get(direct, new URL("https://inner.test/")))).code).toBe("tls-untrusted");
});
const ISSUER = "localhost";

test("authority and name are checked apart from each other", async () => {
  const names = NameMap.of([`inner.test:443:127.0.0.1:${ports.https}`, `localhost:443:127.0.0.1:${ports.https}`]);
  const ask = async (tls: object, host: string): Promise<string> =>
    get(new Dialler({ names, tls, now: () => Date.parse("2030-06-01") }), new URL(`https://${host}/`)).then(
      text,
      (error: Fault) => error.code,
    );
  expect(await ask({ skipAuthorityCheck: true }, "localhost")).toBe("secret localhost");
  expect(await ask({ skipAuthorityCheck: true }, "inner.test")).toBe("tls-name-mismatch");
  expect(await ask({ skipAuthorityCheck: true, skipNameCheck: true }, "inner.test")).toBe("secret inner.test");
  expect(await ask({ skipNameCheck: true }, "inner.test")).toBe("tls-untrusted");
  expect(await ask({ authorities: [TLS.cert], skipNameCheck: true }, "inner.test")).toBe("secret inner.test");
  expect(await ask({ authorities: [TLS.cert] }, "inner.test")).toBe("tls-name-mismatch");
});

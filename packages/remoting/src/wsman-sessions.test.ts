/** What only WS-Management can: leaving sessions and returning to them; and what happens to it when others misbehave. */
import { readFileSync } from "node:fs";
import { createServer, request as httpRequest, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect as tcpConnect, type AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ntHash, SYSTEM_SOURCES, type HttpAcceptorOptions } from "@tieline/auth";
import type { Fault } from "@tieline/fault";
import { Dialler } from "@tieline/net";
import { attach, closeShell, connect, listShells, WsmanEndpoint, type WsmanTransport } from "./client.ts";
import { RemotingServer } from "./server.ts";
import { testHandler, type Seen } from "./testing.fixture.ts";

const seen: Seen = { opened: [], closed: [], numbers: 0 };
const server = new RemotingServer<string>({ handler: testHandler(seen), wsman: { idleTimeout: { minMs: 300 }, operationTimeoutMs: 5000 } });
let port: number;
const names = ["alice", "bob", "nobody"];
const AUTHENTICATION: HttpAcceptorOptions = {
  sources: SYSTEM_SOURCES,
  policy: { basic: true, ntlm: true },
  allowUnencrypted: true,
  password: async (user, password) => (names.includes(user) && password === "Sesame!" ? { name: user } : undefined),
  ntlm: (user) => (names.includes(user) ? { ntHash: ntHash("Sesame!"), name: user } : undefined),
};

beforeAll(async () => {
  const listener = await server.listenHttp({
    allowUnencrypted: false,
    requestTimeoutMs: 1000,
    maxRequestBytes: 600_000,
    authentication: AUTHENTICATION,
  });
  port = listener.port;
});
afterAll(() => server.close());

const as = (user: string, more: Partial<WsmanTransport> = {}): WsmanTransport => ({
  kind: "wsman",
  uri: `http://127.0.0.1:${port}/wsman`,
  credential: { kind: "password", user, password: "Sesame!" },
  authentication: "Basic",
  allowUnencrypted: true,
  ...more,
});

test("a session is left, listed, and returned to; what ran meanwhile is told", async () => {
  const session = await connect({ transport: as("alice", { name: "kept" }) });
  const run = session.pipeline().command("Get-Number").parameter("Count", 20).run();
  await run.ended;
  await session.disconnect();
  expect(session.state).toBe("disconnected");
  expect(await listShells(as("alice"))).toMatchObject([{ shellId: session.id, state: "Disconnected", name: "kept", owner: "alice" }]);
  await session.reconnect();
  expect(await run.toArray()).toHaveLength(20);
  expect(await session.pipeline().command("Get-Number").run().toArray()).toEqual([1, 2, 3]);
  await session.close();
  expect(await listShells(as("alice"))).toEqual([]);
});

test("another process attaches by the session's id", async () => {
  const first = await connect({ transport: as("alice") });
  await first.disconnect();
  await first.close();
  expect(server.service.shellCount).toBe(1);
  await using second = await attach({ transport: as("alice"), id: first.id });
  expect(second.id).toBe(first.id);
  expect(await second.pipeline().command("Get-Number").run().toArray()).toEqual([1, 2, 3]);
});

test("nobody else sees, takes or closes a shell", async () => {
  await using session = await connect({ transport: as("alice") });
  expect(await listShells(as("bob"))).toEqual([]);
  await expect(attach({ transport: as("bob"), id: session.id })).rejects.toMatchObject({ code: "wsman-shell-not-found" });
  await expect(closeShell(as("bob"), session.id)).rejects.toMatchObject({ code: "wsman-shell-not-found" });
  // One's own, but somebody listens to it: the session of the first is not stolen.
  await expect(attach({ transport: as("alice"), id: session.id })).rejects.toMatchObject({ code: "wsman-shell-in-use" });
  expect(await session.pipeline().command("Get-Number").run().toArray()).toEqual([1, 2, 3]);
});

test("one's own forgotten shell is closed from elsewhere; whoever used it learns of it", async () => {
  const session = await connect({ transport: as("alice") });
  await closeShell(as("alice"), session.id);
  await expect.poll(() => session.state).not.toBe("opened");
  await expect.poll(() => server.service.shellCount).toBe(0);
  await session.close();
});

test("a disconnected shell that nobody returns to is closed after its idle time", async () => {
  const session = await connect({ transport: as("alice") });
  await session.disconnect({ idleTimeoutMs: 300 });
  await session.close();
  await expect.poll(() => server.service.shellCount, { timeout: 3000 }).toBe(0);
  expect(seen.closed).toContain(session.id);
});

test("refusals: of the handler, of the logon, of the path, of what is in the clear", async () => {
  await expect(connect({ transport: as("nobody") })).rejects.toMatchObject({ code: "session-refused", fields: { reason: "not you" } });
  await expect(connect({ transport: as("mallory") })).rejects.toMatchObject({ code: "logon-failed" });
  await expect(connect({ transport: as("alice", { uri: `http://127.0.0.1:${port}/other` }) })).rejects.toMatchObject({
    code: "http-status",
  });
  await expect(connect({ transport: as("alice", { allowUnencrypted: false }) })).rejects.toMatchObject({ code: "no-common-mechanism" });
  await expect(connect({ transport: as("alice", { uri: "ftp://x" }) })).rejects.toMatchObject({ code: "usage" });
  expect(server.service.shellCount).toBe(0);
});

test("Identify answers everyone", async () => {
  await using endpoint = new WsmanEndpoint(as("mallory"));
  expect(await endpoint.identify()).toMatchObject({ vendor: "Tieline" });
});

test("service closes a session with a reason; its client is told", async () => {
  const session = await connect({ transport: as("alice") });
  const { Fault } = await import("@tieline/fault");
  seen.opened.at(-1)?.close(new Fault("session-lifetime-over", { minutes: 60 }));
  await expect.poll(() => session.state).toBe("broken");
  expect(session.fault).toMatchObject({ code: "session-lifetime-over" });
});

test("a client that vanishes in the middle leaves nothing that runs on for ever", async () => {
  const session = await connect({ transport: as("alice", { idleTimeoutMs: 300 }) });
  const run = session.pipeline().command("Get-Number").parameter("Count", 100_000_000).run();
  await run[Symbol.asyncIterator]().next();
  // As if the process had died: the connections end, no farewell is said.
  await (session as unknown as { carrier(): { drop(): Promise<void> } }).carrier().drop();
  await expect.poll(() => server.service.shellCount, { timeout: 5000 }).toBe(0);
  // The object that was under way when the shell went may still be counted.
  await new Promise((resolve) => setImmediate(resolve));
  const { numbers } = seen;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(seen.numbers).toBe(numbers);
});

async function raw(options: {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string;
}): Promise<{ status: number; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { port, method: options.method ?? "POST", path: options.path ?? "/wsman", headers: options.headers ?? {} },
      (answer) => {
        answer.resume();
        answer.once("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers }));
      },
    );
    outgoing.once("error", reject);
    outgoing.end(options.body);
  });
}

const basic = { authorization: `Basic ${Buffer.from("alice:Sesame!").toString("base64")}` };

test.each([
  ["GET", { method: "GET", headers: basic }, 405],
  ["GET that asks who may come in", { method: "GET" }, 401],
  ["another path", { path: "/", headers: basic }, 404],
  ["no credentials", {}, 401],
  ["a damaged header", { headers: { authorization: "Basic ???" } }, 401],
  ["CredSSP", { headers: { authorization: "CredSSP abcd" } }, 401],
  ["too much", { headers: basic, body: "x".repeat(700_000) }, 413],
  ["nothing", { headers: basic }, 200],
  ["no envelope", { headers: basic, body: "hello" }, 500],
  ["an entity bomb", { headers: basic, body: '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>' }, 500],
  [
    "a seal without a context",
    {
      headers: {
        ...basic,
        "content-type": 'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"',
      },
      body: "x",
    },
    400,
  ],
])("a request with %s is answered %#", async (_, options, status) => {
  const answer = await raw(options);
  expect(answer.status).toBe(status);
  expect(answer.headers["content-length"]).toBeDefined();
  expect(answer.headers["transfer-encoding"]).toBeUndefined();
});

test("a slow sender is cut off, and the service goes on", async () => {
  const socket = tcpConnect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write("POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc");
  socket.resume();
  await new Promise((resolve) => socket.once("close", resolve));
  expect((await raw({ headers: basic })).status).toBe(200);
}, 60_000);

test("after a logon that seals, what is not sealed is refused", async () => {
  const transport = as("alice", { authentication: "Negotiate" });
  await using session = await connect({ transport });
  expect(await session.pipeline().command("Get-Number").run().toArray()).toEqual([1, 2, 3]);
});

test("a redirect on its own host is followed to https alone, to another host only where that is allowed, and not for ever", async () => {
  const tls = {
    cert: readFileSync(new URL("../vectors/tls/cert.pem", import.meta.url), "utf8"),
    key: readFileSync(new URL("../vectors/tls/key.pem", import.meta.url), "utf8"),
  };
  const secure = await server.listenHttp({ authentication: AUTHENTICATION, tls });
  const target = `https://localhost:${secure.port}/wsman`;
  let location = target;
  let asked = 0;
  const front = createTlsServer(tls, (incoming, answer) => {
    asked += 1;
    incoming.resume();
    answer.writeHead(302, { location, "content-length": 0 }).end();
  });
  await new Promise<void>((resolve) => void front.listen(0, "127.0.0.1", resolve));
  const frontPort = (front.address() as AddressInfo).port;
  const dialler = new Dialler({ tls: { authorities: [tls.cert] } });
  const go = async (host: string, more: Partial<WsmanTransport> = {}): Promise<string> => {
    const opening = connect({ transport: as("alice", { uri: `https://${host}:${frontPort}/wsman`, dialler, ...more }) });
    return opening.then(
      async (session) => (await session.close(), "opened"),
      (error: Fault) => error.code,
    );
  };
  expect(await go("localhost")).toBe("opened");
  expect(await go("localhost", { authentication: "Negotiate" })).toBe("opened");
  expect(await go("localhost", { maxRedirections: 0 })).toBe("wsman-redirect");
  expect(await go("127.0.0.1")).toBe("wsman-redirect");
  expect(await go("127.0.0.1", { allowRedirection: true })).toBe("opened");
  location = `https://localhost:${frontPort}/again`;
  asked = 0;
  expect(await go("localhost", { maxRedirections: 3 })).toBe("http-redirect-loop");
  expect(asked).toBe(4);
  front.close();
});

test("a redirect is followed where that is allowed, and only to https", async () => {
  const target = `http://127.0.0.1:${port}/wsman`;
  const front: Server = createServer((incoming, answer) => {
    incoming.resume();
    answer.writeHead(302, { location: target, "content-length": 0 }).end();
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  const uri = `http://127.0.0.1:${(front.address() as AddressInfo).port}/wsman`;
  await expect(connect({ transport: as("alice", { uri }) })).rejects.toMatchObject({ code: "wsman-redirect", fields: { uri: target } });
  await expect(connect({ transport: as("alice", { uri, allowRedirection: true }) })).rejects.toMatchObject({ code: "wsman-redirect" });
  front.close();
});

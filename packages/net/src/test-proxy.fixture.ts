/** A proxy for tests, on a free loopback port: what real ones do well and badly, one switch each. */
import { createServer, connect as connectTcp, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** What the test's judge says of a Proxy-Authorization. */
export type ProxyVerdict = { kind: "pass" } | { kind: "challenge"; challenges: readonly string[] };

export interface TestProxyOptions {
  /** Asked for each request; one object a connection, so that NTLM can remember its leg. Default: everybody passes. */
  judge?: () => (authorization: string | undefined, method: string, target: string) => ProxyVerdict | Promise<ProxyVerdict>;
  /** In place of a tunnel: this answer, word for word. */
  answer?: string | ((target: string) => string | undefined);
  /** Accepts and says nothing. */
  hang?: boolean;
  /** Hangs up after a 407, as proxies of HTTP/1.0 do. */
  closeAfterChallenge?: boolean;
  /** An https proxy. */
  tls?: { cert: string; key: string };
  /** A SOCKS5 proxy; with a user, that one alone may use it. */
  socks?: boolean | { user: string; password: string };
  /** Where a destination really is; by default where its name says. */
  route?: (target: string) => { host: string; port: number } | undefined;
}

export interface TestProxy extends AsyncDisposable {
  readonly port: number;
  /** `METHOD target` of each request that came, those that were refused included. */
  readonly requests: string[];
  /** Targets of the tunnels that were opened. */
  readonly tunnels: string[];
  /** Connections that were taken. */
  readonly connections: () => number;
  /** Proxy-Authorization of each request; "" where it had none. */
  readonly authorizations: string[];
}

export async function startTestProxy(options: TestProxyOptions = {}): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  const seen = { requests: [] as string[], tunnels: [] as string[], authorizations: [] as string[], connections: 0 };
  const take = (socket: Socket): void => {
    seen.connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    if (options.hang === true) return;
    const serve = options.socks === undefined || options.socks === false ? serveHttp : serveSocks;
    serve(socket, options, { ...seen, open: (target) => open(socket, target) }).catch(() => socket.destroy());
  };
  const open = (socket: Socket, target: string): Promise<Socket> => {
    seen.tunnels.push(target);
    const at = target.lastIndexOf(":");
    const place = options.route?.(target) ?? { host: target.slice(0, at).replace(/^\[|\]$/g, ""), port: Number(target.slice(at + 1)) };
    return new Promise((resolve, reject) => {
      const upstream = connectTcp(place);
      sockets.add(upstream);
      upstream.on("close", () => (sockets.delete(upstream), socket.destroy()));
      socket.on("close", () => upstream.destroy());
      upstream.on("error", reject);
      upstream.on("connect", () => resolve(upstream));
    });
  };
  const server: Server = options.tls === undefined ? createServer(take) : createTlsServer(options.tls, take);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests: seen.requests,
    tunnels: seen.tunnels,
    authorizations: seen.authorizations,
    connections: () => seen.connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Seen {
  requests: string[];
  authorizations: string[];
  open: (target: string) => Promise<Socket>;
}

async function serveHttp(socket: Socket, options: TestProxyOptions, seen: Seen): Promise<void> {
  const judge = options.judge?.();
  const read = reader(socket);
  for (;;) {
    const head = await read.until("\r\n\r\n");
    const [method = "", target = ""] = head.split(" ");
    const header = (name: string): string | undefined => new RegExp(`^${name}: *(.*)$`, "im").exec(head)?.[1]?.trim();
    const authorization = header("proxy-authorization");
    seen.requests.push(`${method} ${target}`);
    seen.authorizations.push(authorization ?? "");
    const body = await read.take(Number(header("content-length") ?? 0));
    const verdict = (await judge?.(authorization, method, target)) ?? { kind: "pass" };
    if (verdict.kind === "challenge") {
      const lines = verdict.challenges.map((challenge) => `Proxy-Authenticate: ${challenge}\r\n`).join("");
      const page = "<html><title>407</title></html>";
      const ends = options.closeAfterChallenge === true;
      socket.write(
        `HTTP/1.1 407 Proxy Authentication Required\r\n${lines}${ends ? "Connection: close\r\n" : ""}` +
          `Content-Type: text/html\r\nContent-Length: ${page.length}\r\n\r\n${page}`,
      );
      if (ends) return void socket.end();
      continue;
    }
    const fixed =
      typeof options.answer === "function" ? options.answer(method === "CONNECT" ? target : `${method} ${target}`) : options.answer;
    if (fixed !== undefined) {
      socket.write(fixed);
      // A page without a length ends with its connection.
      if (!/content-length/i.test(fixed)) return void socket.end();
      continue;
    }
    if (method === "CONNECT") {
      const upstream = await seen.open(target);
      const early = read.rest();
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      if (early.length > 0) upstream.write(early);
      socket.pipe(upstream).pipe(socket);
      return;
    }
    // One request, handed on; the origin's answer ends with its connection.
    const url = new URL(target);
    const upstream = await seen.open(`${url.hostname}:${url.port === "" ? 80 : url.port}`);
    const lines = head
      .split("\r\n")
      .slice(1)
      .filter((line) => !/^(proxy-|connection:)/i.test(line) && line !== "");
    upstream.write([`${method} ${url.pathname}${url.search} HTTP/1.1`, ...lines, "Connection: close", "", ""].join("\r\n"));
    upstream.write(body);
    upstream.pipe(socket);
    return;
  }
}

/** RFC 1928 as little as a client needs. */
async function serveSocks(socket: Socket, options: TestProxyOptions, seen: Seen): Promise<void> {
  const read = reader(socket);
  const wanted = typeof options.socks === "object" ? options.socks : undefined;
  const [, count = 0] = await read.take(2);
  const methods = await read.take(count);
  const method = wanted === undefined ? 0 : 2;
  socket.write(Uint8Array.from([5, methods.includes(method) ? method : 0xff]));
  if (!methods.includes(method)) return void socket.end();
  if (wanted !== undefined) {
    const [, length = 0] = await read.take(2);
    const user = (await read.take(length)).toString("utf8");
    const password = (await read.take((await read.take(1))[0] ?? 0)).toString("utf8");
    const right = user === wanted.user && password === wanted.password;
    seen.authorizations.push(user);
    socket.write(Uint8Array.from([1, right ? 0 : 1]));
    if (!right) return void socket.end();
  }
  const [, , , kind] = await read.take(4);
  const host =
    kind === 1
      ? [...(await read.take(4))].join(".")
      : kind === 4
        ? `[${(await read.take(16)).toString("hex").replace(/(.{4})(?!$)/g, "$1:")}]`
        : (await read.take((await read.take(1))[0] ?? 0)).toString("ascii");
  const target = `${host}:${(await read.take(2)).readUInt16BE()}`;
  seen.requests.push(`CONNECT ${target}`);
  const refusal = typeof options.answer === "function" ? options.answer(target) : options.answer;
  if (refusal !== undefined) return void socket.end(Uint8Array.from([5, Number(refusal), 0, 1, 0, 0, 0, 0, 0, 0]));
  const upstream = await seen.open(target);
  socket.write(Uint8Array.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
  socket.pipe(upstream).pipe(socket);
}

interface ByteReader {
  until(mark: string): Promise<string>;
  take(count: number): Promise<Buffer>;
  /** What came early; from here on the bytes are somebody else's. */
  rest(): Buffer;
}

function reader(socket: Socket): ByteReader {
  let bytes = Buffer.alloc(0);
  let ended = false;
  let wake: () => void = () => undefined;
  const onData = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    wake();
  };
  socket.on("data", onData);
  socket.on("close", () => ((ended = true), wake()));
  const more = async (): Promise<void> => {
    if (ended) throw new Error("gone");
    await new Promise<void>((resolve) => (wake = resolve));
  };
  const cut = (count: number): Buffer => {
    const taken = bytes.subarray(0, count);
    bytes = bytes.subarray(count);
    return taken;
  };
  return {
    async until(mark) {
      while (!bytes.includes(mark)) await more();
      return cut(bytes.indexOf(mark) + mark.length).toString("latin1");
    },
    async take(count) {
      while (bytes.length < count) await more();
      return cut(count);
    },
    rest() {
      socket.off("data", onData);
      return cut(bytes.length);
    },
  };
}

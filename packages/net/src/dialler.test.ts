import { createServer as createHttp, type Server } from "node:http";
import { createServer as createTcp, type AddressInfo, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isFault } from "@tieline/fault";
import { Dialler } from "./dialler.ts";
import { get } from "./get.ts";
import { NameMap } from "./name-map.ts";
import { PinnedClient } from "./pinned-client.ts";

let http: Server;
let port: number;
const seen: string[] = [];

beforeAll(async () => {
  http = createHttp((request, response) => {
    seen.push(`${request.method} ${request.headers.host}${request.url}`);
    if (request.url === "/drop") return request.socket.destroy();
    if (request.url === "/big") return response.end("x".repeat(5000));
    const body = Buffer.from(`hello ${request.headers.host}`);
    return response.writeHead(200, { "content-length": body.length, "set-cookie": ["a=1", "b=2"] }).end(body);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  port = (http.address() as AddressInfo).port;
});
afterAll(() => http.close());

async function codeOf(action: Promise<unknown>): Promise<string> {
  try {
    await action;
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

test("the name map moves the connection and keeps the Host", async () => {
  const dialler = new Dialler({ names: NameMap.of([`lync.test:80:127.0.0.1:${port}`]) });
  const answer = await get(dialler, new URL("http://lync.test/x?y=1"));
  expect(answer.status).toBe(200);
  expect(Buffer.from(answer.body).toString()).toBe("hello lync.test");
  expect(answer.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
});

test("a pinned client keeps one connection, and says when it is another", async () => {
  await using client = new PinnedClient(new Dialler(), new URL(`http://127.0.0.1:${port}`));
  expect(client.connection).toBe(0);
  const first = await client.request({ method: "POST", path: "/", body: new Uint8Array(3) });
  const second = await client.request({ method: "POST", path: "/", body: new Uint8Array(3) });
  expect([first.connection, second.connection, client.connection]).toEqual([1, 1, 1]);
  expect(await codeOf(client.request({ method: "POST", path: "/drop", body: new Uint8Array(1) }))).toBe("connection-lost");
  const third = await client.request({ method: "GET", path: "/" });
  expect(third.connection).toBe(2);
});

test("faults name the layer", async () => {
  const closed = createTcp();
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const free = (closed.address() as AddressInfo).port;
  await new Promise((resolve) => closed.close(resolve));
  expect(await codeOf(get(new Dialler(), new URL(`http://127.0.0.1:${free}/`)))).toBe("connection-refused");
  expect(await codeOf(get(new Dialler(), new URL("http://no-such-name.invalid/")))).toBe("name-unknown");
  expect(await codeOf(get(new Dialler(), new URL(`https://127.0.0.1:${port}/`)))).toBe("tls-failed");
  expect(await codeOf(get(new Dialler(), new URL(`http://127.0.0.1:${port}/big`), { maxBodyBytes: 100 }))).toBe("http-answer-too-large");
});

test("a peer that accepts and says nothing ends in a time-out", async () => {
  const sockets: Socket[] = [];
  const mute = createTcp((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const url = new URL(`https://127.0.0.1:${(mute.address() as AddressInfo).port}/`);
  expect(await codeOf(get(new Dialler({ connectTimeoutMs: 50 }), url))).toBe("connection-timeout");
  for (const socket of sockets) socket.destroy();
  mute.close();
});

test("a peer that answers drop by drop ends in a time-out of the whole", async () => {
  let drops: NodeJS.Timeout | undefined;
  const slow = createHttp((_, response) => {
    response.writeHead(200);
    drops = setInterval(() => response.write("x"), 10);
  });
  await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(slow.address() as AddressInfo).port}/`);
  expect(await codeOf(get(new Dialler(), url, { timeoutMs: 100 }))).toBe("connection-timeout");
  clearInterval(drops);
  slow.close();
  slow.closeAllConnections();
});

test("an answer says where it came from", async () => {
  const { address, certificate } = await get(new Dialler(), new URL(`http://127.0.0.1:${port}/`));
  expect([address, certificate]).toEqual([`127.0.0.1:${port}`, undefined]);
});

import { createSocket, type Socket } from "node:dgram";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Dialler } from "./dialler.ts";
import { NameServer } from "./dns.ts";
import { get } from "./get.ts";
import { NameMap } from "./name-map.ts";

/** A name server of a few lines: 127.0.0.1 for `*.here.test`, an alias for `alias.test`, NXDOMAIN for `nobody.test`, else REFUSED. */
let server: Socket;
let http: Server;
let at: string;
let port: number;
const asked: string[] = [];

beforeAll(async () => {
  server = createSocket("udp4", (packet, from) => server.send(answerTo(packet), from.port, from.address));
  await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
  at = `127.0.0.1:${server.address().port}`;
  http = createServer((request, response) => response.end(request.headers.host));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  port = (http.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
  http.close();
});

function answerTo(packet: Buffer): Buffer {
  const labels: string[] = [];
  let end = 12;
  for (; packet[end] !== 0; end += 1 + (packet[end] ?? 0)) labels.push(packet.toString("latin1", end + 1, end + 1 + (packet[end] ?? 0)));
  const name = labels.join(".").toLowerCase();
  const type = packet.readUInt16BE(end + 1);
  asked.push(`${name} ${type}`);
  const head = (rcode: number, answers: number): Buffer => {
    const bytes = Buffer.from(packet.subarray(0, end + 5));
    bytes.writeUInt16BE(0x8400 | rcode, 2);
    bytes.writeUInt16BE(answers, 6);
    bytes.writeUInt32BE(0, 8);
    return bytes;
  };
  const record = (kind: number, data: Buffer): Buffer => {
    const bytes = Buffer.from([0xc0, 0x0c, 0, kind, 0, 1, 0, 0, 0, 60, 0, data.length]);
    return Buffer.concat([head(0, 1), bytes, data]);
  };
  if (name === "nobody.test") return head(3, 0);
  if (name === "alias.test") return type === 5 ? record(5, Buffer.from("\x03www\x04here\x04test\x00", "latin1")) : head(0, 0);
  if (!name.endsWith("here.test")) return head(5, 0);
  return type === 1 ? record(1, Buffer.from([127, 0, 0, 1])) : head(0, 0);
}

test("a connection goes where the named server says", async () => {
  const dialler = new Dialler({ nameServer: NameServer.of([at]) });
  expect(Buffer.from((await get(dialler, new URL(`http://www.here.test:${port}/`))).body).toString()).toBe(`www.here.test:${port}`);
  expect((await get(dialler.with({ connectTimeoutMs: 9000 }), new URL(`http://localhost:${port}/`))).status).toBe(200);
});

test("the name map is looked at first, and nobody is asked for what it places", async () => {
  asked.length = 0;
  const dialler = new Dialler({ nameServer: NameServer.of([at]), names: NameMap.of([`mapped.test:80:127.0.0.1:${port}`]) });
  expect((await get(dialler, new URL("http://mapped.test/"))).status).toBe(200);
  expect(asked).toEqual([]);
});

test("an alias that came without its address is followed", async () => {
  expect(await NameServer.of([at]).addresses("alias.test")).toEqual([{ address: "127.0.0.1", family: 4 }]);
});

test("no such name, a server that refuses and one that is not there are three things", async () => {
  const fetch = (nameServer: NameServer, host: string) => get(new Dialler({ nameServer }), new URL(`http://${host}/`));
  await expect(fetch(NameServer.of([at]), "nobody.test")).rejects.toMatchObject({
    code: "name-unknown",
    fields: { host: "nobody.test", port: 80 },
  });
  await expect(fetch(NameServer.of([at]), "other.test")).rejects.toMatchObject({
    code: "name-server-failed",
    message: expect.stringContaining("the name is not in its zones"),
  });
  const closed = createSocket("udp4");
  await new Promise<void>((resolve) => closed.bind(0, "127.0.0.1", resolve));
  const nobody = `127.0.0.1:${closed.address().port}`;
  await new Promise<void>((resolve) => closed.close(resolve));
  await expect(fetch(NameServer.of([nobody]), "www.here.test")).rejects.toMatchObject({ code: "name-server-failed" });
});

test("an address is no name, and localhost never leaves the machine (RFC 6761 6.3)", async () => {
  asked.length = 0;
  const names = NameServer.of([at]);
  expect([await names.addresses("::1"), await names.addresses("a.localhost")]).toEqual([
    [{ address: "::1", family: 6 }],
    [{ address: "127.0.0.1", family: 4 }],
  ]);
  expect(asked).toEqual([]);
});

test.each([
  ["127.0.0.1", "127.0.0.1:53"],
  ["127.0.0.1:40053", "127.0.0.1:40053"],
  ["::1", "[::1]:53"],
  ["[fe80::1]:5353", "[fe80::1]:5353"],
])("%s is the server %s", (text, server) => {
  expect(NameServer.of([text]).servers).toEqual([server]);
});

test.each(["dns.test", "", "127.0.0.1:99999", "127.0.0.1:0", "300.1.1.1", "[127.0.0.1", ":53"])("%j is refused as usage", (text) => {
  expect(() => NameServer.of([text])).toThrow(expect.objectContaining({ code: "usage" }));
});

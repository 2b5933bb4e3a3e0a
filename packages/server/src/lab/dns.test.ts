import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decode, encode, type DecodedPacket, type Packet } from "dns-packet";
import { NameServer } from "@tieline/net";
import { labZones } from "./dns-records.ts";
import { serveDns } from "./dns-server.ts";
import { answerPacket, type Zone } from "./dns-zone.ts";
import { choosePorts } from "./ports.ts";

const ZONES = labZones();
type Asked = Partial<Packet> & { name?: string; recordType?: string; recordClass?: string };

function packet({ name = "admin0a.online.lync.com", recordType = "A", recordClass = "IN", ...rest }: Asked): Buffer {
  return encode({ id: 7, type: "query", flags: 0x0100, questions: [{ name, type: recordType, class: recordClass } as never], ...rest });
}

function ask(asked: Asked, carrier: "udp" | "tcp" = "udp", zones: readonly Zone[] = ZONES): DecodedPacket & Record<string, unknown> {
  const bytes = answerPacket(zones, packet(asked), carrier);
  if (bytes === undefined) throw new Error("no answer");
  return decode(Buffer.from(bytes)) as DecodedPacket & Record<string, unknown>;
}

const rows = (answer: DecodedPacket) =>
  answer.answers?.map((each) => `${each.name} ${each.type} ${JSON.stringify((each as { data: unknown }).data)}`);

test.each([
  ["admin0a.online.lync.com", "A", ['admin0a.online.lync.com A "127.0.0.1"']],
  ["lyncdiscover.contoso.com", "A", ['lyncdiscover.contoso.com CNAME "webdir.online.lync.com"', 'webdir.online.lync.com A "127.0.0.1"']],
  [
    "LyncDiscover.Hybrid.contoso.com",
    "A",
    ['lyncdiscover.hybrid.contoso.com CNAME "webext.contoso.com"', 'webext.contoso.com A "127.0.0.1"'],
  ],
  ["lyncdiscoverinternal.contoso.com", "CNAME", ['lyncdiscoverinternal.contoso.com CNAME "pool01.contoso.local"']],
  ["sip.fabrikam.com", "CNAME", ['sip.fabrikam.com CNAME "sipdir.online.lync.com"']],
  ["_sip._tls.contoso.com", "SRV", ['_sip._tls.contoso.com SRV {"priority":0,"weight":0,"port":443,"target":"sipdir.online.lync.com"}']],
  [
    "_sipfederationtls._tcp.contoso.com",
    "SRV",
    ['_sipfederationtls._tcp.contoso.com SRV {"priority":0,"weight":0,"port":5061,"target":"sipfed.online.lync.com"}'],
  ],
  ["login.microsoftonline.com", "A", ['login.microsoftonline.com A "127.0.0.1"']],
])("%s %s is answered with authority", (name, recordType, expected) => {
  const answer = ask({ name, recordType });
  expect(rows(answer)).toEqual(expected);
  expect([answer["rcode"], answer["flag_aa"], answer["flag_rd"], answer["flag_ra"], answer.id]).toEqual(["NOERROR", true, true, false, 7]);
});

test.each([
  ["no such name in a zone", { name: "nobody.contoso.com" }, "NXDOMAIN", true],
  ["a name with names below it only", { name: "_tls.contoso.com" }, "NOERROR", true],
  ["a name without the type", { name: "admin0a.online.lync.com", recordType: "AAAA" }, "NOERROR", true],
  ["somebody else's zone", { name: "example.org" }, "REFUSED", false],
  ["a name that only ends alike", { name: "notcontoso.com" }, "REFUSED", false],
  ["another class", { recordClass: "CH" }, "REFUSED", false],
  ["a zone transfer", { name: "contoso.com", recordType: "AXFR" }, "REFUSED", false],
  ["another operation", { flags: 0x2000 }, "NOTIMP", false],
  ["two questions", { questions: [1, 2].map(() => ({ name: "contoso.com", type: "A" as const })) }, "FORMERR", false],
  ["no question", { questions: [] }, "FORMERR", false],
])("%s (RFC 1034 4.3.2, RFC 2308)", (_title, asked, rcode, authoritative) => {
  const answer = ask(asked);
  expect([answer["rcode"], answer["flag_aa"], answer.answers]).toEqual([rcode, authoritative, []]);
  expect(answer.authorities?.map(({ type }) => type)).toEqual(authoritative ? ["SOA"] : []);
});

test("the question comes back letter for letter", () => {
  const asked = packet({ name: "aDmIn0A.OnLiNe.LyNc.CoM" });
  const answer = Buffer.from(answerPacket(ZONES, asked, "udp") ?? []);
  expect(answer.subarray(12, asked.length)).toEqual(asked.subarray(12));
});

const MANY: Zone = {
  name: "many.test",
  records: Array.from({ length: 60 }, (_, i) => ({ name: "many.test", type: "A" as const, data: `127.0.0.${i + 1}` })),
};
const opt = (udpPayloadSize: number, ednsVersion = 0) => [
  { type: "OPT", name: ".", udpPayloadSize, extendedRcode: 0, ednsVersion, flags: 0, options: [] } as never,
];

test("what does not fit in a datagram is cut off and marked; TCP has room for it (RFC 1035 4.2.1, RFC 6891 6.2.3)", () => {
  const question = { name: "many.test" };
  const cut = ask(question, "udp", [MANY]);
  expect([cut["flag_tc"], cut.answers]).toEqual([true, []]);
  expect(ask({ ...question, additionals: opt(1000) }, "udp", [MANY])["flag_tc"]).toBe(true);
  // However much the asker would take, a datagram stays small enough for every path.
  const large = answerPacket([MANY], packet({ ...question, additionals: opt(65_535) }), "udp");
  expect(large?.length).toBeLessThanOrEqual(1232);
  const whole = ask(question, "tcp", [MANY]);
  expect([whole["flag_tc"], whole.answers?.length]).toEqual([false, 60]);
});

test("EDNS is answered where it was spoken, another version of it with BADVERS (RFC 6891 6.1.3)", () => {
  expect(ask({}).additionals).toEqual([]);
  expect(ask({ additionals: opt(4096) }).additionals).toMatchObject([{ type: "OPT", udpPayloadSize: 1232, extendedRcode: 0 }]);
  const newer = ask({ additionals: opt(4096, 1) });
  expect([newer.answers, newer.additionals]).toMatchObject([[], [{ type: "OPT", extendedRcode: 1 }]]);
  expect(ask({ additionals: [...opt(512), ...opt(512)] })["rcode"]).toBe("FORMERR");
});

test("circles of aliases end", () => {
  const circle: Zone = {
    name: "circle.test",
    records: [
      { name: "a.circle.test", type: "CNAME", data: "b.circle.test" },
      { name: "b.circle.test", type: "CNAME", data: "a.circle.test" },
    ],
  };
  expect(ask({ name: "a.circle.test" }, "udp", [circle]).answers?.length).toBeLessThan(12);
});

test("damaged packets, and answers, are not answered; whatever is, can be read", () => {
  const whole = packet({ additionals: opt(1232) });
  expect(answerPacket(ZONES, packet({ type: "response" }), "udp")).toBeUndefined();
  let state = 1;
  const draw = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
  for (let i = 0; i < 5000; i++) {
    const bytes = Buffer.from(i % 3 === 0 ? Array.from({ length: draw(80) }, () => draw(256)) : whole.subarray(0, whole.length - (i % 5)));
    for (let n = draw(4); n > 0 && bytes.length > 0; n--) bytes[draw(bytes.length)] = draw(256);
    const answer = answerPacket(ZONES, bytes, "udp");
    if (answer !== undefined) expect(() => decode(Buffer.from(answer)), bytes.toString("hex")).not.toThrow();
  }
});

let port: number;
let server: AsyncDisposable;
beforeAll(async () => {
  port = (await choosePorts({}))["lab-dns"];
  server = await serveDns({ port, zones: [...ZONES, MANY], idleMs: 5000 });
});
afterAll(() => server[Symbol.asyncDispose]());

test("a resolver of the runtime finds addresses, services and aliases, and TCP where a datagram was too small", async () => {
  const names = NameServer.of([`127.0.0.1:${port}`]);
  expect(await names.addresses("lyncdiscover.contoso.com")).toEqual([{ address: "127.0.0.1", family: 4 }]);
  expect(await names.services("_sipfederationtls._tcp.contoso.com")).toEqual([
    { target: "sipfed.online.lync.com", port: 5061, priority: 0, weight: 0 },
  ]);
  expect(await names.alias("sip.contoso.com")).toBe("sipdir.online.lync.com");
  expect(await names.addresses("many.test")).toHaveLength(60);
  await expect(names.addresses("nobody.contoso.com")).rejects.toMatchObject({ code: "name-unknown" });
  await expect(names.addresses("example.org")).rejects.toMatchObject({ code: "name-server-failed" });
});

test("questions over TCP are answered in their order, also in pieces; nonsense ends the connection", async () => {
  const framed = [1, 2].map((id) => {
    const body = packet({ id });
    return Buffer.concat([Buffer.from([0, body.length]), body]);
  });
  const socket = connect(port, "127.0.0.1");
  const bytes: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => bytes.push(chunk));
  const all = Buffer.concat(framed);
  socket.write(all.subarray(0, 5));
  socket.write(all.subarray(5));
  while (Buffer.concat(bytes).length < 2 * (2 + answerPacket(ZONES, packet({}), "tcp")!.length)) await once(socket, "data");
  const got = Buffer.concat(bytes);
  const length = got.readUInt16BE(0);
  expect([got.readUInt16BE(2), got.readUInt16BE(length + 4)]).toEqual([1, 2]);
  socket.write(Buffer.from([0, 3, 1, 2, 3]));
  await once(socket, "close");
});

test("a damaged datagram is dropped and the next is answered; a taken port is told", async () => {
  const socket = createSocket("udp4");
  const answered = once(socket, "message");
  socket.send(Buffer.from("nonsense"), port, "127.0.0.1");
  socket.send(packet({ id: 99 }), port, "127.0.0.1");
  const [answer] = (await answered) as [Buffer];
  expect(answer.readUInt16BE(0)).toBe(99);
  socket.close();
  await expect(serveDns({ port, zones: ZONES })).rejects.toMatchObject({ code: "port-taken" });
  const squatter = createSocket("udp4");
  await new Promise<void>((resolve) => squatter.bind(0, "127.0.0.1", resolve));
  const taken = (squatter.address() as AddressInfo).port;
  expect((await choosePorts({ last: { "lab-dns": taken } }))["lab-dns"]).not.toBe(taken);
  squatter.close();
});

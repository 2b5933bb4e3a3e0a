/** HTTP below SOAP: request lines, headers and bodies, addresses of discovery, clients that dribble and clients that vanish. */
import { setTimeout as pause } from "node:timers/promises";
import { SOAP_CONTENT_TYPE } from "@tieline/remoting/wsman";
import type { Chance } from "./chance.ts";
import { cut, honest } from "./conversation.ts";
import type { Door } from "./door.ts";
import { judgeText, type Outcome } from "./finding.ts";
import { basic, HttpWire, post, type HttpAnswer } from "./http-wire.ts";
import { BOMBS, mutateBytes, mutateXml } from "./mutate.ts";
import type { Service } from "./service.ts";
import { envelope, judgeSoap, PATH, SoapClient } from "./soap.ts";

const USER = "admin@contoso.com";
const LISTENERS = ["online-https", "online-http", "pool-https", "pool-http"] as const;

function open(service: Service, listener: (typeof LISTENERS)[number], from?: string): Promise<HttpWire> {
  return HttpWire.open({
    port: service.port(listener),
    authority: listener.endsWith("https") ? service.authority : undefined,
    ...(from === undefined ? {} : { from }),
  });
}

/** Whatever HTTP says to what is no HTTP, or to an address that is none: a status, and nothing of the inside. */
function judgePlain(answer: HttpAnswer | undefined): Outcome {
  if (answer === undefined) return "refused";
  if (/soap\+xml/.test(answer.headers["content-type"] ?? "")) return judgeSoap(answer);
  judgeText(answer.body.toString("latin1"), `status ${answer.status}`);
  if (answer.status >= 500 && answer.status !== 505 && answer.status !== 501) judgeSoap(answer);
  return answer.status < 400 ? "accepted" : "refused";
}

/** Addresses from which failed logons come: one that fails often is locked, and must not lock the others. */
export function stranger(chance: Chance): string {
  return `127.${1 + chance.below(250)}.${chance.below(256)}.${1 + chance.below(250)}`;
}

const RAW: readonly ((chance: Chance, honestRequest: Uint8Array) => Uint8Array)[] = [
  (chance, request) => mutateBytes(request, chance),
  (chance, request) => {
    const end = Buffer.from(request).indexOf("\r\n\r\n");
    return Buffer.concat([mutateBytes(request.slice(0, end), chance), request.slice(end)]);
  },
  (chance, request) => headed(request, chance.pick(HEADERS)),
  (chance, request) => headed(headed(request, chance.pick(HEADERS)), chance.pick(HEADERS)),
  (chance, request) => lined(request, chance.pick(LINES)),
  (chance) => chance.bytes(chance.below(3000)),
  (chance) =>
    post(PATH, { "Content-Type": SOAP_CONTENT_TYPE, Junk: "j".repeat(chance.pick([10, 8000, 70_000])) }, chance.bytes(chance.below(200))),
  (chance) =>
    post(PATH, Object.fromEntries(Array.from({ length: chance.pick([10, 1000, 3000]) }, (_, i) => [`H${i}`, "x"])), new Uint8Array(0)),
  (chance) => post(PATH, { "Content-Type": SOAP_CONTENT_TYPE }, new Uint8Array(chance.pick([0, 1_048_576, 1_048_577, 3_000_000]))),
  // Two at once, the second of them damaged: pipelining.
  (chance, request) => Buffer.concat([request, mutateBytes(request, chance)]),
];
const HEADERS = [
  "Content-Length: 5", "Content-Length: -1", "Content-Length: 99999999999999999999", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked",
  "Expect: 100-continue", "Expect: tea", "Upgrade: websocket", "Upgrade: h2c", "Connection: close", "Connection: upgrade", "Host:", "Host: a b", "Content-Type: text/plain",
  "Content-Type: multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";boundary=\"Encrypted Boundary\"", "Content-Encoding: gzip",
  "WSMANIDENTIFY: unauthenticated", "Authorization:", "Authorization: Basic", "Authorization: Basic !", "Authorization: \0", "Cookie: a=b", "X: \x7f", " folded",
]; // prettier-ignore
const LINES = [
  "GET /OcsPowershellLiveId HTTP/1.1", "POST /OcsPowershellLiveId HTTP/1.0", "POST /OcsPowershellLiveId HTTP/2.0", "POST  HTTP/1.1", "POST * HTTP/1.1", "BREW / HTTP/1.1",
  "OPTIONS * HTTP/1.1", "CONNECT a:1 HTTP/1.1", "HEAD /OcsPowershellLiveId HTTP/1.1", "POST http://other/OcsPowershellLiveId HTTP/1.1", "POST /%00 HTTP/1.1",
  "POST /OcsPowershellLiveId?AdminDomain=%E0%A4 HTTP/1.1", "POST /OcsPowershellLiveId?AdminDomain=fabrikam.com HTTP/1.1", "POST /ocsPOWERSHELL/ HTTP/1.1",
  `POST /${"a".repeat(70_000)} HTTP/1.1`, "TRACE / HTTP/1.1", "PRI * HTTP/2.0", "POST /wsman/../healthz HTTP/1.1", "PUT /healthz HTTP/1.1",
]; // prettier-ignore

function headed(request: Uint8Array, header: string): Uint8Array {
  const at = Buffer.from(request).indexOf("\r\n") + 2;
  return Buffer.concat([request.slice(0, at), Buffer.from(`${header}\r\n`, "latin1"), request.slice(at)]);
}

function lined(request: Uint8Array, line: string): Uint8Array {
  return Buffer.concat([Buffer.from(line), request.slice(Buffer.from(request).indexOf("\r\n"))]);
}

const http: Door = {
  name: "http",
  weight: 6,
  floor: 0.01,
  run: async (service, chance) => {
    const { user, password } = service.login(USER);
    const listener = chance.pick(LISTENERS);
    const headers = { "Content-Type": SOAP_CONTENT_TYPE, ...(listener === "online-https" ? { Authorization: basic(user, password) } : {}) };
    const asked = envelope(chance, "get", {}, { resourceUri: "http://schemas.microsoft.com/wbem/wsman/1/config" });
    const wire = await open(service, listener, stranger(chance));
    try {
      const request = chance.pick(RAW)(chance, post(PATH, headers, asked));
      wire.write(request);
      // What announces more than it has waits for it: the end of the sending is the end of the waiting.
      await pause(20);
      wire.finish();
      return judgePlain(await wire.answer(Buffer.from(request).toString("latin1", 0, 5) === "HEAD "));
    } finally {
      wire.destroy();
    }
  },
};

const TARGETS = [
  "/", "/?sipuri=alice@contoso.com", "/autodiscover/autodiscoverservice.svc/root", "/autodiscover/autodiscoverservice.svc/root/oauth/user", "/Autodiscover/AutodiscoverService.svc/root?originalDomain=contoso.com",
  "/autodiscover/autodiscoverservice.svc/root?sipuri=%", "/healthz", "//", "/..%2f..%2fetc/passwd", "/?", "/%", "/\u0000".replace("\0", "%00"), "http://[::1", "//a@b:c/",
]; // prettier-ignore
const HOSTS = [
  "lyncdiscover.contoso.com",
  "LYNCDISCOVER.FABRIKAM.COM:443",
  "webdir.online.lync.com",
  "lyncdiscover.nobody.test",
  "",
  "a b",
  "[::1",
  "x".repeat(5000),
  "lyncdiscover.__proto__",
];
const ACCEPTS = [
  "application/json",
  "application/xml",
  "application/vnd.microsoft.rtc.autodiscover+xml;v=1",
  "*/*",
  "text/html;q=a",
  ";;;",
  "a".repeat(5000),
];

const discovery: Door = {
  name: "discovery",
  weight: 4,
  floor: 0.04,
  run: async (service, chance) => {
    const target = chance.once(3) ? damagedTarget(chance) : chance.pick(TARGETS);
    const wire = await open(service, chance.once(4) ? chance.pick(LISTENERS) : chance.pick(["online-https", "online-http"]));
    const method = chance.pick(["GET", "GET", "GET", "GET", "HEAD", "POST"]);
    const host = chance.once(2) ? chance.pick(HOSTS) : "lyncdiscover.contoso.com";
    try {
      wire.write(
        Buffer.from(
          `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nAccept: ${chance.pick(ACCEPTS)}\r\nConnection: close\r\n\r\n`,
          "latin1",
        ),
      );
      const answer = await wire.answer(method === "HEAD");
      return judgePlain(answer);
    } finally {
      wire.destroy();
    }
  },
};

function damagedTarget(chance: Chance): string {
  const bytes = mutateBytes(Buffer.from(chance.pick(TARGETS)), chance).filter((byte) => byte > 0x20 && byte !== 0x7f);
  return `/${Buffer.from(bytes).toString("latin1")}`;
}

/** A request that comes byte by byte is a request; one that stops in the middle holds up nobody. */
const slow: Door = {
  name: "slow client",
  weight: 1,
  floor: 0.4,
  run: async (service, chance) => {
    const client = new SoapClient(service, service.login(USER));
    const request = client.bytes(envelope(chance, "get", {}, { resourceUri: "http://schemas.microsoft.com/wbem/wsman/1/config" }));
    const wire = await open(service, "online-https");
    try {
      const whole = !chance.once(5);
      const end = whole ? request.length : chance.below(request.length);
      for (let at = 0, step = 0; at < end; at += step) {
        step = at < 40 ? 1 : chance.pick([1, 20, 400]);
        wire.write(request.slice(at, Math.min(end, at + step)));
        if (at < 200 || chance.once(3)) await pause(1 + chance.below(4));
      }
      if (!whole) return "refused";
      const answer = await wire.answer();
      return answer === undefined ? "refused" : judgeSoap(answer);
    } finally {
      wire.destroy();
    }
  },
};

/** Clients that are gone in the middle of a request, of an opening, of a pipeline, or while output streams. */
const vanishing: Door = {
  name: "vanishing client",
  weight: 3,
  floor: 0.5,
  run: async (service, chance) => {
    const client = new SoapClient(service, service.login(USER));
    const talk = honest(chance);
    const [create, rest] = [Buffer.concat(cut(talk.opening, 32_768).map(({ bytes }) => bytes)), cut(talk.rest, 32_768, 3)];
    const target = { shellId: talk.pool };
    const requests = [
      envelope(
        chance,
        "create",
        { shellId: talk.pool, inputStreams: ["stdin", "pr"], outputStreams: ["stdout"], creationXml: create },
        {},
        20_000,
      ),
      ...rest
        .slice(0, 1)
        .map(({ bytes }) => envelope(chance, "command", { commandId: talk.pipeline, command: "x", arguments: [bytes] }, target)),
      ...rest
        .slice(1)
        .map(({ bytes, pipeline }) =>
          envelope(
            chance,
            "send",
            { streams: [{ name: "stdin", bytes, ...(pipeline === undefined ? {} : { commandId: pipeline }) }] },
            target,
          ),
        ),
      envelope(chance, "receive", { streams: ["stdout"] }, target, 20_000),
      envelope(chance, "receive", { streams: ["stdout"], commandId: talk.pipeline }, target, 20_000),
    ];
    const last = chance.below(requests.length);
    try {
      for (const [i, request] of requests.entries()) {
        if (i === last) break;
        judgeSoap(await client.post(request));
      }
      const wire = await open(service, "online-https");
      const bytes = client.bytes(requests[last] as Uint8Array);
      wire.write(chance.once(3) ? bytes.slice(0, chance.below(bytes.length)) : bytes);
      await pause(chance.pick([0, 1, 5, 20, 60]));
      wire.destroy();
      await pause(chance.pick([0, 10]));
      // Who comes back finds the shell, unless it was never wanted.
      return last === 0 ? "accepted" : judgeSoap(await client.post(envelope(chance, "delete", {}, target)));
    } finally {
      client.close();
    }
  },
};

/** Documents that want to cost more than they weigh, as the whole body. */
const documents: Door = {
  name: "soap bombs",
  weight: 1,
  floor: 0,
  run: async (service, chance) => {
    const client = new SoapClient(service, service.login(USER));
    const bomb = (BOMBS[chance.pick(Object.keys(BOMBS))] as (scale: number) => string)(chance.pick([10, 1000, 10_000]));
    const text = Buffer.from(envelope(chance, "get", {})).toString("utf8");
    const body = chance.pick([
      () => bomb,
      () => text.replace("<s:Body>", `<s:Body>${bomb}`),
      () => text.replace("<s:Header>", `<s:Header>${bomb}`),
      () => `<!DOCTYPE a [<!ENTITY b "${"b".repeat(1000)}">]>${text.replace("<s:Body>", `<s:Body>${"&b;".repeat(1000)}`)}`,
      () => mutateXml(text.replace("<s:Body>", `<s:Body>${bomb}`), chance),
      () => text.replace("<s:Body>", `<s:Body ${Array.from({ length: 3000 }, (_, i) => `a${i}=""`).join(" ")}>`),
      () => text.replace("<s:Body>", `<s:Body ${Array.from({ length: 3000 }, (_, i) => `xmlns:a${i}="b"`).join(" ")}>`),
    ])();
    try {
      return judgeSoap(await client.post(Buffer.from(body)));
    } finally {
      client.close();
    }
  },
};

export const HTTP_DOORS: readonly Door[] = [http, discovery, slow, vanishing, documents];

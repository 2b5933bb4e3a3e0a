/** Bad input ends in a fault of the catalogue and a healthy service: one test for each kind that we know of. */
import { randomUUID } from "node:crypto";
import { Agent } from "node:http";
import { once } from "node:events";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { HttpInitiator, SYSTEM_SOURCES } from "@tieline/auth";
import { isFault, recognise } from "@tieline/fault";
import { PowerShellError } from "@tieline/remoting";
import { Fragmenter, type ClientPool } from "@tieline/remoting/psrp";
import { openMessage, RESOURCE, sealMessage } from "@tieline/remoting/wsman";
import { HostileLab, opening, openingMessages, pipeline, POWERSHELL, type Posted, type Target } from "./bad-input.fixture.ts";

let lab: HostileLab;
beforeAll(async () => void (lab = await HostileLab.start()));
afterAll(() => lab[Symbol.asyncDispose]());
afterEach(async () => expect(await lab.serves()).toBe(true));

/** The code of the fault in which it ends. */
async function faultOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

async function emptied(): Promise<void> {
  await expect.poll(() => lab.lab.sessionCount(), { timeout: 5000 }).toBe(0);
}

const SESSION = "00000000-0000-0000-0000-000000000000";
const data = (bytes: Uint8Array): string => `<Data Stream='Default' PSGuid='${SESSION}'>${Buffer.from(bytes).toString("base64")}</Data>\n`;

/** The fault in the last line of a link: nothing may follow it. */
function lastWords(heard: string): string | undefined {
  const text = /^__NamedPipeError__:(.*)$/.exec(heard.split("\n").at(-2) ?? "")?.[1];
  return text === undefined ? undefined : recognise({ text })?.code;
}

function withBody(message: Uint8Array, clixml: string): Uint8Array {
  return Buffer.concat([message.subarray(0, 40), Buffer.from(clixml)]);
}

function fragments(messages: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(messages.map((message, i) => new Fragmenter(BigInt(i + 1), message).next(message.length + 21) as Uint8Array));
}

describe("fragments ([MS-PSRP] 2.2.4)", () => {
  const cases: [string, (parts: Uint8Array[]) => Uint8Array[], string][] = [
    ["reordered", ([a, b, c]) => [a, c, b] as Uint8Array[], "fragment-sequence"],
    ["duplicated", ([a, b, c]) => [a, b, b, c] as Uint8Array[], "fragment-sequence"],
    ["of no object", ([a, b]) => [a, changed(b as Uint8Array, 7, 0)] as Uint8Array[], "fragment-object-id"],
    ["of another object", ([a, b]) => [a, changed(b as Uint8Array, 7, 99)] as Uint8Array[], "fragment-object-mismatch"],
    ["longer than any", ([a, b]) => [a, changed(b as Uint8Array, 17, 0xff)] as Uint8Array[], "fragment-length"],
    ["larger than an object may be", ([a, b]) => [a, changed(b as Uint8Array, 17, 0x7f)] as Uint8Array[], "object-too-large"],
  ];
  test.each(cases)("%s", async (_, damage, code) => {
    const { pool, on } = await lab.shell();
    const id = randomUUID();
    const [first, ...rest] = damage(pipeline(pool, id, "x".repeat(3000)));
    await lab.ask("command", { commandId: id, command: "x", arguments: [first as Uint8Array] }, on);
    for (const bytes of rest) await lab.ask("send", { streams: [{ name: "stdin", commandId: id, bytes }] }, on);
    expect(await ending(pool, on, id)).toBe(code);
    await lab.ask("delete", {}, on).catch(() => undefined);
    await emptied();
  });
});

/** How the pipeline ended, as the client's pool is told. */
async function ending(pool: ClientPool, on: Target, id: string): Promise<string> {
  for (;;) {
    const { streams } = await lab.ask("receive", { streams: ["stdout"], commandId: id }, on);
    for (const { bytes } of streams) pool.receive(bytes, id);
    for (let event = pool.nextEvent(); event !== undefined; event = pool.nextEvent()) {
      if (event.type === "pipeline-ended" || event.type === "broken") {
        const text = event.error === undefined ? String(event.fault?.message) : new PowerShellError([event.error], true).message;
        return recognise({ text })?.code ?? text;
      }
    }
  }
}

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = value;
  return copy;
}

test("a truncated opening is told to be too late, and leaves no shell", async () => {
  const id = randomUUID();
  expect(await faultOf(lab.create(id, opening(id).subarray(0, 300), {}, 500))).toBe("wsman-timed-out");
  await emptied();
});

describe("fragments over a link", () => {
  const cases: [string, (bytes: Uint8Array) => Uint8Array, string][] = [
    ["of no object", (bytes) => changed(bytes, 7, 0), "fragment-object-id"],
    ["that begin in the middle", (bytes) => changed(bytes, 15, 5), "fragment-sequence"],
    ["longer than any", (bytes) => changed(bytes, 17, 0xff), "fragment-length"],
    ["twice the same opening", (bytes) => Buffer.concat([bytes, bytes]), "message-unexpected"],
  ];
  test.each(cases)("%s", async (_, damage, code) => {
    expect(lastWords(await lab.overSocket(data(damage(opening(randomUUID())))))).toBe(code);
    await emptied();
  });
});

describe("malformed SOAP (SOAP 1.2 part 1 section 5)", () => {
  const honest = (): string => Buffer.from(lab.caller().encode("get", {}, { resourceUri: RESOURCE.config })).toString("utf8");
  const inBody = (text: string): string => honest().replace("<s:Body>", `<s:Body>${text}`);
  const cases: [string, () => Uint8Array | string, string][] = [
    ["no XML", () => "hello", "wsman-xml-invalid"],
    ["cut off", () => honest().slice(0, 700), "wsman-xml-invalid"],
    ["another root", () => "<a/>", "wsman-xml-invalid"],
    ["no body", () => honest().replace(/<s:Body>.*<\/s:Body>/s, ""), "wsman-xml-invalid"],
    [
      "SOAP 1.1",
      () => honest().replaceAll("http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/"),
      "wsman-xml-invalid",
    ],
    ["an action that is none", () => honest().replace("transfer/Get", "transfer/Put"), "wsman-action-unsupported"],
    ["no message id", () => honest().replace(/<a:MessageID>.*?<\/a:MessageID>/, ""), "wsman-header-missing"],
    [
      "a header nobody knows, to be understood",
      () => honest().replace("<s:Header>", '<s:Header><x s:mustUnderstand="true"/>'),
      "wsman-header-not-understood",
    ],
    ["a size that is none", () => honest().replace(/>512000</, ">much<"), "wsman-header-invalid"],
    ["UTF-16", () => Buffer.from(`<?xml version="1.0" encoding="utf-16"?>${honest()}`), "wsman-encoding-unsupported"],
    [
      "bytes that are no UTF-8",
      () => Buffer.concat([Buffer.from(honest()), Uint8Array.of(0xff, 0xfe, 0x80)]),
      "wsman-encoding-unsupported",
    ],
    ["a document type", () => `<!DOCTYPE a [<!ENTITY b "c">]>${honest()}`, "wsman-xml-invalid"],
    [
      "an entity bomb",
      () => `<!DOCTYPE a [<!ENTITY a "${"x".repeat(1000)}"><!ENTITY b "${"&a;".repeat(1000)}">]>${inBody("&b;".repeat(1000))}`,
      "wsman-xml-invalid",
    ],
    ["nested deep", () => inBody("<a>".repeat(50_000)), "wsman-xml-invalid"],
    ["many elements", () => inBody("<a/>".repeat(50_000)), "wsman-xml-invalid"],
    ["more than an envelope", () => inBody("x".repeat(600_000)), "wsman-envelope-too-large"],
  ];
  test.each(cases)("%s", async (_, body, code) => {
    const answer = await lab.post(Buffer.from(body()));
    expect(await faultOf((async () => lab.caller().decode("get", { status: answer.status, body: answer.body }))())).toBe(code);
  });
  test("more than any request is refused before it is read", async () => {
    expect((await lab.post(new Uint8Array(1_100_000))).status).toBe(413);
  });
});

describe("malformed CLIXML ([MS-PSRP] 2.2.5)", () => {
  const cases: [string, string, string][] = [
    ["cut off", '<Obj RefId="0"><MS>', "clixml-malformed"],
    ["of another type", "<S>hello</S>", "message-body-type"],
    ["without what it must have", '<Obj RefId="0"><MS/></Obj>', "property-missing"],
    ["a value out of range", '<Obj RefId="0"><MS><I32 N="MinRunspaces">99999999999</I32></MS></Obj>', "clixml-content"],
    ["a reference to nothing", '<Obj RefId="0"><MS><Ref N="HostInfo" RefId="7"/></MS></Obj>', "clixml-reference"],
    ["an entity bomb", `<!DOCTYPE a [<!ENTITY a "${"x".repeat(1000)}">]><S>${"&a;".repeat(100_000)}</S>`, "clixml-forbidden"],
    ["an unknown entity", "<S>&bomb;</S>", "clixml-forbidden"],
    ["a million nested objects", "<Obj><MS>".repeat(1_000_000), "clixml-depth"],
    ["nested lists that are closed again", "<Obj><LST>".repeat(400_000) + "</LST></Obj>".repeat(400_000), "clixml-depth"],
    ["more than an object may have", `<S>${"x".repeat(11_000_000)}</S>`, "object-too-large"],
  ];
  test.each(cases)("%s", async (_, clixml, code) => {
    const [capability, init] = openingMessages(randomUUID()) as [Uint8Array, Uint8Array];
    const bytes = fragments([capability, withBody(init, clixml)]);
    let text = "";
    for (let at = 0; at < bytes.length; at += 1_000_000) text += data(bytes.subarray(at, at + 1_000_000));
    expect(lastWords(await lab.overSocket(text))).toBe(code);
    await emptied();
  });
});

test("a compressed bomb is not unpacked beyond the limit ([MS-WSMV] 2.2.9.1.1.1)", async () => {
  const id = randomUUID();
  await lab.create(id, opening(id), { compression: "xpress" });
  const on = { shellId: id };
  // 64 KiB of zeros in 267 bytes: this is 80 MB.
  const chunk = zeros();
  const bomb = Buffer.concat(Array.from({ length: 1250 }, () => chunk));
  expect(bomb.length).toBeLessThan(380_000);
  expect(await faultOf(lab.ask("send", { streams: [{ name: "stdin", bytes: bomb }] }, on))).toBe("wsman-compression-limit");
  await lab.ask("delete", {}, on);
  await emptied();
});

describe("wrong and replayed tokens", () => {
  const body = (): Uint8Array => lab.caller().encode("get", {}, { resourceUri: RESOURCE.config });
  const said = (answer: Posted): string | undefined => recognise({ text: Buffer.from(answer.body).toString("utf8") })?.code;
  const POOL_ADMIN = "administrator@contoso.local";
  const initiator = (): HttpInitiator =>
    new HttpInitiator({
      credential: { kind: "password", user: POOL_ADMIN, password: lab.password(POOL_ADMIN) },
      sources: SYSTEM_SOURCES,
      secure: false,
      scheme: "Negotiate",
      targetName: "HTTP/localhost",
    });
  const challenges = (answer: Posted): string[] => [answer.headers["www-authenticate"] ?? []].flat();
  const overPool = (agent: Agent, message: Uint8Array, authorization = "", type?: string): Promise<Posted> =>
    lab.post(message, { listener: "pool-http", agent, authorization, ...(type === undefined ? {} : { type }) });

  test("a wrong password, no name, no base64 and a scheme of long ago are refused with 401", async () => {
    const cases: [string, string | undefined][] = [
      [`Basic ${Buffer.from("viewer@contoso.com:wrong").toString("base64")}`, "logon-failed"],
      [`Basic ${Buffer.from(":").toString("base64")}`, "anonymous-refused"],
      ["Basic !!!", "header-malformed"],
      ["Digest username=admin", "mechanism-off"],
      ["Negotiate TlRMTVNTUAABAAAA", "mechanism-off"],
      // A question: the challenges are the answer.
      ["", undefined],
    ];
    for (const [authorization, code] of cases) {
      const answer = await lab.post(body(), { authorization });
      expect([authorization, answer.status, said(answer)]).toEqual([authorization, 401, code]);
    }
  });

  test("an answer to one connection's challenge is worth nothing on another ([MS-NLMP] 3.3.2)", async () => {
    const [mine, other] = [new Agent({ keepAlive: true, maxSockets: 1 }), new Agent({ keepAlive: true, maxSockets: 1 })];
    const client = initiator();
    const first = (await client.start()) as string;
    const token = await client.respond(challenges(await overPool(mine, new Uint8Array(0), first)));
    await overPool(other, new Uint8Array(0), first);
    const replayed = await overPool(other, new Uint8Array(0), token);
    expect([replayed.status, said(replayed)]).toEqual([401, "logon-failed"]);
    expect((await overPool(mine, new Uint8Array(0), token)).status).toBe(200);
    // Nor is it worth anything twice on its own connection.
    expect((await overPool(mine, new Uint8Array(0), token)).status).toBe(401);
    for (const agent of [mine, other]) agent.destroy();
  });

  test("a sealed message counts once, whole, and only under its seal ([MS-WSMV] 2.2.9.1)", async () => {
    for (const damage of ["replayed", "changed", "unsealed"] as const) {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const client = initiator();
      const token = await client.respond(challenges(await overPool(agent, new Uint8Array(0), (await client.start()) as string)));
      await client.complete(challenges(await overPool(agent, new Uint8Array(0), token)));
      const context = client.context();
      if (context === undefined) throw new Error("no seal");
      const { contentType, body: sealed } = sealMessage(body(), "spnego", context);
      if (damage !== "changed") {
        const answer = await overPool(agent, sealed, "", contentType);
        const type = String(answer.headers["content-type"]);
        expect(lab.caller().decode("get", { status: answer.status, body: openMessage(type, answer.body, context) })).toBeDefined();
      }
      const at = sealed.length - 40;
      const bad = damage === "unsealed" ? body() : damage === "changed" ? changed(sealed, at, (sealed[at] as number) ^ 1) : sealed;
      const answer = await overPool(agent, bad, "", damage === "unsealed" ? undefined : contentType);
      expect([damage, answer.status, said(answer)]).toEqual(
        damage === "unsealed" ? [damage, 403, undefined] : [damage, 400, "message-integrity"],
      );
      agent.destroy();
    }
  });
});

/** A connection to the service over TLS, and a request to be sent as one likes. */
async function line(bytes: Uint8Array, user: string): Promise<{ socket: TLSSocket; request: Uint8Array }> {
  const socket = connectTls({
    host: "127.0.0.1",
    port: lab.lab.description.ports["online-https"] as number,
    servername: "localhost",
    ca: lab.authority,
  });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  const head = `POST /OcsPowershellLiveId HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/soap+xml\r\nAuthorization: ${lab.basic(user)}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  return { socket, request: Buffer.concat([Buffer.from(head), bytes]) };
}

test("forty clients that send a byte now and then hold up nobody, and get their answer when they are done", async () => {
  const question = lab.caller().encode("get", {}, { resourceUri: RESOURCE.config });
  const lines = await Promise.all(Array.from({ length: 40 }, () => line(question, "admin@contoso.com")));
  for (let at = 0; at < 100; at++) {
    for (const { socket, request } of lines) socket.write(request.subarray(at, at + 1));
    await pause(2);
  }
  const began = performance.now();
  expect(await lab.serves()).toBe(true);
  expect(performance.now() - began).toBeLessThan(2000);
  const answers = lines.map(async ({ socket, request }, i) => {
    // Half of them are never done.
    if (i % 2 === 0) return socket.destroy();
    socket.write(request.subarray(100));
    expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1\.1 200 /);
    return socket.destroy();
  });
  await Promise.all(answers);
});

describe("a client that vanishes", () => {
  const create = (id: string): Uint8Array =>
    lab
      .caller(20_000)
      .encode(
        "create",
        { shellId: id, inputStreams: ["stdin", "pr"], outputStreams: ["stdout"], creationXml: opening(id) },
        { resourceUri: POWERSHELL },
      );

  test("during its logon leaves no shell", async () => {
    // A password that was not looked at before takes a while: that is when it goes.
    const { socket, request } = await line(create(randomUUID()), "helpdesk@contoso.com");
    socket.write(request);
    await pause(10);
    socket.destroy();
    await pause(1000);
    expect(lab.lab.sessionCount()).toBe(0);
  });

  test("in the middle of a request, of an opening or of a pipeline over a link leaves nothing", async () => {
    const { socket, request } = await line(create(randomUUID()), "admin@contoso.com");
    socket.write(request.subarray(0, request.length - 10));
    await pause(50);
    socket.destroy();
    const id = randomUUID();
    await lab.overSocket(data(opening(id)).slice(0, 500));
    await lab.overSocket(data(opening(id)));
    await emptied();
  });

  test("while output streams gets what it missed from the next Receive", async () => {
    const { pool, on } = await lab.shell();
    const id = randomUUID();
    const [first, ...rest] = pipeline(pool, id, "");
    // Waits for the answer, and is gone before there is one.
    const asked = lab.caller(20_000).encode("receive", { streams: ["stdout"], commandId: id }, { ...on, resourceUri: POWERSHELL });
    await lab.ask("command", { commandId: id, command: "x", arguments: [first as Uint8Array] }, on);
    const { socket, request } = await line(asked, "admin@contoso.com");
    socket.write(request);
    await pause(50);
    socket.destroy();
    for (const bytes of rest) await lab.ask("send", { streams: [{ name: "stdin", commandId: id, bytes }] }, on);
    expect(await ending(pool, on, id)).not.toBe("");
    await lab.ask("delete", {}, on);
    await emptied();
  });
});

test("two clients on one shell: the later Receive counts, a foreign shell is none, another session's is in use", async () => {
  const { on } = await lab.shell();
  const first = faultOf(lab.ask("receive", { streams: ["stdout"] }, on));
  await pause(100);
  const second = faultOf(lab.ask("receive", { streams: ["stdout"] }, on, { timeoutMs: 500 }));
  expect([await first, await second]).toEqual(["wsman-receive-replaced", "wsman-timed-out"]);
  for (const operation of ["receive", "delete", "disconnect", "reconnect", "get"] as const) {
    const body = operation === "receive" ? { streams: ["stdout"] } : {};
    expect([operation, await faultOf(lab.ask(operation, body as never, on, { user: "admin@fabrikam.com" }))]).toEqual([
      operation,
      "wsman-shell-not-found",
    ]);
  }
  await lab.ask("delete", {}, on);
  expect(await faultOf(lab.ask("delete", {}, on))).toBe("wsman-shell-not-found");
  await emptied();
});

/** A chunk of 65,536 zeros: the literal 0 has the code 0, a match at distance 1 with a long length the code 1. */
function zeros(): Uint8Array {
  const table = Buffer.alloc(256);
  table[0] = 0x01;
  table[135] = 0x10;
  const codes = Uint8Array.of(0x00, 0x40, 0, 0);
  const length = Uint8Array.of(0xff, 0xfc, 0xff);
  return Buffer.concat([Uint8Array.of(0xff, 0xff, 0x06, 0x01), table, codes, length]);
}

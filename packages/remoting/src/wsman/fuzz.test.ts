/**
 * Damaged messages, with the oracle "works, or one of our faults": nothing else is thrown, the share that is accepted
 * has a floor, and after each input the machine still does its work.
 */
import { isFault } from "@tieline/fault";
import { expect, test } from "vitest";
import { Caller } from "./caller.ts";
import { ClientShell } from "./client-shell.ts";
import { openMessage, sealMessage, type Sealer } from "./encryption.ts";
import { ServerDispatch } from "./server-dispatch.ts";
import { COMMAND_STATE, RESOURCE, SIGNAL } from "./soap/namespaces.ts";
import { OPERATIONS } from "./operation.ts";
import { answerPieces, parseEnvelope } from "./soap/envelope.ts";
import { serialize } from "./soap/xml-writer.ts";
import { ALICE, counter, echo, fragment } from "./testing/fake-wire.ts";

const ROUNDS = 3000;
const SERVICE_ROUNDS = 1500;
const SHELL = "3f498f53-1016-4ec8-816d-600b6adcee0e";
const ONE = "8bc5cbb0-fb53-46f0-a099-508dce09f499";
const URI = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell";

function chance(seed: number): (n: number) => number {
  let state = seed;
  return (n) => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) % n;
}

const JUNK = [
  "<",
  ">",
  "&",
  '"',
  "'",
  "\0",
  "\uFEFF",
  "<!--",
  "]]>",
  "<![CDATA[",
  "&#0;",
  "&x;",
  "<!DOCTYPE a>",
  "<?x?>",
  "\uE0FF0\uE0FF",
  "A".repeat(400),
  "uuid:",
  "PT1S",
  "-1",
  "99999999999",
  " ",
  "xmlns=''",
];

/** A change that a broken or hostile peer might make. */
function damage(bytes: Uint8Array, random: (n: number) => number): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  const at = random(text.length);
  const to = Math.min(text.length, at + random(60));
  switch (random(10)) {
    case 0:
      return Buffer.from(text.slice(0, at), "latin1");
    case 1:
      return Buffer.from(text.slice(0, at) + text.slice(to), "latin1");
    case 2:
      return Buffer.from(text.slice(0, to) + text.slice(at), "latin1");
    case 3:
      return Buffer.from(text.slice(0, at) + (JUNK[random(JUNK.length)] as string) + text.slice(at), "utf8");
    case 4: {
      const copy = Buffer.from(bytes);
      copy[at] = random(256);
      return copy;
    }
    case 5: {
      // One tag's content is exchanged for another's.
      const contents = Array.from(text.matchAll(/>([^<>]+)</g), (match) => match[1] as string);
      const from = contents[random(contents.length)] ?? "";
      return Buffer.from(text.replace(`>${from}<`, `>${contents[random(contents.length)] ?? ""}<`), "latin1");
    }
    case 6: {
      const attributes = Array.from(text.matchAll(/ [\w:]+="[^"]*"/g), (match) => match[0]);
      return Buffer.from(text.replace(attributes[random(attributes.length)] ?? " ", ""), "latin1");
    }
    case 7:
    case 8: {
      // What a tolerant reader lets pass, between two tags.
      const gap = text.indexOf("><", at);
      if (gap === -1) return Buffer.from(`${text}\n`, "latin1");
      const harmless = ["<!--x-->", "\r\n  ", '<q:z xmlns:q="urn:q" a="1"><b xmlns="urn:b">t</b></q:z>'][random(3)] as string;
      return Buffer.from(text.slice(0, gap + 1) + harmless + text.slice(gap + 1), "latin1");
    }
    default:
      return Buffer.from(
        text.replace(/<(rsp|w|a):(\w+)/, (_, prefix: string, name: string) => `<${prefix}:${name}x`),
        "latin1",
      );
  }
}

function requests(created = SHELL): Uint8Array[] {
  const caller = new Caller({ uri: "https://h/wsman", newId: counter(1), sessionId: ONE, operationTimeoutMs: 20_000 });
  const target = { resourceUri: URI, shellId: SHELL };
  return [
    caller.encode(
      "create",
      {
        shellId: created,
        name: "n",
        inputStreams: ["stdin"],
        outputStreams: ["stdout"],
        idleTimeoutMs: 90_000,
        creationXml: fragment("x".repeat(900)),
      },
      { resourceUri: URI, options: [{ name: "protocolversion", value: "2.3", mustComply: true }] },
    ),
    caller.encode("command", { commandId: ONE, command: "x", arguments: [fragment("wait")] }, target),
    caller.encode("send", { streams: [{ name: "stdin", commandId: ONE, bytes: fragment("y".repeat(900)) }] }, target),
    caller.encode("receive", { streams: ["stdout"], commandId: ONE }, target),
    caller.encode("signal", { commandId: ONE, code: SIGNAL.stop }, target),
    caller.encode("disconnect", { idleTimeoutMs: 90_000 }, target),
    caller.encode("reconnect", {}, target),
    caller.encode("connect", { connectXml: fragment("x") }, target),
    caller.encode("enumerate", { optimize: true, maxElements: 3, filter: { ShellId: SHELL } }, { resourceUri: RESOURCE.command }),
    caller.encode("get", {}, target),
    caller.encode("delete", {}, target),
  ];
}

test("a service answers every damaged request, with 200 or a fault of ours, and goes on", () => {
  const random = chance(11);
  const good = requests("11111111-2222-4333-8444-555555555555");
  const question = new Caller({ uri: "https://h/wsman", newId: counter(1) }).encode("get", {}, { resourceUri: RESOURCE.config });
  let accepted = 0;
  const codes = new Set<string>();
  let service = makeService();
  for (let round = 0; round < SERVICE_ROUNDS; round++) {
    if (round % 5 === 0) service = makeService();
    const id = round + 10;
    service.request({ id, identity: ALICE, body: damage(good[random(good.length)] as Uint8Array, random), url: "https://h/" }, round);
    run(service);
    service.tick(round + 30_000);
    const answers = answersOf(service);
    const answer = answers.find((each) => each.id === id);
    expect(answer, `round ${round}`).toBeDefined();
    expect([200, 500]).toContain(answer?.status);
    if (answer?.fault === undefined) accepted++;
    else codes.add(answer.fault.code);
    expect(answer?.fault?.code).not.toBe("internal");
    // What it says is well-formed.
    parseEnvelope(answer?.body as Uint8Array);
    service.request({ id: 1_000_000 + round, identity: ALICE, body: question, url: "https://h/" }, round);
    expect(answersOf(service).map(({ status }) => status)).toEqual([200]);
  }
  expect(accepted / SERVICE_ROUNDS).toBeGreaterThan(0.1);
  expect(codes.size).toBeGreaterThan(5);
});

function makeService(): ServerDispatch {
  const service = new ServerDispatch({ newId: counter(0xf), hasConfiguration: (name) => name === "Microsoft.PowerShell" });
  for (const [i, body] of requests().slice(0, 2).entries()) {
    service.request({ id: i + 1, identity: ALICE, body }, 0);
    run(service);
  }
  const answers = answersOf(service);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  return service;
}

function run(service: ServerDispatch): void {
  for (let event = service.nextEvent(); event !== undefined; event = service.nextEvent()) {
    if (event.event === "open") service.accept(event.shell, 0);
    else if (event.event === "action") {
      if (event.action.do === "connect") service.connected(event.shell, fragment("x"));
      service.perform(event.shell, echo(event.action), 0);
    }
  }
}

function answersOf(service: ServerDispatch): { id: number; status: number; body: Uint8Array; fault?: { code: string } }[] {
  const answers: { id: number; status: number; body: Uint8Array; fault?: { code: string } }[] = [];
  for (let answer = service.nextAnswer(); answer !== undefined; answer = service.nextAnswer()) answers.push(answer);
  return answers;
}

test("a client makes data or faults of every damaged answer, and never throws", () => {
  const random = chance(23);
  const row = OPERATIONS.receive;
  const good = serialize(
    answerPieces(
      { action: row.answerAction, messageId: "uuid:1", relatesTo: "uuid:2" },
      row.encodeAnswer({
        streams: [
          { name: "stdout", commandId: ONE, bytes: fragment("x".repeat(600)) },
          { name: "stdout", bytes: fragment("y") },
        ],
        state: { commandId: ONE, state: COMMAND_STATE.running },
      }),
    ),
  );
  let accepted = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const client = new ClientShell({ uri: "https://h/wsman", shellId: SHELL, newId: counter(1) });
    client.perform([{ do: "create", bytes: fragment("x") }]);
    const create = client.nextRequest();
    const created = serialize(
      answerPieces({ action: OPERATIONS.create.answerAction, messageId: "uuid:1" }, OPERATIONS.create.encodeAnswer({ shellId: SHELL })),
    );
    const damaged = random(4) === 0;
    client.answered(create?.id ?? 0, {
      status: [200, 500, 302, 401, 0][damaged ? random(5) : 0] as number,
      headers: {},
      body: damaged ? damage(created, random) : created,
    });
    const receive = client.nextRequest();
    if (receive !== undefined)
      client.answered(receive.id, { status: random(10) === 0 ? 500 : 200, headers: {}, body: damage(good, random) });
    let faulted = false;
    for (let event = client.nextEvent(); event !== undefined; event = client.nextEvent()) {
      if (event.event !== "faulted") continue;
      faulted = true;
      expect(event.fault.code).not.toBe("internal");
    }
    if (!faulted) accepted++;
    // It can be closed whatever it has seen.
    client.perform([{ do: "delete" }]);
    expect(["closing", "closed", "broken"]).toContain(client.state);
  }
  expect(accepted / ROUNDS).toBeGreaterThan(0.1);
});

test("a sealed message that is damaged opens to something, or is refused", () => {
  const flip: Sealer = {
    wrap: (plain) => ({ header: Buffer.alloc(16), body: plain.map((byte) => byte ^ 0xff) }),
    unwrap: (_, body) => body.map((byte) => byte ^ 0xff),
  };
  const random = chance(31);
  const { contentType, body } = sealMessage(Buffer.from("<s:Envelope/>".repeat(20)), "spnego", flip);
  let accepted = 0;
  for (let round = 0; round < ROUNDS; round++) {
    try {
      openMessage(contentType, damage(body, random), flip);
      accepted++;
    } catch (error) {
      expect(isFault(error) && error.code).toBe("wsman-encryption-invalid");
    }
  }
  expect(accepted).toBeGreaterThan(ROUNDS / 20);
});

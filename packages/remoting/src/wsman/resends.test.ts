/** A service that gets a message twice: it acts once and answers twice, by the message's id. */
import { expect, test } from "vitest";
import type { HttpAnswer, WsmanRequest } from "./caller.ts";
import { ClientShell } from "./client-shell.ts";
import { ALICE, BOB, blobOf, counter, FakeWire, fragment, type Speaker } from "./testing/fake-wire.ts";

const SHELL = "3f498f53-1016-4ec8-816d-600b6adcee0e";
const ONE = "8bc5cbb0-fb53-46f0-a099-508dce09f499";

/** A client, and the wire losing its answers on demand. */
class Forgetful implements Speaker {
  readonly client = new ClientShell({ uri: "https://service.test/wsman", shellId: SHELL, newId: counter(1), sessionId: counter(2)() });
  readonly #again: WsmanRequest[] = [];
  readonly #sent = new Map<number, WsmanRequest>();
  lose: (request: WsmanRequest) => boolean = () => false;
  lost = 0;

  nextRequest(): WsmanRequest | undefined {
    const request = this.#again.shift() ?? this.client.nextRequest();
    if (request !== undefined) this.#sent.set(request.id, request);
    return request;
  }

  answered(id: number, answer: HttpAnswer): void {
    const request = this.#sent.get(id) as WsmanRequest;
    if (answer.status === 200 && this.lose(request)) {
      this.lost += 1;
      this.#again.push(request);
    } else this.client.answered(id, answer);
  }

  data(): string[] {
    const data: string[] = [];
    for (let event = this.client.nextEvent(); event !== undefined; event = this.client.nextEvent()) {
      if (event.event === "data" && event.pipeline !== undefined) data.push(blobOf(event.bytes));
    }
    return data;
  }
}

function setUp(): { wire: FakeWire; speaker: Forgetful; run: () => void; acted: () => string[] } {
  const wire = new FakeWire();
  const speaker = new Forgetful();
  const run = (): void => wire.run({ speaker, identity: ALICE });
  speaker.client.perform([{ do: "create", bytes: fragment("hello") }]);
  run();
  const acted = (): string[] => wire.events.flatMap((event) => (event.event === "action" ? [event.action.do] : []));
  return { wire, speaker, run, acted };
}

test.each(["command", "send", "signal"] as const)("%s: done once", (kind) => {
  const { speaker, run, acted } = setUp();
  let left = 3;
  speaker.lose = (request) => request.kind === kind && left-- > 0;
  speaker.client.perform([{ do: "command", pipeline: ONE, bytes: fragment("wait"), text: "wait" }]);
  run();
  speaker.client.perform([{ do: "send", pipeline: ONE, stream: "default", bytes: fragment("input") }]);
  run();
  speaker.client.perform([{ do: "stop", pipeline: ONE }]);
  run();
  expect(speaker.lost).toBe(3);
  expect(acted()).toEqual(["create", "command", "send", "stop"]);
  expect(speaker.data()).toEqual(["ran wait", "got input", "stopped", "completed"]);
});

test("receive: what the lost answer brought comes again, once, and in its place", () => {
  const { wire, speaker, run } = setUp();
  speaker.client.perform([{ do: "command", pipeline: ONE, bytes: fragment("wait"), text: "wait" }]);
  run();
  speaker.data();
  const seen: string[] = [];
  for (let n = 1; n <= 100; n++) {
    let left = n % 4;
    speaker.lose = (request) => request.kind === "receive" && left-- > 0;
    wire.service.perform(SHELL, [{ do: "data", pipeline: ONE, bytes: fragment(`${n}`) }], wire.now);
    run();
    seen.push(...speaker.data());
  }
  expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => `${i + 1}`));
  expect(speaker.lost).toBe(150);
});

test("an answer that is known to be lost late is not handed out a third time", () => {
  const { wire, speaker } = setUp();
  speaker.client.perform([{ do: "command", pipeline: ONE, bytes: fragment("run"), text: "run" }]);
  const service = wire.service;
  const post = (id: number, envelope: Uint8Array): void =>
    service.request({ id, identity: ALICE, body: envelope, url: "https://service.test/wsman" }, wire.now);
  const command = speaker.client.nextRequest() as WsmanRequest;
  post(901, command.envelope);
  wire.host();
  const answer = service.nextAnswer();
  speaker.client.answered(command.id, { status: 200, headers: {}, body: answer?.body ?? new Uint8Array(0) });
  const receive = speaker.client.nextRequest() as WsmanRequest;
  post(902, receive.envelope);
  const first = service.nextAnswer();
  post(903, receive.envelope);
  const second = service.nextAnswer();
  // Only now the broken connection is noticed.
  if (first !== undefined) service.returned(first);
  expect(second?.status).toBe(200);
  speaker.client.answered(receive.id, { status: 200, headers: {}, body: second?.body ?? new Uint8Array(0) });
  expect(speaker.data()).toEqual(["ran run", "completed"]);
  wire.run({ speaker, identity: ALICE });
  expect(speaker.data()).toEqual([]);
});

test("another's message of the same id is another message", () => {
  const { wire, speaker } = setUp();
  speaker.client.perform([{ do: "command", pipeline: ONE, bytes: fragment("wait"), text: "wait" }]);
  const { envelope } = speaker.client.nextRequest() as WsmanRequest;
  wire.service.request({ id: 901, identity: ALICE, body: envelope, url: "https://service.test/wsman" }, wire.now);
  expect(wire.service.nextAnswer()?.status).toBe(200);
  wire.service.request({ id: 902, identity: BOB, body: envelope, url: "https://service.test/wsman" }, wire.now);
  expect(wire.service.nextAnswer()).toMatchObject({ status: 500, fault: { code: "wsman-shell-not-found" } });
});

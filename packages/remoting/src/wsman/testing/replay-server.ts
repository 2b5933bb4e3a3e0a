/**
 * A recorded client against our service. The client's requests come in their order and at their times; behind the
 * service stands a pool that hands out, at the recorded times, what the recorded PowerShell put out. Each of our answers
 * is judged by what that client needs to go on.
 */
import { Fault } from "@tieline/fault";
import type { ServerAction } from "../../carrier.ts";
import { ServerDispatch } from "../server-dispatch.ts";
import { counter } from "./fake-wire.ts";
import { fragmentSizes, rawAnswer, rawRequest, type RawRequest, type RecordedExchange, type Recording } from "./recording.ts";
import { refusal } from "./strict-client.ts";

export interface Judged {
  id: string;
  /** Undefined where the client would go on. */
  reason: string | undefined;
}

interface Asked {
  id: number;
  raw: RawRequest;
  exchange: RecordedExchange;
  verdict?: string | undefined;
  answered: boolean;
}

const IDENTITY = { key: "user1", name: "user1", address: "127.0.0.1" };

export function replayServer(recording: Recording): Judged[] {
  return new Replay(recording).run();
}

class Replay {
  readonly #recording: Recording;
  readonly #service = new ServerDispatch({ newId: counter(7), hasConfiguration: () => true, machine: "server.example" });
  readonly #asked: Asked[] = [];
  /** The recorded front gave some commands other ids; the client then uses those. */
  readonly #renamed = new Map<string, string>();
  readonly #ended = new Set<string>();
  readonly #sent = new Map<string, Buffer[]>();
  readonly #got = new Map<string, Buffer[]>();

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  run(): Judged[] {
    const { lines, exchanges } = this.#recording;
    const byRequest = new Map(exchanges.map((exchange) => [exchange.request.n, exchange]));
    const byAnswer = new Map(
      exchanges.flatMap((exchange) => (exchange.answer === undefined ? [] : [[exchange.answer.n, exchange] as const])),
    );
    let last = 0;
    for (const line of lines) {
      last = line.ms;
      const request = byRequest.get(line.n);
      if (request !== undefined) this.#request(request);
      const answered = byAnswer.get(line.n);
      if (answered !== undefined) this.#answered(answered);
      this.#collect(line.ms);
    }
    // Whoever still waits is answered before OperationTimeout.
    for (let at = this.#service.nextDeadline(); at !== undefined && at < last + 600_000; at = this.#service.nextDeadline()) {
      this.#service.tick(at);
      this.#collect(at);
    }
    const judged = this.#asked.map(({ raw, verdict, answered }, i) => ({
      id: `${this.#recording.name} ${i + 1} ${raw.name}`,
      reason: answered ? verdict : "never answered",
    }));
    return [...judged, { id: `${this.#recording.name} data`, reason: this.#checkData() }];
  }

  #request(exchange: RecordedExchange): void {
    let xml = exchange.request.body;
    for (const [from, to] of this.#renamed) xml = xml.replaceAll(from, to);
    // Where the front named another resource URI, the client went on with that.
    xml = xml.replace("/powershell/Other<", "/powershell/Microsoft.PowerShell<");
    const { answer } = exchange;
    if (answer !== undefined && rawAnswer(answer).timedOut && xml.includes("/shell/Receive<")) {
      // The front gave up earlier than the client asked: then so do we.
      xml = xml.replace(/<w:OperationTimeout>[^<]*</, `<w:OperationTimeout>PT${(answer.ms - exchange.request.ms) / 1000}S<`);
    }
    const id = this.#asked.length + 1;
    this.#asked.push({ id, raw: rawRequest(xml), exchange, answered: false });
    this.#service.request({ id, identity: IDENTITY, body: Buffer.from(xml), url: "https://127.0.0.1:5986/wsman" }, exchange.request.ms);
    this.#collect(exchange.request.ms);
  }

  /** The recorded answer: its load is what the pool says now. */
  #answered({ request, answer }: RecordedExchange): void {
    if (answer === undefined) return;
    const raw = rawRequest(request.body);
    const told = rawAnswer(answer);
    if (raw.name === "Command" && told.commandId !== undefined && told.commandId !== raw.commandId && raw.commandId !== undefined) {
      this.#renamed.set(told.commandId.toUpperCase(), raw.commandId.toUpperCase());
    }
    if (raw.name !== "Receive" || raw.shellId === undefined || answer.status !== 200 || !told.streams.every(isWhole)) return;
    const pipeline = raw.commandId;
    const actions: ServerAction[] = told.streams.flatMap((bytes) =>
      separate(bytes).map((each): ServerAction => ({ do: "data", pipeline, bytes: each })),
    );
    const key = `${raw.shellId} ${pipeline ?? ""}`;
    if (!this.#ended.has(key)) this.#sent.set(key, [...(this.#sent.get(key) ?? []), ...told.streams.map((each) => Buffer.from(each))]);
    if (told.done && pipeline !== undefined) actions.push({ do: "done", pipeline });
    this.#service.perform(raw.shellId, actions, answer.ms);
  }

  #collect(now: number): void {
    this.#service.tick(now);
    for (let event = this.#service.nextEvent(); event !== undefined; event = this.#service.nextEvent()) {
      if (event.event === "open") this.#open(event.shell, now);
      else if (event.event === "action" && event.action.do === "delete") this.#ended.add(`${event.shell} `);
      else if (event.event === "action" && event.action.do === "terminate") this.#ended.add(`${event.shell} ${event.action.pipeline}`);
      else if (event.event === "closed") this.#ended.add(`${event.shell} `);
    }
    for (let answer = this.#service.nextAnswer(); answer !== undefined; answer = this.#service.nextAnswer()) {
      const asked = this.#asked[answer.id - 1] as Asked;
      asked.answered = true;
      asked.verdict =
        refusal(answer.status, answer.body, asked.raw) ??
        unexpected(asked, answer.status, Buffer.from(answer.body).toString(), this.#ended);
      if (asked.raw.name !== "Receive") continue;
      const key = `${asked.raw.shellId} ${asked.raw.commandId ?? ""}`;
      const { streams } = rawAnswer({ n: 0, ms: 0, connection: 0, dir: "s2c", body: Buffer.from(answer.body).toString() });
      this.#got.set(key, [...(this.#got.get(key) ?? []), ...streams.map((each) => Buffer.from(each))]);
    }
  }

  /** The recorded front sent some clients elsewhere: then there is no shell here. */
  #open(shell: string, now: number): void {
    const asked = this.#asked.findLast(({ raw }) => raw.name === "Create" && raw.shellId === shell);
    const status = asked?.exchange.answer?.status ?? 200;
    if (status >= 300 && status < 400) this.#service.refuse(shell, new Fault("wsman-redirect", { uri: "https://elsewhere.example/wsman" }));
    else this.#service.accept(shell, now);
  }

  #checkData(): string | undefined {
    for (const [key, sent] of this.#sent) {
      const got = Buffer.concat(this.#got.get(key) ?? []);
      // After its end a lane may still be told something, or not.
      const due = Buffer.concat(sent);
      if (!due.equals(this.#ended.has(key) ? got.subarray(0, due.length) : got))
        return `${key}: ${got.length} bytes reached the client instead of ${Buffer.concat(sent).length}`;
    }
    return undefined;
  }
}

/** A good answer of the wrong kind: a fault where the client's wish could be granted. */
function unexpected({ raw, exchange }: Asked, status: number, body: string, ended: ReadonlySet<string>): string | undefined {
  if (status === 200) return undefined;
  const code = /Code="(\d+)"/.exec(body)?.[1];
  if (raw.name === "Receive") {
    const over = ended.has(`${raw.shellId} ${raw.commandId ?? ""}`) || ended.has(`${raw.shellId} `);
    if (over && (code === "2150858843" || code === "995")) return undefined;
    if (code === "2150858793" && (exchange.answer === undefined || rawAnswer(exchange.answer).timedOut || exchange.answer.status !== 200))
      return undefined;
    return `Receive is refused with ${code}`;
  }
  if (raw.name === "Create" && code === "2150859161") return undefined;
  // The front refused the command on purpose, so the client ends what it never had; nothing depends on the answer.
  return raw.name === "Signal" && code === "2150858843" ? undefined : `${raw.name} is refused with ${code}`;
}

/** Some loads were spoilt on purpose. */
function isWhole(bytes: Uint8Array): boolean {
  try {
    return fragmentSizes(bytes).length > 0;
  } catch {
    return false;
  }
}

function separate(bytes: Uint8Array): Uint8Array[] {
  const fragments: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 21 <= bytes.length;) {
    const end = at + 21 + view.getUint32(at + 17);
    fragments.push(bytes.subarray(at, end));
    at = end;
  }
  return fragments;
}

/**
 * Our client against recorded answers. It is told to do what the recorded client did, its requests meet the answers that
 * the recorded client got for the same, and what it makes of them is compared with what that client showed its user.
 */
import { gzipSync } from "node:zlib";
import { Fault } from "@tieline/fault";
import { ClientShell } from "../client-shell.ts";
import type { WsmanRequest } from "../caller.ts";
import { counter } from "./fake-wire.ts";
import { rawAnswer, rawRequest, type RawRequest, type RecordedExchange, type RecordedLine, type Recording } from "./recording.ts";
import type { Judged } from "./replay-server.ts";

/** Texts of the recorded client's own making: it met what it could not read, or was refused. Ours has its own words for these. */
const OWN_WORDS = [
  "Authorization failed",
  "Internal error parsing Wsman",
  "Receive failed to convert stream data",
  "Client did not get proper response from server.",
  "MI_RESULT_FAILED",
];

/** What failed before a request of WS-Management was made. */
const NEVER_SENT = /Kerberos verify cred|acquiring anonymous creds|certificate verify failed|hostname verification failed/i;

interface Told {
  level: "shell" | "pipeline";
  fault: Fault;
  command?: string;
}

/** A session of the recording: from Create to its end. */
interface Session {
  id: string;
  path: string;
  client: ClientShell;
  open: { request: WsmanRequest; lane: string; kind: string }[];
  told: Told[];
  problem: string | undefined;
  /** Commands that the recorded answers refused. */
  refused: Set<string>;
  deleted: boolean;
  closed: boolean;
  /** The recorded answer to Create. */
  creation: RecordedLine | undefined;
}

export function replayClient(recording: Recording): Judged[] {
  return new Replay(recording).run();
}

class Replay {
  readonly #recording: Recording;
  readonly #sessions = new Map<string, Session>();
  readonly #renamed = new Map<string, string>();

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  run(): Judged[] {
    const { lines, exchanges } = this.#recording;
    const byRequest = new Map(exchanges.map((exchange) => [exchange.request.n, exchange]));
    const byAnswer = new Map(
      exchanges.flatMap((exchange) => (exchange.answer === undefined ? [] : [[exchange.answer.n, exchange] as const])),
    );
    for (const line of lines) {
      const request = byRequest.get(line.n);
      if (request !== undefined) this.#ask(request);
      const answered = byAnswer.get(line.n);
      if (answered !== undefined) this.#answer(answered);
    }
    // What was not answered because the connection was cut has failed; other recordings merely end there.
    const cuts = this.#recording.rules.some(({ drop }) => drop !== undefined);
    for (const exchange of exchanges) if (cuts && exchange.answer === undefined) this.#fail(exchange);
    return Array.from(this.#sessions.values(), (session) => ({
      id: `${this.#recording.name} ${session.path}`,
      reason: session.problem ?? this.#judge(session),
    }));
  }

  #ask({ request }: RecordedExchange): void {
    const raw = rawRequest(request.body);
    if (raw.shellId === undefined) return;
    const bytes = Buffer.concat(raw.payload.map((each) => Buffer.from(each, "base64")));
    const pipeline = this.#original(raw.commandId);
    if (raw.name === "Create") this.#open(raw.shellId, request.path ?? "");
    const session = this.#sessions.get(raw.shellId);
    if (session === undefined) return;
    const { client } = session;
    if (raw.name === "Create") client.perform([{ do: "create", bytes }]);
    else if (raw.name === "Delete") {
      session.deleted = true;
      client.perform([{ do: "delete" }]);
    } else if (raw.name === "Command" && pipeline !== undefined) client.perform([{ do: "command", pipeline, bytes, text: "" }]);
    else if (raw.name === "Send") {
      client.perform([{ do: "send", pipeline, stream: raw.streamNames[0] === "pr" ? "prompt-response" : "default", bytes }]);
    } else if (raw.name === "Signal" && pipeline !== undefined) client.perform([{ do: isStop(raw) ? "stop" : "terminate", pipeline }]);
    this.#drain(session);
  }

  #open(id: string, path: string): void {
    const client = new ClientShell({ uri: "https://127.0.0.1:5986/wsman", shellId: id, newId: counter(3) });
    this.#sessions.set(id, {
      id,
      path: `${path} ${this.#sessions.size + 1}`,
      client,
      open: [],
      told: [],
      problem: undefined,
      refused: new Set(),
      deleted: false,
      closed: false,
      creation: undefined,
    });
  }

  #answer({ request, answer }: RecordedExchange): void {
    if (answer === undefined) return;
    const raw = rawRequest(request.body);
    const told = rawAnswer(answer);
    if (raw.name === "Command" && told.commandId !== undefined && raw.commandId !== undefined && told.commandId !== raw.commandId) {
      this.#renamed.set(told.commandId, raw.commandId);
    }
    const session = raw.shellId === undefined ? undefined : this.#sessions.get(raw.shellId);
    const waiting = session === undefined ? undefined : this.#take(session, raw);
    if (session === undefined || waiting === undefined) {
      // A client that saw the end of a command asks no further; it must not have missed anything.
      if (session !== undefined && told.streams.length > 0 && !session.deleted)
        session.problem ??= `${raw.name} was not asked for, and carries data`;
      return;
    }
    if (raw.name === "Create") session.creation = answer;
    const command = this.#original(raw.commandId);
    if (answer.status !== 200 && command !== undefined) session.refused.add(command);
    if (
      this.#recording.rules.some(
        ({ partial, path }) => partial !== undefined && (path === undefined || request.path?.includes(`/${path}`) === true),
      )
    ) {
      session.client.failed(waiting.id, cutOff());
      this.#drain(session);
      return;
    }
    session.client.answered(waiting.id, {
      status: answer.status ?? 0,
      headers: Object.fromEntries((answer.headers ?? []).map(([name, value]) => [name.toLowerCase(), value])),
      body: this.#encode(answer),
    });
    const faults = session.told.length;
    const got = this.#drain(session);
    const expected = Buffer.concat(raw.name === "Receive" && answer.status === 200 ? told.streams : []);
    if (session.told.length === faults && !session.closed && !expected.equals(got)) {
      session.problem ??= `${got.length} bytes of data instead of ${expected.length}`;
    }
  }

  /** The bytes as they went over the wire; the recording holds the text. */
  #encode({ body = "" }: RecordedLine): Uint8Array {
    const rule = this.#recording.rules.find(({ encoding, gzip }) => encoding !== undefined || gzip !== undefined);
    if (rule?.gzip === true) return gzipSync(body);
    if (rule?.encoding === "bom") return Buffer.from(`\uFEFF${body}`);
    if (rule?.encoding === "utf16") return Buffer.from(`\uFEFF${body}`, "utf16le");
    return Buffer.from(body);
  }

  #fail({ request }: RecordedExchange): void {
    const raw = rawRequest(request.body);
    const session = raw.shellId === undefined ? undefined : this.#sessions.get(raw.shellId);
    const waiting = session === undefined ? undefined : this.#take(session, raw);
    if (session === undefined || waiting === undefined) return;
    session.client.failed(waiting.id, cutOff());
    this.#drain(session);
  }

  #take(session: Session, raw: RawRequest): WsmanRequest | undefined {
    const lane = this.#original(raw.commandId) ?? "";
    const kind = kindOf(raw.name, raw.code);
    const at = session.open.findIndex((each) => each.kind === kind && each.lane === lane);
    return at === -1 ? undefined : session.open.splice(at, 1)[0]?.request;
  }

  #original(id: string | undefined): string | undefined {
    return id === undefined ? undefined : (this.#renamed.get(id) ?? id);
  }

  #drain(session: Session): Buffer {
    const { client } = session;
    for (let request = client.nextRequest(); request !== undefined; request = client.nextRequest()) {
      const xml = Buffer.from(request.envelope).toString();
      const lane = this.#original(/CommandId="([^"]*)"/.exec(xml)?.[1]?.toLowerCase()) ?? "";
      const name = request.kind.charAt(0).toUpperCase() + request.kind.slice(1);
      session.open.push({ request, lane, kind: kindOf(name, /<rsp:Code>([^<]*)</.exec(xml)?.[1]) });
    }
    const data: Uint8Array[] = [];
    for (let event = client.nextEvent(); event !== undefined; event = client.nextEvent()) {
      if (event.event === "data") data.push(event.bytes);
      else if (event.event === "faulted") session.told.push({ level: "shell", fault: event.fault });
      else if (event.event === "pipeline-faulted") session.told.push({ level: "pipeline", fault: event.fault, command: event.pipeline });
      else if (event.event === "closed") session.closed = true;
    }
    return Buffer.concat(data);
  }

  #judge(session: Session): string | undefined {
    const shown = this.#shownTo(session);
    const { told, creation } = session;
    if (creation !== undefined && creation.status !== 200) return this.#judgeRefusal(session, creation);
    // What failed to open elsewhere, or never came as far as the wire, is not this session's.
    const errors = transportErrors(shown).filter(({ opening }) => !opening || (this.#everyTryIsHere() && hasLength(creation)));
    for (const { level, text } of errors) {
      const fits = told.some(({ level: ours, fault }) => ours === level && says(fault, text));
      if (!fits)
        return `does not tell the user "${text}" (${level}); told ${told.map(({ fault }) => fault.message).join(" | ") || "nothing"}`;
    }
    if (errors.length > 0 || /-- killed after|-- exit -11/.test(shown)) return undefined;
    const shell = told.find(({ level }) => level === "shell");
    if (shell !== undefined) return `the session fails: ${shell.fault.message}`;
    // Commands that the client runs for itself may be refused without a word to the user.
    const unexpected = told.find(({ command }) => command === undefined || !session.refused.has(command));
    if (unexpected !== undefined) return `a command fails: ${unexpected.fault.message}`;
    return session.deleted && !session.closed ? "is not closed after Delete" : undefined;
  }

  /** Some scripts also try what fails before a request is made. */
  #everyTryIsHere(): boolean {
    return this.#sessions.size >= (this.#recording.shown.match(/^== /gm)?.length ?? 0);
  }

  /** The shell was not given: ours must say why, or where to go. */
  #judgeRefusal({ told }: Session, creation: RecordedLine): string | undefined {
    const fault = told.find(({ level }) => level === "shell")?.fault;
    if (fault === undefined) return `a refused creation (${creation.status}) goes unnoticed`;
    const location = creation.headers?.find(([name]) => name.toLowerCase() === "location")?.[1];
    if (location !== undefined || fault.code === "wsman-redirect") {
      return fault.code === "wsman-redirect" && (location === undefined || fault.message.includes(location)) ? undefined : fault.message;
    }
    const { reason } = rawAnswer(creation);
    return reason === undefined || creation.status !== 500 || says(fault, reason)
      ? undefined
      : `does not say "${reason}" but ${fault.message}`;
  }

  /** What the user saw of this session: the section that its path names, or all. */
  #shownTo({ path }: Session): string {
    const name = /\/L\/([\w-]+)/.exec(path)?.[1];
    const { shown } = this.#recording;
    if (name === undefined || !shown.includes(`== ${name}\n`)) return shown;
    return shown.slice(shown.indexOf(`== ${name}\n`) + 1).split("\n==")[0] as string;
  }
}

function cutOff(): Fault {
  return new Fault("connection-lost", { host: "127.0.0.1", reason: "closed without an answer" });
}

function isStop({ code }: RawRequest): boolean {
  return code === "powershell/signal/crtl_c";
}

function kindOf(name: string, code: string | undefined): string {
  return name === "Signal" ? `Signal ${code === "powershell/signal/crtl_c" ? "stop" : "end"}` : name;
}

/** The carrier's errors among what was shown, with the level at which they came. */
function transportErrors(shown: string): { level: Told["level"]; opening: boolean; text: string }[] {
  const errors: { level: Told["level"]; opening: boolean; text: string }[] = [];
  for (const [, line = ""] of shown.matchAll(/^message: +(.*)$/gm)) {
    const text = /failed with the following error message ?: (.*?)(?: For more information.*)?$/.exec(line)?.[1];
    if (text === undefined || NEVER_SENT.test(text)) continue;
    const level = /^(?:Processing data for|Sending data to|Starting a command)/.test(line) ? "pipeline" : "shell";
    errors.push({ level, opening: line.startsWith("Connecting to"), text });
  }
  return errors;
}

/** The recorded text is in our fault, without the name that the recorded client puts before it. */
function says(fault: Fault, text: string): boolean {
  if (OWN_WORDS.some((own) => text.includes(own))) return true;
  const words = text.replace(/^(?:ERROR_\w+|UNKNOWN ERROR|MI_\w+): /, "").trim();
  return `${fault.said ?? ""}\n${fault.message}`.includes(words);
}

/** An answer that ends with its connection is good HTTP, though the recorded client refuses it. */
function hasLength(answer: RecordedLine | undefined): boolean {
  return answer === undefined || answer.headers?.some(([name]) => name.toLowerCase() === "content-length") === true;
}

/**
 * Our client in place of PowerShell's: it gets the server's half of a recorded conversation, and its user asks for what
 * the client's half shows that PowerShell's user asked for.
 *
 * Compared with the recording, by pipeline and for the pool: every message in order with its data, the stream that it
 * takes, stops, ends; over all pipelines the order of messages; and of what the server said every event with its data.
 * Not compared: ids of objects, the moment at which an ended pipeline is closed against other pipelines' messages.
 */
import { asFault } from "@tieline/fault";
import type { ClientAction } from "../../carrier.ts";
import type { ClientEvent } from "../client-events.ts";
import type { ClientPipeline } from "../client-pipeline.ts";
import { ClientPool } from "../client-pool.ts";
import { Fragmenter, Reassembler } from "../fragment.ts";
import { EMPTY_GUID } from "../guid.ts";
import type { HostCall } from "../host/host-methods.ts";
import type { BodyCodec, MessageBodies } from "../message-body.ts";
import type { MessageName } from "../message-types.ts";
import { decodeEnvelope, encodeEnvelope } from "../message.ts";
import type { PipelineSpec } from "../pipeline-spec.ts";
import { exactCodec } from "./check-messages.ts";
import type { ClientStep, SaidMessage, Step } from "./conversation.ts";
import { difference, normalForm } from "./normal-form.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** What a stream of a conversation said, a line each. */
export class Journal {
  readonly #lines = new Map<string, string[]>();
  readonly #cuts = new Map<string, number>();
  note(pipeline: string | undefined, line: string): void {
    const key = pipeline ?? "the pool";
    const lines = this.#lines.get(key) ?? [];
    lines.push(line);
    this.#lines.set(key, lines);
  }
  /** What comes from now on of this pipeline is not compared: the recording has it no more. */
  cut(pipeline: string): void {
    this.#cuts.set(pipeline, this.#lines.get(pipeline)?.length ?? 0);
  }
  /** What differs, stream by stream. */
  compare(recorded: Journal, what: string): string | undefined {
    for (const key of new Set([...recorded.#lines.keys(), ...this.#lines.keys()])) {
      const end = recorded.#cuts.get(key);
      const ours = (this.#lines.get(key) ?? []).slice(0, end);
      const theirs = (recorded.#lines.get(key) ?? []).slice(0, end);
      for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
        const wrong = difference(ours[i] ?? "(nothing)", theirs[i] ?? "(nothing)");
        if (wrong !== undefined) return `${what} ${i + 1} of ${key}: ${wrong}`;
      }
    }
    return undefined;
  }
}

/** One line for a message. */
export function line(name: MessageName, stream: string, text: string): string {
  return `${name} ${stream} ${normalForm(text)}`;
}

/** A recorded message as bytes again: what the other side's half of the conversation is fed from. */
export function messageBytes(message: SaidMessage, objectId: bigint): Uint8Array {
  const cutter = new Fragmenter(
    objectId,
    encodeEnvelope({
      name: message.name,
      to: message.from === "client" ? "server" : "client",
      pool: message.pool,
      pipeline: message.pipeline ?? EMPTY_GUID,
      data: ENCODER.encode(message.text ?? ""),
    }),
  );
  return cutter.next(Number.MAX_SAFE_INTEGER) as Uint8Array;
}

/** The typed form of a recorded message. */
export function bodyOf<N extends MessageName>(message: SaidMessage, name: N, codec: BodyCodec): MessageBodies[N] {
  return codec.decode(name, ENCODER.encode(message.text ?? ""));
}

/** Runs a conversation; gives what differs, or undefined. */
export function replayClient(steps: readonly Step[]): string | undefined {
  const replay = new ClientReplay();
  for (const step of steps) replay.step(step);
  return replay.verdict();
}

class ClientReplay {
  readonly #codec = exactCodec();
  readonly #ours = new Journal();
  readonly #recorded = new Journal();
  readonly #told = new Journal();
  readonly #said = new Journal();
  readonly #order: string[] = [];
  readonly #recordedOrder: string[] = [];
  readonly #pipelines = new Map<string, ClientPipeline>();
  readonly #calls: { pipeline: string | undefined; call: HostCall }[] = [];
  /** Pipelines that the recorded client no longer listened to. */
  readonly #left = new Set<string>();
  readonly #outgoing = new Map<string, Reassembler>();
  #pool: ClientPool | undefined;
  #objectId = 0n;
  #wrong: string | undefined;

  step(step: Step): void {
    if (this.#wrong !== undefined) return;
    try {
      if (step.kind === "gap") this.#skip(step.ended);
      else if (step.from === "server") this.#hear(step);
      else if (step.from === "client") this.#ask(step);
      this.#drain();
    } catch (error) {
      this.#wrong = `${step.kind === "message" ? step.name : step.kind}: ${asFault(error).message} ${error instanceof Error ? error.stack : ""}`;
    }
  }

  verdict(): string | undefined {
    if (this.#wrong !== undefined) return this.#wrong;
    return (
      this.#ours.compare(this.#recorded, "what the client says") ??
      this.#told.compare(this.#said, "what the user is told") ??
      difference(this.#order.join("\n"), this.#recordedOrder.join("\n"))
    );
  }

  /** Pipelines that ended in what is not recorded: their user gives them up. */
  #skip(ended: readonly string[]): void {
    for (const id of ended) {
      this.#recorded.cut(id);
      this.#said.cut(id);
      this.#pipelines.get(id)?.terminate();
    }
  }

  /** The server's half. */
  #hear(message: SaidMessage): void {
    if (message.text === undefined) return;
    const id = message.pipeline;
    if (id === undefined || (!this.#left.has(id) && this.#pipelines.get(id)?.ended === false)) {
      if (TOLD[message.name] !== undefined) this.#said.note(id, line(message.name, "", message.text));
    }
    this.#pool?.receive(messageBytes(message, ++this.#objectId), id);
  }

  /** The client's half, as its user's wishes. */
  #ask(step: ClientStep): void {
    switch (step.kind) {
      case "stop":
        this.#recorded.note(step.pipeline, "stop");
        this.#pipelines.get(step.pipeline)?.stop();
        return;
      case "terminate":
        this.#recorded.note(step.pipeline, "terminate");
        this.#left.add(step.pipeline);
        this.#pipelines.get(step.pipeline)?.terminate();
        return;
      case "delete":
        this.#recorded.note(undefined, "delete");
        this.#pool?.close();
        return;
      case "message":
        if (step.text === undefined) throw new Error("the recording does not have this message whole");
        this.#recorded.note(step.pipeline, line(step.name, step.stream, step.text));
        this.#recordedOrder.push(`${step.name} ${step.pipeline ?? ""}`);
        this.#wish(step);
    }
  }

  #wish(message: SaidMessage): void {
    const pool = this.#pool;
    const id = message.pipeline ?? EMPTY_GUID;
    const codec = this.#codec;
    if (message.name === "INIT_RUNSPACEPOOL") return this.#open(message);
    if (message.name === "SESSION_CAPABILITY" || pool === undefined) return;
    switch (message.name) {
      case "CREATE_PIPELINE": {
        const body = bodyOf(message, "CREATE_PIPELINE", codec);
        // Clients may use an id again after its end.
        this.#left.delete(id);
        const spec: PipelineSpec = { ...body, input: !body.noInput };
        this.#pipelines.set(id, pool.createPipeline(id, spec));
        return;
      }
      case "GET_COMMAND_METADATA":
        this.#pipelines.set(id, pool.getCommandMetadata(id, bodyOf(message, "GET_COMMAND_METADATA", codec)));
        return;
      case "PIPELINE_INPUT":
        this.#pipelines.get(id)?.input(bodyOf(message, "PIPELINE_INPUT", codec));
        return;
      case "END_OF_PIPELINE_INPUT":
        this.#pipelines.get(id)?.endInput();
        return;
      case "PIPELINE_HOST_RESPONSE":
      case "RUNSPACEPOOL_HOST_RESPONSE": {
        const answer = bodyOf(message, message.name, codec);
        const asked = this.#calls.find(({ pipeline, call }) => pipeline === message.pipeline && call.call === answer.call);
        if (asked === undefined) throw new Error("the answer is for a call that our client was not told of");
        const { value, error } = answer;
        pool.answerHostCall(message.pipeline, asked.call, {
          ...(value === undefined ? {} : { value }),
          ...(error === undefined ? {} : { error }),
        } as never);
        return;
      }
      case "GET_AVAILABLE_RUNSPACES":
        pool.getAvailableRunspaces();
        return;
      case "RESET_RUNSPACE_STATE":
        pool.resetRunspaceState();
        return;
      case "SET_MAX_RUNSPACES":
        pool.setMaxRunspaces(bodyOf(message, "SET_MAX_RUNSPACES", codec).count);
        return;
      case "SET_MIN_RUNSPACES":
        pool.setMinRunspaces(bodyOf(message, "SET_MIN_RUNSPACES", codec).count);
        return;
      default:
        throw new Error(`no user asks for ${message.name}`);
    }
  }

  #open(message: SaidMessage): void {
    const init = bodyOf(message, "INIT_RUNSPACEPOOL", this.#codec);
    this.#pool = new ClientPool({
      id: message.pool,
      minRunspaces: init.minRunspaces,
      maxRunspaces: init.maxRunspaces,
      host: init.hostInfo,
      threadOptions: init.threadOptions,
      apartmentState: init.apartmentState,
      ...(init.applicationArguments === null ? {} : { applicationArguments: init.applicationArguments }),
      rawTypeNames: true,
      scriptBlocks: true,
    });
    this.#pool.open();
  }

  #drain(): void {
    const pool = this.#pool;
    if (pool === undefined) return;
    for (let event = pool.nextEvent(); event !== undefined; event = pool.nextEvent()) this.#tell(event);
    for (let action = pool.nextAction(); action !== undefined; action = pool.nextAction()) this.#act(action);
    for (let event = pool.nextEvent(); event !== undefined; event = pool.nextEvent()) this.#tell(event);
  }

  /** Notes what our client does. */
  #act(action: ClientAction): void {
    if (action.do === "stop" || action.do === "terminate") return this.#ours.note(action.pipeline, action.do);
    if (action.do === "delete") return this.#ours.note(undefined, "delete");
    if (!("bytes" in action)) throw new Error(`our client wants to ${action.do}`);
    const pipeline = "pipeline" in action ? action.pipeline : undefined;
    const stream = action.do === "send" ? action.stream : "default";
    const key = `${pipeline} ${stream}`;
    const reassembler = this.#outgoing.get(key) ?? new Reassembler({ side: "client computer", maxObjectSize: Number.MAX_SAFE_INTEGER });
    this.#outgoing.set(key, reassembler);
    reassembler.push(action.bytes, (bytes) => {
      const { name, pipeline: pid, data } = decodeEnvelope(bytes, "server");
      this.#ours.note(pid === EMPTY_GUID ? undefined : pid, line(name, stream, DECODER.decode(data)));
      this.#order.push(`${name} ${pid === EMPTY_GUID ? "" : pid}`);
    });
  }

  /** Notes what our client's user learns, as the message that it stands for. */
  #tell(event: ClientEvent): void {
    if (event.type === "host-call") this.#calls.push({ pipeline: event.pipeline, call: event.call });
    if (event.type === "broken") throw event.fault;
    if (event.type === "pipeline-ended" && event.fault !== undefined) throw event.fault;
    const message = messageOf(event, this.#left);
    if (message === undefined) return;
    const text = DECODER.decode(this.#codec.encode(message.name, message.body as never));
    this.#told.note("pipeline" in event ? event.pipeline : undefined, line(message.name, "", text));
  }
}

/** The messages that users are told of. */
const TOLD: Partial<Record<MessageName, true>> = {
  APPLICATION_PRIVATE_DATA: true,
  RUNSPACE_AVAILABILITY: true,
  USER_EVENT: true,
  PIPELINE_OUTPUT: true,
  ERROR_RECORD: true,
  WARNING_RECORD: true,
  VERBOSE_RECORD: true,
  DEBUG_RECORD: true,
  PROGRESS_RECORD: true,
  INFORMATION_RECORD: true,
  PIPELINE_HOST_CALL: true,
  RUNSPACEPOOL_HOST_CALL: true,
  PIPELINE_STATE: true,
};

function messageOf(event: ClientEvent, left: ReadonlySet<string>): { name: MessageName; body: unknown } | undefined {
  switch (event.type) {
    case "private-data":
      return { name: "APPLICATION_PRIVATE_DATA", body: { data: event.data } };
    case "availability":
      return { name: "RUNSPACE_AVAILABILITY", body: { call: event.call, result: event.result } };
    case "user-event":
      return { name: "USER_EVENT", body: event.event };
    case "output":
      return { name: "PIPELINE_OUTPUT", body: event.value };
    case "error":
      return { name: "ERROR_RECORD", body: event.record };
    case "warning":
      return { name: "WARNING_RECORD", body: event.record };
    case "verbose":
      return { name: "VERBOSE_RECORD", body: event.record };
    case "debug":
      return { name: "DEBUG_RECORD", body: event.record };
    case "progress":
      return { name: "PROGRESS_RECORD", body: event.record };
    case "information":
      return { name: "INFORMATION_RECORD", body: event.record };
    case "host-call":
      return { name: event.pipeline === undefined ? "RUNSPACEPOOL_HOST_CALL" : "PIPELINE_HOST_CALL", body: event.call };
    case "pipeline-ended": {
      // The user ended it: there is no message.
      if (left.has(event.pipeline)) return undefined;
      const state = { Stopped: 3, Completed: 4, Failed: 5 }[event.state as "Stopped"];
      return { name: "PIPELINE_STATE", body: { state, ...(event.error === undefined ? {} : { error: event.error }) } };
    }
    default:
      return undefined;
  }
}

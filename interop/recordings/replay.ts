/**
 * Plays one recording: our client does what the recorded client did, in the recorded order, and gets the recorded
 * answers; only ids and numbers that the client chooses itself (MessageID, the call numbers of the pool) are rewritten,
 * for our client takes the recorded ids of pools, pipelines and commands as its own.
 *
 * Exchange by exchange: a recorded Receive is the answer to the Receive that our client holds open for the same shell or
 * command; anything else is first done by our client and then answered. Our client ends each pipeline at the server and
 * the recorded one did not always: such a Signal, and a Send that the recorded client did not need, get an answer without body.
 */
import { randomUUID } from "node:crypto";
import { asFault, Fault } from "@tieline/fault";
import type { SecureStringCodec } from "@tieline/remoting/clixml";
import { type PsDictionary, type PsValue, SecureString, toText } from "@tieline/remoting/objects";
import {
  type ClientPipeline,
  ClientPool,
  command,
  type CommandMetadataQuery,
  type CreatePipeline,
  decodeEnvelope,
  type ErrorRecord,
  FRAGMENT_HEADER_LENGTH,
  type HostCall,
  type HostResponse,
  type PipelineSpec,
} from "../../packages/remoting/src/psrp/index.ts";
import type { SessionKeySource } from "../../packages/remoting/src/psrp/session-key.ts";
import type { ClientPoolEvent } from "../../packages/remoting/src/psrp/client-events.ts";
import { Caller } from "../../packages/remoting/src/wsman/caller.ts";
import { ClientShell } from "../../packages/remoting/src/wsman/client-shell.ts";
import { WinrsClient } from "../../packages/remoting/src/wsman/winrs.ts";
import type { EnumerateAnswer, Resource } from "../../packages/remoting/src/wsman/body/enumeration.ts";
import { SIGNAL } from "../../packages/remoting/src/wsman/soap/namespaces.ts";
import { answered, disconnectedAnswer, emptyAnswer, hasSessionKey, type Numbers } from "./answers.ts";
import {
  type ClientMessage,
  type Exchange,
  isPowerShell,
  MessageCollector,
  type RawExchange,
  readExchanges,
  readRequest,
  type Request,
} from "./exchange.ts";

/** What one pipeline gave its user. */
export interface PipelineResult {
  id: string;
  output: PsValue[];
  errors: ErrorRecord[];
  debug: string[];
  verbose: string[];
  warning: string[];
  information: string[];
  progress: string[];
  /** Records of debug, verbose and warning that carry their invocation. */
  withInvocation: number;
  state: string;
  error?: ErrorRecord;
  fault?: Fault;
}

export interface CommandResult {
  stdout: string;
  stderr: string;
  exitCode?: number;
  fault?: Fault;
}

export interface Result {
  pools: Map<string, { state: string; version: string | undefined; privateData: PsDictionary | null | undefined; fault?: Fault }>;
  pipelines: PipelineResult[];
  hostCalls: HostCall[];
  availability: (boolean | number)[];
  commands: CommandResult[];
  gets: (Resource | Fault)[];
  lists: EnumerateAnswer[];
  /** What our client sent, by name, and what the recorded one did. */
  sent: ClientMessage[];
  recorded: ClientMessage[];
  /** Requests of ours that the recording has no answer for. */
  extra: number;
}

const URI = "https://127.0.0.1:5986/wsman";

interface Seat {
  id: string;
  machine: ClientShell | WinrsClient;
  pool?: ClientPool;
  /** Receives that wait for an answer, by command. */
  held: Map<string, { id: number; asked: Request }>;
  /** Requests that the recording's next exchange answers. */
  pending: { id: number; asked: Request }[];
  /** Pipelines that our client knows by another id than the recorded messages. */
  renamed: Map<string, string>;
  /** What the service calls a command, where that is not the pipeline's id. */
  named: Map<string, string>;
  pipelines: Map<string, { handle: ClientPipeline; result: PipelineResult }>;
  commands: Map<string, CommandResult>;
}

export class Replay {
  readonly result: Result = {
    pools: new Map(),
    pipelines: [],
    hostCalls: [],
    availability: [],
    commands: [],
    gets: [],
    lists: [],
    sent: [],
    recorded: [],
    extra: 0,
  };
  readonly #exchanges: Exchange[];
  readonly #keys: SessionKeySource;
  readonly #collector: MessageCollector;
  readonly #seats = new Map<string, Seat>();
  readonly #answers = new Map<string, HostResponse>();
  /** Exchanges that need not be played in their place any more. */
  readonly #done = new Set<Exchange>();
  /** Call numbers of the recorded client to those of ours. */
  readonly #numbers: Numbers = new Map();

  constructor(raw: readonly RawExchange[], keys: SessionKeySource, secrets: SecureStringCodec | undefined) {
    this.#exchanges = readExchanges(raw, secrets);
    this.#keys = keys;
    this.#collector = new MessageCollector(secrets);
    for (const { messages } of this.#exchanges) {
      this.result.recorded.push(...messages);
      for (const message of messages) {
        if (message.name === "PIPELINE_HOST_RESPONSE") this.#answers.set(`${message.pipeline}/${message.body.call}`, message.body);
      }
    }
  }

  run(): Result {
    for (const exchange of this.#exchanges) {
      if (this.#done.has(exchange)) continue;
      this.#done.add(exchange);
      this.#play(exchange);
    }
    for (const seat of this.#seats.values()) {
      if (seat.pool !== undefined) this.#describe(seat, seat.pool);
    }
    return this.result;
  }

  #play(exchange: Exchange): void {
    const { asked } = exchange;
    switch (asked.operation) {
      case "create":
        return this.#create(exchange);
      case "connect":
        return asked.body.commandId === undefined ? this.#connect(exchange) : this.#connectCommand(exchange);
      case "enumerate":
      case "get":
        return this.#query(exchange);
      default:
    }
    const seat = this.#seatOf(exchange);
    switch (asked.operation) {
      case "receive":
        return this.#receive(seat, exchange);
      case "command":
        return this.#command(seat, exchange);
      case "send":
        return this.#send(seat, exchange);
      case "signal":
        if (asked.body.code === SIGNAL.terminate) return;
        return this.#stop(seat, asked.body.commandId as string);
      case "delete":
        if (seat.pool === undefined) (seat.machine as WinrsClient).close();
        else seat.pool.close();
        break;
      case "disconnect":
        (seat.pool as ClientPool).disconnect();
        break;
      case "reconnect":
        // One recorded client reconnects to pools that it has just connected to; ours knows better.
        if (seat.pool?.state === "opened") return;
        (seat.pool as ClientPool).reconnect();
        break;
      default:
        throw new Error(`the recording has a ${asked.operation}`);
    }
    this.#settle(seat, exchange);
    if (asked.operation === "disconnect") this.#letGo(seat);
  }

  #seatOf({ asked }: Exchange): Seat {
    const seat = this.#seats.get(asked.shell ?? "");
    if (seat === undefined) throw new Error(`no shell ${asked.shell} was opened`);
    return seat;
  }

  /** `named` is what the service calls the shell, where that is another id. */
  #sit(id: string, machine: ClientShell | WinrsClient, pool?: ClientPool, named?: string): Seat {
    const before = this.#seats.get(id);
    if (before?.pool !== undefined) this.#describe(before, before.pool);
    const seat: Seat = {
      id,
      machine,
      held: new Map(),
      pending: [],
      renamed: new Map(),
      named: new Map(),
      pipelines: new Map(),
      commands: new Map(),
      ...(pool === undefined ? {} : { pool }),
    };
    this.#seats.set(id, seat);
    if (named !== undefined) this.#seats.set(named, seat);
    if (pool !== undefined && machine instanceof ClientShell) pool.setFragmentSize(machine.fragmentSize);
    return seat;
  }

  #create(exchange: Exchange): void {
    const { asked, messages } = exchange;
    if (asked.operation !== "create") return;
    if (!isPowerShell(asked.header)) return this.#createCommandShell(exchange);
    const init = messages.find(({ name }) => name === "INIT_RUNSPACEPOOL")?.body as {
      minRunspaces: number;
      maxRunspaces: number;
      applicationArguments: PsDictionary | null;
    } & object;
    const id = asked.shell as string;
    const pool = new ClientPool({
      id,
      minRunspaces: init.minRunspaces,
      maxRunspaces: init.maxRunspaces,
      sessionKeys: this.#keys,
      ...("hostInfo" in init ? { host: init.hostInfo as never } : {}),
      ...(init.applicationArguments === null ? {} : { applicationArguments: init.applicationArguments }),
    });
    const configuration = asked.header.resourceUri as string;
    const seat = this.#sit(id, new ClientShell({ uri: URI, shellId: id, newId: randomUUID, configuration }), pool, shellIdIn(exchange));
    pool.open();
    this.#settle(seat, exchange);
  }

  #createCommandShell(exchange: Exchange): void {
    const { asked } = exchange;
    if (asked.operation !== "create") return;
    const { environment, workingDirectory, lifetimeMs, idleTimeoutMs, name } = asked.body;
    const given = Object.fromEntries(
      Object.entries({ environment, workingDirectory, lifetimeMs, idleTimeoutMs, name }).filter(([, value]) => value !== undefined),
    );
    const codepage = asked.header.options?.find((option) => option.name === "WINRS_CODEPAGE")?.value;
    const shell = new WinrsClient({
      uri: URI,
      newId: randomUUID,
      ...(codepage === undefined ? {} : { codepage: Number(codepage) }),
      ...given,
    });
    const seat = this.#sit(shellIdIn(exchange) ?? "", shell);
    shell.open();
    this.#settle(seat, exchange);
  }

  #connect(exchange: Exchange): void {
    const id = exchange.asked.shell as string;
    const pool = new ClientPool({ id, sessionKeys: this.#keys });
    const seat = this.#sit(
      id,
      new ClientShell({ uri: URI, shellId: id, newId: randomUUID, configuration: exchange.asked.header.resourceUri as string }),
      pool,
    );
    pool.connect();
    this.#settle(seat, exchange);
  }

  #connectCommand(exchange: Exchange): void {
    const seat = this.#seatOf(exchange);
    const id = exchange.asked.command as string;
    // The recorded client wrote a pipeline's id into its messages in another order of bytes than a GUID has.
    const begun = this.#exchanges.find(({ asked }) => asked.operation === "command" && asked.command === id);
    if (begun !== undefined) seat.renamed.set(pipelineIn(begun), id);
    this.#adopt(seat, (seat.pool as ClientPool).connectPipeline(id));
    this.#settle(seat, exchange);
  }

  #query({ asked, raw }: Exchange): void {
    const caller = new Caller({ uri: URI, newId: randomUUID });
    const target = {
      resourceUri: asked.header.resourceUri as string,
      ...(asked.shell === undefined ? {} : { shellId: asked.shell }),
    };
    const envelope = caller.encode(asked.operation, asked.body as never, target);
    const answer = answered(raw, readRequest(envelope));
    if (answer === undefined) {
      this.result.gets.push(new Fault("http-status", { host: "127.0.0.1", status: 0 }));
      return;
    }
    try {
      if (asked.operation === "enumerate") this.result.lists.push(caller.decode("enumerate", answer));
      else this.result.gets.push(caller.decode("get", answer));
    } catch (error) {
      this.result.gets.push(asFault(error));
    }
  }

  #command(seat: Seat, exchange: Exchange): void {
    const { asked } = exchange;
    if (asked.operation !== "command") return;
    if (seat.pool === undefined) {
      const id = randomUUID();
      const result: CommandResult = { stdout: "", stderr: "" };
      seat.commands.set(id, result);
      this.result.commands.push(result);
      const skipShell = asked.header.options?.some(({ name, value }) => name === "WINRS_SKIP_CMD_SHELL" && value === "True") ?? false;
      (seat.machine as WinrsClient).run({ id, line: asked.body.command, arguments: asked.body.arguments.map(String), skipShell });
    } else this.#begin(seat, exchange);
    this.#settle(seat, exchange);
  }

  /** Starts the pipeline that the recorded Command carries, whole or by its first fragment; once. */
  #begin(seat: Seat, exchange: Exchange): void {
    const id = pipelineIn(exchange);
    const command = /<rsp:CommandId>([^<]*)</.exec(exchange.raw.response ?? "")?.[1];
    if (command !== undefined) seat.named.set(command.toLowerCase(), id);
    const pool = seat.pool as ClientPool;
    if (seat.pipelines.has(id) && seat.pipelines.get(id)?.handle.ended !== true) return;
    const begins = this.#exchanges.flatMap(({ messages }) => messages).filter(({ pipeline }) => pipeline === id);
    const turns = this.result.pipelines.filter((each) => each.id === id).length;
    const message = begins.filter(({ name }) => name === "CREATE_PIPELINE" || name === "GET_COMMAND_METADATA")[turns];
    if (message === undefined) throw new Error("the recorded Command carries no pipeline");
    const handle =
      message.name === "CREATE_PIPELINE"
        ? pool.createPipeline(id, specOf(message.body))
        : pool.getCommandMetadata(id, message.body as CommandMetadataQuery);
    this.#adopt(seat, handle);
  }

  #adopt(seat: Seat, handle: ClientPipeline): void {
    const result: PipelineResult = {
      id: handle.id,
      output: [],
      errors: [],
      debug: [],
      verbose: [],
      warning: [],
      information: [],
      progress: [],
      withInvocation: 0,
      state: "Running",
    };
    seat.pipelines.set(handle.id, { handle, result });
    this.result.pipelines.push(result);
  }

  #send(seat: Seat, exchange: Exchange): void {
    const { asked, messages } = exchange;
    if (asked.operation !== "send") return;
    if (seat.pool === undefined) {
      const [id] = [...seat.commands.keys()].slice(-1);
      for (const { bytes, end } of asked.body.streams) (seat.machine as WinrsClient).write(id as string, bytes, end === true);
    }
    for (const message of messages) this.#say(seat, exchange, message);
    this.#pump(seat);
  }

  #say(seat: Seat, exchange: Exchange, message: ClientMessage): void {
    const pool = seat.pool as ClientPool;
    const pipeline = seat.pipelines.get(message.pipeline)?.handle;
    switch (message.name) {
      case "PIPELINE_INPUT":
        return pipeline?.input(message.body);
      case "END_OF_PIPELINE_INPUT":
        return pipeline?.endInput();
      case "SET_MAX_RUNSPACES":
        return this.#called(exchange, message.body.call, pool.setMaxRunspaces(message.body.count));
      case "SET_MIN_RUNSPACES":
        return this.#called(exchange, message.body.call, pool.setMinRunspaces(message.body.count));
      case "GET_AVAILABLE_RUNSPACES":
        return this.#called(exchange, message.body.call, pool.getAvailableRunspaces());
      case "RESET_RUNSPACE_STATE":
        return this.#called(exchange, message.body.call, pool.resetRunspaceState());
      case "PUBLIC_KEY": {
        // Our client exchanges keys when a secret asks for it: here, with the next pipeline, or when its host gives one.
        const next = this.#exchanges
          .slice(this.#exchanges.indexOf(exchange))
          .find(({ asked }) => asked.operation === "command" && asked.shell === seat.id);
        const answer = this.#keyAnswer();
        if (answer !== undefined) this.#done.add(answer);
        if (next !== undefined && answer !== undefined) this.#begin(seat, next);
        // Nothing follows in the recording, and no key comes: a pipeline of our own that wants one.
        if (answer === undefined)
          this.#adopt(seat, pool.createPipeline(randomUUID(), command("Show", { Secret: new SecureString("secret") })));
        return;
      }
      default:
      // The rest of a CREATE_PIPELINE, and answers to host calls: done already.
    }
  }

  /** `false`: our client refuses what the recorded one asked the server, so the answer has no reader. */
  #called(exchange: Exchange, recorded: bigint, ours: bigint | false): void {
    if (ours !== false) {
      this.#numbers.set(recorded, ours);
      return;
    }
    this.result.availability.push(false);
    const rest = this.#exchanges.slice(this.#exchanges.indexOf(exchange));
    const answer = rest.find(({ asked }) => asked.operation === "receive");
    if (answer !== undefined) this.#done.add(answer);
  }

  #keyAnswer(): Exchange | undefined {
    return this.#exchanges.find(({ raw }) => hasSessionKey(raw.response ?? ""));
  }

  #receive(seat: Seat, exchange: Exchange): void {
    this.#pump(seat);
    const command = exchange.asked.command ?? "";
    // One recorded client asks for a command that never was; the answer to that is given to ours for the one that is.
    const known = seat.held.has(command) ? command : [...seat.held.keys()].findLast((each) => each !== "");
    const held = command === "" ? seat.held.get("") : seat.held.get(known ?? command);
    if (held === undefined)
      throw new Error(`our client does not ask for the data of ${command === "" ? "the shell" : `command ${command}`}`);
    seat.held.delete(command === "" ? "" : (known ?? command));
    const answer = answered(exchange.raw, held.asked, this.#numbers, seat.renamed);
    if (answer === undefined) seat.machine.failed(held.id, new Fault("http-status", { host: "127.0.0.1", status: 0 }));
    else seat.machine.answered(held.id, answer);
    this.#pump(seat);
  }

  #stop(seat: Seat, command: string): void {
    const id = command.toLowerCase();
    if (seat.pool === undefined) {
      const [last] = [...seat.commands.keys()].slice(-1);
      (seat.machine as WinrsClient).interrupt(last as string);
      (seat.machine as WinrsClient).terminate(last as string);
    } else seat.pipelines.get(seat.named.get(id) ?? id)?.handle.stop();
    this.#pump(seat);
  }

  /** Our client's request of this kind gets the recorded answer. */
  #settle(seat: Seat, exchange: Exchange): void {
    this.#pump(seat);
    const { operation } = exchange.asked;
    const at = seat.pending.findIndex(({ asked }) => asked.operation === operation);
    if (at < 0)
      throw new Error(`our client sends no ${operation}, but ${seat.pending.map(({ asked }) => asked.operation).join(", ") || "nothing"}`);
    const [{ id, asked }] = seat.pending.splice(at, 1) as [{ id: number; asked: Request }];
    const answer = answered(exchange.raw, asked, this.#numbers);
    if (answer === undefined) seat.machine.failed(id, new Fault("http-status", { host: "127.0.0.1", status: 0 }));
    else seat.machine.answered(id, answer);
    this.#pump(seat);
  }

  /** A shell that is disconnected lets its waiting Receives go. */
  #letGo(seat: Seat): void {
    for (const { id, asked } of seat.held.values()) seat.machine.answered(id, disconnectedAnswer(asked));
    seat.held.clear();
    this.#pump(seat);
  }

  #pump(seat: Seat): void {
    const { machine, pool } = seat;
    for (let moved = true; moved;) {
      moved = false;
      for (let action = pool?.nextAction(); action !== undefined; action = pool?.nextAction()) {
        (machine as ClientShell).perform([action]);
        moved = true;
      }
      for (let request = machine.nextRequest(); request !== undefined; request = machine.nextRequest()) {
        this.#requested(seat, request.id, readRequest(request.envelope));
        moved = true;
      }
      if (machine instanceof ClientShell) moved = this.#shellEvents(seat, machine, pool as ClientPool) || moved;
      else moved = this.#commandEvents(seat, machine) || moved;
    }
  }

  #requested(seat: Seat, id: number, asked: Request): void {
    const messages = isPowerShell(asked.header) ? this.#collector.take(asked) : [];
    this.result.sent.push(...messages);
    if (asked.operation === "receive") {
      if (seat.pool === undefined && asked.command === undefined) throw new Error("our client asks a command shell itself for data");
      seat.held.set(asked.command ?? "", { id, asked });
      return;
    }
    if (asked.operation !== "send" && asked.operation !== "signal") {
      seat.pending.push({ id, asked });
      return;
    }
    if (asked.operation === "signal") this.result.extra += 1;
    seat.machine.answered(id, emptyAnswer(asked));
    if (!messages.some(({ name }) => name === "PUBLIC_KEY")) return;
    const key = this.#keyAnswer();
    const held = seat.held.get("");
    if (key === undefined || held === undefined) return;
    this.#done.add(key);
    seat.held.delete("");
    seat.machine.answered(held.id, answered(key.raw, held.asked) as NonNullable<ReturnType<typeof answered>>);
  }

  #shellEvents(seat: Seat, shell: ClientShell, pool: ClientPool): boolean {
    let moved = false;
    for (let event = shell.nextEvent(); event !== undefined; event = shell.nextEvent()) {
      moved = true;
      switch (event.event) {
        case "data":
          pool.receive(event.bytes, event.pipeline);
          break;
        case "pipeline-faulted":
          pool.terminate(event.pipeline, "Failed", event.fault);
          break;
        case "faulted":
          pool.broken(event.fault);
          break;
        case "disconnected":
          pool.disconnected();
          break;
        case "reconnected":
          pool.reconnected();
          break;
        case "closed":
          pool.deleted();
          break;
        default:
      }
      this.#poolEvents(seat, pool);
    }
    return this.#poolEvents(seat, pool) || moved;
  }

  #poolEvents(seat: Seat, pool: ClientPool): boolean {
    let moved = false;
    for (let event = pool.nextEvent(); event !== undefined; event = pool.nextEvent()) {
      moved = true;
      if ("pipeline" in event && event.type !== "host-call") {
        const result = seat.pipelines.get(event.pipeline)?.result;
        if (result !== undefined) note(result, event);
      } else this.#poolEvent(seat, pool, event as ClientPoolEvent);
    }
    return moved;
  }

  #poolEvent(seat: Seat, pool: ClientPool, event: ClientPoolEvent): void {
    if (event.type === "availability") this.result.availability.push(event.result);
    if (event.type === "broken") this.#describe(seat, pool, event.fault);
    if (event.type !== "host-call") return;
    const { call, pipeline } = event;
    this.result.hostCalls.push(call);
    const response = this.#answers.get(`${pipeline ?? ""}/${call.call}`);
    if (response !== undefined) pool.answerHostCall(pipeline, call, response as never);
  }

  #commandEvents(seat: Seat, shell: WinrsClient): boolean {
    let moved = false;
    for (let event = shell.nextEvent(); event !== undefined; event = shell.nextEvent()) {
      moved = true;
      const result = "command" in event ? seat.commands.get(event.command) : undefined;
      if (result === undefined) continue;
      if (event.event === "output") result[event.stream] += Buffer.from(event.bytes).toString("utf8");
      if (event.event === "exit" && event.code !== undefined) result.exitCode = event.code;
      if (event.event === "command-faulted") result.fault = event.fault;
    }
    return moved;
  }

  #describe(seat: Seat, pool: ClientPool, fault?: Fault): void {
    const before = this.result.pools.get(seat.id);
    this.result.pools.set(seat.id, {
      ...before,
      state: pool.state,
      version: pool.server?.protocolVersion,
      privateData: pool.privateData,
      ...(fault === undefined ? {} : { fault }),
    });
  }
}

function shellIdIn({ raw }: Exchange): string | undefined {
  const response = raw.response ?? "";
  return (/<rsp:ShellId>([^<]*)</.exec(response) ?? /Name="ShellId">([^<]*)</.exec(response))?.[1]?.toLowerCase();
}

/** The pipeline that a Command's fragment belongs to: older clients let the service name the command. */
function pipelineIn({ asked }: Exchange): string {
  const [first] = asked.operation === "command" ? asked.body.arguments : [];
  const bytes = typeof first === "string" ? Buffer.from(first, "base64") : (first ?? new Uint8Array(0));
  return decodeEnvelope(bytes.subarray(FRAGMENT_HEADER_LENGTH), "server").pipeline;
}

function specOf({ statements, noInput, ...rest }: CreatePipeline): PipelineSpec {
  return { ...rest, input: !noInput, statements };
}

type PipelineEvent = Exclude<NonNullable<ReturnType<ClientPool["nextEvent"]>>, ClientPoolEvent>;

function note(result: PipelineResult, event: PipelineEvent): void {
  switch (event.type) {
    case "output":
      result.output.push(event.value);
      break;
    case "error":
      result.errors.push(event.record);
      break;
    case "debug":
    case "verbose":
    case "warning":
      result[event.type].push(event.record.message ?? "");
      if (event.record.extended !== undefined) result.withInvocation += 1;
      break;
    case "information":
      result.information.push(toText(event.record.messageData));
      break;
    case "progress":
      result.progress.push(event.record.activity);
      break;
    case "pipeline-ended":
      result.state = event.state;
      if (event.error !== undefined) result.error = event.error;
      if (event.fault !== undefined) result.fault = event.fault;
  }
}

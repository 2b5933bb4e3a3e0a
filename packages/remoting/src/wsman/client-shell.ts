/**
 * The client end of WS-Management as the carrier of a PSRP pool ([MS-PSRP] 3.1.5.3, [MS-WSMV] 3.2): takes the pool's
 * actions, gives requests, takes answers, gives events. Pure: the edge posts and hands back.
 */
import type { Fault } from "@tieline/fault";
import type { ClientAction } from "../carrier.ts";
import type { CallerOptions, HttpAnswer, WsmanRequest } from "./caller.ts";
import { ClientSession, type SessionEvent, type SessionState } from "./client-session.ts";
import { cut } from "./fragment-boundary.ts";
import type { OperationName } from "./operation.ts";
import type { WsmanOption } from "./soap/envelope.ts";
import { RESOURCE, SIGNAL } from "./soap/namespaces.ts";
import type { ShellDescription } from "./body/shell.ts";

export interface ClientShellOptions extends CallerOptions {
  /** The session configuration, `Microsoft.PowerShell` where none is named; or a whole resource URI. */
  configuration?: string;
  /** The pool's id; also the wish for the shell's, and the shell to connect to. */
  shellId: string;
  name?: string;
  /** [MS-PSRP] 2.2.3.8; `2.3` where nothing is said. */
  protocolVersion?: string;
  noMachineProfile?: boolean;
  idleTimeoutMs?: number;
  compress?: boolean;
  /** What the service does with output beyond its buffer while nobody is connected; its own default is to hold commands back. */
  bufferMode?: "Block" | "Drop";
  askEnvelopeSize?: boolean;
}

export type ClientShellEvent =
  /** The shell is there; the pool opens with the data that follows. */
  | { event: "opened"; shellId: string; shell?: ShellDescription }
  | { event: "data"; pipeline: string | undefined; bytes: Uint8Array }
  /** The service has handed out all that the pipeline put out. */
  | { event: "done"; pipeline: string }
  /** The pipeline failed in the carrier; the shell goes on, and the service is told to forget the pipeline. */
  | { event: "pipeline-faulted"; pipeline: string; operation: OperationName; fault: Fault }
  /** Opening, disconnecting, reconnecting or the shell's own Receive failed; `state` tells what is left. A `wsman-redirect` says where to open instead. */
  | { event: "faulted"; operation: OperationName; fault: Fault }
  | { event: "disconnected" }
  | { event: "reconnected" }
  | { event: "closed" };

/** A command's text is only shown; more than this is left out. */
const SHOWN = 500;

/**
 * @example
 * ```ts
 * const shell = new ClientShell({ uri: "https://host:5986/wsman", shellId: pool.id, newId: () => crypto.randomUUID() });
 * shell.perform([{ do: "create", bytes: opening }]);
 * for (let request = shell.nextRequest(); request !== undefined; request = shell.nextRequest()) {
 *   // post request.envelope, then shell.answered(request.id, { status, headers, body });
 * }
 * for (let event = shell.nextEvent(); event !== undefined; event = shell.nextEvent()) console.log(event);
 * ```
 */
export class ClientShell {
  readonly #session: ClientSession;

  constructor(options: ClientShellOptions) {
    const { configuration = "Microsoft.PowerShell", protocolVersion = "2.3", noMachineProfile } = options;
    const wsmanOptions: WsmanOption[] = [{ name: "protocolversion", value: protocolVersion, mustComply: true }];
    if (noMachineProfile === true) wsmanOptions.push({ name: "WINRS_NOPROFILE", value: "1" });
    this.#session = new ClientSession({
      ...options,
      resourceUri: configuration.includes("://") ? configuration : RESOURCE.powershell + configuration,
      inputStreams: ["stdin", "pr"],
      outputStreams: ["stdout"],
      options: wsmanOptions,
    });
  }

  get state(): SessionState {
    return this.#session.state;
  }

  get shellId(): string | undefined {
    return this.#session.shellId;
  }

  /** Bytes of input that were not posted yet. */
  get queuedBytes(): number {
    return this.#session.queuedBytes;
  }

  /** The largest fragment that fits an envelope; may grow while opening, if the service is asked. */
  get fragmentSize(): number {
    return this.#session.caller.payloadSize;
  }

  /** Bytes of an envelope, both ways. 153600 fits the oldest services; a peer of protocol 2.2 or later takes 512000. */
  get maxEnvelopeSize(): number {
    return this.#session.caller.maxEnvelopeSize;
  }

  set maxEnvelopeSize(size: number) {
    this.#session.caller.maxEnvelopeSize = size;
  }

  /**
   * Carries out the pool's wishes, in order. A pipeline on a shell that is over becomes `pipeline-faulted`; input for
   * one is dropped.
   *
   * @throws wsman-shell-closed for opening twice, or leaving what is not open; wsman-too-large-to-send
   */
  perform(actions: Iterable<ClientAction>): void {
    for (const action of actions) this.#perform(action);
  }

  nextRequest(): WsmanRequest | undefined {
    return this.#session.nextRequest();
  }

  /** The answer to a request; bad answers become events, never exceptions. */
  answered(id: number, answer: HttpAnswer): void {
    this.#session.answered(id, answer);
  }

  /** A request has failed for good. */
  failed(id: number, fault: Fault): void {
    this.#session.failed(id, fault);
  }

  nextEvent(): ClientShellEvent | undefined {
    for (let event = this.#session.nextEvent(); event !== undefined; event = this.#session.nextEvent()) {
      const seen = translate(event);
      if (seen !== undefined) return seen;
    }
    return undefined;
  }

  #perform(action: ClientAction): void {
    const session = this.#session;
    switch (action.do) {
      case "create":
        session.create(action.bytes);
        break;
      case "connect":
        session.connect(action.bytes);
        break;
      case "command":
        session.command(action.pipeline, action.text.slice(0, SHOWN), [action.bytes]);
        break;
      case "connect-command":
        session.connectCommand(action.pipeline);
        break;
      case "send":
        for (const piece of cut(action.bytes, session.caller.payloadSize)) {
          session.send(action.pipeline, action.stream === "prompt-response" ? "pr" : "stdin", piece);
        }
        break;
      case "stop":
        session.signal(action.pipeline, SIGNAL.stop);
        break;
      case "terminate":
        session.terminate(action.pipeline);
        break;
      case "disconnect":
        session.disconnect(action.idleTimeoutMs);
        break;
      case "reconnect":
        session.reconnect();
        break;
      case "delete":
        session.delete();
    }
  }
}

function translate(event: SessionEvent): ClientShellEvent | undefined {
  switch (event.event) {
    case "data":
      return event.bytes.length === 0 ? undefined : { event: "data", pipeline: event.command, bytes: event.bytes };
    case "done":
      return { event: "done", pipeline: event.command };
    case "faulted": {
      const { operation, command, fault } = event;
      return command === undefined
        ? { event: "faulted", operation, fault }
        : { event: "pipeline-faulted", pipeline: command, operation, fault };
    }
    case "started":
      return undefined;
    default:
      return event;
  }
}

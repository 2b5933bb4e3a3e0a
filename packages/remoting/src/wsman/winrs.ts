/**
 * The command shell (WinRS, [MS-WSMV] 2.2.4.6, 3.1.4.10 ff.) at the client: programs by name and arguments, their input,
 * output, errors and exit code. The service end is `ServerDispatch` with `commandShell`; its host gets `WinrsAction`s.
 */
import type { Fault } from "@tieline/fault";
import type { CallerOptions, HttpAnswer, WsmanRequest } from "./caller.ts";
import { ClientSession, type SessionEvent, type SessionState } from "./client-session.ts";
import type { OperationName } from "./operation.ts";
import type { ShellDescription } from "./body/shell.ts";
import type { WsmanOption } from "./soap/envelope.ts";
import { RESOURCE, SIGNAL } from "./soap/namespaces.ts";

export interface WinrsClientOptions extends CallerOptions {
  /** A wish for the shell's id; the service may choose another. */
  shellId?: string;
  name?: string;
  environment?: Readonly<Record<string, string>>;
  workingDirectory?: string;
  /** The code page of the texts; 65001 is UTF-8, and what is asked for where nothing is said. */
  codepage?: number;
  noProfile?: boolean;
  idleTimeoutMs?: number;
  lifetimeMs?: number;
  compress?: boolean;
}

export interface WinrsCommand {
  /** Names the command in the events; a GUID. */
  id: string;
  /** The program, or a line for the command interpreter. */
  line: string;
  arguments?: readonly string[];
  /** Whether the program's input is a console; true where nothing is said, as with Windows. */
  consoleInput?: boolean;
  /** Start the program itself, not through the command interpreter. */
  skipShell?: boolean;
}

export type WinrsEvent =
  | { event: "opened"; shellId: string; shell?: ShellDescription }
  | { event: "started"; command: string }
  | { event: "output"; command: string; stream: "stdout" | "stderr"; bytes: Uint8Array }
  /** All output was seen. Without a code the service gave none. */
  | { event: "exit"; command: string; code: number | undefined }
  | { event: "command-faulted"; command: string; operation: OperationName; fault: Fault }
  | { event: "faulted"; operation: OperationName; fault: Fault }
  | { event: "closed" };

/**
 * @example
 * ```ts
 * const shell = new WinrsClient({ uri: "https://host:5986/wsman", newId: () => crypto.randomUUID() });
 * shell.open();
 * shell.run({ id: crypto.randomUUID(), line: "ipconfig", arguments: ["/all"] });
 * // post what nextRequest() gives, hand the answers to answered(), read nextEvent()
 * ```
 */
export class WinrsClient {
  readonly #session: ClientSession;

  constructor(options: WinrsClientOptions) {
    const { codepage = 65_001, noProfile = false } = options;
    const wsmanOptions: WsmanOption[] = [
      { name: "WINRS_NOPROFILE", value: noProfile ? "TRUE" : "FALSE" },
      { name: "WINRS_CODEPAGE", value: String(codepage) },
    ];
    this.#session = new ClientSession({
      ...options,
      resourceUri: RESOURCE.cmd,
      inputStreams: ["stdin"],
      outputStreams: ["stdout", "stderr"],
      commandsOnly: true,
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

  open(): void {
    this.#session.create();
  }

  /** Starts a program as soon as the shell is open. */
  run({ id, line, arguments: args = [], consoleInput = true, skipShell = false }: WinrsCommand): void {
    this.#session.command(id, line, args, [
      { name: "WINRS_CONSOLEMODE_STDIN", value: consoleInput ? "TRUE" : "FALSE" },
      { name: "WINRS_SKIP_CMD_SHELL", value: skipShell ? "TRUE" : "FALSE" },
    ]);
  }

  /** Input for a program, of any size; `end` closes it. */
  write(command: string, bytes: Uint8Array, end = false): void {
    const most = this.#session.caller.payloadSize;
    for (let at = 0; at < bytes.length || at === 0; at += most) {
      const piece = bytes.subarray(at, at + most);
      this.#session.send(command, "stdin", piece, end && at + most >= bytes.length);
    }
  }

  interrupt(command: string, how: "ctrl_c" | "ctrl_break" = "ctrl_c"): void {
    this.#session.signal(command, how === "ctrl_c" ? SIGNAL.ctrlC : SIGNAL.ctrlBreak);
  }

  /** Ends a program, or lets the service forget one that has ended; to be called once for each. */
  terminate(command: string): void {
    this.#session.terminate(command);
  }

  close(): void {
    this.#session.delete();
  }

  nextRequest(): WsmanRequest | undefined {
    return this.#session.nextRequest();
  }

  answered(id: number, answer: HttpAnswer): void {
    this.#session.answered(id, answer);
  }

  failed(id: number, fault: Fault): void {
    this.#session.failed(id, fault);
  }

  nextEvent(): WinrsEvent | undefined {
    for (let event = this.#session.nextEvent(); event !== undefined; event = this.#session.nextEvent()) {
      const seen = translate(event);
      if (seen !== undefined) return seen;
    }
    return undefined;
  }
}

function translate(event: SessionEvent): WinrsEvent | undefined {
  switch (event.event) {
    case "data":
      if (event.command === undefined || event.bytes.length === 0) return undefined;
      return { event: "output", command: event.command, stream: event.stream === "stderr" ? "stderr" : "stdout", bytes: event.bytes };
    case "done":
      return { event: "exit", command: event.command, code: event.exitCode };
    case "faulted": {
      const { operation, command, fault } = event;
      return command === undefined ? { event: "faulted", operation, fault } : { event: "command-faulted", command, operation, fault };
    }
    case "disconnected":
    case "reconnected":
      return undefined;
    default:
      return event;
  }
}

/** The command shell at the client: programs of a Windows host, or of a service of ours, over WS-Management (WinRS). */
import { randomUUID } from "node:crypto";
import { asFault, Fault } from "@tieline/fault";
import { HttpLines } from "../edge/http-lines.ts";
import { WinrsClient, type WinrsClientOptions, type WinrsCommand, type WinrsEvent, type WsmanRequest } from "../wsman/index.ts";
import { RecordQueue } from "./record-queue.ts";
import { wsmanOptions, type WsmanTransport } from "./transport.ts";

export interface CommandShellOptions extends Pick<
  WinrsClientOptions,
  "environment" | "workingDirectory" | "codepage" | "noProfile" | "lifetimeMs"
> {
  transport: WsmanTransport;
  signal?: AbortSignal;
}

export interface ProgramOptions extends Omit<WinrsCommand, "id" | "line" | "arguments"> {
  /** What goes into the program; without it its input is at its end. */
  input?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Sends Ctrl-C, then ends the program. */
  signal?: AbortSignal;
}

export interface ProgramResult {
  /** undefined where the service gave none. */
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

export interface ProgramPiece {
  stream: "stdout" | "stderr";
  bytes: Uint8Array;
}

/** Opens a shell in which programs run. @throws Fault for every reason why it cannot be opened */
export async function openCommandShell(options: CommandShellOptions): Promise<RemoteCommandShell> {
  const shell = new RemoteCommandShell(options);
  await shell.opened(options.signal);
  return shell;
}

/** A running program. Read it to its end, or leave the loop to end it. */
export class RemoteProgram implements AsyncIterable<ProgramPiece> {
  readonly #queue = new RecordQueue<ProgramPiece>(() => undefined);
  readonly #end: () => void;
  #settle: ((code: number | undefined) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;
  /** Resolves when the program has ended. */
  readonly exitCode: Promise<number | undefined>;

  /** @internal */
  constructor(end: () => void) {
    this.#end = end;
    this.exitCode = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
    });
    this.exitCode.catch(() => undefined);
  }

  /** @internal */
  take(event: WinrsEvent): void {
    if (event.event === "output") this.#queue.put({ stream: event.stream, bytes: event.bytes });
    else if (event.event === "exit") {
      this.#queue.end();
      this.#settle?.(event.code);
    } else if (event.event === "command-faulted" || event.event === "faulted") this.fail(event.fault);
  }

  /** @internal */
  fail(error: Error): void {
    this.#queue.end(error);
    this.#fail?.(error);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ProgramPiece, void> {
    try {
      for (let next = await this.#queue.take(); next.done !== true; next = await this.#queue.take()) yield next.value;
    } finally {
      this.#queue.discard();
      this.#end();
    }
  }

  /** Reads to the end; texts are UTF-8, the code page that was asked for. */
  async result(): Promise<ProgramResult> {
    const parts = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
    for await (const { stream, bytes } of this) parts[stream].push(bytes);
    const exitCode = await this.exitCode;
    return { exitCode, stdout: Buffer.concat(parts.stdout).toString("utf8"), stderr: Buffer.concat(parts.stderr).toString("utf8") };
  }
}

/** Input waits while so many bytes were not posted. */
const MANY_BYTES = 1024 * 1024;

export class RemoteCommandShell implements AsyncDisposable {
  readonly #client: WinrsClient;
  readonly #lines: HttpLines;
  readonly #abort = new AbortController();
  readonly #programs = new Map<string, RemoteProgram>();
  #state: { resolve: () => void; reject: (fault: Fault) => void } | undefined;
  #closed: () => void = () => undefined;

  /** @internal Use `openCommandShell`. */
  constructor(options: CommandShellOptions) {
    const carrier = wsmanOptions(options.transport, { id: randomUUID(), protocolVersion: undefined });
    const { environment, workingDirectory, codepage, noProfile, lifetimeMs } = options;
    const given = Object.fromEntries(
      Object.entries({ environment, workingDirectory, codepage, noProfile, lifetimeMs }).filter(([, value]) => value !== undefined),
    );
    this.#client = new WinrsClient({ sessionId: randomUUID(), ...carrier, ...given, newId: randomUUID });
    this.#lines = new HttpLines({ ...carrier, uri: new URL(carrier.uri) });
  }

  /** @internal */
  async opened(signal?: AbortSignal): Promise<void> {
    const onAbort = (): void => {
      this.#client.close();
      this.#post();
      this.#state?.reject(new Fault("session-closed"));
    };
    signal?.throwIfAborted();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        this.#state = { resolve, reject };
        this.#client.open();
        this.#post();
      });
    } catch (error) {
      await this.close();
      signal?.throwIfAborted();
      throw error;
    } finally {
      this.#state = undefined;
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Starts a program, or a line of the host's command interpreter. */
  run(line: string, args: readonly string[] = [], options: ProgramOptions = {}): RemoteProgram {
    const id = randomUUID();
    const { input, signal, ...how } = options;
    const end = (): void => {
      if (!this.#programs.delete(id)) return;
      this.#client.terminate(id);
      this.#post();
    };
    const program = new RemoteProgram(end);
    this.#programs.set(id, program);
    const interrupt = (): void => {
      this.#client.interrupt(id);
      this.#post();
      program.fail(signal?.reason as Error);
    };
    signal?.addEventListener("abort", interrupt, { once: true });
    void program.exitCode.then(
      () => signal?.removeEventListener("abort", interrupt),
      () => signal?.removeEventListener("abort", interrupt),
    );
    this.#client.run({ consoleInput: input === undefined, ...how, id, line, arguments: args });
    this.#post();
    if (signal?.aborted === true) interrupt();
    else if (input !== undefined) void this.#feed(id, program, input);
    return program;
  }

  /** Ends the shell with what runs in it. Never throws. */
  async close(): Promise<void> {
    for (const program of this.#programs.values()) program.fail(new Fault("session-closed"));
    this.#programs.clear();
    if (this.#client.state !== "closed" && this.#client.state !== "broken") {
      const closed = new Promise<void>((resolve) => {
        this.#closed = resolve;
      });
      const timer = setTimeout(() => this.#closed(), 5000);
      this.#client.close();
      this.#post();
      await closed;
      clearTimeout(timer);
    }
    this.#abort.abort();
    await this.#lines.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #feed(id: string, program: RemoteProgram, input: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    try {
      for await (const bytes of input) {
        if (!this.#programs.has(id)) return;
        this.#client.write(id, bytes);
        this.#post();
        while (this.#client.queuedBytes > MANY_BYTES && this.#programs.has(id)) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      this.#client.write(id, new Uint8Array(0), true);
      this.#post();
    } catch (error) {
      program.fail(error instanceof Error ? error : asFault(error));
      this.#client.terminate(id);
      this.#post();
    }
  }

  #post(): void {
    for (let request = this.#client.nextRequest(); request !== undefined; request = this.#client.nextRequest())
      void this.#exchange(request);
    this.#take();
  }

  async #exchange(request: WsmanRequest): Promise<void> {
    try {
      const answer = await this.#lines.post(request.envelope, {
        timeoutMs: request.timeoutMs,
        signal: this.#abort.signal,
        safe: request.safeToRetry || request.kind === "receive",
      });
      this.#client.answered(request.id, { status: answer.status, headers: {}, body: answer.body });
    } catch (error) {
      this.#client.failed(request.id, asFault(error));
    }
    this.#post();
  }

  #take(): void {
    for (let event = this.#client.nextEvent(); event !== undefined; event = this.#client.nextEvent()) {
      switch (event.event) {
        case "opened":
          this.#state?.resolve();
          break;
        case "faulted":
          this.#state?.reject(event.fault);
          for (const program of this.#programs.values()) program.take(event);
          this.#closed();
          break;
        case "closed":
          for (const program of this.#programs.values()) program.fail(new Fault("session-closed"));
          this.#closed();
          break;
        case "exit":
        case "command-faulted": {
          const program = this.#programs.get(event.command);
          this.#programs.delete(event.command);
          program?.take(event);
          if (event.event === "exit") this.#client.terminate(event.command);
          this.#post();
          break;
        }
        case "output":
          this.#programs.get(event.command)?.take(event);
          break;
        case "started":
          break;
      }
    }
  }
}

/**
 * The command shell of a service (WinRS, [MS-WSMV] 3.1.4.10 ff.): programs with input, output, errors and an exit code.
 * What a program is, the handler says; nothing of this machine is run by itself.
 */
import { Fault } from "@tieline/fault";
import { RecordQueue } from "../client/record-queue.ts";
import type { ShellRequest, WinrsAction, WinrsOutput } from "../wsman/index.ts";

export interface CommandShellHandler<P> {
  /** Throws (a Fault, best) to refuse a shell. */
  open(context: CommandShellContext<P>): CommandShell | Promise<CommandShell>;
}

export interface CommandShellContext<P> {
  readonly id: string;
  readonly principal: P;
  readonly clientAddress: string | undefined;
  readonly name: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string | undefined;
}

export interface CommandShell {
  /** Runs a program and gives its exit code; a thrown error becomes exit code 1 with the error's text, if it is a fault's. */
  run(program: ProgramRequest, output: ProgramOutput): Promise<number>;
  close?(): Promise<void> | void;
}

export interface ProgramRequest {
  /** The program, or a line for the interpreter, as the client wrote it. */
  readonly line: string;
  readonly arguments: readonly string[];
  readonly input: AsyncIterable<Uint8Array>;
  /** False: the program reads from a pipe. */
  readonly consoleInput: boolean;
  /** True: start the program itself, not through an interpreter. */
  readonly skipShell: boolean;
  /** Aborted by Ctrl-C, Ctrl-Break, and when nobody wants the program any more. */
  readonly signal: AbortSignal;
}

/** Each resolves when more may be written. */
export interface ProgramOutput {
  stdout(bytes: Uint8Array): Promise<void>;
  stderr(bytes: Uint8Array): Promise<void>;
}

interface Running {
  input: RecordQueue<Uint8Array>;
  abort: AbortController;
  /** Who waits for the client to fetch what is there. */
  pressed: boolean;
  writers: Set<() => void>;
}

/** One shell: turns the dispatch's actions into runs of the handler's, and what those put out into answers. */
export class HostedCommandShell {
  readonly #shell: CommandShell;
  readonly #perform: (outputs: readonly WinrsOutput[]) => void;
  readonly #running = new Map<string, Running>();
  #ended = false;

  constructor(shell: CommandShell, perform: (outputs: readonly WinrsOutput[]) => void) {
    this.#shell = shell;
    this.#perform = perform;
  }

  act(action: WinrsAction): void {
    switch (action.do) {
      case "command":
        void this.#run(action);
        break;
      case "stdin": {
        const input = this.#running.get(action.command)?.input;
        if (action.bytes.length > 0) input?.put(action.bytes);
        if (action.end) input?.end();
        break;
      }
      case "signal":
      case "terminate":
        this.#stop(action.command);
        break;
      case "delete":
        this.end();
    }
  }

  /** The client does not fetch what a program put out, or does so again. */
  press(command: string | undefined, high: boolean): void {
    const running = command === undefined ? undefined : this.#running.get(command);
    if (running === undefined) return;
    running.pressed = high;
    if (!high) release(running.writers);
  }

  /** Nobody wants the shell any more. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const command of this.#running.keys()) this.#stop(command);
    void Promise.resolve(this.#shell.close?.()).catch(() => undefined);
  }

  #stop(command: string): void {
    const running = this.#running.get(command);
    if (running === undefined) return;
    running.abort.abort(new Fault("pipeline-stopped"));
    running.input.end();
    release(running.writers);
  }

  async #run({ command, line, arguments: args, consoleInput, skipShell }: WinrsAction & { do: "command" }): Promise<void> {
    const running: Running = { input: new RecordQueue(() => undefined), abort: new AbortController(), pressed: false, writers: new Set() };
    this.#running.set(command, running);
    const { signal } = running.abort;
    const write = async (stream: "stdout" | "stderr", bytes: Uint8Array): Promise<void> => {
      signal.throwIfAborted();
      if (bytes.length > 0) this.#perform([{ do: "output", command, stream, bytes }]);
      while (running.pressed && !signal.aborted) await new Promise<void>((resolve) => running.writers.add(resolve));
    };
    const output: ProgramOutput = { stdout: (bytes) => write("stdout", bytes), stderr: (bytes) => write("stderr", bytes) };
    let code: number;
    try {
      code = await this.#shell.run({ line, arguments: args, input: inputOf(running.input), consoleInput, skipShell, signal }, output);
    } catch (error) {
      code = 1;
      const text = error instanceof Fault ? `${error.message}\r\n` : "";
      if (text !== "" && !signal.aborted) this.#perform([{ do: "output", command, stream: "stderr", bytes: Buffer.from(text) }]);
    }
    this.#running.delete(command);
    this.#perform([{ do: "exit", command, code }]);
  }
}

/** What a shell is, to its handler. */
export function commandShellContext<P>(id: string, principal: P, request: ShellRequest): CommandShellContext<P> {
  const { identity, name, environment = {}, workingDirectory } = request;
  return { id, principal, clientAddress: identity.address, name, environment, workingDirectory };
}

async function* inputOf(queue: RecordQueue<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  for (let next = await queue.take(); next.done !== true; next = await queue.take()) yield next.value;
}

function release(waiting: Set<() => void>): void {
  const all = [...waiting];
  waiting.clear();
  for (const go of all) go();
}

/** The command shell of the library with the programs of `test-programs.ts` behind it, in the form in which an HTTP endpoint wants its service. */
import { randomUUID } from "node:crypto";
import type { Fault } from "@tieline/fault";
import { RecordQueue } from "../packages/remoting/src/client/record-queue.ts";
import type { Caller } from "../packages/remoting/src/server/wsman-service.ts";
import { type ServerAnswer, ServerDispatch, type ServerIdentity, type WinrsAction } from "../packages/remoting/src/wsman/index.ts";
import { runProgram } from "./test-programs.ts";

interface Running {
  input: RecordQueue<Uint8Array>;
  abort: AbortController;
}

interface Shell {
  environment: Readonly<Record<string, string>>;
  workingDirectory: string;
  running: Map<string, Running>;
}

export class TestCommandShell {
  readonly #dispatch = new ServerDispatch({ newId: randomUUID, hasConfiguration: () => false, commandShell: true });
  readonly #shells = new Map<string, Shell>();
  readonly #answers = new Map<number, (answer: ServerAnswer) => void>();
  #lastId = 0;
  #timer: NodeJS.Timeout | undefined;

  async request(body: Uint8Array, caller: Caller<string> | undefined, url: string, gone: AbortSignal): Promise<ServerAnswer> {
    const id = ++this.#lastId;
    const identity: ServerIdentity | undefined = caller === undefined ? undefined : { key: caller.key, name: caller.name };
    const answered = new Promise<ServerAnswer>((resolve) => this.#answers.set(id, resolve));
    gone.addEventListener("abort", () => {
      if (this.#answers.delete(id)) this.#dispatch.abandoned(id);
    });
    this.#dispatch.request({ id, body, url, ...(identity === undefined ? {} : { identity }) }, Date.now());
    this.#pump();
    return answered;
  }

  returned(answer: ServerAnswer): void {
    this.#dispatch.returned(answer);
    this.#pump();
  }

  close(reason: Fault): void {
    for (const { running } of this.#shells.values()) for (const { abort } of running.values()) abort.abort();
    this.#dispatch.close(reason);
    this.#pump();
    clearTimeout(this.#timer);
  }

  #pump(): void {
    for (let event = this.#dispatch.nextEvent(); event !== undefined; event = this.#dispatch.nextEvent()) {
      if (event.event === "open") {
        const { environment = {}, workingDirectory = "C:\\" } = event.request;
        this.#shells.set(event.shell, { environment, workingDirectory, running: new Map() });
        this.#dispatch.accept(event.shell, Date.now());
      } else if (event.event === "winrs") this.#act(event.shell, event.action);
      else if (event.event === "closed") this.#end(event.shell);
    }
    for (let answer = this.#dispatch.nextAnswer(); answer !== undefined; answer = this.#dispatch.nextAnswer()) {
      this.#answers.get(answer.id)?.(answer);
      this.#answers.delete(answer.id);
    }
    clearTimeout(this.#timer);
    const deadline = this.#dispatch.nextDeadline();
    if (deadline === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#dispatch.tick(Date.now());
        this.#pump();
      },
      Math.max(1, deadline - Date.now()),
    );
  }

  #act(id: string, action: WinrsAction): void {
    const shell = this.#shells.get(id);
    if (shell === undefined) return;
    switch (action.do) {
      case "command":
        this.#run(id, shell, action);
        break;
      case "stdin": {
        const running = shell.running.get(action.command);
        if (action.bytes.length > 0) running?.input.put(action.bytes);
        if (action.end) running?.input.end();
        break;
      }
      case "signal":
      case "terminate":
        shell.running.get(action.command)?.abort.abort();
        break;
      case "delete":
        this.#end(id);
    }
  }

  #run(id: string, shell: Shell, { command, line, arguments: args }: WinrsAction & { do: "command" }): void {
    const running: Running = { input: new RecordQueue<Uint8Array>(() => undefined), abort: new AbortController() };
    shell.running.set(command, running);
    const { signal } = running.abort;
    const say = async (stream: "stdout" | "stderr", text: string | Uint8Array): Promise<void> => {
      const bytes = typeof text === "string" ? Buffer.from(text, "utf8") : text;
      this.#dispatch.performWinrs(id, [{ do: "output", command, stream, bytes }]);
      this.#pump();
    };
    const call = {
      input: inputOf(running.input),
      signal,
      environment: shell.environment,
      workingDirectory: shell.workingDirectory,
      out: (text: string | Uint8Array) => say("stdout", text),
      err: (text: string) => say("stderr", text),
    };
    void runProgram(line, args, call)
      .catch(() => 1)
      .then((code) => {
        shell.running.delete(command);
        this.#dispatch.performWinrs(id, [{ do: "exit", command, code }]);
        this.#pump();
      });
  }

  #end(id: string): void {
    for (const { abort } of this.#shells.get(id)?.running.values() ?? []) abort.abort();
    this.#shells.delete(id);
  }
}

async function* inputOf(queue: RecordQueue<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  for (let next = await queue.take(); next.done !== true; next = await queue.take()) yield next.value;
}

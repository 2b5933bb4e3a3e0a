/** The command line for moves, at a pool that is made of arrays: as a terminal or a pipe would run it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { CounterNotes, MoveCmdlets, type MoveSession, type OnlineAccess } from "@tieline/connector";
import type { Surroundings } from "./invocation.ts";
import { main } from "./main.ts";
import type { Ran } from "./run-main.fixture.ts";
import { TerminalHost } from "./terminal-host.ts";

export class MoveDesk implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "tieline-move-"));
  readonly #pool: MoveSession;
  access: (() => Promise<OnlineAccess>) | undefined;
  /** Typed at the terminal; undefined: nobody sits there. */
  answer: string | undefined;
  /** At each pause while a batch is followed. */
  atPause: (stop: AbortController) => void = () => undefined;

  constructor(pool: MoveSession) {
    this.#pool = pool;
  }

  async tieline(...words: string[]): Promise<Ran> {
    const text = { out: "", err: "" };
    const isTTY = this.answer !== undefined;
    const stream = (name: "out" | "err"): PassThrough =>
      Object.assign(
        new PassThrough().on("data", (chunk: Buffer) => (text[name] += chunk.toString())),
        { isTTY },
      );
    const stop = new AbortController();
    const around = {
      stdin: Object.assign(new PassThrough(), { isTTY }),
      stdout: stream("out"),
      stderr: stream("err"),
      environment: { NO_COLOR: "1" },
      signal: stop.signal,
    } as unknown as Surroundings;
    const terminal = new TerminalHost(around);
    terminal.ask = async (question) => {
      around.stderr.write(question);
      return this.answer ?? "";
    };
    const moveSites: Surroundings["moveSites"] = () => ({
      cmdlets: new MoveCmdlets(this.#pool, "pool01.contoso.local", { tell: (severity, text) => terminal.line(`${severity} ${text}`) }),
      terminal,
      access: this.access,
      notes: new CounterNotes(this.folder),
      wait: async () => {
        this.atPause(stop);
        stop.signal.throwIfAborted();
      },
    });
    const code = await main(words, { ...around, moveSites });
    await new Promise((resolve) => setImmediate(resolve));
    return { code, ...text };
  }

  /** A file below a folder that goes with the desk. */
  path(name: string): string {
    return join(this.folder, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

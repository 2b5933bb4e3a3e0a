/**
 * The terminal as the session's host: prompts, choices and passwords are asked on it, progress is drawn on one line of
 * stderr, and what a cmdlet writes for people goes to stderr too, so that stdout holds results alone.
 */
import { createInterface } from "node:readline/promises";
import { cancel, isCancel, password as askPassword } from "@clack/prompts";
import { Fault } from "@tieline/fault";
import { consoleHost, type Host } from "@tieline/connector";
import type { Surroundings } from "./invocation.ts";
import { fit, printable } from "./output/width.ts";
import { styleFor, type Style } from "./style.ts";

export class TerminalHost {
  readonly #around: Surroundings;
  readonly #style: Style;
  #drawn = false;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#style = styleFor(around.stderr, around.environment);
  }

  /** Reads a secret without showing it. @throws Fault `interrupted` */
  async askSecret(question: string): Promise<string> {
    this.clearProgress();
    const answer = await askPassword({ message: question, output: this.#around.stderr, input: this.#around.stdin });
    if (isCancel(answer)) {
      cancel("Cancelled.", { output: this.#around.stderr });
      throw new Fault("interrupted");
    }
    return answer ?? "";
  }

  async ask(question: string): Promise<string> {
    this.clearProgress();
    if (!this.#around.stdin.isTTY)
      throw new Fault("usage", {
        what: `The service asks "${question.trim()}", and nobody sits at a terminal.`,
        hint: "Give the value as a parameter.",
      });
    const stop = new AbortController();
    const lines = createInterface({ input: this.#around.stdin, output: this.#around.stderr });
    lines.on("SIGINT", () => {
      this.#around.interrupt?.();
      stop.abort();
    });
    try {
      return await lines.question(question, { signal: AbortSignal.any([this.#around.signal, stop.signal]) });
    } catch (error) {
      throw new Fault("interrupted", {}, { cause: error });
    } finally {
      lines.close();
    }
  }

  line(text: string | null): void {
    this.clearProgress();
    this.#around.stderr.write(`${printable(text ?? "")}\n`);
  }

  progress(activity: string, status: string, percent: number, completed: boolean): void {
    const { stderr } = this.#around;
    if (!stderr.isTTY) return;
    if (completed) return this.clearProgress();
    const text = `${activity}: ${status}${percent >= 0 ? ` ${percent} %` : ""}`;
    stderr.write(`\r\u001b[K${this.#style.dim(fit(printable(text), (stderr.columns ?? 80) - 1))}`);
    this.#drawn = true;
    return undefined;
  }

  clearProgress(): void {
    if (this.#drawn) this.#around.stderr.write("\r\u001b[K");
    this.#drawn = false;
  }

  /** The library's console, with our reader for its questions and our line for its progress. */
  get host(): Host {
    const { stdin, stderr } = this.#around;
    const base = consoleHost({
      input: stdin,
      output: stderr,
      ask: (question, hidden) => (hidden ? this.askSecret(question) : this.ask(question)),
    });
    return {
      ...base,
      methods: {
        ...base.methods,
        WriteLine1: () => this.line(""),
        WriteLine2: ([text]) => this.line(text),
        WriteLine3: ([, , text]) => this.line(text),
        WriteErrorLine: ([text]) => this.line(this.#style.error(text ?? "")),
        WriteProgress: ([, record]) =>
          this.progress(record.activity, record.statusDescription ?? "", record.percentComplete, record.completed),
      },
    };
  }
}

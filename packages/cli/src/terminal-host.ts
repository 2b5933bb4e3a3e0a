/**
 * The terminal as the session's host: prompts, choices and passwords are asked on it, progress is drawn on one line of
 * stderr, and what a cmdlet writes for people goes to stderr too, so that stdout holds results alone.
 */
import { createInterface } from "node:readline/promises";
import { cancel, isCancel, password as askPassword } from "@clack/prompts";
import { Fault } from "@tieline/fault";
import type { Host } from "@tieline/connector";
import { PsDictionary, SecureString, type PsValue } from "@tieline/remoting/objects";
import type { Surroundings } from "./invocation.ts";
import { fit, printable } from "./output/width.ts";
import { styleFor, type Style } from "./style.ts";

export class TerminalHost {
  readonly #around: Surroundings;
  readonly #style: Style;
  readonly #verbose: boolean;
  #drawn = false;

  constructor(around: Surroundings, verbose: boolean) {
    this.#around = around;
    this.#style = styleFor(around.stderr, around.environment);
    this.#verbose = verbose;
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

  /** Records of the streams are printed by whoever runs the pipeline; the host's copies of them are not needed. */
  readonly host: Host = {
    methods: {
      WriteLine1: () => this.line(""),
      WriteLine2: ([text]) => this.line(text),
      WriteLine3: ([, , text]) => this.line(text),
      Write1: ([text]) => void this.#around.stderr.write(printable(text ?? "")),
      Write2: ([, , text]) => void this.#around.stderr.write(printable(text ?? "")),
      WriteErrorLine: ([text]) => this.line(this.#style.error(text ?? "")),
      WriteProgress: ([, record]) =>
        this.progress(record.activity, record.statusDescription ?? "", record.percentComplete, record.completed),
      ReadLine: () => this.ask(""),
      ReadLineAsSecureString: async () => new SecureString(await this.askSecret("")),
      Prompt: async ([caption, message, fields]) => {
        if (caption) this.line(caption);
        if (message) this.line(message);
        const answers: [PsValue, PsValue][] = [];
        for (const field of fields) {
          const secret = /securestring/i.test(field.parameterTypeFullName);
          const label = field.label === "" ? field.name : field.label;
          answers.push([field.name, secret ? new SecureString(await this.askSecret(label)) : await this.ask(`${label}: `)]);
        }
        return new PsDictionary(answers);
      },
      PromptForChoice: async ([caption, message, choices, preset]) => {
        if (caption) this.line(caption);
        if (message) this.line(message);
        const shown = choices.map((choice) => `[${keyOf(choice.label)}] ${choice.label.replace("&", "")}`).join("  ");
        for (;;) {
          const answer = (await this.ask(`${shown}  (default is "${keyOf(choices[preset]?.label ?? "")}"): `)).trim().toLowerCase();
          if (answer === "") return preset;
          const index = choices.findIndex(
            (choice) => keyOf(choice.label).toLowerCase() === answer || choice.label.replace("&", "").toLowerCase() === answer,
          );
          if (index >= 0) return index;
        }
      },
      PromptForCredential1: ([caption, message, user]) => this.#credential(caption, message, user),
      PromptForCredential2: ([caption, message, user]) => this.#credential(caption, message, user),
    },
  };

  get verbose(): boolean {
    return this.#verbose;
  }

  async #credential(
    caption: string | null,
    message: string | null,
    user: string | null,
  ): Promise<{ userName: string; password: SecureString }> {
    if (caption) this.line(caption);
    if (message) this.line(message);
    const userName = user === "" || user === null ? await this.ask("User: ") : user;
    return { userName, password: new SecureString(await this.askSecret(`Password for ${userName}`)) };
  }
}

/** The letter after `&`. */
function keyOf(label: string): string {
  const at = label.indexOf("&");
  return at >= 0 && at + 1 < label.length ? (label[at + 1] as string) : label;
}

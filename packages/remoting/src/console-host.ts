/**
 * A host on a console: what the server writes is printed, what it asks is asked, line by line. The streams are handed in.
 *
 * PowerShell servers send each warning, verbose and debug text and each progress record twice, as a record and as a call of
 * the host: whoever prints the records leaves `showRecords` off.
 */
import type { Writable } from "node:stream";
import { LineInput, type LineSource } from "./edge/line-input.ts";
import type { Host, HostMethods } from "./host.ts";
import { PsDictionary, PsObject, SecureString, Version, Guid, type PsValue } from "./objects/index.ts";
import { NO_HOST, type ChoiceDescription, type FieldDescription, type HostArray, type HostInfo, type Size } from "./psrp/index.ts";

export interface ConsoleHostOptions {
  input: LineSource;
  output: Writable & { isTTY?: boolean; columns?: number; rows?: number };
  /** Print warnings, verbose and debug texts and progress when the server calls the host for them. Default false. */
  showRecords?: boolean;
  /** Colours as escape sequences; default where the output is a terminal. */
  colours?: boolean;
  /** Asks in the place of `input`: for a program that reads the keyboard itself. */
  ask?: (question: string, hidden: boolean) => Promise<string>;
  /** Ends a question that nobody answers. */
  signal?: AbortSignal;
  name?: string;
  culture?: string;
  /** Called for `exit N` at the server. */
  onExit?: (code: number) => void;
}

/** ConsoleColor 0 to 15 as numbers of ANSI colours (ECMA-48 SGR 30 to 37, 90 to 97). */
const ANSI = [30, 34, 32, 36, 31, 35, 33, 37, 90, 94, 92, 96, 91, 95, 93, 97];
const WINDOW: Size = { width: 80, height: 25 };

/**
 * @example
 * ```ts
 * const host = consoleHost({ input: process.stdin, output: process.stderr });
 * ```
 */
export function consoleHost(options: ConsoleHostOptions): Host {
  const console = new Console(options);
  return { info: console.info(), methods: console.methods(options) };
}

class Console {
  readonly #options: ConsoleHostOptions;
  readonly #colours: boolean;
  readonly #lines: LineInput;
  #drawn = false;

  constructor(options: ConsoleHostOptions) {
    this.#options = options;
    this.#lines = new LineInput(options.input);
    this.#colours = options.colours ?? options.output.isTTY === true;
  }

  info(): HostInfo {
    const { columns, rows } = this.#options.output;
    const windowSize: Size = { width: columns ?? WINDOW.width, height: rows ?? WINDOW.height };
    return {
      ...NO_HOST,
      isHostNull: false,
      isHostUINull: false,
      isHostRawUINull: false,
      defaultData: {
        foregroundColor: 7,
        backgroundColor: 0,
        cursorPosition: { x: 0, y: 0 },
        windowPosition: { x: 0, y: 0 },
        cursorSize: 25,
        bufferSize: windowSize,
        windowSize,
        maxWindowSize: windowSize,
        maxPhysicalWindowSize: windowSize,
        windowTitle: "",
      },
    };
  }

  methods({ showRecords = false, name = "Tieline", culture = "en-US", onExit }: ConsoleHostOptions): HostMethods {
    const line = (text: string | null): void => this.#line(text ?? "");
    const record = (prefix: string, colour: number) =>
      showRecords ? ([text]: readonly [string | null]) => this.#line(`${prefix}${text ?? ""}`, colour) : () => undefined;
    return {
      GetName: () => name,
      GetVersion: () => new Version("1.0.0.0"),
      GetInstanceId: () => new Guid("00000000-0000-0000-0000-000000000000"),
      GetCurrentCulture: () => culture,
      GetCurrentUICulture: () => culture,
      SetShouldExit: ([code]) => onExit?.(code),
      Write1: ([text]) => this.#write(text ?? ""),
      Write2: ([foreground, background, text]) => this.#write(this.#paint(text ?? "", foreground, background)),
      WriteLine1: () => line(""),
      WriteLine2: ([text]) => line(text),
      WriteLine3: ([foreground, background, text]) => line(this.#paint(text ?? "", foreground, background)),
      WriteErrorLine: ([text]) => this.#line(text ?? "", 12),
      WriteWarningLine: record("WARNING: ", 14),
      WriteVerboseLine: record("VERBOSE: ", 14),
      WriteDebugLine: record("DEBUG: ", 14),
      WriteProgress: ([, progress]) => {
        if (showRecords) this.#progress(progress.completed ? "" : `${progress.activity}: ${progress.statusDescription ?? ""}`);
      },
      ReadLine: () => this.#ask(""),
      ReadLineAsSecureString: async () => new SecureString(await this.#ask("", true)),
      Prompt: async ([caption, message, fields]) => this.#prompt(caption, message, fields),
      PromptForCredential1: async ([caption, message, user]) => this.#credential(caption, message, user),
      PromptForCredential2: async ([caption, message, user]) => this.#credential(caption, message, user),
      PromptForChoice: async ([caption, message, choices, preset]) => {
        const [chosen] = await this.#choose(caption, message, choices, preset < 0 ? [] : [preset], false);
        return chosen ?? preset;
      },
      PromptForChoiceMultipleSelection: async ([caption, message, choices, presets]) =>
        this.#choose(caption, message, choices, elements(presets), true),
      ReadKey: async () => {
        const character = (await this.#ask("")).charAt(0) || "\r";
        return { virtualKeyCode: character.toUpperCase().charCodeAt(0), character, controlKeyState: 0, keyDown: true };
      },
      GetKeyAvailable: () => false,
      GetWindowSize: () => ({ width: this.#options.output.columns ?? WINDOW.width, height: this.#options.output.rows ?? WINDOW.height }),
      GetIsRunspacePushed: () => false,
    };
  }

  #write(text: string): void {
    this.#progress("");
    this.#options.output.write(harmless(text, this.#colours));
  }

  #line(text: string, colour?: number): void {
    this.#write(`${colour === undefined ? text : this.#paint(text, colour, -1)}\n`);
  }

  #progress(text: string): void {
    const { output } = this.#options;
    if (output.isTTY !== true || (text === "" && !this.#drawn)) return;
    output.write(`\r\u001b[K${harmless(text, false).slice(0, (output.columns ?? WINDOW.width) - 1)}`);
    this.#drawn = text !== "";
  }

  #paint(text: string, foreground: number, background: number): string {
    if (!this.#colours) return text;
    const codes = [ANSI[foreground], background > 0 ? (ANSI[background] ?? 30) + 10 : undefined].filter((code) => code !== undefined);
    return codes.length === 0 ? text : `\u001b[${codes.join(";")}m${text}\u001b[0m`;
  }

  /** One line of the input; a secret one is not shown on a terminal. @throws Fault `host-input-ended` */
  async #ask(question: string, secret = false): Promise<string> {
    if (this.#options.ask !== undefined) return this.#options.ask(question, secret);
    const { input, output, signal } = this.#options;
    this.#write(question);
    const line = await this.#lines.next(secret, signal);
    if (secret && input.isTTY === true) output.write("\n");
    return line;
  }

  #introduce(caption: string | null, message: string | null): void {
    for (const text of [caption, message]) if (text !== null && text !== "") this.#line(text);
  }

  async #prompt(caption: string | null, message: string | null, fields: readonly FieldDescription[]): Promise<PsDictionary> {
    this.#introduce(caption, message);
    const answers: [PsValue, PsValue][] = [];
    for (const field of fields) {
      const type = field.parameterTypeFullName;
      const label = field.label === "" ? field.name : field.label.replace("&", "");
      if (/SecureString$/i.test(type)) answers.push([field.name, new SecureString(await this.#ask(`${label}: `, true))]);
      else if (/PSCredential$/i.test(type)) answers.push([field.name, credentialObject(await this.#credential(null, null, label))]);
      else if (type.endsWith("[]")) answers.push([field.name, await this.#list(label)]);
      else answers.push([field.name, await this.#ask(`${label}: `)]);
    }
    return new PsDictionary(answers);
  }

  /** Items until an empty line, as PowerShell asks for arrays. */
  async #list(label: string): Promise<string[]> {
    const items: string[] = [];
    for (let item = await this.#ask(`${label}[0]: `); item !== ""; item = await this.#ask(`${label}[${items.length}]: `)) items.push(item);
    return items;
  }

  async #credential(
    caption: string | null,
    message: string | null,
    user: string | null,
  ): Promise<{ userName: string; password: SecureString }> {
    this.#introduce(caption, message);
    const userName = user === null || user === "" ? await this.#ask("User: ") : user;
    return { userName, password: new SecureString(await this.#ask(`Password for user ${userName}: `, true)) };
  }

  async #choose(
    caption: string | null,
    message: string | null,
    choices: readonly ChoiceDescription[],
    presets: readonly number[],
    several: boolean,
  ): Promise<number[]> {
    this.#introduce(caption, message);
    const keys = choices.map(({ label }) => keyOf(label));
    const shown = choices.map(({ label }, i) => `[${keys[i]}] ${label.replace("&", "")}`).join("  ");
    const preset = presets.length === 0 ? "" : ` (default is "${presets.map((i) => keys[i]).join(",")}")`;
    const chosen: number[] = [];
    for (;;) {
      const answer = (await this.#ask(`${shown}  [?] Help${preset}: `)).trim();
      if (answer === "") return chosen.length === 0 ? [...presets] : chosen;
      if (answer === "?") for (const [i, { helpMessage }] of choices.entries()) this.#line(`${keys[i]} - ${helpMessage}`);
      const index = choices.findIndex(
        ({ label }, i) => keys[i]?.toLowerCase() === answer.toLowerCase() || label.replace("&", "").toLowerCase() === answer.toLowerCase(),
      );
      if (index < 0) continue;
      chosen.push(index);
      if (!several) return chosen;
    }
  }
}

function credentialObject({ userName, password }: { userName: string; password: SecureString }): PsObject {
  const object = new PsObject({ typeNames: ["System.Management.Automation.PSCredential", "System.Object"] });
  return object.set("UserName", userName, "adapted").set("Password", password, "adapted");
}

/** The letter after `&`, or the whole label. */
function keyOf(label: string): string {
  const at = label.indexOf("&");
  return at >= 0 && at + 1 < label.length ? label.charAt(at + 1).toUpperCase() : label;
}

function elements(presets: readonly number[] | HostArray<number> | null): readonly number[] {
  return presets === null ? [] : "elements" in presets ? presets.elements : presets;
}

/** A server's text must not steer the terminal; colours, where they are wanted, may pass. */
function harmless(text: string, colours: boolean): string {
  const colour = /\u001b\[[0-9;]*m/g;
  const kept = colours ? text.match(colour) : null;
  const plain = text.replaceAll(colour, colours ? "\u0000" : "").replaceAll(/[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, "");
  let next = 0;
  return plain.replaceAll("\u0000", () => kept?.[next++] ?? "");
}

/** Lines of an input, one for each question; what came early is kept for the next. */
import type { Readable } from "node:stream";
import { Fault } from "@tieline/fault";

export type LineSource = Readable & { isTTY?: boolean; setRawMode?: (raw: boolean) => unknown };

export class LineInput {
  readonly #input: LineSource;
  #text = "";

  constructor(input: LineSource) {
    this.#input = input;
  }

  /**
   * The next line, without its end.
   *
   * @param hidden on a terminal: what is typed is not shown
   * @throws Fault `host-input-ended` at the end of the input, by the signal, and for Ctrl-C at a hidden question
   */
  async next(hidden: boolean, signal?: AbortSignal): Promise<string> {
    const input = this.#input;
    const raw = hidden && input.isTTY === true && input.setRawMode !== undefined;
    const early = this.#take();
    if (early !== undefined) return early;
    if (signal?.aborted === true || input.readableEnded || input.destroyed) throw new Fault("host-input-ended");
    if (raw) input.setRawMode?.(true);
    try {
      return await new Promise<string>((resolve, reject) => {
        const settle = (finish: () => void): void => {
          input.off("data", onData).off("end", onEnd).off("close", onEnd);
          signal?.removeEventListener("abort", onEnd);
          input.pause();
          finish();
        };
        const onData = (chunk: Buffer | string): void => {
          this.#text = raw ? edit(this.#text + chunk.toString()) : this.#text + chunk.toString();
          if (raw && this.#text.includes(CTRL_C)) return onEnd();
          const line = this.#take();
          if (line !== undefined) settle(() => resolve(line));
        };
        const onEnd = (): void => {
          const last = this.#text;
          this.#text = "";
          settle(() => (last === "" || last.includes(CTRL_C) ? reject(new Fault("host-input-ended")) : resolve(last)));
        };
        input.on("data", onData).once("end", onEnd).once("close", onEnd);
        signal?.addEventListener("abort", onEnd, { once: true });
        input.resume();
      });
    } finally {
      if (raw) input.setRawMode?.(false);
    }
  }

  #take(): string | undefined {
    const end = /\r\n|\n|\r/.exec(this.#text);
    if (end === null) return undefined;
    const line = this.#text.slice(0, end.index);
    this.#text = this.#text.slice(end.index + end[0].length);
    return line;
  }
}

const CTRL_C = "\u0003";

/** Without the terminal's own line editing a backspace is ours to act on. */
function edit(text: string): string {
  let edited = text;
  for (let before = ""; before !== edited;) {
    before = edited;
    edited = edited.replace(/[^\u0008\u007f][\u0008\u007f]|^[\u0008\u007f]/u, "");
  }
  return edited;
}

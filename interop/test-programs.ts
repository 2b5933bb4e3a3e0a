/** Programs for the command shell that strangers drive: output, errors, exit codes, input, patience, much. */
import { setTimeout as wait } from "node:timers/promises";
import type { CommandShellHandler } from "../packages/remoting/src/server.ts";

interface ProgramCall {
  /** Words of the line, the program's name first. */
  words: readonly string[];
  input: AsyncIterable<Uint8Array>;
  /** Aborted when the client interrupts or gives up. */
  signal: AbortSignal;
  environment: Readonly<Record<string, string>>;
  workingDirectory: string;
  out: (text: string | Uint8Array) => Promise<void>;
  err: (text: string) => Promise<void>;
}

type Program = (call: ProgramCall) => Promise<number>;

/** What cmd.exe gives for a program that was interrupted. */
export const INTERRUPTED = -1_073_741_510;

const PROGRAMS: Readonly<Record<string, Program>> = {
  async echo({ words, out }) {
    await out(`${words.slice(1).join(" ")}\r\n`);
    return 0;
  },
  async fail({ words: [, code = "1"], err }) {
    await err(`failed with ${code}\r\n`);
    return Number(code);
  },
  async both({ out, err }) {
    for (let i = 0; i < 3; i++) {
      await out(`out ${i}\r\n`);
      await err(`err ${i}\r\n`);
    }
    return 0;
  },
  async big({ words: [, length = "0"], out }) {
    const piece = "0123456789".repeat(5000);
    for (let left = Number(length); left > 0; left -= piece.length) await out(piece.slice(0, left));
    return 0;
  },
  async cat({ input, out }) {
    for await (const bytes of input) await out(bytes);
    return 0;
  },
  async set({ environment, workingDirectory, out }) {
    for (const [name, value] of Object.entries({ ...environment, CD: workingDirectory })) await out(`${name}=${value}\r\n`);
    return 0;
  },
  async slow({ words: [, milliseconds = "0"], out, signal }) {
    await wait(Number(milliseconds), undefined, { signal });
    await out("at last\r\n");
    return 0;
  },
  async wait({ signal }) {
    await wait(600_000, undefined, { signal });
    return 0;
  },
};

/** 1 and cmd.exe's words for a program that is not there. */
async function runProgram(line: string, args: readonly string[], call: Omit<ProgramCall, "words">): Promise<number> {
  const words = [line, ...args]
    .join(" ")
    .trim()
    .split(/\s+/)
    .map((word, i) => (i === 0 ? word.replace(/^"(.*)"$/, "$1") : word));
  const program = PROGRAMS[words[0] ?? ""];
  if (program === undefined) {
    await call.err(`'${words[0]}' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n`);
    return 1;
  }
  try {
    return await program({ ...call, words });
  } catch (error) {
    if (call.signal.aborted) return INTERRUPTED;
    throw error;
  }
}

export const testPrograms: CommandShellHandler<unknown> = {
  open: ({ environment, workingDirectory = "C:\\" }) => ({
    run: ({ line, arguments: args, input, signal }, output) => {
      const bytes = (text: string | Uint8Array): Uint8Array => (typeof text === "string" ? Buffer.from(text, "utf8") : text);
      const out = (text: string | Uint8Array): Promise<void> => output.stdout(bytes(text));
      const err = (text: string): Promise<void> => output.stderr(bytes(text));
      return runProgram(line, args, { input, signal, environment, workingDirectory, out, err });
    },
  }),
};

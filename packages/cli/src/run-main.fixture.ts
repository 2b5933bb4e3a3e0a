/** The command line in this process, as a terminal or a pipe would run it, for tests; nothing of the user's own folders is read. */
import { PassThrough } from "node:stream";
import type { Surroundings } from "./invocation.ts";
import { main } from "./main.ts";

export interface Ran {
  code: number;
  out: string;
  err: string;
}

export interface RunOptions {
  /** XDG's state folder: tokens and sessions that are kept. */
  state: string;
  env?: Readonly<Record<string, string>>;
  /** What is piped in. */
  input?: string;
}

export async function runMain(words: readonly string[], { state, env = {}, input = "" }: RunOptions): Promise<Ran> {
  const text = { out: "", err: "" };
  const stream = (name: "out" | "err"): PassThrough => new PassThrough().on("data", (chunk: Buffer) => (text[name] += chunk.toString()));
  const around = {
    stdin: new PassThrough().end(input),
    stdout: stream("out"),
    stderr: stream("err"),
    environment: { XDG_STATE_HOME: state, XDG_DATA_HOME: state, TIELINE_CACHE_PASSPHRASE: "of this test", ...env },
    signal: new AbortController().signal,
  };
  const code = await main(words, around as unknown as Surroundings);
  // What was written last is read in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  return { code, ...text };
}

/** The other end of a GSS-API exchange: Debian's python3-gssapi in a child process (python/gss_peer.py). */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { DEBIAN_PYTHON } from "./python-modules.ts";

export interface PeerAnswer {
  token?: string | null;
  done?: boolean;
  peer?: string;
  flags?: number;
  header?: string;
  body?: string;
  padding?: string;
  data?: string;
  error?: string;
}

export const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
export const toBytes = (text: string | null | undefined): Uint8Array => new Uint8Array(Buffer.from(text ?? "", "base64"));

export class GssPeer implements Disposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  constructor(environment: NodeJS.ProcessEnv, script = "gss_peer.py") {
    this.#child = spawn(DEBIAN_PYTHON, [fileURLToPath(new URL(`python/${script}`, import.meta.url))], {
      env: environment,
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#reader = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** The answer as it is, with `error` where the library refused. */
  async ask(action: string, fields: Readonly<Record<string, unknown>> = {}): Promise<PeerAnswer> {
    this.#child.stdin?.write(`${JSON.stringify({ do: action, ...fields })}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error("the Python end died");
    return JSON.parse(line.value) as PeerAnswer;
  }

  /** The answer; throws where the library refused. */
  async must(action: string, fields: Readonly<Record<string, unknown>> = {}): Promise<PeerAnswer> {
    const answer = await this.ask(action, fields);
    if (answer.error !== undefined) throw new Error(`${action}: ${answer.error}`);
    return answer;
  }

  [Symbol.dispose](): void {
    this.#reader.close();
    this.#child.kill();
  }
}

/** As many connections as there are requests at a time; each has its own logon. What is safe is tried again. */
import { asFault, type Fault } from "@tieline/fault";
import type { HttpAnswer } from "@tieline/net";
import { HttpLine, type HttpLineOptions, type PostOptions } from "./http-line.ts";

export interface HttpLinesOptions extends HttpLineOptions {
  /** How often a request is tried again that never left, or that may be sent twice. Default 2. */
  retries?: number;
}

/** Pauses before the next attempts. */
const PAUSE_MS = [300, 1500, 5000];

export class HttpLines {
  readonly #options: HttpLinesOptions;
  readonly #idle: HttpLine[] = [];
  readonly #all = new Set<HttpLine>();
  readonly #closing = new AbortController();

  constructor(options: HttpLinesOptions) {
    this.#options = options;
  }

  /**
   * Posts on a connection that is free, a new one if need be.
   *
   * @param safe whether it does no harm if the service acts on the request twice
   * @throws Fault
   */
  async post(envelope: Uint8Array, options: PostOptions & { safe: boolean }): Promise<HttpAnswer> {
    const retries = this.#options.retries ?? 2;
    for (let attempt = 0; ; attempt++) {
      const line = this.#take();
      try {
        const answer = await line.post(envelope, options);
        this.#idle.push(line);
        return answer;
      } catch (error) {
        this.#drop(line);
        const fault = asFault(error);
        const again =
          !this.#closing.signal.aborted && options.signal?.aborted !== true && attempt < retries && mayRetry(fault, options.safe);
        if (!again) throw fault;
        await pause(PAUSE_MS[attempt] ?? 5000, this.#closing.signal);
      }
    }
  }

  /** Ends all connections; requests on their way fail. */
  async close(): Promise<void> {
    this.#closing.abort();
    const all = [...this.#all];
    this.#all.clear();
    this.#idle.length = 0;
    await Promise.all(all.map((line) => line.close().catch(() => undefined)));
  }

  #take(): HttpLine {
    // The last used first: the others may then end by their own time-outs.
    const warm = this.#idle.findLastIndex((line) => line.warm);
    const [idle] = this.#idle.splice(warm < 0 ? this.#idle.length - 1 : warm, 1);
    if (idle !== undefined) return idle;
    const line = new HttpLine(this.#options);
    this.#all.add(line);
    return line;
  }

  #drop(line: HttpLine): void {
    this.#all.delete(line);
    void line.close().catch(() => undefined);
  }
}

/** What failed before a byte of the request could arrive may always be tried again. */
const NEVER_LEFT: ReadonlySet<string> = new Set(["connection-refused", "network-unreachable", "proxy-refused"]);

function mayRetry(fault: Fault, safe: boolean): boolean {
  return NEVER_LEFT.has(fault.code) || (safe && (fault.code === "connection-lost" || fault.code === "connection-timeout"));
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(settle, ms);
    function settle(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", settle);
      resolve();
    }
    signal.addEventListener("abort", settle, { once: true });
  });
}

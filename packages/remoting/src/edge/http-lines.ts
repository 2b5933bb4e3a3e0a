/** As many connections as there are requests at a time; each has its own logon. What is safe is tried again. */
import { asFault, type Fault } from "@tieline/fault";
import type { HttpAnswer } from "@tieline/net";
import { Outage, type Endurance } from "./endurance.ts";
import { HttpLine, type HttpLineOptions, type PostOptions } from "./http-line.ts";

export interface HttpLinesOptions extends HttpLineOptions {
  /** How often a request is tried again that never left, or that may be sent twice. Default 2. */
  retries?: number;
  /** Try for longer, once the session is open. Without it `retries` alone counts. */
  endurance?: Endurance;
}

export interface LinesPostOptions extends PostOptions {
  /** Whether it does no harm if the service acts on the request twice. */
  safe: boolean;
  /** Whether an outage is sat out. Default false. */
  enduring?: boolean;
  /** Told true when the request may arrive from now on, false when it is certain that it did not. */
  left?: (left: boolean) => void;
  /** Called before a request is sent again that may have arrived. */
  repeated?: () => void;
}

/** Pauses before the next attempts. */
const PAUSE_MS = [300, 1500, 5000];

export class HttpLines {
  readonly #options: HttpLinesOptions;
  readonly #idle: HttpLine[] = [];
  readonly #all = new Set<HttpLine>();
  readonly #closing = new AbortController();
  readonly #outage: Outage;

  constructor(options: HttpLinesOptions) {
    this.#options = options;
    this.#outage = new Outage(options.endurance ?? {});
  }

  /**
   * Posts on a connection that is free, a new one if need be.
   *
   * @throws Fault
   */
  async post(envelope: Uint8Array, options: LinesPostOptions): Promise<HttpAnswer> {
    let mayHaveArrived = false;
    for (let attempt = 0; ; attempt++) {
      const line = this.#take();
      options.left?.(true);
      try {
        const answer = await line.post(envelope, options);
        this.#idle.push(line);
        this.#outage.answered();
        return answer;
      } catch (error) {
        this.#drop(line);
        const fault = asFault(error);
        mayHaveArrived ||= !NEVER_LEFT.has(fault.code);
        if (!mayHaveArrived) options.left?.(false);
        if (this.#closing.signal.aborted || options.signal?.aborted === true) throw fault;
        // Once it may have arrived, a later attempt that never left changes nothing.
        if (mayHaveArrived && !options.safe) throw fault;
        const enduring = options.enduring === true && this.#options.endurance !== undefined;
        const waitMs = this.#pauseMs(fault, attempt, enduring);
        if (waitMs === undefined) throw fault;
        await (this.#options.endurance?.sleep ?? pause)(waitMs, this.#closing.signal);
        if (this.#closing.signal.aborted) throw fault;
        if (mayHaveArrived) options.repeated?.();
      }
    }
  }

  #pauseMs(fault: Fault, attempt: number, enduring: boolean): number | undefined {
    if (!mayRetry(fault, enduring)) return undefined;
    if (enduring) return this.#outage.failed(fault, attempt);
    return attempt < (this.#options.retries ?? 2) ? (PAUSE_MS[attempt] ?? 5000) : undefined;
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
export const NEVER_LEFT: ReadonlySet<string> = new Set([
  "connection-refused",
  "network-unreachable",
  "proxy-refused",
  "proxy-unreachable",
  "proxy-timeout",
  "name-unknown",
]);

function mayRetry(fault: Fault, enduring: boolean): boolean {
  // A name that nobody knows is a mistake at first, and an outage where it was known before.
  if (fault.code === "name-unknown") return enduring;
  return NEVER_LEFT.has(fault.code) || fault.code === "connection-lost" || fault.code === "connection-timeout";
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

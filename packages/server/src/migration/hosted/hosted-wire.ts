/** Requests to a hosted migration service, over as many connections as there are moves at a time; each is used again. */
import { Fault, isFault } from "@tieline/fault";
import { PinnedClient, type Dialler, type HttpAnswer } from "@tieline/net";
import { ANSWERS, readFault, type AnswerOf, type Operation, type RequestOf } from "./contract.ts";

export interface WireOptions {
  dialler: Dialler;
  /** For one answer. Default 30,000. */
  timeoutMs?: number;
}

const MOST_IDLE = 64;

const TOLD = new WeakSet<Fault>();

/** True for a refusal that the service has told: whatever was asked was not done. */
export function wasTold(error: unknown): boolean {
  return isFault(error) && TOLD.has(error);
}

export class HostedWire implements AsyncDisposable {
  readonly url: URL;
  readonly #options: WireOptions;
  readonly #idle: PinnedClient[] = [];
  readonly #all = new Set<PinnedClient>();
  /** How far the other site's clock is ahead, ms; undefined before the first answer that says. */
  clockAheadMs: number | undefined;

  constructor(url: URL, options: WireOptions) {
    this.url = url;
    this.#options = options;
  }

  /** @throws Fault that the service tells, `hosted-answer-unreadable`, and of the transport */
  async call<O extends Operation>(operation: O, body: RequestOf<O>, authorization: string): Promise<AnswerOf<O>> {
    const client = this.#idle.pop() ?? this.#open();
    let answer: HttpAnswer;
    try {
      answer = await client.request({
        method: "POST",
        path: `${this.url.pathname}/${operation}`,
        headers: { authorization, "content-type": "application/json" },
        body: new TextEncoder().encode(JSON.stringify(body)),
        timeoutMs: this.#options.timeoutMs ?? 30_000,
      });
    } catch (error) {
      this.#all.delete(client);
      await client.close();
      throw error;
    }
    if (this.#idle.length < MOST_IDLE) this.#idle.push(client);
    this.#readClock(answer);
    return this.#read(operation, answer);
  }

  #open(): PinnedClient {
    const client = new PinnedClient(this.#options.dialler, this.url);
    this.#all.add(client);
    return client;
  }

  #readClock({ headers }: HttpAnswer): void {
    const at = Date.parse(String(headers["date"] ?? ""));
    if (!Number.isNaN(at)) this.clockAheadMs = at - Date.now();
  }

  #read<O extends Operation>(operation: O, { status, body }: HttpAnswer): AnswerOf<O> {
    const unreadable = (reason: string): Fault => new Fault("hosted-answer-unreadable", { host: this.url.host, status, reason });
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder().decode(body));
    } catch {
      throw unreadable("it is not JSON");
    }
    if (status !== 200) {
      const fault = readFault(value);
      if (fault === undefined) throw unreadable("it names no fault");
      // A service that has trouble with itself has not said no.
      if (status < 500) TOLD.add(fault);
      throw fault;
    }
    const parsed = ANSWERS[operation].safeParse(value);
    if (!parsed.success) throw unreadable(`${parsed.error.issues[0]?.path.join(".") ?? ""} is not as agreed`);
    return parsed.data as AnswerOf<O>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#all].map((client) => client.close()));
  }
}

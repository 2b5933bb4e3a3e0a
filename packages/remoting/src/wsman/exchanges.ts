/**
 * Requests that are being answered: who asked, how much an answer may hold, by when it is due; and the answers that are
 * ready to be sent. Each admitted request is finished exactly once: answered, refused, or its client gone.
 */
import { asFault, Fault } from "@tieline/fault";
import type { Deadlines } from "./deadlines.ts";
import { OPERATIONS, type Answers, type OperationName } from "./operation.ts";
import type { Handed, Outlet } from "./outlet.ts";
import type { ServerAnswer, ServerIdentity, ServerRequest } from "./server-event.ts";
import { answerPieces, type WsmanHeader, type WsmanOption } from "./soap/envelope.ts";
import { writeFault } from "./soap/fault-body.ts";
import { wireId } from "./soap/guid.ts";
import { serialize } from "./soap/xml-writer.ts";

/** A request that waits for its answer. */
export interface Exchange {
  readonly id: number;
  readonly identity: ServerIdentity;
  readonly operation: OperationName;
  readonly maxEnvelopeSize: number;
  readonly sessionId: string | undefined;
  readonly options: readonly WsmanOption[];
  /** The message that the answer relates to. */
  readonly relatesTo: string | undefined;
  /** The address that was asked for. */
  readonly url: string | undefined;
  /** The shell that it is about, once that is known. */
  shell: string | undefined;
}

export interface ExchangeOptions {
  newId: () => string;
  machine: string;
  maxEnvelopeSize: number;
  /** Where a request names none. */
  operationTimeoutMs: number;
  /** Requests of one principal at one time. */
  operationsPerUser: number;
}

export class Exchanges {
  readonly #options: ExchangeOptions;
  readonly #deadlines: Deadlines<string | number>;
  readonly #open = new Map<number, Exchange>();
  readonly #perUser = new Map<string, number>();
  readonly #answers: ServerAnswer[] = [];
  readonly #delivered = new WeakMap<ServerAnswer, { outlet: Outlet; handed: Handed }>();

  constructor(options: ExchangeOptions, deadlines: Deadlines<string | number>) {
    this.#options = options;
    this.#deadlines = deadlines;
  }

  get(id: number): Exchange | undefined {
    return this.#open.get(id);
  }

  ids(): number[] {
    return Array.from(this.#open.keys());
  }

  nextAnswer(): ServerAnswer | undefined {
    return this.#answers.shift();
  }

  /** @throws operation-quota */
  admit({ id, url }: ServerRequest, operation: OperationName, identity: ServerIdentity, header: WsmanHeader, nowMs: number): Exchange {
    const { maxEnvelopeSize: most, operationTimeoutMs: usualMs, operationsPerUser } = this.#options;
    const { maxEnvelopeSize = most, operationTimeoutMs: timeoutMs = usualMs, sessionId, messageId, options = [] } = header;
    const running = this.#perUser.get(identity.key) ?? 0;
    if (running >= operationsPerUser) throw new Fault("operation-quota", {});
    this.#perUser.set(identity.key, running + 1);
    const exchange: Exchange = {
      id,
      identity,
      operation,
      options,
      sessionId,
      relatesTo: messageId,
      maxEnvelopeSize: Math.min(maxEnvelopeSize, most),
      shell: undefined,
      url,
    };
    this.#open.set(id, exchange);
    // A little earlier than the client counts to, since the answer has a way to go.
    this.#deadlines.set(id, nowMs + Math.max(0, timeoutMs - Math.min(1000, timeoutMs / 10)));
    return exchange;
  }

  answer<K extends OperationName>(id: number, operation: K, answer: Answers[K]): void {
    const exchange = this.finish(id);
    if (exchange !== undefined) this.#say(id, exchange.relatesTo, operation, answer);
  }

  refuse(id: number, fault: Fault): void {
    const exchange = this.finish(id);
    if (exchange !== undefined) this.turnAway(id, exchange.relatesTo, fault);
  }

  /** A fault for a request that was never admitted. */
  turnAway(id: number, relatesTo: string | undefined, fault: Fault): void {
    const { action, body } = writeFault(fault, this.#options.machine);
    const pieces = answerPieces({ ...this.#header(relatesTo), action }, [body]);
    this.#answers.push({ id, status: 500, body: serialize(pieces), fault });
  }

  /** Identify is asked by anybody and needs no exchange. */
  identify(id: number, identity: Answers["identify"]): void {
    this.#say(id, undefined, "identify", identity);
  }

  /** Answers a Receive with as much as fits; true where something was taken. */
  deliver(id: number, outlet: Outlet): boolean {
    const exchange = this.#open.get(id);
    if (exchange === undefined) return false;
    try {
      const answer = outlet.take(exchange.maxEnvelopeSize);
      this.answer(id, "receive", answer);
      const sent = this.#answers.at(-1);
      if (sent !== undefined) this.#delivered.set(sent, { outlet, handed: outlet.handed(exchange.relatesTo, answer.streams) });
      return true;
    } catch (error) {
      this.refuse(id, asFault(error));
      return false;
    }
  }

  /** What an answer took from an outlet goes back. */
  returned(answer: ServerAnswer): void {
    const taken = this.#delivered.get(answer);
    this.#delivered.delete(answer);
    taken?.outlet.putBack(taken.handed);
  }

  /** The exchange is over, whatever became of it. */
  finish(id: number): Exchange | undefined {
    const exchange = this.#open.get(id);
    if (exchange === undefined) return undefined;
    this.#open.delete(id);
    this.#deadlines.lift(id);
    const { key } = exchange.identity;
    const left = (this.#perUser.get(key) ?? 1) - 1;
    if (left === 0) this.#perUser.delete(key);
    else this.#perUser.set(key, left);
    return exchange;
  }

  #header(relatesTo: string | undefined): { messageId: string; relatesTo?: string } {
    return { messageId: `uuid:${wireId(this.#options.newId())}`, ...(relatesTo === undefined ? {} : { relatesTo }) };
  }

  #say<K extends OperationName>(id: number, relatesTo: string | undefined, operation: K, answer: Answers[K]): void {
    const row = OPERATIONS[operation];
    const pieces = answerPieces({ ...this.#header(relatesTo), action: row.answerAction }, row.encodeAnswer(answer));
    this.#answers.push({ id, status: 200, body: serialize(pieces) });
  }
}

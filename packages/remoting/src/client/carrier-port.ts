/**
 * What a session asks of a carrier that does I/O, and what the carrier asks of the session. There are two: WS-Management
 * over HTTP and the out-of-process framing over a byte stream. The pool between them is pure.
 */
import type { Fault } from "@tieline/fault";
import type { ClientAction, InboundStream } from "../carrier.ts";

/** The part of the client pool that a carrier drives. */
export interface ClientPoolPort {
  nextAction(): ClientAction | undefined;
  setFragmentSize(size: number): void;
  receive(bytes: Uint8Array, pipeline?: string, stream?: InboundStream): void;
  disconnected(): void;
  reconnected(): void;
  deleted(): void;
  broken(fault: Fault): void;
}

/** The part of the session that a carrier knows. */
export interface SessionPort {
  /** The pool was given something, or bytes that waited have left. */
  changed(): void;
  /**
   * Resolves when more may be read for this pipeline, or for any where none is named: at once, unless its reader is far
   * behind while nobody waits for anything else.
   */
  readable(pipeline?: string): Promise<void>;
  /** What was asked of the carrier did not work (disconnect, reconnect); the session is as it was before. */
  operationFailed(fault: Fault): void;
  /** The command that starts a pipeline may have arrived (true), or it is certain that it has not. */
  left(pipeline: string, left: boolean): void;
  /** One command cannot go on, the session can. */
  pipelineFailed(pipeline: string, fault: Fault): void;
}

export interface ClientCarrier {
  /** The largest fragment, its header included, that one request or packet takes. */
  readonly fragmentSize: number;
  /** Bytes that wait here; the session holds input back while there are many. */
  readonly queuedBytes: number;
  /** Whether it calls `left`; without that a pipeline counts as sent from the start. */
  readonly tellsDelivery?: boolean;
  /** Begins; called once. */
  start(pool: ClientPoolPort, session: SessionPort): void;
  /** The pool may have actions. */
  pump(): void;
  /** Lets go of every connection. After an orderly end, or not. */
  end(): Promise<void>;
}

/**
 * One request and its answer at the client: headers, action and body out; status, action, fault and body in. Without
 * state beside what the headers need; the sequences of a shell stand in `client-session.ts`.
 */
import { Fault } from "@tieline/fault";
import { OPERATIONS, type Answers, type OperationName, type Requests } from "./operation.ts";
import { parseEnvelope, writeRequest, type Envelope, type WsmanHeader, type WsmanOption } from "./soap/envelope.ts";
import { faultOf, readFault } from "./soap/fault-body.ts";
import { wireId } from "./soap/guid.ts";

/** [MS-WSMV] 2.2.4.26: what every service takes; 512000 from protocol 2.2 on. */
export const SMALL_ENVELOPE = 153_600;
export const LARGE_ENVELOPE = 512_000;
/** PowerShell's own default of three minutes. */
export const OPERATION_TIMEOUT_MS = 180_000;
/** How long after OperationTimeout an answer may still come. */
const GRACE_MS = 10_000;
/** What headers and wrapping take at most beside the payload and the address. */
const REQUEST_OVERHEAD = 6144;
/** No answer is read beyond this; an honest one obeys MaxEnvelopeSize, some recorded ones have ten times as much. */
const ANSWER_LIMIT = 64 * 1024 * 1024;

export interface CallerOptions {
  /** The whole address, as it stands in a:To. */
  uri: string;
  /** Gives a fresh GUID at each call; for message and operation ids. */
  newId: () => string;
  /** A GUID that names this client; who connects with the same one is the same client. */
  sessionId?: string;
  operationTimeoutMs?: number;
  maxEnvelopeSize?: number;
  locale?: string;
  dataLocale?: string;
}

export interface CallTarget {
  resourceUri?: string;
  shellId?: string;
  options?: readonly WsmanOption[];
  compression?: string;
}

/** What came back over HTTP; header names in lower case. */
export interface HttpAnswer {
  status: number;
  headers?: Readonly<Record<string, string | undefined>>;
  body: Uint8Array;
}

/** A request to be posted; the answer is handed back under the same id. */
export interface WsmanRequest {
  id: number;
  kind: OperationName;
  /** The command that it is about, by the name that the caller gave it. */
  command?: string;
  envelope: Uint8Array;
  /** A poll stays open for up to OperationTimeout; keep it off the connection that operations use. */
  connection: "poll" | "operation";
  /** True where sending it twice does no harm, if the connection is lost before an answer. */
  safeToRetry: boolean;
  /** After this long without an answer the request has failed. */
  timeoutMs: number;
}

/**
 * Writes requests to one endpoint and reads their answers.
 *
 * @example
 * ```ts
 * const caller = new Caller({ uri: "https://host:5986/wsman", newId: () => crypto.randomUUID() });
 * const body = caller.encode("identify", {}, {});
 * // post it ... then
 * // const { vendor } = caller.decode("identify", { status, body });
 * ```
 */
export class Caller {
  readonly #options: CallerOptions;
  /** Bytes of an envelope, both ways; may grow when the service says that it takes more. */
  maxEnvelopeSize: number;

  constructor(options: CallerOptions) {
    this.#options = options;
    this.maxEnvelopeSize = options.maxEnvelopeSize ?? LARGE_ENVELOPE;
  }

  get host(): string {
    return URL.canParse(this.#options.uri) ? new URL(this.#options.uri).host : this.#options.uri;
  }

  get timeoutMs(): number {
    return (this.#options.operationTimeoutMs ?? OPERATION_TIMEOUT_MS) + GRACE_MS;
  }

  /** Raw bytes that fit one request as base64. */
  get payloadSize(): number {
    return Math.floor((this.maxEnvelopeSize - REQUEST_OVERHEAD - this.#options.uri.length) / 4) * 3;
  }

  /** The envelope of a request. */
  encode<K extends OperationName>(operation: K, request: Requests[K], target: CallTarget): Uint8Array {
    const row = OPERATIONS[operation];
    const body = row.encode(request);
    if (operation === "identify") return writeRequest({}, body);
    const { uri, newId, sessionId, locale = "en-US", dataLocale = locale } = this.#options;
    const header: WsmanHeader = {
      action: row.action,
      to: uri,
      messageId: `uuid:${wireId(newId())}`,
      operationId: `uuid:${wireId(newId())}`,
      sequenceId: 1,
      maxEnvelopeSize: this.maxEnvelopeSize,
      operationTimeoutMs: this.#options.operationTimeoutMs ?? OPERATION_TIMEOUT_MS,
      locale,
      dataLocale,
    };
    if (sessionId !== undefined) header.sessionId = `uuid:${wireId(sessionId)}`;
    if (target.resourceUri !== undefined) header.resourceUri = target.resourceUri;
    if (target.shellId !== undefined) header.selectors = { ShellId: wireId(target.shellId) };
    if (target.options !== undefined) header.options = target.options;
    if (target.compression !== undefined) header.compression = target.compression;
    return writeRequest(header, body);
  }

  /**
   * What the answer brings.
   *
   * @throws the fault that the service named; wsman-redirect, http-status, wsman-answer-invalid, wsman-stream-invalid
   */
  decode<K extends OperationName>(operation: K, answer: HttpAnswer): Answers[K] {
    const name = operation.charAt(0).toUpperCase() + operation.slice(1);
    const { status, headers } = answer;
    const location = headers?.["location"];
    if (status >= 300 && status < 400 && location !== undefined && location !== "") throw new Fault("wsman-redirect", { uri: location });
    const envelope = this.#read(answer, name);
    const fault = readFault(envelope.body);
    if (fault !== undefined) throw faultOf(fault, name);
    if (status !== 200) throw new Fault("http-status", { host: this.host, status });
    const row = OPERATIONS[operation];
    if (row.answerAction !== "" && envelope.header.action !== row.answerAction) {
      throw new Fault("wsman-answer-invalid", {
        operation: name,
        reason: `its action is ${(envelope.header.action ?? "missing").slice(0, 200)}`,
      });
    }
    try {
      return row.decodeAnswer(envelope.body);
    } catch (error) {
      throw answerFault(error, name);
    }
  }

  #read({ status, body }: HttpAnswer, operation: string): Envelope {
    // Whoever answers with another status has mostly no envelope to show; one that is there says more than the status.
    const other = status !== 200 && status !== 500;
    if (body.length === 0) {
      if (other) throw new Fault("http-status", { host: this.host, status });
      throw new Fault("wsman-answer-invalid", { operation, reason: "it is empty" });
    }
    try {
      return parseEnvelope(body, { limits: { size: ANSWER_LIMIT } });
    } catch (error) {
      if (other) throw new Fault("http-status", { host: this.host, status }, { cause: error });
      throw answerFault(error, operation);
    }
  }
}

/** A fault about a request, said of an answer. */
function answerFault(error: unknown, operation: string): unknown {
  if (!(error instanceof Fault)) return error;
  const fault = error as Fault;
  if (fault.is("wsman-xml-invalid"))
    return new Fault("wsman-answer-invalid", { operation, reason: String(fault.fields.reason) }, { cause: error });
  if (fault.is("wsman-encoding-unsupported")) {
    return new Fault("wsman-answer-invalid", { operation, reason: `its characters are ${fault.fields.encoding}` }, { cause: error });
  }
  if (fault.is("wsman-schema-invalid") || fault.is("wsman-parameter-invalid")) {
    return new Fault("wsman-answer-invalid", { operation, reason: fault.why ?? fault.message }, { cause: error });
  }
  return fault;
}

/** One recorded request with its answer: what it asks, by our server's reading, and the PSRP messages that end in it. */
import type { SecureStringCodec } from "@tieline/remoting/clixml";
import { BodyCodec, decodeEnvelope, type MessageBodies, type MessageName, Reassembler } from "../../packages/remoting/src/psrp/index.ts";
import { OPERATIONS, type OperationName, operationOf, type Requests } from "../../packages/remoting/src/wsman/operation.ts";
import { parseEnvelope, type WsmanHeader } from "../../packages/remoting/src/wsman/soap/envelope.ts";

/** As the recordings have it. */
export interface RawExchange {
  request: string;
  response: string | null;
  /** The connection broke instead of an answer. */
  http_error?: boolean;
  transport_error?: { code: number };
  /** Seconds that the answer took. */
  timeout?: number;
}

/** A message of the client with its meaning. */
export type ClientMessage = { [N in MessageName]: { name: N; pipeline: string; body: MessageBodies[N] } }[MessageName];

export type AskedFor = { [K in OperationName]: { operation: K; body: Requests[K] } }[OperationName];

export type Request = AskedFor & { header: WsmanHeader; shell: string | undefined; command: string | undefined };

export interface Exchange {
  asked: Request;
  messages: ClientMessage[];
  raw: RawExchange;
}

export const lower = (id: string | undefined): string | undefined => id?.toLowerCase();

/** Reads an envelope as our server does. */
export function readRequest(bytes: Uint8Array): Request {
  const { header, body } = parseEnvelope(bytes);
  const operation = operationOf(header.action, body);
  const request = OPERATIONS[operation].decode(body) as Requests[OperationName];
  const asked = { operation, body: request } as AskedFor;
  return { ...asked, header, shell: shellOf(asked, header), command: commandOf(asked) };
}

function shellOf(asked: AskedFor, header: WsmanHeader): string | undefined {
  const selected = lower(header.selectors?.["ShellId"]);
  return selected ?? (asked.operation === "create" ? lower(asked.body.shellId) : undefined);
}

function commandOf(asked: AskedFor): string | undefined {
  if (asked.operation === "send") return lower(asked.body.streams[0]?.commandId);
  return "commandId" in asked.body ? lower(asked.body.commandId as string | undefined) : undefined;
}

/** Collects the messages that a client sends in the bodies of its requests. */
export class MessageCollector {
  readonly #codec: BodyCodec;
  readonly #streams = new Map<string, Reassembler>();

  constructor(secureString: SecureStringCodec | undefined) {
    this.#codec = new BodyCodec({ secureString, rawTypeNames: true });
  }

  take(asked: Request): ClientMessage[] {
    const messages: ClientMessage[] = [];
    for (const [stream, bytes] of pieces(asked)) {
      const key = `${asked.shell ?? ""}/${asked.command ?? ""}/${stream}`;
      let reassembler = this.#streams.get(key);
      if (reassembler === undefined) {
        reassembler = new Reassembler({ side: "client computer", maxObjectSize: 1 << 28, anyFirstFragment: true });
        this.#streams.set(key, reassembler);
      }
      reassembler.push(bytes, (message) => {
        const { name, pipeline, data } = decodeEnvelope(message, "server");
        messages.push({ name, pipeline, body: this.#codec.decode(name, data) } as ClientMessage);
      });
    }
    return messages;
  }
}

/** The fragments in a request, by stream. */
function pieces(asked: Request): [stream: string, bytes: Uint8Array][] {
  const bytes = (part: string | Uint8Array): Uint8Array => (typeof part === "string" ? Buffer.from(part, "base64") : part);
  switch (asked.operation) {
    case "create":
      return asked.body.creationXml === undefined ? [] : [["open", asked.body.creationXml]];
    case "connect":
      return asked.body.connectXml === undefined ? [] : [["open", asked.body.connectXml]];
    case "command":
      return asked.body.arguments.map((part) => ["stdin", bytes(part)]);
    case "send":
      return asked.body.streams.map((part) => [part.name, part.bytes]);
    default:
      return [];
  }
}

/** True for the shells that carry PSRP. */
export function isPowerShell(header: WsmanHeader): boolean {
  return header.resourceUri?.startsWith("http://schemas.microsoft.com/powershell/") ?? false;
}

export function readExchanges(raw: readonly RawExchange[], secureString: SecureStringCodec | undefined): Exchange[] {
  const collector = new MessageCollector(secureString);
  return raw.map((each) => {
    const asked = readRequest(Buffer.from(each.request, "utf8"));
    return { asked, messages: isPowerShell(asked.header) ? collector.take(asked) : [], raw: each };
  });
}

/** Recorded HTTP exchanges of PowerShell's WS-Management client, and what the raw text says without our parser. */

export interface RecordedLine {
  n: number;
  ms: number;
  connection: number;
  dir: "c2s" | "s2c" | "info" | "c2s-encrypted";
  op?: string;
  path?: string;
  status?: number;
  headers?: [string, string][];
  body?: string;
  event?: string;
  // Of c2s-encrypted alone.
  bodyBase64?: string;
  plainLength?: number;
  cipherLength?: number;
  signatureLength?: number;
  headText?: string;
  tail?: string;
}

/** One request that has a body, with what was answered to it, in the order of the requests. */
export interface RecordedExchange {
  request: RecordedLine & { body: string };
  answer: RecordedLine | undefined;
}

export interface Recording {
  name: string;
  lines: RecordedLine[];
  exchanges: RecordedExchange[];
  /** What the client showed its user. */
  shown: string;
  /** What the recorded front did wrong on purpose. */
  rules: { op?: string; path?: string; encoding?: string; gzip?: boolean; partial?: unknown; drop?: unknown }[];
}

export function parseRecording(name: string, jsonl: string, shown: string, rules: string | undefined): Recording {
  const lines = jsonl
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as RecordedLine);
  const exchanges: RecordedExchange[] = [];
  const open = new Map<number, RecordedExchange>();
  for (const line of lines) {
    if (line.dir === "c2s") {
      open.delete(line.connection);
      if (line.body === undefined || line.body === "") continue;
      const exchange: RecordedExchange = { request: line as RecordedLine & { body: string }, answer: undefined };
      exchanges.push(exchange);
      open.set(line.connection, exchange);
    } else if (line.dir === "s2c") {
      const exchange = open.get(line.connection);
      if (exchange !== undefined) exchange.answer = line;
      open.delete(line.connection);
    }
  }
  return { name, lines, exchanges, shown, rules: rules === undefined ? [] : ((JSON.parse(rules) as Partial<Recording>).rules ?? []) };
}

/** What the raw text of a request says, by plain search: an oracle that does not use what it judges. */
export interface RawRequest {
  action: string;
  /** Last part of the action. */
  name: string;
  messageId: string;
  shellId: string | undefined;
  commandId: string | undefined;
  maxEnvelopeSize: number;
  /** Base64 of everything that carries PSRP. */
  payload: string[];
  streamNames: string[];
  code: string | undefined;
}

export function rawRequest(xml: string): RawRequest {
  const one = (pattern: RegExp): string | undefined => pattern.exec(xml)?.[1];
  const action = one(/<a:Action[^>]*>([^<]*)</) ?? "";
  return {
    action,
    name: action.replace(/^.*\//, ""),
    messageId: one(/<a:MessageID>([^<]*)</) ?? "",
    shellId: (one(/<w:Selector Name="ShellId">([^<]*)</) ?? one(/<p:Shell [^>]*ShellId="([^"]*)"/))?.toLowerCase(),
    commandId: one(/CommandId="([^"]*)"/)?.toLowerCase(),
    maxEnvelopeSize: Number(one(/<w:MaxEnvelopeSize[^>]*>(\d+)</)),
    payload: Array.from(xml.matchAll(/<(?:creationXml|p:Arguments|p:Stream)\b[^>]*>([^<]*)</g), (match) => match[1] as string),
    streamNames: Array.from(xml.matchAll(/<p:Stream\b[^>]*\bName="([^"]*)"/g), (match) => match[1] as string),
    code: one(/<p:Code>([^<]*)</),
  };
}

/** What the raw text of an answer carries. */
export interface RawAnswer {
  streams: Uint8Array[];
  done: boolean;
  timedOut: boolean;
  isFault: boolean;
  reason: string | undefined;
  commandId: string | undefined;
}

export function rawAnswer({ body = "" }: RecordedLine): RawAnswer {
  const streams = Array.from(body.matchAll(/<(?:\w+:)?Stream\b[^>]*>([^<]*)</g), (match) => Buffer.from(match[1] as string, "base64"));
  return {
    streams: streams.filter(({ length }) => length > 0),
    done: /CommandState\/Done/.test(body),
    timedOut: /<\w+:Value>\w+:Receiver</.test(body) && /:TimedOut</.test(body),
    isFault: /<\w+:Fault>/.test(body),
    reason: /<\w+:Reason>\s*<\w+:Text[^>]*>([^<]*)</.exec(body)?.[1],
    commandId: /<(?:\w+:)?CommandId>([^<]*)</.exec(body)?.[1]?.toLowerCase(),
  };
}

/** The sizes of the fragments in a load, by their headers; throws where they do not add up. */
export function fragmentSizes(bytes: Uint8Array): number[] {
  const sizes: number[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    if (at + 21 > bytes.length) throw new Error("a fragment's header is cut off");
    const size = 21 + view.getUint32(at + 17);
    if (at + size > bytes.length) throw new Error("a fragment is cut off");
    sizes.push(size);
    at += size;
  }
  return sizes;
}

/** Recorded answers, with the ids of the request that they answer now. */
import type { HttpAnswer } from "../../packages/remoting/src/wsman/caller.ts";
import { readGuid, writeGuid } from "../../packages/remoting/src/psrp/guid.ts";
import type { RawExchange, Request } from "./exchange.ts";

/** Call numbers: the recorded client's to ours. */
export type Numbers = Map<bigint, bigint>;

const RUNSPACE_AVAILABILITY = 0x0002_1004;
const ENCRYPTED_SESSION_KEY = 0x0001_0006;
const FRAGMENT_HEADER = 21;
const MESSAGE_HEADER = 40;
const PIPELINE = FRAGMENT_HEADER + 24;
const STREAM = /(<rsp:Stream [^>]*>)([A-Za-z0-9+/=\s]+)(<\/rsp:Stream>)/g;

/** undefined where the connection broke. */
export function answered(
  raw: RawExchange,
  asked: Request,
  numbers: Numbers = new Map(),
  pipelines: ReadonlyMap<string, string> = new Map(),
): HttpAnswer | undefined {
  if (raw.http_error === true) return undefined;
  const text = (raw.response ?? "").replace(/(<a:RelatesTo>)[^<]*/, (_, open: string) => open + (asked.header.messageId ?? ""));
  const rewritten = numbers.size + pipelines.size === 0 ? text : rewrite(text, numbers, pipelines);
  return answer(raw.transport_error?.code ?? 200, rewritten);
}

function answer(status: number, text: string): HttpAnswer {
  return { status, headers: { "content-type": "application/soap+xml;charset=UTF-8" }, body: Buffer.from(text, "utf8") };
}

/** Writes our call numbers into RUNSPACE_AVAILABILITY, and our ids of pipelines into their messages: one fragment a Stream. */
function rewrite(text: string, numbers: Numbers, pipelines: ReadonlyMap<string, string>): string {
  return text.replace(STREAM, (whole, open: string, base64: string, close: string) => {
    const fragment = Buffer.from(base64, "base64");
    const type = typeOf(fragment);
    if (type === undefined) return whole;
    const id = pipelines.get(readGuid(fragment, PIPELINE));
    if (id !== undefined) writeGuid(id, fragment, PIPELINE);
    return open + (type === RUNSPACE_AVAILABILITY ? renumber(fragment, numbers) : fragment).toString("base64") + close;
  });
}

function renumber(fragment: Buffer, numbers: Numbers): Buffer {
  const text = fragment.subarray(FRAGMENT_HEADER).toString("latin1");
  const ours = text.replace(/(N="ci">)(\d+)/, (_, tag: string, number: string) => tag + String(numbers.get(BigInt(number)) ?? number));
  const whole = Buffer.concat([fragment.subarray(0, FRAGMENT_HEADER), Buffer.from(ours, "latin1")]);
  whole.writeUInt32BE(ours.length, FRAGMENT_HEADER - 4);
  return whole;
}

function typeOf(fragment: Buffer): number | undefined {
  return fragment.length < FRAGMENT_HEADER + MESSAGE_HEADER ? undefined : fragment.readUInt32LE(FRAGMENT_HEADER + 4);
}

/** Whether an answer brings the session key. */
export function hasSessionKey(text: string): boolean {
  return sessionKeyText(text) !== undefined;
}

/** The session key of an answer as it travels, or undefined. */
export function sessionKeyText(text: string): string | undefined {
  for (const [, , base64] of text.matchAll(STREAM)) {
    const bytes = Buffer.from(base64 as string, "base64");
    if (typeOf(bytes) === ENCRYPTED_SESSION_KEY) return /N="EncryptedSessionKey">([^<]*)</.exec(bytes.toString("latin1"))?.[1];
  }
  return undefined;
}

const OPEN =
  '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" ' +
  'xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><s:Header>';

/** The answer to a Send or Signal: nothing but that it was taken. */
export function emptyAnswer(asked: Request): HttpAnswer {
  const name = asked.operation === "send" ? "Send" : "Signal";
  const action = `http://schemas.microsoft.com/wbem/wsman/1/windows/shell/${name}Response`;
  return answer(
    200,
    `${OPEN}<a:Action>${action}</a:Action><a:RelatesTo>${asked.header.messageId}</a:RelatesTo></s:Header><s:Body><rsp:${name}Response/></s:Body></s:Envelope>`,
  );
}

/** What a Receive gets when its shell is disconnected under it. */
export function disconnectedAnswer(asked: Request): HttpAnswer {
  const text = "The WS-Management service cannot process the request because the stream is currently disconnected.";
  return answer(
    500,
    `${OPEN}<a:Action>http://schemas.dmtf.org/wbem/wsman/1/wsman/fault</a:Action><a:RelatesTo>${asked.header.messageId}</a:RelatesTo></s:Header><s:Body><s:Fault>` +
      `<s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>w:InternalError</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en-US">${text}</s:Text></s:Reason>` +
      `<s:Detail><f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="2150859230" Machine="127.0.0.1"><f:Message>${text}</f:Message></f:WSManFault></s:Detail>` +
      `</s:Fault></s:Body></s:Envelope>`,
  );
}

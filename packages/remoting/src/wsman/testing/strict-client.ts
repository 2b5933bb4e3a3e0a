/**
 * What PowerShell's own client on Linux needs of an answer before it goes on, as rules over the raw text: each was found
 * by changing an answer until that client failed.
 */
import type { RawRequest } from "./recording.ts";
import { fragmentSizes } from "./recording.ts";

const FAULT_ACTIONS = [
  "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault",
  "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault",
  "http://schemas.xmlsoap.org/ws/2004/09/transfer/fault",
  "http://schemas.xmlsoap.org/ws/2004/09/enumeration/fault",
];
/** The subcodes that it names; only TimedOut and InternalError with the side Receiver, the others with Sender. */
const RECEIVER = ["w:TimedOut", "w:InternalError"];
const SENDER = [
  "w:AccessDenied",
  "w:QuotaLimit",
  "w:InvalidSelectors",
  "a:DestinationUnreachable",
  "a:ActionNotSupported",
  "a:InvalidMessageInformationHeader",
  "w:EncodingLimit",
  "w:InvalidParameter",
  "w:SchemaValidationError",
  "w:Concurrency",
  "w:AlreadyExists",
  "w:UnsupportedFeature",
  "w:InvalidOptions",
];

/** Why that client would not go on, or undefined. */
export function refusal(status: number, bytes: Uint8Array, asked: RawRequest): string | undefined {
  const body = Buffer.from(bytes).toString("utf8");
  if (bytes[0] === 0xef) return "it begins with a byte order mark";
  if (bytes.length > asked.maxEnvelopeSize) return `${bytes.length} bytes are more than MaxEnvelopeSize`;
  if (!body.includes('xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"')) return "other addressing";
  const action = /<a:Action>([^<]*)</.exec(body)?.[1] ?? "";
  if (/<a:RelatesTo>([^<]*)</.exec(body)?.[1] !== asked.messageId) return "it relates to another message";
  if (status === 500) return faultRefusal(body, action);
  if (status !== 200) return `status ${status}`;
  if (action !== `${asked.action}Response`) return `action ${action}`;
  if (asked.name === "Create") return creationRefusal(body);
  if (asked.name === "Receive") return streamsRefusal(body);
  return undefined;
}

function faultRefusal(body: string, action: string): string | undefined {
  if (!FAULT_ACTIONS.includes(action)) return `fault action ${action}`;
  const side = /<s:Code><s:Value>s:(\w+)</.exec(body)?.[1] ?? "";
  const subcode = /<s:Subcode><s:Value>([^<]*)</.exec(body)?.[1] ?? "";
  if (!(side === "Receiver" ? RECEIVER : SENDER).includes(subcode)) return `${side} does not go with ${subcode}`;
  const reason = /<s:Reason><s:Text[^>]*>([^<]+)</.exec(body)?.[1];
  const message = /<f:Message>([^<]+)</.exec(body)?.[1];
  if (reason === undefined || reason !== message) return "s:Reason and f:Message do not both hold the text";
  return /<f:WSManFault [^>]*Code="\d+"/.test(body) ? undefined : "it has no number";
}

function creationRefusal(body: string): string | undefined {
  const inner = /<s:Body>(.*)<\/s:Body>/s.exec(body)?.[1] ?? "";
  if (!inner.startsWith("<x:ResourceCreated>")) return "ResourceCreated does not come first";
  if (!/<w:ResourceURI>[^<]+</.test(inner) || !/<w:Selector Name="ShellId">[^<]+</.test(inner)) return "no resource URI or no ShellId";
  if (!inner.includes("<rsp:Shell")) return undefined;
  return /<rsp:ShellId>[^<]+</.test(inner) && /<rsp:ResourceUri>[^<]+</.test(inner) ? undefined : "the shell lacks ShellId or ResourceUri";
}

function streamsRefusal(body: string): string | undefined {
  for (const [tag, attributes, content] of body.matchAll(/<rsp:Stream\b([^>]*)>([^<]*)<\/rsp:Stream>/g)) {
    if (!/\bName="[^"]+"/.test(attributes ?? "")) return `${tag.slice(0, 60)} has no Name`;
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(content ?? "")) return "a Stream is not base64 in one piece";
    const { length } = fragmentSizes(Buffer.from(content as string, "base64"));
    if (length !== 1) return `${length} fragments in one Stream`;
  }
  return undefined;
}

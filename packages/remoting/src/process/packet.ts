/**
 * One packet of PowerShell's out-of-process framing: an XML element on a line of its own.
 *
 * The framing is not in [MS-PSRP]; what is said here of it was measured on PowerShell 7.6.5. Eight elements, each with
 * the id that it concerns (a pipeline's, or zeros for the session); only `Data` has a second attribute and content:
 *
 *     <Data Stream='Default' PSGuid='00000000-0000-0000-0000-000000000000'>Base64 of whole fragments</Data>
 *     <DataAck PSGuid='00000000-0000-0000-0000-000000000000' />
 */
import { Fault } from "@tieline/fault";
import type { InboundStream } from "../carrier.ts";

/** The id that stands for the session (the runspace pool) itself. */
export const SESSION = "00000000-0000-0000-0000-000000000000";

/** Which end may send an element. */
export const ELEMENTS = {
  Data: "both",
  DataAck: "server",
  Command: "client",
  CommandAck: "server",
  Signal: "client",
  SignalAck: "server",
  Close: "client",
  CloseAck: "server",
} as const;

export type Element = keyof typeof ELEMENTS;

export type Packet =
  | { element: "Data"; id: string; /** undefined for a name that is not known. */ stream: InboundStream | undefined; bytes: Uint8Array }
  | { element: Exclude<Element, "Data">; id: string };

const STREAMS: Readonly<Record<InboundStream, string>> = { default: "Default", "prompt-response": "PromptResponse" };

/** Writes as PowerShell on Linux does: single quotes, `\n` at the end, a space before `/>`. */
export function serializePacket(packet: Packet): Uint8Array {
  if (packet.element !== "Data") return Buffer.from(`<${packet.element} PSGuid='${packet.id}' />\n`, "latin1");
  const head = `<Data Stream='${STREAMS[packet.stream ?? "default"]}' PSGuid='${packet.id}'>`;
  const bytes = Buffer.from(packet.bytes.buffer, packet.bytes.byteOffset, packet.bytes.byteLength);
  return Buffer.from(`${head}${bytes.toString("base64")}</Data>\n`, "latin1");
}

/** What the other end prints on its standard output when it gives up. */
const ERROR_MARK = "__NamedPipeError__:";

/** The line by which a server tells its client why it ends; PowerShell shows the text to its user. */
export function serializeError(text: string): Uint8Array {
  return Buffer.from(`${ERROR_MARK}${text.replace(/\s+/g, " ")}\n`, "utf8");
}

/** Longest start tag that is looked at; the longest honest one has 78 characters. */
const MAX_TAG = 1024;
const START_TAG = /^<([\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:'[^'<]*'|"[^"<]*"))*)\s*(\/?)>$/;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:'([^'<]*)'|"([^"<]*)")/g;
const GUID = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i;

/**
 * Reads a line without its line end. An empty line gives no packet, one line may hold several.
 *
 * As tolerant as PowerShell: either kind of quotes, attributes in any order, upper-case ids, white space within Base64.
 *
 * @throws Fault `process-stray-text`, `process-peer-error`, `process-unknown-element`, `process-attributes`, `process-malformed`, `process-base64`
 */
export function* parseLine(line: Buffer): Generator<Packet, void> {
  let at = skipSpace(line, 0);
  if (at < line.length && line[at] !== 0x3c) throw strayText(line);
  while (at < line.length) {
    if (line[at] !== 0x3c) throw new Fault("process-malformed", { reason: "text stands between two elements" });
    const end = line.indexOf(0x3e, at);
    if (end < 0 || end - at > MAX_TAG) throw new Fault("process-malformed", { reason: "a tag has no end" });
    const tag = START_TAG.exec(line.toString("latin1", at, end + 1));
    if (tag === null) throw new Fault("process-malformed", { reason: "a start tag is damaged" });
    const element = tag[1] as string;
    if (!Object.hasOwn(ELEMENTS, element)) throw new Fault("process-unknown-element", { element });
    const attributes = readAttributes(element as Element, tag[2] as string);
    at = end + 1;
    if (element === "Data") {
      const close = tag[3] === "/" ? -1 : line.indexOf("</Data", at, "latin1");
      if (close < 0) throw new Fault("process-malformed", { reason: "a Data element has no content or no end" });
      const bytes = decodeBase64(line.subarray(at, close));
      at = endOfTag(line, close + 6);
      yield { element, id: attributes.id, stream: attributes.stream, bytes };
    } else {
      if (tag[3] !== "/") at = skipEndTag(line, at, element);
      yield { element: element as Exclude<Element, "Data">, id: attributes.id };
    }
    at = skipSpace(line, at);
  }
}

function readAttributes(element: Element, text: string): { id: string; stream: InboundStream | undefined } {
  const values = new Map<string, string>();
  let count = 0;
  for (const [, name = "", single, double] of text.matchAll(ATTRIBUTE)) {
    values.set(name, single ?? double ?? "");
    count += 1;
  }
  const wanted = element === "Data" ? ["Stream", "PSGuid"] : ["PSGuid"];
  if (count !== wanted.length || !wanted.every((name) => values.has(name))) {
    if (element === "Data") throw new Fault("process-attributes");
    throw new Fault("process-malformed", { reason: `${element} must have the attribute PSGuid and no other` });
  }
  const id = GUID.exec(values.get("PSGuid") as string)?.[1];
  if (id === undefined) throw new Fault("process-malformed", { reason: `PSGuid of ${element} is not a GUID` });
  const name = values.get("Stream");
  const stream = name === STREAMS.default ? "default" : name === STREAMS["prompt-response"] ? "prompt-response" : undefined;
  return { id: id.toLowerCase(), stream };
}

/**
 * Strict, since Node's own decoder leaves out what it does not know: the length that comes out must be the one that the
 * text stands for. White space is taken out only where that fails, so that the common case is one pass.
 */
function decodeBase64(text: Buffer): Uint8Array {
  const bytes = decodeExactly(text);
  if (bytes !== undefined) return bytes;
  const tidy = Buffer.from(text.toString("latin1").replace(/[ \t\r\n]+/g, ""), "latin1");
  const again = tidy.length === text.length ? undefined : decodeExactly(tidy);
  if (again === undefined) throw new Fault("process-base64");
  return again;
}

function decodeExactly(text: Buffer): Buffer | undefined {
  if (text.length % 4 !== 0 || text.includes(0x2d) || text.includes(0x5f)) return undefined;
  const padding = text.at(-1) !== 0x3d ? 0 : text.at(-2) === 0x3d ? 2 : 1;
  const bytes = Buffer.from(text.toString("latin1"), "base64");
  return bytes.length === (text.length / 4) * 3 - padding ? bytes : undefined;
}

function skipSpace(line: Buffer, from: number): number {
  let at = from;
  while (at < line.length && isSpace(line[at] as number)) at += 1;
  return at;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a;
}

function skipEndTag(line: Buffer, from: number, element: string): number {
  const at = skipSpace(line, from);
  const tag = `</${element}`;
  if (line.toString("latin1", at, at + tag.length) !== tag) throw new Fault("process-malformed", { reason: `${element} must be empty` });
  return endOfTag(line, at + tag.length);
}

function endOfTag(line: Buffer, from: number): number {
  const at = skipSpace(line, from);
  if (line[at] !== 0x3e) throw new Fault("process-malformed", { reason: "an end tag is damaged" });
  return at + 1;
}

/** Text in a fault: enough to recognise a banner by, and never a screenful. */
const MAX_SHOWN = 300;

function strayText(line: Buffer): Fault {
  const text = line.toString("utf8", 0, 4 * MAX_SHOWN).trim();
  if (text.startsWith(ERROR_MARK)) return new Fault("process-peer-error", { text: shorten(text.slice(ERROR_MARK.length)) });
  return new Fault("process-stray-text", { line: shorten(text) });
}

function shorten(text: string): string {
  // A peer must not steer a terminal.
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ").trim();
  return clean.length > MAX_SHOWN ? `${clean.slice(0, MAX_SHOWN)} ...` : clean;
}

/**
 * The SOAP envelope with the headers of WS-Addressing, WS-Management and Microsoft's extension (DSP0226 5.4 and 6,
 * [MS-WSMV] 2.2.4): bytes to a typed header and body elements, and back. What the body means stands in `operation.ts`.
 */
import { Fault } from "@tieline/fault";
import { parseDuration } from "./duration.ts";
import { ANONYMOUS, NS } from "./namespaces.ts";
import { child, childrenOf, detached, parseXml, type XmlElement, type XmlLimits } from "./xml-reader.ts";
import { element, escapeText, serialize, type XmlPiece } from "./xml-writer.ts";

export interface WsmanOption {
  name: string;
  value: string;
  mustComply?: boolean;
}

/** The headers that mean something here; all may be missing in what a peer sends. */
export interface WsmanHeader {
  action?: string;
  to?: string;
  /** `uuid:` and a GUID, exactly as the sender wrote it: an answer's RelatesTo repeats it. */
  messageId?: string;
  relatesTo?: string;
  resourceUri?: string;
  selectors?: Readonly<Record<string, string>>;
  options?: readonly WsmanOption[];
  maxEnvelopeSize?: number;
  operationTimeoutMs?: number;
  locale?: string;
  dataLocale?: string;
  /** Which client this is; decides who may reconnect ([MS-WSMV] 2.2.4.36). */
  sessionId?: string;
  operationId?: string;
  sequenceId?: number;
  /** `xpress`, on Create ([MS-WSMV] 2.2.4.3). */
  compression?: string;
}

export interface Envelope {
  header: WsmanHeader;
  /** The elements inside s:Body. */
  body: readonly XmlElement[];
  /** What is wrong with the headers. Told apart from the rest so that the answer can still name the message that it answers. */
  problem?: Fault;
}

/**
 * Reads an envelope.
 *
 * @throws wsman-xml-invalid, wsman-encoding-unsupported, wsman-envelope-too-large
 */
export function parseEnvelope(bytes: Uint8Array, options: { limits?: Partial<XmlLimits>; bom?: boolean } = {}): Envelope {
  const root = parseXml(bytes, options);
  if (root.name !== "Envelope") throw new Fault("wsman-xml-invalid", { reason: `its root is ${root.name.slice(0, 40)}` });
  if (root.ns !== NS.s) throw new Fault("wsman-xml-invalid", { reason: "it is not SOAP 1.2" });
  const body = child(root, NS.s, "Body");
  if (body === undefined) throw new Fault("wsman-xml-invalid", { reason: "it has no Body" });
  const { header, problem } = readHeader(child(root, NS.s, "Header"));
  return { header, body: body.children, ...(problem === undefined ? {} : { problem }) };
}

interface HeaderRow {
  ns: string;
  name: string;
  /** Puts the header's meaning into `to`; false where its content cannot be read. */
  read?: (to: WsmanHeader, from: XmlElement) => boolean;
}

const text =
  (key: "action" | "to" | "messageId" | "relatesTo" | "resourceUri" | "sessionId" | "operationId" | "compression") =>
  (to: WsmanHeader, from: XmlElement) => {
    const value = detached(from.text.trim());
    if (value !== "") to[key] = value;
    return true;
  };

const locale = (key: "locale" | "dataLocale") => (to: WsmanHeader, from: XmlElement) => {
  const value = from.attributes[`{${NS.xml}}lang`];
  if (value !== undefined) to[key] = detached(value);
  return true;
};

/** Every header that is understood; one without `read` is known and of no consequence here. */
const HEADERS: readonly HeaderRow[] = [
  { ns: NS.a, name: "Action", read: text("action") },
  { ns: NS.a, name: "To", read: text("to") },
  { ns: NS.a, name: "MessageID", read: text("messageId") },
  { ns: NS.a, name: "RelatesTo", read: text("relatesTo") },
  { ns: NS.a, name: "ReplyTo" },
  { ns: NS.a, name: "FaultTo" },
  { ns: NS.a, name: "From" },
  { ns: NS.w, name: "ResourceURI", read: text("resourceUri") },
  { ns: NS.w, name: "SelectorSet", read: readSelectors },
  { ns: NS.w, name: "OptionSet", read: readOptions },
  { ns: NS.w, name: "MaxEnvelopeSize", read: readSize },
  { ns: NS.w, name: "OperationTimeout", read: readTimeout },
  { ns: NS.w, name: "Locale", read: locale("locale") },
  { ns: NS.w, name: "OperationID" },
  { ns: NS.w, name: "RequestEPR" },
  { ns: NS.w, name: "RequestTotalItemsCountEstimate" },
  { ns: NS.w, name: "FragmentTransfer" },
  { ns: NS.p, name: "DataLocale", read: locale("dataLocale") },
  { ns: NS.p, name: "SessionId", read: text("sessionId") },
  { ns: NS.p, name: "OperationID", read: text("operationId") },
  { ns: NS.p, name: "SequenceId", read: readSequence },
  { ns: NS.p, name: "ActivityId" },
  { ns: NS.p, name: "FirstResponse" },
  { ns: NS.rsp, name: "CompressionType", read: text("compression") },
];

function readHeader(from: XmlElement | undefined): { header: WsmanHeader; problem?: Fault } {
  const header: WsmanHeader = {};
  let problem: Fault | undefined;
  for (const each of from?.children ?? []) {
    const row = HEADERS.find(({ ns, name }) => name === each.name && ns === each.ns);
    if (row === undefined) {
      if (isTrue(each.attributes[`{${NS.s}}mustUnderstand`])) {
        problem ??= new Fault("wsman-header-not-understood", { header: each.name.slice(0, 80) });
      }
    } else if (row.read?.(header, each) === false) problem ??= new Fault("wsman-header-invalid", { header: row.name });
    else if (row.name === "Locale" && isTrue(each.attributes[`{${NS.s}}mustUnderstand`]) && !/^en(-|$)/i.test(header.locale ?? "en")) {
      problem ??= new Fault("wsman-locale-unsupported", { locale: (header.locale ?? "").slice(0, 40) });
    }
  }
  return problem === undefined ? { header } : { header, problem };
}

/** The value of an xs:boolean attribute. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^\s*(?:true|1)\s*$/i.test(value);
}

function readSelectors(to: WsmanHeader, from: XmlElement): boolean {
  const selectors = selectorsOf(from);
  if (selectors === undefined) return false;
  to.selectors = selectors;
  return true;
}

/** The selectors of a w:SelectorSet by name, or undefined where one has no name or stands twice. */
export function selectorsOf(set: XmlElement): Record<string, string> | undefined {
  const selectors = Object.create(null) as Record<string, string>;
  for (const each of childrenOf(set, NS.w, "Selector")) {
    const name = each.attributes["Name"];
    if (name === undefined || name in selectors) return undefined;
    selectors[detached(name)] = detached(each.text.trim());
  }
  return selectors;
}

function readOptions(to: WsmanHeader, from: XmlElement): boolean {
  const options: WsmanOption[] = [];
  for (const each of childrenOf(from, NS.w, "Option")) {
    const name = each.attributes["Name"];
    if (name === undefined) return false;
    const option: WsmanOption = { name: detached(name), value: detached(each.text.trim()) };
    if (isTrue(each.attributes["MustComply"])) option.mustComply = true;
    options.push(option);
  }
  if (options.length > 0) to.options = options;
  return true;
}

function readSize(to: WsmanHeader, from: XmlElement): boolean {
  const value = from.text.trim();
  if (!/^\d{1,10}$/.test(value)) return false;
  to.maxEnvelopeSize = Number(value);
  return true;
}

function readTimeout(to: WsmanHeader, from: XmlElement): boolean {
  const ms = parseDuration(from.text);
  if (ms === undefined) return false;
  to.operationTimeoutMs = ms;
  return true;
}

function readSequence(to: WsmanHeader, from: XmlElement): boolean {
  const value = from.text.trim();
  if (!/^\d{1,15}$/.test(value)) return false;
  to.sequenceId = Number(value);
  return true;
}

const REQUEST_OPEN =
  `<s:Envelope xmlns:s="${NS.s}" xmlns:a="${NS.a}" xmlns:w="${NS.w}" xmlns:p="${NS.p}" xmlns:rsp="${NS.rsp}" xmlns:n="${NS.n}">` +
  `<s:Header>`;
const ANSWER_OPEN =
  `<s:Envelope xml:lang="en-US" xmlns:s="${NS.s}" xmlns:a="${NS.a}" xmlns:x="${NS.x}" xmlns:w="${NS.w}" xmlns:rsp="${NS.rsp}" ` +
  `xmlns:p="${NS.p}" xmlns:n="${NS.n}"><s:Header>`;
const BETWEEN = "</s:Header><s:Body>";
const CLOSE = "</s:Body></s:Envelope>";

/** A client's request, in the order in which Windows writes the headers. */
export function writeRequest(header: WsmanHeader, body: readonly XmlPiece[]): Uint8Array {
  const must = `s:mustUnderstand="true"`;
  const may = `s:mustUnderstand="false"`;
  const parts = [
    REQUEST_OPEN,
    header.to === undefined ? "" : element("a:To", header.to),
    header.resourceUri === undefined ? "" : `<w:ResourceURI ${must}>${escapeText(header.resourceUri)}</w:ResourceURI>`,
    `<a:ReplyTo><a:Address ${must}>${ANONYMOUS}</a:Address></a:ReplyTo>`,
    header.action === undefined ? "" : `<a:Action ${must}>${escapeText(header.action)}</a:Action>`,
    header.maxEnvelopeSize === undefined ? "" : `<w:MaxEnvelopeSize ${must}>${header.maxEnvelopeSize}</w:MaxEnvelopeSize>`,
    header.messageId === undefined ? "" : element("a:MessageID", header.messageId),
    header.locale === undefined ? "" : element("w:Locale", undefined, { "xml:lang": header.locale, "s:mustUnderstand": "false" }),
    header.dataLocale === undefined
      ? ""
      : element("p:DataLocale", undefined, { "xml:lang": header.dataLocale, "s:mustUnderstand": "false" }),
    header.sessionId === undefined ? "" : `<p:SessionId ${may}>${escapeText(header.sessionId)}</p:SessionId>`,
    header.operationId === undefined ? "" : `<p:OperationID ${may}>${escapeText(header.operationId)}</p:OperationID>`,
    header.sequenceId === undefined ? "" : `<p:SequenceId ${may}>${header.sequenceId}</p:SequenceId>`,
    header.operationTimeoutMs === undefined
      ? ""
      : `<w:OperationTimeout>PT${(header.operationTimeoutMs / 1000).toFixed(3)}S</w:OperationTimeout>`,
    header.compression === undefined ? "" : `<rsp:CompressionType ${must}>${escapeText(header.compression)}</rsp:CompressionType>`,
    writeOptions(header.options ?? []),
    writeSelectors(header.selectors),
    BETWEEN,
  ];
  return serialize([parts.join(""), ...body, CLOSE]);
}

function writeOptions(options: readonly WsmanOption[]): string {
  if (options.length === 0) return "";
  const inner = options
    .map(({ name, value, mustComply }) => element("w:Option", value, { Name: name, MustComply: mustComply === true ? "true" : undefined }))
    .join("");
  return `<w:OptionSet s:mustUnderstand="true">${inner}</w:OptionSet>`;
}

/** A w:SelectorSet, or nothing where there is no selector. */
export function writeSelectors(selectors: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(selectors ?? {});
  if (entries.length === 0) return "";
  return `<w:SelectorSet>${entries.map(([name, value]) => element("w:Selector", value, { Name: name })).join("")}</w:SelectorSet>`;
}

/** A service's answer, in the order in which Windows writes the headers. */
export function answerPieces(header: { action: string; messageId: string; relatesTo?: string }, body: readonly XmlPiece[]): XmlPiece[] {
  // Identify is answered as it is asked, without addressing.
  if (header.action === "") return [`${ANSWER_OPEN}${BETWEEN}`, ...body, CLOSE];
  const head =
    ANSWER_OPEN +
    element("a:Action", header.action) +
    element("a:MessageID", header.messageId) +
    element("a:To", ANONYMOUS) +
    (header.relatesTo === undefined ? "" : element("a:RelatesTo", header.relatesTo)) +
    BETWEEN;
  return [head, ...body, CLOSE];
}

/** Upper bound of what an answer takes beside its body; lets a long answer be filled up to MaxEnvelopeSize without writing it twice. */
export const ANSWER_OVERHEAD = 1536;

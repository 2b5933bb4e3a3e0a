/**
 * s:Fault both ways (SOAP 1.2 part 1 section 5.4, DSP0226 14, [MS-WSMV] 2.2.4.43).
 *
 * Written, the text for humans stands twice: stock clients off Windows show s:Reason, Windows shows f:Message. Read, the
 * number may be WSManFault's Code or the HRESULT of an MSFT_WmiError, and the text may stand in any of three places.
 */
import { Fault, recognise, render } from "@tieline/fault";
import { FAULT_ACTION, NS } from "./namespaces.ts";
import { child, detached, textOf, type XmlElement } from "./xml-reader.ts";
import { element, escapeAttribute } from "./xml-writer.ts";

/** What a fault message says, before it is known what it means. */
export interface FaultBody {
  side: string;
  /** As the peer wrote it, such as `w:TimedOut`; whatever the prefix, its local name is what counts. Empty where there is none. */
  subcode: string;
  reason: string;
  /** f:WSManFault/@Code, or the HRESULT of MSFT_WmiError; 0 where neither is there. */
  number: number;
  /** What f:Message or the error's own Message says, else empty. */
  message: string;
  /** Where to go instead, for a redirection. */
  redirect?: string;
}

const REDIRECT_REQUESTED = 2150859161;
/** Depth below Detail at which messages and codes are looked for. */
const DETAIL_DEPTH = 6;

/** The fault in the body, or undefined where the body is none. */
export function readFault(body: readonly XmlElement[]): FaultBody | undefined {
  const fault = body.find(({ ns, name }) => ns === NS.s && name === "Fault");
  if (fault === undefined) return undefined;
  const code = child(fault, NS.s, "Code");
  const detail = child(fault, NS.s, "Detail");
  const wsman = find(detail, "WSManFault");
  const wmi = find(detail, "MSFT_WmiError");
  const number =
    numberOf(wsman?.attributes["Code"]) ?? numberOf(find(wmi, "error_Code")?.text) ?? hresultOf(find(wmi, "MessageID")?.text) ?? 0;
  const said = find(wsman, "Message") ?? find(wmi, "Message");
  const message = said === undefined ? "" : deepText(said, DETAIL_DEPTH).replace(/\s+/g, " ").trim();
  const redirect = redirectOf(detail, number, message);
  return {
    side: (textOf(code, NS.s, "Value") ?? "").replace(/^.*:/, ""),
    subcode: (textOf(child(code, NS.s, "Subcode"), NS.s, "Value") ?? "").slice(0, 100),
    reason: (textOf(child(fault, NS.s, "Reason"), NS.s, "Text") ?? "").replace(/\s+/g, " "),
    number,
    message,
    ...(redirect === undefined ? {} : { redirect }),
  };
}

/** The first element of that local name below, in document order. */
function find(element: XmlElement | undefined, name: string, depth = DETAIL_DEPTH): XmlElement | undefined {
  if (element === undefined || depth === 0) return undefined;
  for (const each of element.children) {
    const found = each.name === name ? each : find(each, name, depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function deepText(element: XmlElement, depth: number): string {
  return depth === 0 ? "" : detached(element.text) + element.children.map((each) => deepText(each, depth - 1)).join(" ");
}

function numberOf(text: string | undefined): number | undefined {
  const value = text?.trim() ?? "";
  if (!/^-?\d{1,10}$/.test(value)) return undefined;
  // An HRESULT may be written as a signed number.
  return Number(value) >>> 0;
}

function hresultOf(text: string | undefined): number | undefined {
  const match = /0x([0-9a-f]{1,8})\b/i.exec(text ?? "");
  return match === null ? undefined : Number.parseInt(match[1] as string, 16);
}

function redirectOf(detail: XmlElement | undefined, number: number, message: string): string | undefined {
  if (number !== REDIRECT_REQUESTED) return undefined;
  const location = find(detail, "RedirectLocation")?.text.trim() ?? /https?:\/\/[^\s<>"]+/i.exec(message)?.[0];
  return location === undefined || location === "" ? undefined : detached(location);
}

/** True where the fault only says that a Receive found nothing in time: ask again. */
export function isTimedOut(fault: FaultBody): boolean {
  return fault.side === "Receiver" && /(?:^|:)TimedOut$/.test(fault.subcode);
}

/**
 * The catalogue's fault that a peer's message stands for; `wsman-refused` with the peer's own words where it is none that we know.
 *
 * @param operation what was asked, for the text
 */
export function faultOf(body: FaultBody, operation: string): Fault {
  const { reason, message, number, subcode, redirect } = body;
  if (redirect !== undefined) return new Fault("wsman-redirect", { uri: redirect });
  const said = message === "" || reason.includes(message) ? reason : message.includes(reason) ? message : `${reason} ${message}`;
  const known = recognise({ text: said, ...(number === 0 ? {} : { wsmanCode: number }), ...(subcode === "" ? {} : { subcode }) });
  if (known !== undefined) return known;
  if (isTimedOut(body)) return new Fault("wsman-timed-out", {}, { said });
  return new Fault(
    "wsman-refused",
    { operation, said: said === "" ? "no text" : said, number, subcode: subcode || "no subcode" },
    { said },
  );
}

/** The body of a fault message, with its action. */
export function writeFault(fault: Fault, machine: string): { action: string; body: string } {
  const { text, wsman } = render(fault);
  const prefix = wsman.subcode.slice(0, wsman.subcode.indexOf(":"));
  const action = FAULT_ACTION[prefix as keyof typeof FAULT_ACTION] ?? FAULT_ACTION.w;
  const body =
    `<s:Fault><s:Code><s:Value>s:${wsman.side}</s:Value><s:Subcode><s:Value>${wsman.subcode}</s:Value></s:Subcode></s:Code>` +
    `<s:Reason>${element("s:Text", text, { "xml:lang": "en-US" })}</s:Reason><s:Detail>` +
    (wsman.detail === undefined ? "" : element("w:FaultDetail", wsman.detail)) +
    `<f:WSManFault xmlns:f="${NS.f}" Code="${wsman.code}" Machine="${escapeAttribute(machine)}">` +
    `${element("f:Message", text)}</f:WSManFault></s:Detail></s:Fault>`;
  return { action, body };
}

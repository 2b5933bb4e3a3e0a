/**
 * The request for a security token (WS-Trust 1.3 section 4.1; WS-Security UsernameToken profile 1.0): written by whoever
 * signs in, read by the service. Who asks is shown by a password, or by an assertion that another service has given.
 */
import { PASSWORD_TEXT, SOAP_11, SOAP_12, TRUST, WSA, WSP, WSSE, WSU, type WsTrustVersion } from "./namespaces.ts";
import { at, childOf, childrenOf, escapeXml, malformed, readXml, type XmlNode } from "./xml-tree.ts";

export interface IssueRequest {
  version: WsTrustVersion;
  soap: "1.1" | "1.2";
  /** The address of the service that issues. */
  to: string;
  /** `urn:uuid:...`; empty where the sender gave none. */
  messageId: string;
  /** Milliseconds since 1970: when the message was made, and until when it counts. */
  createdMs: number;
  expiresMs: number;
  requestor: { kind: "password"; user: string; password: string } | { kind: "assertion"; xml: string };
  /** What the token is to open. */
  appliesTo: string;
  tokenType: string;
}

const ISO = (ms: number): string => new Date(ms).toISOString();

export function serializeIssueRequest(request: IssueRequest): string {
  const trust = TRUST[request.version];
  const soap = request.soap === "1.1" ? SOAP_11 : SOAP_12;
  const { requestor } = request;
  const shown =
    requestor.kind === "assertion"
      ? requestor.xml
      : `<o:UsernameToken u:Id="user"><o:Username>${escapeXml(requestor.user)}</o:Username>` +
        `<o:Password Type="${PASSWORD_TEXT}">${escapeXml(requestor.password)}</o:Password></o:UsernameToken>`;
  return (
    `<s:Envelope xmlns:s="${soap}" xmlns:a="${WSA}" xmlns:u="${WSU}"><s:Header>` +
    `<a:Action s:mustUnderstand="1">${trust.requestAction}</a:Action><a:MessageID>${escapeXml(request.messageId)}</a:MessageID>` +
    `<a:ReplyTo><a:Address>${WSA}/anonymous</a:Address></a:ReplyTo><a:To s:mustUnderstand="1">${escapeXml(request.to)}</a:To>` +
    `<o:Security s:mustUnderstand="1" xmlns:o="${WSSE}"><u:Timestamp u:Id="time"><u:Created>${ISO(request.createdMs)}</u:Created>` +
    `<u:Expires>${ISO(request.expiresMs)}</u:Expires></u:Timestamp>${shown}</o:Security></s:Header><s:Body>` +
    `<t:RequestSecurityToken xmlns:t="${trust.ns}"><p:AppliesTo xmlns:p="${WSP}"><a:EndpointReference><a:Address>` +
    `${escapeXml(request.appliesTo)}</a:Address></a:EndpointReference></p:AppliesTo><t:KeyType>${trust.bearer}</t:KeyType>` +
    `<t:RequestType>${trust.requestType}</t:RequestType><t:TokenType>${escapeXml(request.tokenType)}</t:TokenType>` +
    `</t:RequestSecurityToken></s:Body></s:Envelope>`
  );
}

/**
 * Reads what a client has sent. An assertion comes back as the text that it was sent as; nothing of it is believed here.
 *
 * @throws Fault `trust-message-malformed`
 */
export function parseIssueRequest(text: string): IssueRequest {
  const envelope = readXml(text);
  const soap = envelope.ns === SOAP_11 ? "1.1" : "1.2";
  const ns = envelope.ns;
  if (envelope.name !== "Envelope" || (ns !== SOAP_11 && ns !== SOAP_12)) throw malformed("it is no SOAP envelope");
  const header = childOf(envelope, ns, "Header");
  const body = childOf(envelope, ns, "Body");
  const version = (Object.keys(TRUST) as WsTrustVersion[]).find(
    (each) => childrenOf(body, TRUST[each].ns, "RequestSecurityToken").length > 0,
  );
  if (version === undefined) throw malformed("it asks for no security token");
  const trust = TRUST[version];
  const request = childOf(body, trust.ns, "RequestSecurityToken");
  const type = childOf(request, trust.ns, "RequestType")?.text.trim();
  if (type !== trust.requestType) throw malformed("it asks for something else than that a token be issued");
  const appliesTo = at(request, [WSP, "AppliesTo"], [WSA, "EndpointReference"], [WSA, "Address"])?.text.trim() ?? "";
  if (appliesTo === "") throw malformed("it does not say what the token is for");
  const security = childOf(header, WSSE, "Security");
  if (security === undefined) throw malformed("it does not say who asks");
  const timestamp = childOf(security, WSU, "Timestamp");
  const createdMs = instant(childOf(timestamp, WSU, "Created"));
  return {
    version,
    soap,
    to: childOf(header, WSA, "To")?.text.trim() ?? "",
    messageId: childOf(header, WSA, "MessageID")?.text.trim() ?? "",
    createdMs,
    expiresMs: instant(childOf(timestamp, WSU, "Expires")),
    requestor: requestorOf(security, text),
    appliesTo,
    tokenType: childOf(request, trust.ns, "TokenType")?.text.trim() ?? "",
  };
}

/** NaN where it is not said, or no time. */
function instant(node: XmlNode | undefined): number {
  return node === undefined ? Number.NaN : Date.parse(node.text.trim());
}

function requestorOf(security: XmlNode, text: string): IssueRequest["requestor"] {
  const token = childOf(security, WSSE, "UsernameToken");
  const assertions = security.children.filter((child) => child.name === "Assertion");
  if (token !== undefined && assertions.length > 0) throw malformed("it shows who asks in two ways");
  if (token !== undefined) {
    const password = childOf(token, WSSE, "Password");
    const type = password?.attributes["Type"];
    if (type !== undefined && type !== PASSWORD_TEXT) throw malformed("its password is not sent as text");
    return { kind: "password", user: childOf(token, WSSE, "Username")?.text ?? "", password: password?.text ?? "" };
  }
  const [assertion] = assertions;
  if (assertion === undefined || assertions.length > 1) throw malformed("it does not say who asks, or says it twice");
  return { kind: "assertion", xml: text.slice(assertion.start, assertion.end) };
}

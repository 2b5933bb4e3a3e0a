/** The answer to a request for a security token (WS-Trust 1.3 section 4.4), and the SOAP faults instead of it (section 11). */
import { Fault } from "@tieline/fault";
import { errorFault, errorOf } from "../oauth/error-answer.ts";
import { SAML_11, SOAP_11, SOAP_12, TRUST, WSA, WSP, WSSE, WSU, type WsTrustVersion } from "./namespaces.ts";
import { at, childOf, childrenOf, escapeXml, malformed, readXml, type XmlNode } from "./xml-tree.ts";

export interface IssuedToken {
  tokenType: string;
  appliesTo: string;
  /** Milliseconds since 1970. */
  createdMs: number;
  expiresMs: number;
  /** The token: an assertion or another element, as text. */
  xml: string;
}

interface Frame {
  version: WsTrustVersion;
  soap: "1.1" | "1.2";
  /** The request's message id. */
  relatesTo: string;
}

export function serializeIssueResponse(token: IssuedToken, { version, soap, relatesTo }: Frame): string {
  const trust = TRUST[version];
  const one =
    `<t:RequestSecurityTokenResponse><t:TokenType>${escapeXml(token.tokenType)}</t:TokenType>` +
    `<p:AppliesTo xmlns:p="${WSP}"><a:EndpointReference><a:Address>${escapeXml(token.appliesTo)}</a:Address></a:EndpointReference></p:AppliesTo>` +
    `<t:Lifetime><u:Created>${new Date(token.createdMs).toISOString()}</u:Created><u:Expires>${new Date(token.expiresMs).toISOString()}</u:Expires></t:Lifetime>` +
    `<t:RequestedSecurityToken>${token.xml}</t:RequestedSecurityToken><t:RequestType>${trust.requestType}</t:RequestType>` +
    `<t:KeyType>${trust.bearer}</t:KeyType></t:RequestSecurityTokenResponse>`;
  // 1.3 puts the answer into a collection, of one.
  const body =
    version === "1.3"
      ? `<t:RequestSecurityTokenResponseCollection xmlns:t="${trust.ns}">${one}</t:RequestSecurityTokenResponseCollection>`
      : one.replace("<t:RequestSecurityTokenResponse>", `<t:RequestSecurityTokenResponse xmlns:t="${trust.ns}">`);
  return envelope(soap, `<a:Action s:mustUnderstand="1">${trust.responseAction}</a:Action>${related(relatesTo)}`, body);
}

/** A fault of WS-Trust by its code, `FailedAuthentication` or another of section 11, with a text for people. */
export interface TrustFault {
  code: string;
  text: string;
}

export function serializeTrustFault(fault: TrustFault, { version, soap, relatesTo }: Frame): string {
  const trust = TRUST[version];
  // What concerns who asks is a fault of WS-Security (section 12 there), all else one of WS-Trust.
  const [prefix, ns] = fault.code === "FailedAuthentication" ? ["o", WSSE] : ["t", trust.ns];
  const code = `${prefix}:${fault.code}`;
  const text = escapeXml(fault.text);
  const body =
    soap === "1.1"
      ? `<s:Fault><faultcode xmlns:${prefix}="${ns}">${code}</faultcode><faultstring xml:lang="en-US">${text}</faultstring></s:Fault>`
      : `<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value xmlns:${prefix}="${ns}">${code}</s:Value></s:Subcode></s:Code>` +
        `<s:Reason><s:Text xml:lang="en-US">${text}</s:Text></s:Reason></s:Fault>`;
  return envelope(soap, `<a:Action s:mustUnderstand="1">${WSA}/soap/fault</a:Action>${related(relatesTo)}`, body);
}

function related(id: string): string {
  return id === "" ? "" : `<a:RelatesTo>${escapeXml(id)}</a:RelatesTo>`;
}

function envelope(soap: Frame["soap"], header: string, body: string): string {
  return (
    `<s:Envelope xmlns:s="${soap === "1.1" ? SOAP_11 : SOAP_12}" xmlns:a="${WSA}" xmlns:u="${WSU}">` +
    `<s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`
  );
}

/**
 * Reads an answer.
 *
 * @throws Fault `trust-refused` with the service's own text, `trust-message-malformed`
 */
export function parseIssueResponse(text: string, host: string): IssuedToken {
  const root = readXml(text);
  if (root.name !== "Envelope" || (root.ns !== SOAP_11 && root.ns !== SOAP_12)) throw malformed("it is no SOAP envelope");
  const body = childOf(root, root.ns, "Body");
  const fault = childOf(body, root.ns, "Fault");
  if (fault !== undefined) throw refusal(fault, root.ns, host);
  const version = (Object.keys(TRUST) as WsTrustVersion[]).find((each) => body?.children.some((child) => child.ns === TRUST[each].ns));
  if (version === undefined) throw malformed("it answers no request for a token");
  const trust = TRUST[version].ns;
  const collection = childOf(body, trust, "RequestSecurityTokenResponseCollection") ?? body;
  const response = childOf(collection, trust, "RequestSecurityTokenResponse");
  const requested = childOf(response, trust, "RequestedSecurityToken");
  const [token] = requested?.children ?? [];
  if (response === undefined || token === undefined || requested?.children.length !== 1) throw malformed("it holds no token");
  const lifetime = childOf(response, trust, "Lifetime");
  const moment = (name: string): number => Date.parse(childOf(lifetime, WSU, name)?.text.trim() ?? "");
  return {
    tokenType: childOf(response, trust, "TokenType")?.text.trim() ?? (token.ns === SAML_11 ? SAML_11 : ""),
    appliesTo: at(response, [WSP, "AppliesTo"], [WSA, "EndpointReference"], [WSA, "Address"])?.text.trim() ?? "",
    createdMs: moment("Created"),
    expiresMs: moment("Expires"),
    xml: text.slice(token.start, token.end),
  };
}

/** The text that a service gave with its refusal, in either SOAP. */
function refusal(fault: XmlNode, soap: string, host: string): Fault {
  const [text, code] =
    soap === SOAP_11
      ? [childrenOf(fault, "", "faultstring")[0]?.text, childrenOf(fault, "", "faultcode")[0]?.text]
      : [
          at(fault, [soap, "Reason"], [soap, "Text"])?.text,
          at(fault, [soap, "Code"], [soap, "Subcode"], [soap, "Value"])?.text ?? at(fault, [soap, "Code"], [soap, "Value"])?.text,
        ];
  const said = (text ?? "").replace(/\s+/g, " ").trim().slice(0, 1000);
  if (/AADSTS\d/.test(said)) return errorFault(errorOf((code ?? "").trim(), said), host);
  return new Fault("trust-refused", { host, reason: said === "" ? "no reason given" : said, subcode: (code ?? "?").trim().slice(0, 100) });
}

/**
 * The Lyncdiscover documents as one model ([MS-OCDISCWS] 2.2): a root, or a domain's services, each a list of links.
 * XML and JSON are two writings of it.
 */

export type DocumentKind = "Root" | "Domain" | "User";

export interface Link {
  /** `Redirect`, `Domain`, `User`, `Hybrid`, `OAuth`, `Self`, `External/RemotePowerShell`, `Internal/Autodiscover` ... */
  token: string;
  href: string;
}

/** A SIP server's address in a Domain document: SipServerExternalAccess and its like. */
export interface Access {
  name: string;
  fqdn: string;
  port: number;
}

export interface DiscoveryDocument {
  kind: DocumentKind;
  accessLocation: "Internal" | "External";
  links: readonly Link[];
  access: readonly Access[];
}

/** The media type of the XML writing; what does not ask for it gets JSON. */
export const XML_TYPE = "application/vnd.microsoft.rtc.autodiscover+xml;v=1";
export const JSON_TYPE = "application/json";

/** The first link of that token, in any letter case. */
export function linkOf(document: DiscoveryDocument, token: string): string | undefined {
  return document.links.find((link) => link.token.toLowerCase() === token.toLowerCase())?.href;
}

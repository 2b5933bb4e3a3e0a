/**
 * The Lyncdiscover documents as one model ([MS-OCDISCWS] 2.2.4): a root, a domain's services or a user's, each a list of
 * links. XML and JSON are two writings of it.
 *
 *     Root    Redirect                        another service knows better: ask there
 *             Domain, User, OAuth, Self       this one knows: its resources
 *             Hybrid                          the other half of a domain that is shared with an online service
 *     Domain  Internal/..., External/...      services as seen from inside and outside; SIP servers; Hybrid
 *     User    the same, for the pool of one user; only for whoever has shown who it is
 */

export const DOCUMENT_KINDS = ["Root", "Domain", "User"] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

/** Whether the service takes the caller to be inside or outside its network (2.2.5.1). */
export type AccessLocation = "Internal" | "External";

export interface Link {
  /** `Redirect`, `Domain`, `User`, `Hybrid`, `OAuth`, `Self`, `External/RemotePowerShell`, `Internal/Autodiscover` ... (2.2.5.5) */
  token: string;
  href: string;
}

/** A SIP server's address in a Domain or User document: SipServerExternalAccess and its like. */
export interface Access {
  name: string;
  fqdn: string;
  /** 0 where the document names none. */
  port: number;
}

export interface DiscoveryDocument {
  kind: DocumentKind;
  accessLocation: AccessLocation;
  links: readonly Link[];
  access: readonly Access[];
}

/** The media type of the XML writing; what does not ask for it gets JSON. */
export const XML_TYPE = "application/vnd.microsoft.rtc.autodiscover+xml;v=1";
export const JSON_TYPE = "application/json";

/** Links, and servers, of a document that are read at most; more is refused. */
export const MAX_ENTRIES = 500;

/** The first link of that token, in any letter case; an empty address is none. */
export function linkOf(document: DiscoveryDocument, token: string): string | undefined {
  return document.links.find((link) => link.token.toLowerCase() === token.toLowerCase() && link.href !== "")?.href;
}

/**
 * The server's half of discovery ([MS-OCDISCWS] 3.2): which document answers a request. Pure: the site tells what it
 * knows of a domain, this says what is sent.
 */
import { JSON_TYPE, XML_TYPE, type DiscoveryDocument, type Link } from "./document.ts";
import { serializeJson } from "./json.ts";
import { serializeXml } from "./xml.ts";

/** What a site knows of one SIP domain. */
export interface DomainServices {
  /** Base of the autodiscover service, e.g. `https://webdir.online.lync.com`. */
  autodiscover: string;
  /** The remote PowerShell endpoint, where the site has one for this domain. */
  remotePowerShell?: string;
  /** Where the other half of a hybrid domain is discovered. */
  hybrid?: string;
  sipServer?: { fqdn: string; port: number };
}

export interface DiscoveryRequest {
  secure: boolean;
  host: string;
  /** Path with query. */
  target: string;
  accept: string | undefined;
}

export interface DiscoveryAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export const ROOT_PATH = "/autodiscover/autodiscoverservice.svc/root";

/** The answer, or undefined where the path is not discovery's. */
export function answer(request: DiscoveryRequest, lookUp: (domain: string) => DomainServices | undefined): DiscoveryAnswer | undefined {
  const url = new URL(request.target, `http://${request.host}`);
  const path = url.pathname.toLowerCase().replace(/\/$/, "");
  const isRoot = path === "" || path === ROOT_PATH;
  const isDomain = path === `${ROOT_PATH}/domain`;
  if (!isRoot && !isDomain) return undefined;
  const domain = domainOf(url, request.host);
  const services = lookUp(domain);
  if (services === undefined) return { status: 404, headers: { "content-type": "text/plain" }, body: "No such domain.\n" };
  const query = `?originalDomain=${encodeURIComponent(domain)}`;
  const root = `${services.autodiscover}${ROOT_PATH}`;
  const links: Link[] = [];
  // A plain http answer must not be believed: it only says where the https one is.
  if (!request.secure) links.push({ token: "Redirect", href: `${root}${query}` });
  else if (isRoot) {
    links.push({ token: "Domain", href: `${root}/domain${query}` }, { token: "Self", href: `${root}${query}` });
    if (services.hybrid !== undefined) links.push({ token: "Hybrid", href: services.hybrid });
  } else {
    links.push({ token: "Internal/Autodiscover", href: root }, { token: "External/Autodiscover", href: root });
    if (services.remotePowerShell !== undefined) {
      links.push(
        { token: "Internal/RemotePowerShell", href: services.remotePowerShell },
        { token: "External/RemotePowerShell", href: services.remotePowerShell },
      );
    }
    if (services.hybrid !== undefined) links.push({ token: "Hybrid", href: services.hybrid });
  }
  const sip = services.sipServer;
  const access =
    isDomain && request.secure && sip !== undefined
      ? ["SipServerInternalAccess", "SipServerExternalAccess"].map((name) => ({ name, ...sip }))
      : [];
  const document: DiscoveryDocument = { kind: isDomain && request.secure ? "Domain" : "Root", accessLocation: "External", links, access };
  const xml = (request.accept ?? "").toLowerCase().includes("autodiscover+xml");
  return {
    status: 200,
    headers: { "content-type": xml ? XML_TYPE : JSON_TYPE, "cache-control": "no-cache" },
    body: xml ? serializeXml(document) : serializeJson(document),
  };
}

function domainOf(url: URL, host: string): string {
  for (const [name, value] of url.searchParams) {
    if (/^(domain|originaldomain)$/i.test(name)) return value.toLowerCase();
    if (/^sipuri$/i.test(name)) return value.toLowerCase().replace(/^sip:/, "").replace(/^.*@/, "");
  }
  return host
    .toLowerCase()
    .replace(/:\d+$/, "")
    .replace(/^lyncdiscover(internal)?\./, "");
}

/**
 * The server's half of discovery ([MS-OCDISCWS] 3.2): which document answers a request. Pure: the site tells what it
 * knows of a domain, this says what is sent.
 *
 *     /                                                     as /autodiscover/autodiscoverservice.svc/root
 *     /autodiscover/autodiscoverservice.svc/root            http: a Redirect and nothing else; https: Domain, User, OAuth, Self, Hybrid
 *     /autodiscover/autodiscoverservice.svc/root/domain     the domain's services, for everybody
 *     /autodiscover/autodiscoverservice.svc/root/user       those of the caller's pool; 401 for whoever is not known
 *     /autodiscover/autodiscoverservice.svc/root/oauth/user the same, with a token instead of a web ticket
 *
 * Departure from 3.1.5.2: a domain that nobody here knows is answered 404, as there is nobody else to redirect to.
 */
import { JSON_TYPE, XML_TYPE, type DiscoveryDocument, type DocumentKind, type Link } from "./document.ts";
import { serializeJson } from "./json.ts";
import { accessLocationOf, accessOf, bareHost, baseOf, type DomainServices } from "./services.ts";
import { userChallenge } from "./user-challenge.ts";
import type { DiscoveryAnswer } from "./written-answer.ts";
import { serializeXml } from "./xml.ts";

export interface DiscoveryRequest {
  secure: boolean;
  host: string;
  /** Path with query. */
  target: string;
  accept: string | undefined;
  /** The SIP address of whoever has shown who it is; without it there is no User document. */
  caller?: string;
}

export const ROOT_PATH = "/Autodiscover/AutodiscoverService.svc/root";

type Resource = "root" | "domain" | "user";

const RESOURCES: Readonly<Record<string, Resource>> = {
  "": "root",
  [ROOT_PATH.toLowerCase()]: "root",
  [`${ROOT_PATH.toLowerCase()}/domain`]: "domain",
  [`${ROOT_PATH.toLowerCase()}/user`]: "user",
  [`${ROOT_PATH.toLowerCase()}/oauth/user`]: "user",
};
const KINDS: Readonly<Record<Resource, DocumentKind>> = { root: "Root", domain: "Domain", user: "User" };

/** The answer, or undefined where the path is not discovery's. */
export function answer(request: DiscoveryRequest, lookUp: (domain: string) => DomainServices | undefined): DiscoveryAnswer | undefined {
  // A target is taken apart by hand: whatever stands in it, a part of an address is never taken for another host.
  const [, written = "", search = ""] = /^(?:https?:\/\/[^/?]*)?([^?]*)(.*)$/is.exec(request.target) ?? [];
  const path = written.toLowerCase().replace(/\/$/, "");
  const resource = Object.hasOwn(RESOURCES, path) ? RESOURCES[path] : undefined;
  if (resource === undefined) return undefined;
  const asked = askedFor(new URLSearchParams(search), request.host);
  const services = lookUp(asked.domain);
  if (services === undefined) return { status: 404, headers: { "content-type": "text/plain" }, body: "No such domain.\n" };
  const side = accessLocationOf(request.host, services);
  const base = baseOf(services, side);
  const root = `${base}${ROOT_PATH}`;
  // A plain http answer must not be believed: it only says where the https one is.
  if (!request.secure)
    return rendered(
      { kind: "Root", accessLocation: side, links: [{ token: "Redirect", href: `${root}${asked.query}` }], access: [] },
      request,
    );
  if (resource === "user" && request.caller === undefined) return userChallenge(base, services.trustedIssuers ?? []);
  const links = resource === "root" ? rootLinks(root, asked.query, services) : serviceLinks(`${base}${written}${search}`, base, services);
  const access = resource === "root" ? [] : accessOf(services);
  return rendered({ kind: KINDS[resource], accessLocation: side, links, access }, request);
}

function rootLinks(root: string, query: string, services: DomainServices): Link[] {
  return [
    { token: "Domain", href: `${root}/domain${query}` },
    { token: "User", href: `${root}/user${query}` },
    { token: "OAuth", href: `${root}/oauth/user${query}` },
    { token: "Self", href: `${root}${query}` },
    ...hybridLink(services),
  ];
}

/** Only what is served: a client believes each link. */
function serviceLinks(self: string, base: string, services: DomainServices): Link[] {
  const links: Link[] = [
    { token: "Internal/Autodiscover", href: `${baseOf(services, "Internal")}${ROOT_PATH}` },
    { token: "External/Autodiscover", href: `${baseOf(services, "External")}${ROOT_PATH}` },
  ];
  const endpoint = services.remotePowerShell;
  if (endpoint !== undefined)
    links.push({ token: "Internal/RemotePowerShell", href: endpoint }, { token: "External/RemotePowerShell", href: endpoint });
  links.push({ token: "Self", href: self });
  return [...links, ...hybridLink(services)];
}

function hybridLink({ hybrid }: DomainServices): Link[] {
  return hybrid === undefined ? [] : [{ token: "Hybrid", href: hybrid }];
}

function rendered(document: DiscoveryDocument, request: DiscoveryRequest): DiscoveryAnswer {
  const xml = (request.accept ?? "").toLowerCase().includes("autodiscover+xml");
  return {
    status: 200,
    headers: { "content-type": xml ? XML_TYPE : JSON_TYPE, "cache-control": "no-cache", vary: "Accept" },
    body: xml ? serializeXml(document) : serializeJson(document),
  };
}

/** The domain, and the query that hands the question on. */
function askedFor(query: URLSearchParams, host: string): { domain: string; query: string } {
  for (const [name, value] of query) {
    if (/^(domain|originaldomain)$/i.test(name) && value !== "") return byDomain(value.toLowerCase());
    if (/^sipuri$/i.test(name) && value !== "") {
      const address = value.toLowerCase().replace(/^sips?:/, "");
      return { domain: address.replace(/^.*@/, ""), query: `?sipuri=${encodeURIComponent(address)}` };
    }
  }
  return byDomain(bareHost(host).replace(/^lyncdiscover(internal)?\./, ""));
}

function byDomain(domain: string): { domain: string; query: string } {
  return { domain, query: `?originalDomain=${encodeURIComponent(domain)}` };
}

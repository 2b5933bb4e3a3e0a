/** What a site knows of one SIP domain, and from which side it is asked. */
import type { Access, AccessLocation } from "./document.ts";

export interface Server {
  fqdn: string;
  port: number;
}

export interface DomainServices {
  /** Base of the autodiscover service as seen from outside, e.g. `https://webdir.online.lync.com`. */
  autodiscover: string;
  /** The same from inside, where it is another: a pool's internal web services. */
  internalAutodiscover?: string;
  /** The remote PowerShell endpoint, where the site has one for this domain. */
  remotePowerShell?: string;
  /** Where the other half of a hybrid domain is discovered. */
  hybrid?: string;
  /** The access edge, or what stands in its place. */
  sipServer?: Server;
  /** The registrar that people inside use; the one of outside where it is left out. */
  internalSipServer?: Server;
  /** Issuers of tokens that the User document's service takes. */
  trustedIssuers?: readonly string[];
}

/** Inside is who asked by an internal name: lyncdiscoverinternal, or the host of the internal web services. */
export function accessLocationOf(host: string, services: DomainServices): AccessLocation {
  const name = bareHost(host);
  if (name.startsWith("lyncdiscoverinternal.")) return "Internal";
  const { autodiscover, internalAutodiscover } = services;
  if (internalAutodiscover === undefined) return "External";
  const inside = new URL(internalAutodiscover).hostname;
  return name === inside && inside !== new URL(autodiscover).hostname ? "Internal" : "External";
}

/** The base address for callers of that side. */
export function baseOf(services: DomainServices, side: AccessLocation): string {
  return (side === "Internal" ? services.internalAutodiscover : undefined) ?? services.autodiscover;
}

/** The SIP servers of a Domain or User document: those between servers, and those for clients (2.2.4.6). */
export function accessOf(services: DomainServices): Access[] {
  const outside = services.sipServer;
  const inside = services.internalSipServer ?? outside;
  return [
    ...(inside === undefined ? [] : [{ name: "SipServerInternalAccess", ...inside }]),
    ...(inside === undefined ? [] : [{ name: "SipClientInternalAccess", ...inside }]),
    ...(outside === undefined ? [] : [{ name: "SipServerExternalAccess", ...outside }]),
    ...(outside === undefined ? [] : [{ name: "SipClientExternalAccess", fqdn: outside.fqdn, port: 443 }]),
  ];
}

/** A Host header without its port, in lower case. */
export function bareHost(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
}

/** The JSON writing, as UCWA clients read it: links by name under `_links`. */
import { Fault } from "@tieline/fault";
import type { DiscoveryDocument, Link } from "./document.ts";

/** Which link names of the JSON writing are which tokens; the others are written as they are. */
const NAMES: Readonly<Record<string, string>> = {
  self: "Self",
  redirect: "Redirect",
  user: "User",
  domain: "Domain",
  hybrid: "Hybrid",
  oauth: "OAuth",
};

/** @throws Fault `discovery-unreadable` */
export function parseJson(text: string, url: string): DiscoveryDocument {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new Fault("discovery-unreadable", { url, reason: "it is not JSON" }, { cause: error });
  }
  const record = (value ?? {}) as { _links?: Record<string, { href?: unknown }>; accessLocation?: unknown };
  if (typeof record._links !== "object" || record._links === null)
    throw new Fault("discovery-unreadable", { url, reason: "it has no _links" });
  const links: Link[] = Object.entries(record._links)
    .slice(0, 500)
    .filter(([, link]) => typeof link?.href === "string")
    .map(([name, link]) => ({ token: NAMES[name] ?? name, href: link.href as string }));
  const services = links.some((link) => link.token.includes("/"));
  return {
    kind: services ? "Domain" : "Root",
    accessLocation: record.accessLocation === "Internal" ? "Internal" : "External",
    links,
    access: [],
  };
}

export function serializeJson(document: DiscoveryDocument): string {
  const byToken = new Map(Object.entries(NAMES).map(([name, token]) => [token, name]));
  return JSON.stringify({
    accessLocation: document.accessLocation,
    _links: Object.fromEntries(document.links.map((link) => [byToken.get(link.token) ?? link.token, { href: link.href }])),
  });
}

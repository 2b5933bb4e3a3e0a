/**
 * The JSON writing, as UCWA clients read it: links by name under `_links` (HAL). The specification writes only a Root's
 * and a User's links so; servers of a Domain document stand beside them under their own names, which is ours.
 */
import { Fault } from "@tieline/fault";
import { MAX_ENTRIES, type Access, type DiscoveryDocument, type DocumentKind, type Link } from "./document.ts";

/** Which link names of the JSON writing are which tokens; the others are written as they are. */
const NAMES: Readonly<Record<string, string>> = {
  self: "Self",
  redirect: "Redirect",
  user: "User",
  domain: "Domain",
  hybrid: "Hybrid",
  oauth: "OAuth",
};
const TOKENS = new Map(Object.entries(NAMES).map(([name, token]) => [token.toLowerCase(), name]));

/** @throws Fault `discovery-unreadable` */
export function parseJson(text: string, url: string): DiscoveryDocument {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new Fault("discovery-unreadable", { url, reason: "it is not JSON" }, { cause: error });
  }
  const record = isRecord(value) ? value : {};
  if (!isRecord(record["_links"])) throw new Fault("discovery-unreadable", { url, reason: "it has no _links" });
  const named = Object.entries(record["_links"]);
  if (named.length > MAX_ENTRIES) throw new Fault("discovery-unreadable", { url, reason: "it has too many links" });
  const links = named.flatMap(([name, link]): Link[] => {
    // HAL lets several links stand under one name; the first is taken.
    const one: unknown = Array.isArray(link) ? link[0] : link;
    const href = isRecord(one) ? one["href"] : undefined;
    return typeof href === "string" ? [{ token: Object.hasOwn(NAMES, name) ? (NAMES[name] as string) : name, href }] : [];
  });
  const access = Object.entries(record).flatMap(([name, server]): Access[] => {
    if (!/^Sip[A-Za-z]+Access$/.test(name) || !isRecord(server) || typeof server["fqdn"] !== "string") return [];
    return [{ name, fqdn: server["fqdn"], port: portOf(server["port"]) }];
  });
  const inside = String(record["accessLocation"]).toLowerCase() === "internal";
  return { kind: kindOf(links), accessLocation: inside ? "Internal" : "External", links, access };
}

export function serializeJson(document: DiscoveryDocument): string {
  return JSON.stringify({
    accessLocation: document.accessLocation,
    ...Object.fromEntries(document.access.map(({ name, fqdn, port }) => [name, { fqdn, port }])),
    _links: Object.fromEntries(document.links.map((link) => [TOKENS.get(link.token.toLowerCase()) ?? link.token, { href: link.href }])),
  });
}

/** JSON does not say which document it is; its links do. */
function kindOf(links: readonly Link[]): DocumentKind {
  if (links.some(({ token }) => token === "applications")) return "User";
  return links.some(({ token }) => /^(internal|external)\//i.test(token)) ? "Domain" : "Root";
}

/** A port as it was written in an attribute or a number; 0 for what is none. */
export function portOf(value: unknown): number {
  const port = Number(value);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

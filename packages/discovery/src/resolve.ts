/**
 * The client's walk from a domain to its remote PowerShell endpoint ([MS-OCDISCWS] 3.1; the steps of the retired
 * connector). Calls nobody itself: the caller hands in `fetch`, and gets back every hop as data.
 */
import { Fault, isFault } from "@tieline/fault";
import { linkOf, XML_TYPE, type DiscoveryDocument } from "./document.ts";
import { parseJson } from "./json.ts";
import { parseXml } from "./xml.ts";

export interface FetchAnswer {
  status: number;
  headers: Readonly<Record<string, string | readonly string[]>>;
  body: Uint8Array;
}

export type Fetch = (url: URL, headers: Readonly<Record<string, string>>) => Promise<FetchAnswer>;

/** One step of the walk. */
export interface Hop {
  url: string;
  /** undefined where no answer came. */
  status?: number;
  /** What was read there, or what went wrong, in a few words. */
  found: string;
  durationMs: number;
}

export interface Resolution {
  /** The remote PowerShell endpoint as the domain's document names it. */
  targetUri: string;
  hops: readonly Hop[];
}

export interface ResolveOptions {
  domain: string;
  fetch: Fetch;
  /** Start here and skip the lyncdiscover names. */
  discoveryUri?: string;
  /** Milliseconds on any monotonous clock. */
  now: () => number;
  /** Redirects, documents and Hybrid links together. Default 10. */
  maxHops?: number;
}

/** The names that are tried, in this order: external over http, then https, then the internal names. */
function startingPoints(domain: string): string[] {
  const query = `?Domain=${encodeURIComponent(domain)}`;
  return [
    `http://lyncdiscover.${domain}/${query}`,
    `https://lyncdiscover.${domain}/${query}`,
    `http://lyncdiscoverinternal.${domain}/${query}`,
    `https://lyncdiscoverinternal.${domain}/${query}`,
  ];
}

/**
 * @throws Fault `discovery-failed` (no starting point answered), `discovery-no-endpoint`, `discovery-loop`,
 *   `discovery-unreadable`; their `cause` is the last trouble met
 */
export async function resolve(options: ResolveOptions): Promise<Resolution> {
  const hops: Hop[] = [];
  let trouble: unknown;
  for (const start of options.discoveryUri === undefined ? startingPoints(options.domain) : [options.discoveryUri]) {
    try {
      const targetUri = await walk(new URL(start), options, hops);
      return { targetUri, hops };
    } catch (error) {
      // What a document says counts; only silence, a dead name or a refusing web server lets the next name try.
      if (isFault(error) && (error.is("interrupted") || (error.layer === "discovery" && !error.is("discovery-http")))) throw error;
      trouble = error;
    }
  }
  throw new Fault(
    "discovery-failed",
    { domain: options.domain, tried: [...new Set(hops.map((hop) => new URL(hop.url).host))].join(", ") },
    { cause: trouble },
  );
}

async function walk(start: URL, options: ResolveOptions, hops: Hop[]): Promise<string> {
  const maxHops = options.maxHops ?? 10;
  const seen = new Set<string>();
  let url = start;
  for (;;) {
    if (seen.has(url.href) || seen.size >= maxHops) throw new Fault("discovery-loop", { url: url.href, count: seen.size });
    seen.add(url.href);
    const next = await step(url, options, hops);
    if (next.endpoint !== undefined) return next.endpoint;
    url = next.follow;
  }
}

type Step = { endpoint: string; follow?: undefined } | { endpoint?: undefined; follow: URL };

async function step(url: URL, options: ResolveOptions, hops: Hop[]): Promise<Step> {
  const startedMs = options.now();
  const note = (found: string, status?: number): void => {
    hops.push({ url: url.href, ...(status === undefined ? {} : { status }), found, durationMs: Math.round(options.now() - startedMs) });
  };
  let got: FetchAnswer;
  try {
    got = await options.fetch(url, { accept: XML_TYPE });
  } catch (error) {
    note(isFault(error) ? error.message : "no answer");
    throw error;
  }
  if (got.status >= 300 && got.status < 400) {
    const location = got.headers["location"];
    note(`HTTP redirect to ${String(location)}`, got.status);
    if (typeof location !== "string") throw new Fault("discovery-http", { url: url.href, status: got.status });
    return { follow: safer(url, location) };
  }
  if (got.status !== 200) {
    note("refused", got.status);
    throw new Fault("discovery-http", { url: url.href, status: got.status });
  }
  const document = read(got, url);
  // A Root names the way to the domain's services; an on-premises one may know the online half only by its Hybrid link.
  for (const token of ["Redirect", "External/RemotePowerShell", "Domain", "Hybrid"]) {
    const href = linkOf(document, token);
    if (href === undefined) continue;
    note(`${document.kind}: ${token} -> ${href}`, got.status);
    return token === "External/RemotePowerShell" ? { endpoint: href } : { follow: safer(url, href) };
  }
  note(`${document.kind}: no link to remote PowerShell`, got.status);
  throw new Fault("discovery-no-endpoint", { domain: options.domain, url: url.href });
}

function read(got: FetchAnswer, url: URL): DiscoveryDocument {
  const text = new TextDecoder().decode(got.body);
  return /^\s*\uFEFF?\s*</.test(text) ? parseXml(text, url.href) : parseJson(text, url.href);
}

/** Follows a link, but never from https back to http. */
function safer(from: URL, href: string): URL {
  let to: URL;
  try {
    to = new URL(href, from);
  } catch (error) {
    throw new Fault("discovery-unreadable", { url: from.href, reason: "a link in it is no address" }, { cause: error });
  }
  if (to.protocol !== "https:" && (from.protocol === "https:" || to.protocol !== "http:"))
    throw new Fault("discovery-downgrade", { url: from.href, to: to.href });
  return to;
}

/**
 * The client's walk from a domain to its remote PowerShell endpoint ([MS-OCDISCWS] 3.1; the steps of the retired
 * connector). Calls nobody itself: the caller hands in `fetch`, and gets back every hop as data.
 *
 *     names -> Root --Redirect--> Root --Domain--> Domain --External/RemotePowerShell--> the endpoint
 *                                    \               \
 *                                     `--------------- Hybrid --> Root of the online half -> ...
 *
 * What a document says is believed and ends the walk, for better or worse; silence, a dead name, a refusing web server
 * and a web page only let the next name try.
 */
import { Fault, isFault } from "@tieline/fault";
import { linkOf, XML_TYPE, type DiscoveryDocument } from "./document.ts";
import { certificateOf, withHops, wordsFor, type Hop } from "./hop.ts";
import { parseJson } from "./json.ts";
import { nextAddress, startingPoints, triedWords, withDomain, type Attempt } from "./starting-points.ts";
import { webPage } from "./web-page.ts";
import { parseXml } from "./xml.ts";

export interface FetchAnswer {
  status: number;
  headers: Readonly<Record<string, string | readonly string[]>>;
  body: Uint8Array;
  /** The server's certificate in DER, where there was TLS. */
  certificate?: Uint8Array | undefined;
  /** Where the connection went, `address:port`. */
  address?: string | undefined;
}

/** What a fetch must hold to: it throws rather than to wait longer or to read more. */
export interface FetchLimits {
  timeoutMs: number;
  maxBytes: number;
}

export type Fetch = (url: URL, headers: Readonly<Record<string, string>>, limits: FetchLimits) => Promise<FetchAnswer>;

export interface Resolution {
  /** The remote PowerShell endpoint as the domain's document names it. */
  targetUri: string;
  hops: readonly Hop[];
}

export interface ResolveOptions {
  domain: string;
  fetch: Fetch;
  /** Start here and skip the lyncdiscover names; asked for the domain, where it names none itself. */
  discoveryUri?: string;
  /**
   * The link whose address is wanted. Default: External/RemotePowerShell, and from a service that takes us to be inside
   * Internal/RemotePowerShell where there is no other.
   */
  desiredLink?: string;
  /** Milliseconds on any monotonous clock. */
  now: () => number;
  /** Redirects, documents and Hybrid links together, from one name. Default 10. */
  maxHops?: number;
  /** The largest document that is read. Default 1 MiB. */
  maxDocumentBytes?: number;
  /** For one document. Default 30,000. */
  documentTimeoutMs?: number;
  /** For the whole walk, over all names. Default 120,000. */
  timeoutMs?: number;
}

/** What one walk keeps beside its options. */
interface Walk {
  readonly options: ResolveOptions;
  readonly hops: Hop[];
  readonly startedMs: number;
  /** A Hybrid link that was passed by for a Domain link. */
  hybrid: URL | undefined;
}

/**
 * @throws Fault `discovery-failed` (no name answered), `discovery-no-endpoint`, `discovery-loop`, `discovery-downgrade`,
 *   `discovery-unreadable`, `discovery-timeout`, `interrupted`; with a `discoveryUri` whatever it failed with. `hopsOf`
 *   has the way that led there.
 */
export async function resolve(options: ResolveOptions): Promise<Resolution> {
  const hops: Hop[] = [];
  const startedMs = options.now();
  const attempts: Attempt[] = [];
  try {
    for (const start of startingPoints(options)) {
      try {
        const targetUri = await walk(start, { options, hops, startedMs, hybrid: undefined });
        return { targetUri, hops };
      } catch (error) {
        if (!letsTheNextTry(error) || options.discoveryUri !== undefined) throw error;
        attempts.push({ start, last: hops.at(-1), error });
      }
    }
    const forbidden = attempts.find(({ error }) => isFault(error) && isProxyRule(error));
    if (forbidden !== undefined) throw forbidden.error;
    throw new Fault("discovery-failed", { domain: options.domain, tried: triedWords(attempts) }, { cause: attempts[0]?.error });
  } catch (error) {
    throw withHops(error, hops);
  }
}

function letsTheNextTry(error: unknown): boolean {
  if (!isFault(error)) return true;
  if (error.is("discovery-http") || error.is("discovery-web-page")) return true;
  if (error.layer === "proxy") return PROXY_FOR_ONE.has(error.code);
  return !error.is("interrupted") && error.layer !== "discovery";
}

/** What a proxy says of one destination; anything else of its layer is said of all. */
const PROXY_FOR_ONE: ReadonlySet<string> = new Set(["proxy-refused", "proxy-timeout", "proxy-socks-refused", "tls-intercepted"]);

/** True where the proxy's rules or its inspection stand in the way; 5xx is how it tells of a name that nobody knows. */
function isProxyRule(error: Fault): boolean {
  if (error.is("proxy-refused")) return Number(error.fields.status) < 500;
  return error.is("tls-intercepted");
}

async function walk(start: URL, state: Walk): Promise<string> {
  const maxHops = state.options.maxHops ?? 10;
  const seen = new Set<string>();
  let url = start;
  for (;;) {
    if (seen.has(url.href) || seen.size >= maxHops) throw new Fault("discovery-loop", { url: url.href, count: seen.size });
    seen.add(url.href);
    const next = await step(url, state);
    if (next.endpoint !== undefined) return next.endpoint;
    url = next.follow;
  }
}

type Step = { endpoint: string; follow?: undefined } | { endpoint?: undefined; follow: URL };

/** One request, and one hop in the trace whatever comes of it. */
async function step(url: URL, state: Walk): Promise<Step> {
  const { options } = state;
  const startedMs = options.now();
  const hop: Hop = { url: url.href, found: "", durationMs: 0 };
  state.hops.push(hop);
  try {
    const got = await options.fetch(url, { accept: XML_TYPE }, limitsOf(state, startedMs));
    hop.status = got.status;
    if (got.address !== undefined) hop.address = got.address;
    const certificate = got.certificate === undefined ? undefined : certificateOf(got.certificate);
    if (certificate !== undefined) hop.certificate = certificate;
    return judge(got, url, state, hop);
  } catch (error) {
    if (isFault(error)) hop.fault = error.code;
    if (hop.found === "") hop.found = wordsFor(error);
    throw error;
  } finally {
    hop.durationMs = Math.round(options.now() - startedMs);
  }
}

function limitsOf({ options, startedMs }: Walk, nowMs: number): FetchLimits {
  const allowedMs = options.timeoutMs ?? 120_000;
  const leftMs = allowedMs - (nowMs - startedMs);
  if (leftMs <= 0) throw new Fault("discovery-timeout", { domain: options.domain, seconds: Math.round(allowedMs / 1000) });
  return { timeoutMs: Math.min(leftMs, options.documentTimeoutMs ?? 30_000), maxBytes: options.maxDocumentBytes ?? 1024 * 1024 };
}

/** What the answer says: the endpoint, or where to ask next. */
function judge(got: FetchAnswer, url: URL, state: Walk, hop: Hop): Step {
  const maxBytes = state.options.maxDocumentBytes ?? 1024 * 1024;
  if (got.body.length > maxBytes) throw new Fault("http-answer-too-large", { host: url.host, limit: maxBytes });
  if (got.status >= 300 && got.status < 400) {
    const location = got.headers["location"];
    if (typeof location !== "string") throw new Fault("discovery-http", { url: url.href, status: got.status });
    hop.found = `HTTP redirect to ${location.slice(0, 500)}`;
    return { follow: nextAddress(url, location) };
  }
  const text = new TextDecoder().decode(got.body);
  const page = webPage(text, String(got.headers["content-type"] ?? ""));
  if (got.status !== 200) {
    hop.found = `refused${page === undefined ? "" : `, with ${page}`}`;
    throw new Fault("discovery-http", { url: url.href, status: got.status });
  }
  if (page !== undefined) {
    hop.found = page;
    throw new Fault("discovery-web-page", { url: url.href, page });
  }
  return choose(/^\s*\uFEFF?\s*</.test(text) ? parseXml(text, url.href) : parseJson(text, url.href), url, state, hop);
}

function choose(document: DiscoveryDocument, url: URL, state: Walk, hop: Hop): Step {
  const { domain, desiredLink } = state.options;
  const inside = document.accessLocation === "Internal" ? ["Internal/RemotePowerShell"] : [];
  const wanted = desiredLink === undefined ? ["External/RemotePowerShell", ...inside] : [desiredLink];
  // A Root names the way to the domain's services; an on-premises one may know the online half only by its Hybrid link.
  for (const token of ["Redirect", ...wanted, "Domain", "Hybrid"]) {
    const href = linkOf(document, token);
    if (href === undefined) continue;
    hop.found = `${document.kind}: ${token} -> ${href}`;
    const to = nextAddress(url, href);
    if (wanted.includes(token)) {
      if (to.protocol !== "https:") throw new Fault("discovery-downgrade", { url: url.href, to: to.href });
      return { endpoint: href };
    }
    const hybrid = linkOf(document, "Hybrid");
    if (token === "Domain" && hybrid !== undefined) state.hybrid = withDomain(nextAddress(url, hybrid), domain);
    // A hosting provider's address is written without the domain.
    return { follow: token === "Hybrid" ? withDomain(to, domain) : to };
  }
  if (state.hybrid !== undefined) {
    const follow = state.hybrid;
    hop.found = `${document.kind}: back to the Root's Hybrid -> ${follow.href}`;
    state.hybrid = undefined;
    return { follow };
  }
  hop.found = `${document.kind}: no link to ${desiredLink ?? "remote PowerShell"}, and no Hybrid link`;
  throw new Fault("discovery-no-endpoint", { domain, url: url.href });
}

/** Addresses of the walk: where it begins, which links are followed, and what is said when no beginning led anywhere. */
import { Fault } from "@tieline/fault";
import { wordsFor, type Hop } from "./hop.ts";

/**
 * The addresses that are tried, in this order. Clients that look for their pool ask the internal name first; what is
 * looked for here is an online service, which the external name leads to from inside and outside alike, so that comes
 * first, and the internal name is for networks whose DNS knows nothing else. Plain http comes before https, as in the
 * retired connector: the name's host has seldom a certificate made out to lyncdiscover.<domain>, and its whole answer is
 * a redirect to one that has.
 *
 * @throws Fault `usage` where the discovery URI is no address
 */
export function startingPoints({ domain, discoveryUri }: { domain: string; discoveryUri?: string }): URL[] {
  const texts =
    discoveryUri === undefined
      ? ["lyncdiscover", "lyncdiscoverinternal"].flatMap((name) => [`http://${name}.${domain}/`, `https://${name}.${domain}/`])
      : [discoveryUri];
  return texts.map((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw new Fault("usage", {
        what: `"${text}" is no address where discovery could begin.`,
        hint: "Write it as https://webdir.online.lync.com/Autodiscover/AutodiscoverService.svc/root.",
      });
    }
    return withDomain(url, domain);
  });
}

/** The address with the domain in its query, unless it names one there already. */
export function withDomain(url: URL, domain: string): URL {
  if ([...url.searchParams.keys()].some((name) => /^(domain|originaldomain|sipuri)$/i.test(name))) return url;
  const asked = new URL(url);
  asked.searchParams.set("Domain", domain);
  return asked;
}

/** Follows a link, but never from https back to http. @throws Fault `discovery-unreadable`, `discovery-downgrade` */
export function nextAddress(from: URL, href: string): URL {
  const to = URL.canParse(href, from) ? new URL(href, from) : undefined;
  if (to === undefined) throw new Fault("discovery-unreadable", { url: from.href, reason: "a link in it is no address" });
  if (to.username !== "" || to.password !== "")
    throw new Fault("discovery-unreadable", { url: from.href, reason: "a link in it carries a name or a password" });
  if (to.protocol !== "https:" && (from.protocol === "https:" || to.protocol !== "http:"))
    throw new Fault("discovery-downgrade", { url: from.href, to: to.href });
  return to;
}

/** One beginning that led nowhere. */
export interface Attempt {
  start: URL;
  /** Where its walk ended. */
  last: Hop | undefined;
  error: unknown;
}

/** `http and https://lyncdiscover.contoso.com: no such name; ...` */
export function triedWords(attempts: readonly Attempt[]): string {
  const rows: { schemes: string[]; host: string; words: string }[] = [];
  for (const { start, last, error } of attempts) {
    const came =
      last?.status === undefined || last.fault !== "discovery-http" ? (last?.found ?? wordsFor(error)) : `HTTP status ${last.status}`;
    const words = last === undefined || last.url === start.href ? came : `led to ${new URL(last.url).host}: ${came}`;
    const scheme = start.protocol.slice(0, -1);
    const before = rows.at(-1);
    if (before?.host === start.host && before.words === words) before.schemes.push(scheme);
    else rows.push({ schemes: [scheme], host: start.host, words });
  }
  return rows.map(({ schemes, host, words }) => `${schemes.join(" and ")}://${host}: ${words}`).join("; ");
}

/**
 * A proxy that answers a program's CONNECT with something for a person: a form, a page to sign in on, a way there
 * (RFC 6585 6 for captive portals). Pure; the body may be cut short.
 */

export interface ProxyAnswer {
  status: number;
  /** Names in lower case. */
  headers: ReadonlyMap<string, readonly string[]>;
  /** As far as it was read. */
  body: string;
}

/** What the page is called: its address without query, or its title in quotes; undefined where nobody asks for a person. */
export function interactivePage({ status, headers, body }: ProxyAnswer): string | undefined {
  const html =
    /^\s*(text\/html|application\/xhtml\+xml)\b/i.test(headers.get("content-type")?.[0] ?? "") || /^\s*<(!doctype html|html)\b/i.test(body);
  const location = headers.get("location")?.[0];
  if (status >= 300 && status < 400) return location === undefined ? titleOf(body) : addressOf(location);
  if (status === 511) return addressIn(body) ?? titleOf(body);
  // An answer of success opens the tunnel and brings nothing of its own.
  if (status >= 200 && status < 300) return html ? (addressIn(body) ?? titleOf(body)) : undefined;
  if (status === 407 && headers.has("proxy-authenticate")) return undefined;
  if (status === 407) return addressIn(body) ?? titleOf(body);
  return html && asksForAPerson(body) ? (addressIn(body) ?? titleOf(body)) : undefined;
}

/** The title of a page, in quotes. */
export function titleOf(body: string): string {
  const title = /<title[^>]*>([^<]{1,300})/i.exec(body)?.[1]?.replace(/\s+/g, " ").trim();
  return title === undefined || title === "" ? "a page without a title" : `"${shown(title)}"`;
}

function asksForAPerson(body: string): boolean {
  return /<input[^>]*type\s*=\s*["']?password/i.test(body) || /<form\b/i.test(body) || addressIn(body) !== undefined;
}

/** Where the page sends its reader by itself. */
function addressIn(body: string): string | undefined {
  const refresh = /<meta[^>]*http-equiv\s*=\s*["']?refresh[^>]*url\s*=\s*["']?([^"'>\s]+)/i.exec(body)?.[1];
  const script = /\blocation(?:\.href)?\s*=\s*["']([^"']{1,2000})["']/i.exec(body)?.[1];
  const found = refresh ?? script;
  return found === undefined ? undefined : addressOf(found);
}

/** Queries of such pages hold tickets: they are not shown. */
function addressOf(location: string): string {
  return shown(location.replace(/[?#].*$/s, "").replace(/\/\/[^/@]*@/, "//"));
}

function shown(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?").slice(0, 200);
}

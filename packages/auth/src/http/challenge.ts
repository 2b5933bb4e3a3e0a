/**
 * The headers of HTTP authentication (RFC 9110 11): WWW-Authenticate and Proxy-Authenticate as lists of challenges,
 * Authorization and Proxy-Authorization as one set of credentials.
 *
 *     challenge = scheme [ 1*SP ( token68 / #( name BWS "=" BWS ( token / quoted-string ) ) ) ]
 *
 * A comma separates parameters and challenges alike; a name followed by "=" is a parameter, any other begins a challenge.
 */
import { Fault } from "@tieline/fault";

export interface Challenge {
  /** As it was written; compare without regard to letter case. */
  readonly scheme: string;
  /** The blob of Negotiate, NTLM, Basic and Bearer. */
  readonly token68?: string;
  /** Names in lower case; empty where there are none. */
  readonly parameters: ReadonlyMap<string, string>;
}

const MAXIMUM_LENGTH = 131_072;
const MAXIMUM_ITEMS = 64;

// Sticky, so that each character is looked at a fixed number of times.
const SCHEME = /[!#$%&'*+\-.^_`|~0-9A-Za-z:/]+/y; // tchar, and ":" and "/" for WS-Management's URIs
const NAME = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z:/?@=]+/y; // and what is seen unquoted in addresses
const QUOTED = /"((?:[^"\\]|\\[^])*)"/y;
const SPACE = /[ \t]*/y;
const SEPARATOR = /[ \t]*(?:,[ \t]*)+/y;

class Scanner {
  readonly #text: string;
  readonly #header: string;
  at = 0;

  constructor(text: string, header: string) {
    if (text.length > MAXIMUM_LENGTH) throw new Fault("header-malformed", { header, what: `${text.length} characters` });
    this.#text = text;
    this.#header = header;
  }

  get ended(): boolean {
    return this.at >= this.#text.length;
  }

  take(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at;
    const match = expression.exec(this.#text);
    if (match === null) return undefined;
    this.at += match[0].length;
    return match;
  }

  fail(what: string): Fault {
    return new Fault("header-malformed", { header: this.#header, what: `${what} at character ${this.at + 1}` });
  }
}

/** One challenge; stops before the comma that separates it from the next. */
function challenge(scanner: Scanner): Challenge {
  const scheme = scanner.take(SCHEME)?.[0];
  if (scheme === undefined) throw scanner.fail("no scheme");
  const parameters = new Map<string, string>();
  if (scanner.take(SPACE)?.[0] === "") return { scheme, parameters };
  const token68 = scanner.take(TOKEN68)?.[0];
  // A lone word without digits or padding could also be the next scheme after a forgotten comma; RFC 9110 reads it as this.
  if (token68 !== undefined) return { scheme, token68, parameters };
  for (;;) {
    const before = scanner.at;
    if (parameters.size > 0 && scanner.take(SEPARATOR) === undefined) break;
    const name = scanner.take(NAME)?.[1];
    if (name === undefined) {
      scanner.at = before;
      break;
    }
    const value = scanner.take(QUOTED)?.[1]?.replace(/\\([^])/g, "$1") ?? scanner.take(TOKEN)?.[0];
    if (value === undefined) throw scanner.fail("no value");
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value);
    if (parameters.size > MAXIMUM_ITEMS) throw scanner.fail("too many parameters");
  }
  return { scheme, parameters };
}

/**
 * All challenges of one or several headers of the same name, in their order.
 *
 * @throws Fault `header-malformed`
 * @example
 * ```ts
 * parseChallenges('Negotiate, Basic realm="WSMAN"').map(({ scheme }) => scheme); // ["Negotiate", "Basic"]
 * ```
 */
export function parseChallenges(headers: string | readonly string[], name = "WWW-Authenticate"): Challenge[] {
  const out: Challenge[] = [];
  for (const header of typeof headers === "string" ? [headers] : headers) {
    const scanner = new Scanner(header, name);
    scanner.take(/[ \t,]*/y);
    while (!scanner.ended) {
      out.push(challenge(scanner));
      if (out.length > MAXIMUM_ITEMS) throw scanner.fail("too many challenges");
      scanner.take(SPACE);
      if (!scanner.ended && scanner.take(SEPARATOR) === undefined) throw scanner.fail("no comma");
    }
  }
  return out;
}

/** The value of a WWW-Authenticate header with that one challenge. Parameters are quoted always, which all clients read. */
export function renderChallenge(value: {
  scheme: string;
  token68?: string | undefined;
  parameters?: Readonly<Record<string, string>>;
}): string {
  if (value.token68 !== undefined) return `${value.scheme} ${value.token68}`;
  const parameters = Object.entries(value.parameters ?? {}).map(([name, text]) => `${name}="${text.replace(/["\\]/g, String.raw`\$&`)}"`);
  return parameters.length === 0 ? value.scheme : `${value.scheme} ${parameters.join(", ")}`;
}

/** @throws Fault `header-malformed` */
export function parseAuthorization(header: string, name = "Authorization"): Challenge {
  const scanner = new Scanner(header.trim(), name);
  const credentials = challenge(scanner);
  if (!scanner.ended) throw scanner.fail("more than one set of credentials");
  return credentials;
}

/** The value of an Authorization header. */
export function renderAuthorization(scheme: string, token68?: string): string {
  return token68 === undefined ? scheme : `${scheme} ${token68}`;
}

/** What a proxy is, how its address is written, and the port by which it is logged on to. */
import { Fault } from "@tieline/fault";
import type { Place } from "../name-map.ts";

/** `http`: CONNECT in the clear (RFC 9110 9.3.6). `https`: the same inside TLS. `socks5`: RFC 1928. */
export type ProxyKind = "http" | "https" | "socks5";

export interface Proxy {
  kind: ProxyKind;
  host: string;
  port: number;
  /** Out of the proxy's own address; a `ProxyAuthenticator` may know others. */
  credential?: { user: string; password: string };
}

/** One way to try: through a proxy, or without. */
export type ProxyHop = Proxy | "direct";

/** Where a connection is to end. */
export interface Destination extends Place {
  protocol: "http:" | "https:";
}

/** The ways to a destination, to be tried in this order; at least one. @throws Fault where a script cannot tell */
export type ProxyChoice = (to: Destination) => readonly ProxyHop[] | Promise<readonly ProxyHop[]>;

/** The request that a proxy wants to know the sender of; Digest signs it. */
export interface ProxyRequest {
  method: string;
  /** What stands in the request line: `host:port` of CONNECT, or a whole address. */
  target: string;
}

/** One logon to a proxy on one connection; NTLM and Negotiate need several requests on it. */
export interface ProxyLogon {
  /** Proxy-Authorization of the first request, or undefined: then the proxy says first what it wants. */
  start(request: ProxyRequest): Promise<string | undefined>;
  /**
   * Proxy-Authorization of the next request, after a 407.
   *
   * @throws Fault `proxy-authentication-required`, `proxy-no-common-mechanism`, `proxy-logon-failed`
   */
  respond(challenges: readonly string[], request: ProxyRequest): Promise<string>;
}

/** Handed in by whoever knows mechanisms and secrets. */
export interface ProxyAuthenticator {
  /** @throws Fault where these credentials were refused by this proxy before: they are not shown twice */
  begin(proxy: Proxy): ProxyLogon;
}

const PORTS: Readonly<Record<ProxyKind, number>> = { http: 80, https: 443, socks5: 1080 };
const KINDS: Readonly<Record<string, ProxyKind>> = {
  "http:": "http",
  "https:": "https",
  "socks5:": "socks5",
  "socks5h:": "socks5",
  "socks:": "socks5",
};

/**
 * `[http|https|socks5://][user:password@]host[:port]`; without a scheme it is http. Names are looked up by the proxy.
 *
 * @throws Fault `usage`
 * @example
 * ```ts
 * parseProxy("socks5://127.0.0.1"); // { kind: "socks5", host: "127.0.0.1", port: 1080 }
 * ```
 */
export function parseProxy(text: string): Proxy {
  const address = text.trim();
  const scheme = /^([a-z][a-z0-9+.-]*:)\/\//i.exec(address)?.[1]?.toLowerCase() ?? "http:";
  const kind = KINDS[scheme];
  if (kind === undefined) {
    throw new Fault("usage", {
      what: `A proxy of kind ${scheme.slice(0, -1)} is not supported.`,
      hint: "Name an http, https or socks5 proxy: http://host:port.",
    });
  }
  let url: URL;
  try {
    // http's rules for host and port, whatever the scheme.
    url = new URL(`http://${address.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "")}`);
    if (url.hostname === "") throw new Error("no host");
  } catch {
    // The address may hold a password: neither it nor the parser's error is passed on.
    throw new Fault("usage", { what: "The proxy's address cannot be read.", hint: "Write it as http://host:port." });
  }
  // URL drops a port that is http's own; the text still has it.
  const port = url.port === "" ? (/:80\/?$/.test(address) ? 80 : PORTS[kind]) : Number(url.port);
  return {
    kind,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port,
    ...(url.username === "" ? {} : { credential: { user: decoded(url.username), password: decoded(url.password) } }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `host:port`, without any secret; what faults and verbose lines show. */
export function proxyName({ host, port }: Place): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Always the same way. */
export function always(...hops: readonly ProxyHop[]): ProxyChoice {
  return () => hops;
}

/** Basic with the credential of the proxy's own address (RFC 7617): what there is without mechanisms handed in. */
export const BASIC_ONLY: ProxyAuthenticator = {
  begin({ credential, host, port }) {
    const proxy = proxyName({ host, port });
    const value = credential && `Basic ${Buffer.from(`${credential.user}:${credential.password}`, "utf8").toString("base64")}`;
    return {
      start: () => Promise.resolve(value),
      respond: (challenges) => {
        const offered = challenges.map((text) => text.split(/[ ,]/)[0]).join(", ") || "nothing";
        return Promise.reject(
          credential === undefined
            ? new Fault("proxy-authentication-required", { proxy, offered })
            : new Fault("proxy-logon-failed", { proxy, user: credential.user, offered }),
        );
      },
    };
  },
};

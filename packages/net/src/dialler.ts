/**
 * The one place from which connections leave: proxy, name map, DNS, TCP, TLS, in this order.
 * Everything that calls out is handed a Dialler, so that one set of rules holds for all stages.
 */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { Fault, isFault } from "@tieline/fault";
import type { NameServer } from "./dns.ts";
import { NameMap, type Place } from "./name-map.ts";
import { networkFault } from "./network-fault.ts";
import { openTunnel } from "./proxy/connect-tunnel.ts";
import { DeadProxies } from "./proxy/dead-proxies.ts";
import {
  BASIC_ONLY,
  proxyName,
  type Destination,
  type Proxy,
  type ProxyAuthenticator,
  type ProxyChoice,
  type ProxyHop,
} from "./proxy/proxy.ts";
import { openSocks } from "./proxy/socks5.ts";
import { checkedIdentity, issuerOf, tlsOptions, type TlsTrust } from "./tls-trust.ts";

export interface DiallerOptions {
  names?: NameMap;
  /** Asked for the names that the map does not place; the system's look-up where it is left out. */
  nameServer?: NameServer;
  /** Default: always direct. */
  proxy?: ProxyChoice;
  /** How proxies are logged on to. Default: Basic with the credential in the proxy's address. */
  proxyAuthenticator?: ProxyAuthenticator;
  tls?: TlsTrust;
  /** For TCP, tunnel and TLS together, all proxies that are tried included. Default 30,000. */
  connectTimeoutMs?: number;
  /** Told of each connection that went through a proxy. */
  onProxy?: (proxy: Proxy, to: Destination) => void;
  /** Proxies that did not answer; shared by all diallers that come of one. */
  dead?: DeadProxies;
  now?: () => number;
}

/** A connection, and how it was reached. */
export interface Way {
  socket: Socket | TLSSocket;
  proxy?: Proxy;
  /** Set where no tunnel could be had: requests go to the proxy itself, with this place in their first line. */
  forwarding?: Place;
}

/** What a proxy answers where it opens tunnels to TLS ports alone, as most are set up (RFC 9110 9.3.6). */
const NO_TUNNEL: readonly (string | number)[] = [400, 403, 405, 501];

export class Dialler {
  readonly names: NameMap;
  readonly nameServer: NameServer | undefined;
  readonly tls: TlsTrust;
  readonly connectTimeoutMs: number;
  readonly proxyAuthenticator: ProxyAuthenticator;
  readonly #options: DiallerOptions;
  readonly #proxy: ProxyChoice;
  readonly #dead: DeadProxies;
  readonly #now: () => number;

  constructor(options: DiallerOptions = {}) {
    this.#options = options;
    this.names = options.names ?? new NameMap();
    this.nameServer = options.nameServer;
    this.tls = options.tls ?? {};
    this.connectTimeoutMs = options.connectTimeoutMs ?? 30_000;
    this.proxyAuthenticator = options.proxyAuthenticator ?? BASIC_ONLY;
    this.#proxy = options.proxy ?? (() => ["direct"]);
    this.#dead = options.dead ?? new DeadProxies();
    this.#now = options.now ?? (() => Date.now());
  }

  /** A dialler with some options replaced; it knows the same dead proxies. */
  with(options: DiallerOptions): Dialler {
    return new Dialler({ ...this.#options, dead: this.#dead, ...options });
  }

  /**
   * A connected socket, through proxy and TLS where needed.
   *
   * @throws Fault of the layers name, network, proxy and tls
   */
  async dial(to: Destination, signal?: AbortSignal): Promise<Socket | TLSSocket> {
    return (await this.reach(to, signal === undefined ? {} : { signal })).socket;
  }

  /**
   * As `dial`, and says how. The ways of the choice are tried in order; a proxy that does not answer is passed over and
   * remembered, one that refuses has spoken for all.
   *
   * @param options.forwarding whether the caller can send requests of plain http to a proxy itself
   * @throws Fault of the layers name, network, proxy and tls
   */
  async reach(to: Destination, options: { signal?: AbortSignal; forwarding?: boolean } = {}): Promise<Way> {
    const { signal } = options;
    const deadline = this.#now() + this.connectTimeoutMs;
    let failure: Fault | undefined;
    try {
      signal?.throwIfAborted();
      const hops = this.#dead.order(await this.#proxy(to), this.#now());
      for (const [i, hop] of hops.entries()) {
        const left = Math.max(1, deadline - this.#now());
        // One that drops packets must not eat the time of those after it.
        const attempt = new Attempt(this, to, Math.ceil(left / (hops.length - i)), signal, this.#now);
        try {
          const way = await attempt.by(hop, options.forwarding === true);
          this.#dead.forget(hop);
          if (hop !== "direct") this.#options.onProxy?.(hop, to);
          return way;
        } catch (error) {
          failure = asProxied(networkFault(error, { ...to, timeoutMs: this.connectTimeoutMs }), hop);
          const silent = failure.is("proxy-unreachable") || failure.is("proxy-timeout");
          if (failure.is("proxy-unreachable")) this.#dead.mark(hop, this.#now());
          if (!silent) throw failure;
        }
      }
      throw failure ?? new Fault("proxy-script-unusable", { script: "the proxy's settings", reason: "they name no way at all" });
    } catch (error) {
      throw networkFault(error, { host: to.host, port: to.port, timeoutMs: this.connectTimeoutMs });
    }
  }
}

/** One way to one destination, with its share of the time. */
class Attempt {
  readonly #dialler: Dialler;
  readonly #to: Destination;
  readonly #timeoutMs: number;
  readonly #deadline: number;
  readonly #signal: AbortSignal | undefined;
  readonly #now: () => number;

  constructor(dialler: Dialler, to: Destination, timeoutMs: number, signal: AbortSignal | undefined, now: () => number) {
    this.#dialler = dialler;
    this.#to = to;
    this.#timeoutMs = timeoutMs;
    this.#deadline = now() + timeoutMs;
    this.#signal = signal;
    this.#now = now;
  }

  async by(hop: ProxyHop, forwarding: boolean): Promise<Way> {
    const to = this.#to;
    if (hop === "direct") {
      const socket = await this.#tcp(this.#dialler.names.find(to));
      return { socket: to.protocol === "http:" ? socket : await this.#tls(socket, to, this.#dialler.tls) };
    }
    let socket = await this.#toProxy(hop);
    try {
      socket = await this.#tunnel(socket, hop);
    } catch (error) {
      socket.destroy();
      if (!forwarding || to.protocol !== "http:" || hop.kind === "socks5" || !isFault(error) || !error.is("proxy-refused")) throw error;
      if (!NO_TUNNEL.includes(error.fields.status)) throw error;
      return { socket: await this.#toProxy(hop), proxy: hop, forwarding: this.#dialler.names.find(to) };
    }
    return { socket: to.protocol === "http:" ? socket : await this.#tls(socket, to, this.#dialler.tls), proxy: hop };
  }

  /** A connection to the proxy itself, inside TLS where it is an https proxy. */
  async #toProxy(proxy: Proxy): Promise<Socket> {
    const name = proxyName(proxy);
    try {
      const socket = await this.#tcp(this.#dialler.names.find(proxy));
      if (proxy.kind !== "https") return socket;
      // What we show of ourselves is for the destination, not for the proxy.
      const { certificate: _, ...trust } = this.#dialler.tls;
      return await this.#tls(socket, proxy, trust);
    } catch (error) {
      const fault = networkFault(error, { host: proxy.host, port: proxy.port, timeoutMs: this.#timeoutMs });
      if (fault.is("interrupted") || fault.layer === "tls") throw fault;
      throw new Fault("proxy-unreachable", { proxy: name, reason: fault.message.replace(/\.$/, "") }, { cause: fault });
    }
  }

  async #tunnel(socket: Socket, proxy: Proxy): Promise<Socket> {
    const to = this.#dialler.names.find(this.#to);
    let current = socket;
    const opened =
      proxy.kind === "socks5"
        ? openSocks(socket, proxy, to).then(() => socket)
        : openTunnel(socket, {
            proxy,
            to,
            logon: this.#dialler.proxyAuthenticator.begin(proxy),
            connect: async () => (current = await this.#toProxy(proxy)),
          });
    try {
      return await this.#inTime(opened, proxy);
    } catch (error) {
      current.destroy();
      socket.destroy();
      throw error;
    }
  }

  /** A proxy that accepts and says nothing, or a caller that has enough, ends the wait. */
  #inTime<T>(work: Promise<T>, proxy: Proxy): Promise<T> {
    return new Promise((resolve, reject) => {
      const seconds = Math.max(1, Math.round(this.#timeoutMs / 1000));
      const { host, port } = this.#to;
      const timer = setTimeout(
        () => settle(() => reject(new Fault("proxy-timeout", { proxy: proxyName(proxy), host, port, seconds }))),
        Math.max(1, this.#deadline - this.#now()),
      );
      const onAbort = (): void => settle(() => reject(abortion(this.#signal)));
      const settle = (end: () => void): void => {
        clearTimeout(timer);
        this.#signal?.removeEventListener("abort", onAbort);
        end();
      };
      this.#signal?.addEventListener("abort", onAbort, { once: true });
      work.then(
        (value) => settle(() => resolve(value)),
        (error: unknown) => settle(() => reject(error as Error)),
      );
    });
  }

  #tcp({ host, port }: Place): Promise<Socket> {
    const lookup = this.#dialler.nameServer?.lookup;
    return this.#connected(connectTcp({ host, port, noDelay: true, ...(lookup === undefined ? {} : { lookup }) }), "connect");
  }

  async #tls(socket: Socket, to: Place, trust: TlsTrust): Promise<TLSSocket> {
    let issuer: string | undefined;
    try {
      const secure = connectTls({
        ...tlsOptions(trust),
        socket,
        host: to.host,
        ...(isIP(to.host) === 0 ? { servername: to.host } : {}),
        ALPNProtocols: ["http/1.1"],
      });
      // Asked before Node judges the certificate: afterwards, of one that it refuses, nothing is left.
      secure.prependListener("secure", () => (issuer = issuerOf(secure)));
      return checkedIdentity(await this.#connected(secure, "secureConnect"), to.host, trust, this.#now());
    } catch (error) {
      socket.destroy();
      const fault = networkFault(error, { host: to.host, port: to.port, timeoutMs: this.#timeoutMs });
      throw issuer === undefined ? fault : Object.assign(fault, { [ISSUER]: issuer });
    }
  }

  /** Waits for a socket's event, its error, the deadline, or the caller's signal, whichever is first. */
  #connected<S extends Socket>(socket: S, event: "connect" | "secureConnect"): Promise<S> {
    const signal = this.#signal;
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        socket.off("error", settle);
        socket.off("close", onClose);
        socket.off(event, onEvent);
        signal?.removeEventListener("abort", onAbort);
        if (error === undefined) resolve(socket);
        else {
          socket.on("error", () => undefined);
          socket.destroy();
          reject(error);
        }
      };
      const onEvent = (): void => settle();
      const onClose = (): void => settle(Object.assign(new Error("closed during the handshake"), { code: "ECONNRESET" }));
      const onAbort = (): void => settle(abortion(signal));
      const timer = setTimeout(
        () => settle(Object.assign(new Error("timed out"), { code: "ETIMEDOUT" })),
        Math.max(1, this.#deadline - this.#now()),
      );
      socket.on("error", settle);
      socket.on("close", onClose);
      socket.on(event, onEvent);
      signal?.addEventListener("abort", onAbort, { once: true });
      if (signal?.aborted === true) onAbort();
    });
  }
}

/** Why the caller has enough: its own fault, or that it was interrupted. */
function abortion(signal: AbortSignal | undefined): Error {
  return isFault(signal?.reason) ? signal.reason : Object.assign(new Error("aborted"), { name: "AbortError" });
}

/** Who issued the certificate that was refused. */
const ISSUER = Symbol("issuer");

/** An unknown authority behind a proxy is mostly the proxy's own, which reads along. */
function asProxied(fault: Fault, hop: ProxyHop): Fault {
  const issuer = (fault as { [ISSUER]?: string })[ISSUER];
  if (hop === "direct" || !fault.is("tls-untrusted") || issuer === undefined) return fault;
  const host = String(fault.fields.host);
  if (hop.kind === "https" && host === hop.host) return fault;
  return new Fault("tls-intercepted", { host, issuer, proxy: proxyName(hop) }, { cause: fault });
}

/** The destination of an http or https address, with the default ports filled in. */
export function destinationOf(url: URL): Destination {
  const protocol = url.protocol === "http:" ? "http:" : "https:";
  return {
    protocol,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port === "" ? (protocol === "http:" ? 80 : 443) : url.port),
  };
}

export type { Destination, Place };

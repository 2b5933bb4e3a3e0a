/**
 * The one place from which connections leave: name map, proxy, TCP, TLS, in this order.
 * Everything that calls out is handed a Dialler, so that one set of rules holds for all stages.
 */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { NameMap, type Place } from "./name-map.ts";
import { networkFault } from "./network-fault.ts";
import { openTunnel, type ProxyChoice } from "./proxy.ts";
import { tlsOptions, type TlsTrust } from "./tls-trust.ts";

export interface DiallerOptions {
  names?: NameMap;
  proxy?: ProxyChoice;
  tls?: TlsTrust;
  /** For TCP, tunnel and TLS together. Default 30,000. */
  connectTimeoutMs?: number;
}

export interface Destination {
  protocol: "http:" | "https:";
  host: string;
  port: number;
}

export class Dialler {
  readonly names: NameMap;
  readonly tls: TlsTrust;
  readonly connectTimeoutMs: number;
  readonly #proxy: ProxyChoice;

  constructor(options: DiallerOptions = {}) {
    this.names = options.names ?? new NameMap();
    this.tls = options.tls ?? {};
    this.connectTimeoutMs = options.connectTimeoutMs ?? 30_000;
    this.#proxy = options.proxy ?? (() => undefined);
  }

  /** A dialler with some options replaced. */
  with(options: DiallerOptions): Dialler {
    return new Dialler({ names: this.names, proxy: this.#proxy, tls: this.tls, connectTimeoutMs: this.connectTimeoutMs, ...options });
  }

  /**
   * A connected socket, through proxy and TLS where needed.
   *
   * @throws Fault of the layers name, network, proxy and tls
   */
  async dial(to: Destination, signal?: AbortSignal): Promise<Socket | TLSSocket> {
    const where = { host: to.host, port: to.port, timeoutMs: this.connectTimeoutMs };
    const deadline = Date.now() + this.connectTimeoutMs;
    let socket: Socket | undefined;
    try {
      signal?.throwIfAborted();
      const proxy = this.#proxy({ host: to.host, port: to.port });
      const place = this.names.find(proxy ?? to);
      socket = await connected(connectTcp({ host: place.host, port: place.port, noDelay: true }), "connect", deadline, signal);
      if (proxy !== undefined) await openTunnel(socket, proxy, this.names.find(to), Math.max(1, deadline - Date.now()));
      if (to.protocol === "http:") return socket;
      const servername = isIP(to.host) === 0 ? to.host : undefined;
      const secure = connectTls({
        ...tlsOptions(this.tls),
        socket,
        host: to.host,
        ...(servername === undefined ? {} : { servername }),
        ALPNProtocols: ["http/1.1"],
      });
      return await connected(secure, "secureConnect", deadline, signal);
    } catch (error) {
      socket?.destroy();
      throw networkFault(error, where);
    }
  }
}

/** Waits for a socket's event, its error, the deadline, or the caller's signal, whichever is first. */
function connected<S extends Socket>(socket: S, event: "connect" | "secureConnect", deadline: number, signal?: AbortSignal): Promise<S> {
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
    const onAbort = (): void => settle(Object.assign(new Error("aborted"), { name: "AbortError" }));
    const timer = setTimeout(
      () => settle(Object.assign(new Error("timed out"), { code: "ETIMEDOUT" })),
      Math.max(1, deadline - Date.now()),
    );
    socket.on("error", settle);
    socket.on("close", onClose);
    socket.on(event, onEvent);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
  });
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

export type { Place };

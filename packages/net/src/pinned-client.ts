/**
 * HTTP/1.1 over exactly one connection at a time (undici's Client over our dialler), as connection-bound
 * authentication needs it: the caller is told when the connection under it is another one than before.
 */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { Fault } from "@tieline/fault";
import { Client, type Dispatcher } from "undici";
import { destinationOf, type Dialler, type Way } from "./dialler.ts";
import { networkFault } from "./network-fault.ts";
import { ProxyForward } from "./proxy/forward.ts";
import type { ProxyAuthenticator } from "./proxy/proxy.ts";

export interface HttpRequest {
  method: "GET" | "POST" | "PUT" | "DELETE" | "HEAD";
  /** Path with query. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array;
  signal?: AbortSignal;
  /** Time until the answer's headers, and between chunks of its body; 0 = without limit. Default 60,000. */
  timeoutMs?: number;
}

export interface HttpAnswer {
  status: number;
  /** Names in lower case; several values of one name as an array. */
  headers: Readonly<Record<string, string | readonly string[]>>;
  body: Uint8Array;
  /** Counts the connections of this client: another number than before means another connection. */
  connection: number;
}

export interface PinnedClientOptions {
  /** Largest body that is taken. Default 64 MiB. */
  maxBodyBytes?: number;
  /**
   * Where a proxy opens no tunnel to a plain http port, hand it the requests themselves. Never for a logon that is bound
   * to its connection: a proxy may mix those of several clients. Default false.
   */
  forwarding?: boolean;
}

export class PinnedClient implements AsyncDisposable {
  readonly origin: string;
  readonly #client: Client;
  readonly #where: { host: string; port: number };
  readonly #maxBodyBytes: number;
  #connection = 0;
  #alive = false;
  #certificate: Uint8Array | undefined;
  #address: string | undefined;
  /** Set where requests go to a proxy itself. */
  #forward: ProxyForward | undefined;
  /** A connection that is there before its first request. */
  #ready: Promise<Way> | undefined;
  readonly #dial: (signal?: AbortSignal) => Promise<Way>;
  readonly #authenticator: ProxyAuthenticator;
  readonly #plain: boolean;

  constructor(dialler: Dialler, origin: URL, options: PinnedClientOptions = {}) {
    const to = destinationOf(origin);
    this.origin = origin.origin;
    this.#where = { host: to.host, port: to.port };
    this.#maxBodyBytes = options.maxBodyBytes ?? 64 * 1024 * 1024;
    this.#client = new Client(origin.origin, {
      pipelining: 1,
      keepAliveTimeout: 110_000,
      keepAliveMaxTimeout: 600_000,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: 65_536,
      connect: (_options, callback) => {
        const ready = this.#ready ?? dialler.reach(to, { forwarding: this.#forward !== undefined });
        this.#ready = undefined;
        ready.then(
          (way) => callback(null, this.#onto(way)),
          (error: unknown) => callback(error as Error, null),
        );
      },
    });
    this.#dial = (signal) => dialler.reach(to, { forwarding: options.forwarding === true, ...(signal === undefined ? {} : { signal }) });
    this.#authenticator = dialler.proxyAuthenticator;
    this.#plain = to.protocol === "http:";
  }

  #forwardOf({ proxy, forwarding }: Way): ProxyForward | undefined {
    return proxy === undefined || forwarding === undefined ? undefined : new ProxyForward(proxy, this.#authenticator, forwarding);
  }

  /** Counts the connection, and keeps what must be known of it. */
  #onto(way: Way): Way["socket"] {
    const { socket } = way;
    this.#forward = this.#forwardOf(way);
    this.#connection += 1;
    this.#alive = true;
    this.#address = addressOf(socket);
    this.#certificate = socket instanceof TLSSocket ? socket.getPeerCertificate().raw : undefined;
    socket.once("close", () => (this.#alive = false));
    return socket;
  }

  /** The number of the live connection, or 0 where the next request will open one. */
  get connection(): number {
    return this.#alive ? this.#connection : 0;
  }

  /** The peer's certificate in DER, for channel binding; undefined without TLS or before the first request. */
  get peerCertificate(): Uint8Array | undefined {
    return this.#certificate;
  }

  /** Where the last connection went, `address:port`; undefined before the first. */
  get peerAddress(): string | undefined {
    return this.#address;
  }

  /** One request, one answer, whole; redirects are the caller's. @throws Fault of the transport's layers */
  async request(request: HttpRequest): Promise<HttpAnswer> {
    const timeoutMs = request.timeoutMs ?? 60_000;
    try {
      // How a request of plain http must be written depends on the way, so that is sought first.
      if (this.#plain && !this.#alive) {
        const way = await this.#dial(request.signal);
        this.#forward = this.#forwardOf(way);
        this.#ready = Promise.resolve(way);
      }
      const { path, method, headers = {} } = request;
      if (this.#forward === undefined) return await this.#exchange(request, path, headers, timeoutMs);
      return await this.#forward.send(method, path, (target, more) => this.#exchange(request, target, { ...headers, ...more }, timeoutMs));
    } catch (error) {
      throw networkFault(error, { ...this.#where, timeoutMs });
    }
  }

  async #exchange(request: HttpRequest, path: string, headers: Readonly<Record<string, string>>, timeoutMs: number): Promise<HttpAnswer> {
    const answer = await this.#client.request({
      method: request.method as Dispatcher.HttpMethod,
      path,
      headers,
      body: request.body ?? null,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    return {
      status: answer.statusCode,
      headers: tidy(answer.headers),
      body: await this.#read(answer.body),
      connection: this.#connection,
    };
  }

  async #read(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body) {
      size += chunk.length;
      if (size > this.#maxBodyBytes) throw new Fault("http-answer-too-large", { host: this.#where.host, limit: this.#maxBodyBytes });
      chunks.push(chunk);
    }
    return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, size);
  }

  /** Ends the connection at once; a pending request fails with `connection-lost`. */
  async close(): Promise<void> {
    const ready = this.#ready;
    this.#ready = undefined;
    void ready?.then(({ socket }) => socket.destroy());
    await this.#client.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function addressOf({ remoteAddress: address, remotePort: port }: Socket): string | undefined {
  return address === undefined || port === undefined ? undefined : `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

function tidy(headers: Dispatcher.ResponseData["headers"]): Record<string, string | readonly string[]> {
  return Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string | string[]] => entry[1] !== undefined));
}

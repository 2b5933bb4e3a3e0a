/**
 * HTTP/1.1 over exactly one connection at a time (undici's Client over our dialler), as connection-bound
 * authentication needs it: the caller is told when the connection under it is another one than before.
 */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { Fault } from "@tieline/fault";
import { Client, type Dispatcher } from "undici";
import { destinationOf, type Dialler } from "./dialler.ts";
import { networkFault } from "./network-fault.ts";

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
        dialler.dial(to).then(
          (socket) => {
            this.#connection += 1;
            this.#alive = true;
            this.#address = addressOf(socket);
            this.#certificate = socket instanceof TLSSocket ? socket.getPeerCertificate().raw : undefined;
            socket.once("close", () => (this.#alive = false));
            callback(null, socket);
          },
          (error: unknown) => callback(error as Error, null),
        );
      },
    });
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
      const answer = await this.#client.request({
        method: request.method as Dispatcher.HttpMethod,
        path: request.path,
        headers: request.headers ?? {},
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
    } catch (error) {
      throw networkFault(error, { ...this.#where, timeoutMs });
    }
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

/** A single GET on a connection of its own, as discovery and health checks need it. */
import { Fault } from "@tieline/fault";
import { destinationOf, type Dialler } from "./dialler.ts";
import { PinnedClient, type HttpAnswer, type HttpRequest } from "./pinned-client.ts";

export interface GetOptions {
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
  /** For the whole, from the name to the last byte of the body. Default 30,000. */
  timeoutMs?: number;
  maxBodyBytes?: number;
}

export type GetAnswer = HttpAnswer & {
  /** The peer's, in DER. */
  certificate: Uint8Array | undefined;
  /** Where the connection went, `address:port`: the proxy's, where one stands between. */
  address: string | undefined;
};

/** Redirects are not followed: the caller's walk decides. @throws Fault of the transport's layers */
export async function get(dialler: Dialler, url: URL, options: GetOptions = {}): Promise<GetAnswer> {
  return exchange(dialler, url, { method: "GET" }, options);
}

/** One request and its answer, on a connection of its own. */
export async function exchange(
  dialler: Dialler,
  url: URL,
  request: Pick<HttpRequest, "method" | "body">,
  options: GetOptions,
): Promise<GetAnswer> {
  const client = new PinnedClient(dialler, url, { maxBodyBytes: options.maxBodyBytes ?? 1024 * 1024, forwarding: true });
  const timeoutMs = options.timeoutMs ?? 30_000;
  const { host, port } = destinationOf(url);
  // A peer that sends a byte now and then never lets the limit between two chunks pass: the whole has one of its own.
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new Fault("connection-timeout", { host, port, seconds: Math.round(timeoutMs / 1000) || "the allowed" })),
    timeoutMs,
  );
  try {
    const answer = await client.request({
      ...request,
      path: url.pathname + url.search,
      headers: { "accept-encoding": "identity", ...options.headers },
      timeoutMs,
      signal: options.signal === undefined ? late.signal : AbortSignal.any([options.signal, late.signal]),
    });
    return { ...answer, certificate: client.peerCertificate, address: client.peerAddress };
  } finally {
    clearTimeout(timer);
    await client.close();
  }
}

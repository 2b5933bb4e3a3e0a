/** A single GET on a connection of its own, as discovery and health checks need it. */
import type { Dialler } from "./dialler.ts";
import { PinnedClient, type HttpAnswer } from "./pinned-client.ts";

export interface GetOptions {
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
  timeoutMs?: number;
  maxBodyBytes?: number;
}

/** Redirects are not followed: the caller's walk decides. @throws Fault of the transport's layers */
export async function get(
  dialler: Dialler,
  url: URL,
  options: GetOptions = {},
): Promise<HttpAnswer & { certificate: Uint8Array | undefined }> {
  const client = new PinnedClient(dialler, url, { maxBodyBytes: options.maxBodyBytes ?? 1024 * 1024 });
  try {
    const answer = await client.request({
      method: "GET",
      path: url.pathname + url.search,
      headers: { "accept-encoding": "identity", ...options.headers },
      timeoutMs: options.timeoutMs ?? 30_000,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    return { ...answer, certificate: client.peerCertificate };
  } finally {
    await client.close();
  }
}

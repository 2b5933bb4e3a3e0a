/** Node's http or https server with the settings that WS-Management's clients need. */
import { X509Certificate } from "node:crypto";
import {
  createServer as createHttp,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createHttps, type Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { SecureContextOptions } from "node:tls";
import { tlsServerEndPoint } from "@tieline/auth";

export interface ListenerTls {
  /** PEM: the certificate, with those of its authorities behind it. */
  cert: string;
  key: string;
  /** Authorities of client certificates; with them clients are asked for one. */
  clientAuthorities?: readonly string[];
  /**
   * Default TLSv1.2. PowerShell's client off Windows stops at the session tickets that follow a TLS 1.3 handshake: it
   * waits in a read and sends nothing more. Node always sends them, so TLS 1.3 is for deployments without that client.
   */
  maxVersion?: "TLSv1.2" | "TLSv1.3";
}

export interface HttpListenerOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default: any that is free. */
  port?: number;
  tls?: ListenerTls;
  /** Connections at a time. Default 20,000: a session of a stock client holds one or two, and opens one for each request. */
  maxConnections?: number;
  /** How long a request may take to arrive. Default 60,000. */
  requestTimeoutMs?: number;
  /** How long a connection may rest between two requests. Default 130,000, more than the clients' own. */
  keepAliveTimeoutMs?: number;
}

export interface HttpListener {
  readonly port: number;
  /** The certificate and key for connections from now on; open ones stay as they are. @throws where the pair is none */
  renew(tls: Pick<ListenerTls, "cert" | "key">): void;
  /** Accepts no more. Open connections are ended when they rest, or at once. */
  close(options?: { force?: boolean }): Promise<void>;
}

/** Kerberos tickets make long headers. */
const MAX_HEADER_BYTES = 65_536;
const BACKLOG = 4096;
/**
 * The list that Node takes by default does the same, but is copied for each connection, into a buffer that is shared with
 * short-lived ones: some 5 kB of it stay in memory for each connection.
 */
const onlyHttp = ({ protocols }: { protocols: readonly string[] }): string | undefined => protocols.find((name) => name === "http/1.1");

/** @throws Node's error where the port is taken */
export async function listenHttp(handler: RequestListener, options: HttpListenerOptions = {}): Promise<HttpListener> {
  const { tls } = options;
  const settings: ServerOptions = {
    maxHeaderSize: MAX_HEADER_BYTES,
    requestTimeout: options.requestTimeoutMs ?? 60_000,
    headersTimeout: Math.min(30_000, options.requestTimeoutMs ?? 60_000),
    // How often Node looks whose time is over; its default of 30 s would let a slow sender have that much more.
    connectionsCheckingInterval: 2000,
    keepAliveTimeout: options.keepAliveTimeoutMs ?? 130_000,
    noDelay: true,
    // Node's own refusal of it is chunked.
    requireHostHeader: false,
  };
  const hosted: RequestListener = (request, response) => {
    if (request.headers.host === undefined && request.httpVersion === "1.1")
      refuse(request, response, 400, "A request must name its Host.");
    else handler(request, response);
  };
  const server: Server =
    tls === undefined
      ? createHttp(settings, hosted)
      : createHttps(
          {
            ...settings,
            ...secure(tls),
            ALPNCallback: onlyHttp,
            ...(tls.clientAuthorities === undefined ? {} : { requestCert: true, rejectUnauthorized: false }),
          },
          hosted,
        );
  server.maxConnections = options.maxConnections ?? 20_000;
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve).once("error", reject);
    server.listen({ port: options.port ?? 0, host: options.host ?? "127.0.0.1", backlog: BACKLOG });
  });
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    else socket.destroy();
  });
  // Likewise.
  server.on("checkExpectation", (request, response) => refuse(request, response, 417, "Expect can only be 100-continue here."));
  return {
    port: (server.address() as AddressInfo).port,
    renew: ({ cert, key }) => {
      if (tls !== undefined) (server as HttpsServer).setSecureContext({ ...secure(tls), cert, key });
    },
    close: async ({ force = false } = {}) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      if (force) server.closeAllConnections();
      else server.closeIdleConnections();
      await closed;
    },
  };
}

function secure(tls: ListenerTls): SecureContextOptions {
  return {
    cert: tls.cert,
    key: tls.key,
    minVersion: "TLSv1.2",
    maxVersion: tls.maxVersion ?? "TLSv1.2",
    ...(tls.clientAuthorities === undefined ? {} : { ca: [...tls.clientAuthorities] }),
  };
}

/** With Content-Length: stock clients die of chunks. */
function refuse(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
  request.resume();
  const body = Buffer.from(text);
  response.writeHead(status, { "Content-Type": "text/plain;charset=UTF-8", "Content-Length": body.length, Connection: "close" }).end(body);
}

/** What a logon is bound to by this certificate. */
export function channelBindingOf(tls: ListenerTls | undefined): Uint8Array | undefined {
  return tls === undefined ? undefined : tlsServerEndPoint(new X509Certificate(tls.cert).raw);
}

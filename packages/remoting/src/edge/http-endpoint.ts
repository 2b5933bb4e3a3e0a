/**
 * WS-Management over Node's HTTP: who is calling, sealed bodies, sizes and times; the protocol itself is the service's.
 *
 * Steps of a request, in order; each may answer:
 *
 *     method and path      405, 404; a GET without credentials is the question who may come in, and answered so
 *     body                 413 where it is too large
 *     logon                401 with challenges; the refusals of one connection one after another, and late
 *     seal                 403 for what must be sealed and is not
 *     service              200, or 500 with a fault; always with Content-Length, never chunked: stock clients die of chunks
 */
import { HttpAcceptor, type HttpAcceptorOptions, type Identity } from "@tieline/auth";
import { asFault, Fault } from "@tieline/fault";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { hostname } from "node:os";
import { TLSSocket } from "node:tls";
import type { Caller, WsmanService } from "../server/wsman-service.ts";
import { RESENDS_HEADER } from "./resends-header.ts";
import { openMessage, sealMessage, sealProtocolOf, SOAP_CONTENT_TYPE } from "../wsman/index.ts";

export interface HttpEndpointOptions<P> {
  service: WsmanService<P>;
  authentication: HttpAcceptorOptions;
  /** Who the account is to the handler. A thrown fault refuses the logon. */
  caller: (identity: Identity, address: string | undefined) => Caller<P> | Promise<Caller<P>>;
  /** Which paths are served; default `/wsman`, in any letter case. The query is not part of it. */
  servesPath?: (path: string) => boolean;
  /** Largest request. Default 1 MiB: MaxEnvelopeSize with room for a seal. */
  maxRequestBytes?: number;
  /** Application data of the channel binding for the certificate that this server shows now. */
  channelBinding?: () => Uint8Array | undefined;
  /** Unsealed envelopes over plain http after a logon that could seal. Default false. */
  allowUnencrypted?: boolean;
}

interface Connection {
  acceptor: HttpAcceptor;
  /** Requests of a connection are answered one after another: seals are numbered. */
  last: Promise<void>;
}

export class HttpEndpoint<P> {
  readonly #options: HttpEndpointOptions<P>;
  readonly #servesPath: (path: string) => boolean;
  readonly #connections = new WeakMap<Socket, Connection>();

  constructor(options: HttpEndpointOptions<P>) {
    this.#options = options;
    this.#servesPath = options.servesPath ?? ((path) => /^\/wsman\/?$/i.test(path));
  }

  /** For `http.createServer`, or a route of any framework that has not read the body. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const connection = this.#connectionOf(request.socket);
    response.on("error", () => undefined);
    connection.last = connection.last
      .then(() => this.#serve(connection, request, response))
      .catch((error: unknown) => {
        if (response.headersSent) return void response.destroy();
        const fault = asFault(error);
        // Where a service keeps its data, and what is wrong there, is not the caller's to know.
        if (fault.layer === "store") return plain(response, 503, "The service cannot reach its data at the moment.");
        return plain(response, 500, fault.message);
      });
  };

  /** Whether a path is this endpoint's; for a server with other routes. */
  serves(path: string): boolean {
    return this.#servesPath(path);
  }

  #connectionOf(socket: Socket): Connection {
    let connection = this.#connections.get(socket);
    if (connection === undefined) {
      const tls = socket instanceof TLSSocket ? socket : undefined;
      const certificate = peerCertificate(tls);
      const acceptor = new HttpAcceptor(
        { ntlmNames: ownNames(), ...this.#options.authentication },
        {
          secure: tls !== undefined,
          source: socket.remoteAddress ?? "",
          certificate: certificate === undefined ? undefined : { der: certificate, trusted: tls?.authorized === true },
          channelBinding: this.#options.channelBinding?.(),
        },
      );
      connection = { acceptor, last: Promise.resolve() };
      this.#connections.set(socket, connection);
      socket.once("close", () => acceptor.close());
    }
    return connection;
  }

  async #serve(connection: Connection, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request.url ?? "/");
    if (!this.#servesPath(path)) return plain(response, 404, "There is no WS-Management endpoint here.");
    const asks = (request.method === "GET" || request.method === "HEAD") && request.headers.authorization === undefined;
    if (request.method !== "POST" && !asks) return wrongMethod(response);
    const body = await this.#read(request, response);
    if (body === undefined) return;
    const anonymous = request.headers["wsmanidentify"] !== undefined && request.headers.authorization === undefined;
    if (anonymous) return this.#answer(request, response, body, undefined, undefined, []);
    const verdict = await connection.acceptor.receive(request.headers.authorization);
    if (verdict.kind === "continue") return challenge(response, 401, verdict.headers, "");
    if (verdict.kind === "refused") {
      // Without credentials it was a question; a wrong answer is what costs time.
      if (verdict.delayMs > 0) await pause(verdict.delayMs);
      // A question is answered by the challenges alone, as Windows does: one client takes every body for a sealed one.
      const asked = request.headers.authorization === undefined;
      return challenge(response, verdict.fault.entry.http ?? 401, verdict.headers, asked ? "" : verdict.fault.message);
    }
    // Whoever needs no header to be known, by a certificate, has no question.
    if (asks) return wrongMethod(response);
    let caller: Caller<P>;
    try {
      caller = await this.#options.caller(verdict.identity, request.socket.remoteAddress);
    } catch (error) {
      const fault = asFault(error);
      return challenge(response, fault.entry.http ?? 403, [], fault.message);
    }
    // The end of a logon that was made with empty requests.
    if (body.length === 0) return challenge(response, 200, verdict.headers, "");
    return this.#answer(request, response, body, caller, verdict.context, verdict.headers);
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    body: Uint8Array,
    caller: Caller<P> | undefined,
    context: ReturnType<HttpAcceptor["context"]>,
    headers: readonly string[],
  ): Promise<void> {
    const type = request.headers["content-type"] ?? "";
    const protocol = sealProtocolOf(type);
    const secure = request.socket instanceof TLSSocket;
    if (protocol !== undefined && context === undefined)
      return plain(response, 400, new Fault("context-missing", { what: "open" }).message);
    if (protocol === undefined && context !== undefined && !secure && this.#options.allowUnencrypted !== true) {
      return plain(response, 403, "Unencrypted traffic is disabled: seal the message, or use https.");
    }
    let envelope = body;
    try {
      if (protocol !== undefined && context !== undefined) envelope = openMessage(type, body, context);
    } catch (error) {
      // The context is of no use any more, so neither is the connection.
      response.setHeader("Connection", "close");
      return plain(response, 400, asFault(error).message);
    }
    // Whoever left during his logon wants no shell: his leaving would not be told again.
    if (response.destroyed || request.socket.destroyed) return;
    const gone = new AbortController();
    const onClose = (): void => gone.abort();
    response.once("close", onClose);
    const answer = await this.#options.service.request(envelope, caller, addressOf(request), gone.signal);
    if (response.destroyed || gone.signal.aborted) return this.#options.service.returned(answer);
    const sealed =
      protocol === undefined || context === undefined
        ? { contentType: SOAP_CONTENT_TYPE, body: answer.body }
        : sealMessage(answer.body, protocol, context);
    if (headers.length > 0) response.setHeader("WWW-Authenticate", [...headers]);
    response.writeHead(answer.status, {
      "Content-Type": sealed.contentType,
      "Content-Length": sealed.body.length,
      [RESENDS_HEADER]: "accepted",
    });
    const sent = new Promise<boolean>((resolve) => {
      response.once("finish", () => resolve(true));
      response.once("close", () => resolve(response.writableFinished));
    });
    response.end(sealed.body);
    if (!(await sent)) this.#options.service.returned(answer);
    response.off("close", onClose);
  }

  /** The whole body, or undefined where it was refused or its sender is gone. */
  async #read(request: IncomingMessage, response: ServerResponse): Promise<Uint8Array | undefined> {
    const limit = this.#options.maxRequestBytes ?? 1024 * 1024;
    const chunks: Buffer[] = [];
    let size = 0;
    const declared = Number(request.headers["content-length"] ?? 0);
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > limit || declared > limit) {
          response.setHeader("Connection", "close");
          plain(response, 413, new Fault("http-too-large", { limit }).message);
          return undefined;
        }
        chunks.push(chunk);
      }
    } catch {
      return undefined;
    }
    return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size);
  }
}

/** PowerShell's client off Windows dies of an NTLM challenge that names no target (gss-ntlmssp 1.2). */
function ownNames(): NonNullable<HttpAcceptorOptions["ntlmNames"]> {
  const name = hostname();
  const short = (name.split(".")[0] ?? name).slice(0, 15).toUpperCase();
  return { netbiosDomain: short, netbiosComputer: short, dnsComputer: name };
}

/** A proxy may write the whole address (RFC 9112 3.2.2). */
function pathOf(target: string): string {
  return (target.replace(/^https?:\/\/[^/?]*/i, "").split("?")[0] ?? "") || "/";
}

/** Node gives null for a socket that is gone already, whatever its types say. */
function peerCertificate(tls: TLSSocket | undefined): Uint8Array | undefined {
  const found = tls?.getPeerCertificate() as { raw?: Uint8Array } | null | undefined;
  return found?.raw;
}

function wrongMethod(response: ServerResponse): void {
  plain(response.setHeader("Allow", "POST"), 405, "WS-Management is spoken with POST.");
}

function plain(response: ServerResponse, status: number, text: string): void {
  const body = Buffer.from(text);
  response.writeHead(status, { "Content-Type": "text/plain;charset=UTF-8", "Content-Length": body.length }).end(body);
}

/** Each challenge in a header of its own: some clients take a joined one for one scheme with odd parameters. */
function challenge(response: ServerResponse, status: number, headers: readonly string[], text: string): void {
  if (headers.length > 0) response.setHeader("WWW-Authenticate", [...headers]);
  plain(response, status, text);
}

function addressOf(request: IncomingMessage): string {
  const scheme = request.socket instanceof TLSSocket ? "https" : "http";
  return `${scheme}://${request.headers.host ?? "localhost"}${request.url ?? "/"}`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

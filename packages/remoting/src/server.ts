/**
 * The server's door: hosts runspaces of your own for PowerShell, Tieline and everyone who speaks the protocols; over
 * WS-Management (http, https), SSH, and Unix sockets or named pipes.
 */
import type { HttpAcceptorOptions, Identity } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { HttpEndpoint, type HttpEndpointOptions } from "./edge/http-endpoint.ts";
import { channelBindingOf, listenHttp, type HttpListener, type HttpListenerOptions } from "./edge/http-listener.ts";
import { serveLink, type ProcessServerOptions, type ServedSession } from "./edge/process-server.ts";
import { listenSocket, type SocketListener, type SocketListenOptions } from "./edge/socket.ts";
import type { SshAuthenticator, SshListener, SshServerOptions } from "./edge/ssh-server.ts";
import type { ByteLink } from "./edge/byte-link.ts";
import type { SessionOrigin } from "./server/hosted-session.ts";
import type { RunspaceHandler } from "./server/runspace.ts";
import { WsmanService, type Caller, type WsmanServiceOptions } from "./server/wsman-service.ts";

export type { PipelineOutput, PipelineRequest, Runspace, RunspaceHandler, SessionContext } from "./server/runspace.ts";
export type { CommandShell, CommandShellContext, CommandShellHandler, ProgramOutput, ProgramRequest } from "./server/command-shell.ts";
export { WsmanService, type Caller, type WsmanServiceOptions } from "./server/wsman-service.ts";
export { HttpEndpoint, type HttpEndpointOptions } from "./edge/http-endpoint.ts";
export { channelBindingOf, listenHttp, type HttpListener, type HttpListenerOptions, type ListenerTls } from "./edge/http-listener.ts";
export { serveLink, type ProcessServerOptions, type ServedSession } from "./edge/process-server.ts";
export type { SocketListener, SocketListenOptions } from "./edge/socket.ts";
export type { SshAuthenticator, SshClientAddress, SshListener, SshPublicKey, SshServerOptions } from "./edge/ssh-server.ts";

export interface RemotingServerOptions<P> extends ProcessServerOptions {
  handler: RunspaceHandler<P>;
  /** Settings of the WS-Management shells. */
  wsman?: WsmanServiceOptions<P>;
}

export interface HttpServeOptions<P>
  extends HttpListenerOptions, Omit<HttpEndpointOptions<P>, "service" | "channelBinding" | "caller" | "authentication"> {
  authentication: HttpAcceptorOptions;
  /** Who an identity is to the handler. Default: the identity's own `account` or name, and shells by mechanism-independent name. */
  caller?: HttpEndpointOptions<P>["caller"];
}

export interface SshServeOptions<P> extends Omit<SshServerOptions<P>, "onSession" | "authenticator"> {
  authenticator: SshAuthenticator<P>;
}

/**
 * @example
 * ```ts
 * const server = new RemotingServer({ handler: { open: () => ({ run: async (_, output) => output.write("hello") }) } });
 * await server.listenSocket("/tmp/tieline/hello", "anyone");
 * ```
 */
export class RemotingServer<P> implements AsyncDisposable {
  /** Shells over WS-Management; for endpoints that you mount into a server of your own. */
  readonly service: WsmanService<P>;
  readonly #options: RemotingServerOptions<P>;
  readonly #listeners = new Set<HttpListener | SocketListener | SshListener>();
  readonly #sessions = new Set<ServedSession>();
  #closing = false;

  constructor(options: RemotingServerOptions<P>) {
    this.#options = options;
    this.service = new WsmanService(options.handler, { ...(options.pool === undefined ? {} : { pool: options.pool }), ...options.wsman });
  }

  /** Sessions over sockets and SSH, and shells over WS-Management. */
  get sessionCount(): number {
    return this.#sessions.size + this.service.shellCount;
  }

  /** Serves WS-Management on a port. @throws Node's error where the port is taken */
  async listenHttp(options: HttpServeOptions<P>): Promise<HttpListener> {
    const binding = channelBindingOf(options.tls);
    const endpoint = new HttpEndpoint<P>({
      ...options,
      service: this.service,
      channelBinding: () => binding,
      caller: options.caller ?? defaultCaller,
    });
    return this.#keep(await listenHttp(endpoint.handle, options));
  }

  /** Serves the out-of-process framing on a Unix socket or named pipe. Whoever may open it is `principal`. @throws Fault `socket-taken`, `socket-path-too-long` */
  async listenSocket(path: string, principal: P, options: SocketListenOptions = {}): Promise<SocketListener> {
    const origin = { principal, transport: "socket", clientAddress: undefined } as const;
    return this.#keep(await listenSocket(path, (link) => this.#serve(link, origin), options));
  }

  /** Serves the SSH subsystem `powershell`. @throws Fault `ssh-key-unreadable` */
  async listenSsh(options: SshServeOptions<P>): Promise<SshListener> {
    // Loaded when it is wanted: the library is large.
    const { listenSsh } = await import("./edge/ssh-server.ts");
    const onSession = (link: ByteLink, principal: P, { address }: { address: string }): void =>
      this.#serve(link, { principal, transport: "ssh", clientAddress: address });
    return this.#keep(await listenSsh({ ...options, onSession }));
  }

  /** Ends in order: no new sessions, then the open ones, each told why. */
  async close(reason: Fault = new Fault("wsman-shutting-down")): Promise<void> {
    this.#closing = true;
    await Promise.all([this.service.close(reason), ...[...this.#sessions].map((session) => session.close(reason))]);
    await Promise.all([...this.#listeners].map((listener) => listener.close({ force: true })));
    this.#listeners.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #keep<L extends HttpListener | SocketListener | SshListener>(listener: L): L {
    this.#listeners.add(listener);
    return listener;
  }

  #serve(link: ByteLink, origin: Pick<SessionOrigin<P>, "principal" | "transport" | "clientAddress">): void {
    if (this.#closing) return link.destroy();
    const session = serveLink(
      link,
      this.#options.handler,
      { ...origin, endpoint: undefined, configurationName: "Microsoft.PowerShell", name: undefined },
      this.#options,
    );
    this.#sessions.add(session);
    void session.finished.then(() => this.#sessions.delete(session));
  }
}

function defaultCaller<P>(identity: Identity, address: string | undefined): Caller<P> {
  const name = identity.domain === undefined ? identity.name : `${identity.domain}\\${identity.name}`;
  return { principal: (identity.account ?? identity.name) as P, key: name.toLowerCase(), name, address };
}

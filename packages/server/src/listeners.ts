/** The listeners of a site: which ports, which mechanisms, which paths. One remoting server stands behind all of them. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CertificateMapping, MechanismPolicy, NtlmServerNames } from "@tieline/auth";
import type { DiscoveryAnswer, DiscoveryRequest } from "@tieline/discovery";
import { Fault, isFault } from "@tieline/fault";
import { channelBindingOf, HttpEndpoint, listenHttp, RemotingServer, type HttpListener, type ListenerTls } from "@tieline/remoting";
import { adminDomain, type Principal } from "./admin/index.ts";
import { AuthorizationServer, bearerParameters, type IdentityService } from "./identity/index.ts";
import { hostedMigration, provisioning } from "./hybrid.ts";
import type { Site } from "./site.ts";

export interface ServeOptions {
  mechanisms: Partial<MechanismPolicy>;
  ntlmNames: NtlmServerNames;
  /** The service's keys for Kerberos; without them it is not offered. */
  keytab?: string | undefined;
  /** Where to listen. Default 127.0.0.1. */
  address?: string;
  /** With client authorities, people sign in by their certificates as well. */
  https: { port: number; tls: ListenerTls };
  /** Whose a client certificate is, where it does not say so itself by a user principal name. */
  certificates?: readonly CertificateMapping[];
  /** `endpoint`: whether remote PowerShell is served there too (sealed), or discovery's redirect alone. Left out: nothing is. */
  http?: { port: number; endpoint: boolean };
  ssh?: { port: number; hostKey: string };
  /** For programs of the user under whom the service runs: only that user can open them, and then is this account. */
  sockets?: readonly LocalSocket[];
  /** Looks at each request before anybody else does; true where it has answered. For a lab that breaks things on purpose. */
  front?: Front;
  /** What else is served on the https port, tried in this order; each with requests of its own paths alone. */
  routes?: readonly HttpRoute[];
  /** What other paths are answered with; undefined: 404. */
  answer: (request: DiscoveryRequest) => DiscoveryAnswer | undefined;
}

export type Front = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A part of the service with paths of its own: the authorization server, a legacy endpoint, metrics. */
export interface HttpRoute {
  serves(request: IncomingMessage): boolean;
  handle(request: IncomingMessage, response: ServerResponse): void;
}

export interface LocalSocket {
  path: string;
  user: string;
}

export interface ServedSite extends AsyncDisposable {
  /** Another certificate and key for connections from now on. @throws where the pair is none */
  renew(tls: Pick<ListenerTls, "cert" | "key">): void;
  /** Those that could be made: a path may be too long for a socket. */
  readonly sockets: readonly LocalSocket[];
  sessionCount(): number;
}

/** For load balancers and people who want to know whether it is up. */
const HEALTH_PATH = "/healthz";

/** `/OcsPowershell`, `/OcsPowershellLiveId`, `/OcsPowershellOAuth`, `/PowerShell` and `/wsman`, in any letter case. */
const ENDPOINTS = ["OcsPowershell", "OcsPowershellLiveId", "OcsPowershellOAuth", "PowerShell", "wsman"] as const;

/** The one of these that takes tokens alone. */
const TOKENS_ONLY = "OcsPowershellOAuth";

export async function serveSite(site: Site, options: ServeOptions): Promise<ServedSite> {
  const remoting = new RemotingServer<Principal>({ handler: site.endpoint });
  const listeners: HttpListener[] = [];
  const sockets: LocalSocket[] = [];
  const host = options.address ?? "127.0.0.1";
  let binding = channelBindingOf(options.https.tls);
  const { identity } = site;
  const bearer = (name: string, offersTokens: boolean) => {
    if (identity === undefined || !offersTokens) return {};
    const { host: authority, endpointHosts } = identity.options;
    return {
      target: `https://${endpointHosts[0] ?? ""}/${name}`,
      bearerParameters: bearerParameters(authority),
    };
  };
  const endpointFor = (name: string, tls: ListenerTls | undefined, offersTokens = true): HttpEndpoint<Principal> =>
    new HttpEndpoint({
      service: remoting.service,
      authentication: site.signIn.forHttp({
        policy:
          name === TOKENS_ONLY && identity !== undefined ? { ...options.mechanisms, basic: false, certificate: false } : options.mechanisms,
        ...bearer(name, offersTokens),
        ntlmNames: options.ntlmNames,
        keytab: options.keytab,
        ...(tls?.clientAuthorities === undefined ? {} : { certificates: options.certificates ?? [] }),
      }),
      channelBinding: () => (tls === undefined ? undefined : binding),
      servesPath: (path) => path.toLowerCase().replace(/\/$/, "") === `/${name.toLowerCase()}`,
      caller: (found, address) => {
        const principal = found.account as Principal | undefined;
        if (principal === undefined) throw new Fault("logon-failed", { user: found.name });
        const { account } = principal;
        return {
          principal,
          key: account.accountId,
          name: account.userPrincipalName,
          address,
        };
      },
    });
  // The pages come first: their /account/login/... looks like a tenant's.
  const ours = [
    site.pages,
    identity === undefined ? undefined : new AuthorizationServer(identity),
    hostedMigration(site),
    provisioning(site),
  ].filter((each) => each !== undefined);
  const routes = [...ours, ...(options.routes ?? [])];
  const close = async (): Promise<void> => {
    await remoting.close(new Fault("service-stopping"));
    await Promise.all(listeners.map((listener) => listener.close({ force: true })));
  };
  try {
    const secure = ENDPOINTS.map((name) =>
      withSwitch(identity, endpointFor(name, options.https.tls), () => endpointFor(name, options.https.tls, false)),
    );
    const everything = { ...options, routes };
    listeners.push(await listenHttp(route(secure, true, everything), { host, port: options.https.port, tls: options.https.tls }));
    if (options.http !== undefined) {
      const plain = options.http.endpoint ? ENDPOINTS.map((name) => endpointFor(name, undefined)) : [];
      listeners.push(await listenHttp(route(plain, false, options), { host, port: options.http.port }));
    }
    if (options.ssh !== undefined) {
      await remoting.listenSsh({
        host,
        port: options.ssh.port,
        hostKeys: [options.ssh.hostKey],
        authenticator: {
          password: (user, password, from) => site.signIn.password(user, password, from.address),
          publicKey: (user, key) => site.signIn.sshKey(user, `${key.algorithm} ${Buffer.from(key.blob).toString("base64")}`),
        },
      });
    }
    for (const socket of options.sockets ?? []) if (await listenLocally(remoting, site, socket)) sockets.push(socket);
  } catch (error) {
    await close();
    throw portFault(error);
  }
  const renew: ServedSite["renew"] = (pair) => {
    listeners[0]?.renew(pair);
    binding = channelBindingOf({ ...options.https.tls, ...pair });
  };
  return { renew, sockets, sessionCount: () => remoting.sessionCount, [Symbol.asyncDispose]: close };
}

/** False where there is no such account, or no such socket can be made. */
async function listenLocally(remoting: RemotingServer<Principal>, site: Site, { path, user }: LocalSocket): Promise<boolean> {
  const account = await site.directory.accounts.find(user);
  if (account === undefined) return false;
  try {
    await remoting.listenSocket(path, { account, mechanism: "local" });
    return true;
  } catch (error) {
    if (isFault(error) && error.code === "socket-path-too-long") return false;
    throw error;
  }
}

type Served = Pick<HttpEndpoint<Principal>, "serves" | "handle">;

/**
 * Whoever asks without credentials how to sign in hears of tokens only where the tenant of the address takes them
 * (Set-CsOAuthConfiguration). With credentials the question is not put: a token is refused by its own tenant's setting.
 */
function withSwitch(
  identity: IdentityService | undefined,
  modern: HttpEndpoint<Principal>,
  without: () => HttpEndpoint<Principal>,
): Served {
  if (identity === undefined) return modern;
  let legacy: HttpEndpoint<Principal> | undefined;
  return {
    serves: (path) => modern.serves(path),
    handle: (request, response) => {
      const domain = adminDomain(request.url);
      if (request.headers.authorization !== undefined || domain === undefined) return modern.handle(request, response);
      void identity
        .takesTokens(domain)
        .catch(() => true)
        .then((takes) => (takes ? modern : (legacy ??= without())).handle(request, response));
    },
  };
}

function route(endpoints: readonly Served[], secure: boolean, options: ServeOptions) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    if (options.front?.(request, response) === true) return undefined;
    const target = request.url ?? "/";
    const path = target.split("?")[0] ?? "/";
    const endpoint = endpoints.find((each) => each.serves(path));
    if (endpoint !== undefined) return endpoint.handle(request, response);
    const part = secure ? options.routes?.find((each) => each.serves(request)) : undefined;
    if (part !== undefined) return part.handle(request, response);
    request.resume();
    if (request.method !== "GET" && request.method !== "HEAD")
      return send(response, 404, { "content-type": "text/plain" }, "There is nothing here.\n");
    if (path === HEALTH_PATH) return send(response, 200, { "content-type": "text/plain" }, "ok\n");
    const got = answered(request, secure, target, options);
    if (got === undefined) return send(response, 404, { "content-type": "text/plain" }, "There is nothing here.\n");
    return send(response, got.status, got.headers, got.body);
  };
}

function answered(request: IncomingMessage, secure: boolean, target: string, options: ServeOptions): DiscoveryAnswer | undefined {
  try {
    return options.answer({ secure, host: request.headers.host ?? "", target, accept: request.headers.accept });
  } catch {
    // An address that is none.
    return { status: 400, headers: { "content-type": "text/plain" }, body: "The address cannot be read.\n" };
  }
}

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: string): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...headers, "content-length": bytes.length }).end(bytes);
}

function portFault(error: unknown): unknown {
  const { code, port, address } = error as { code?: string; port?: number; address?: string };
  if (code === "EADDRINUSE")
    return new Fault("port-taken", { port: port ?? "?", address: address ?? "?", option: "--port NAME=PORT" }, { cause: error });
  if (code === "EACCES") return new Fault("port-denied", { port: port ?? "?", address: address ?? "?", reason: code }, { cause: error });
  return error;
}

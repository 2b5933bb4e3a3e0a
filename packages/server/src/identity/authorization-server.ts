/**
 * The authorization server on HTTP: which request goes where. Addresses are those of both generations of the vendor's
 * (`/<tenant>/oauth2/...`, `/<tenant>/oauth2/v2.0/...`), so that clients which know them need only another host.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { devicePage, deviceVerification } from "./endpoint/device.ts";
import { configuration, instances, keys, userRealm } from "./endpoint/documents.ts";
import { authorize, library, login } from "./endpoint/browser.ts";
import { federatedReturn } from "./endpoint/federated.ts";
import { deviceCode, token } from "./endpoint/token.ts";
import { sendJson, sendPage, type Exchange } from "./exchange.ts";
import type { Generation } from "./generation.ts";
import { asRefusal, causeOf, refusalBody, type Trace } from "./refusal.ts";
import type { IdentityService } from "./service.ts";
import { securityTokenService, webTicketMetadata, webTicketService, webTicketToken } from "./ws-trust/endpoint.ts";

type Endpoint = (exchange: Exchange) => Promise<void>;

interface Row {
  path: RegExp;
  generation: Generation;
  method: "GET" | "POST" | "any";
  /** People look at what it answers. */
  isPage?: boolean;
  endpoint: Endpoint;
}

const T = "^/(?<tenant>[^/]+)";
const route = (path: string): RegExp => new RegExp(`${path}/?$`, "i");

const ROWS: readonly Row[] = [
  { path: route(`${T}/oauth2/token`), generation: "v1", method: "POST", endpoint: token },
  { path: route(`${T}/oauth2/v2\\.0/token`), generation: "v2", method: "POST", endpoint: token },
  { path: route(`${T}/oauth2/devicecode`), generation: "v1", method: "POST", endpoint: deviceCode },
  { path: route(`${T}/oauth2/v2\\.0/devicecode`), generation: "v2", method: "POST", endpoint: deviceCode },
  { path: route(`${T}/oauth2/authorize`), generation: "v1", method: "any", isPage: true, endpoint: authorize },
  { path: route(`${T}/oauth2/v2\\.0/authorize`), generation: "v2", method: "any", isPage: true, endpoint: authorize },
  { path: route(`${T}/oauth2/authorize/(?<rest>[\\w-]+)`), generation: "v1", method: "any", isPage: true, endpoint: library },
  { path: route(`${T}/oauth2/v2\\.0/authorize/(?<rest>[\\w-]+)`), generation: "v2", method: "any", isPage: true, endpoint: library },
  { path: route(`${T}/oauth2/logout(?<rest>/[\\w-]+)?`), generation: "v1", method: "any", isPage: true, endpoint: library },
  { path: route(`${T}/oauth2/v2\\.0/logout(?<rest>/[\\w-]+)?`), generation: "v2", method: "any", isPage: true, endpoint: library },
  { path: route(`${T}/oauth2/deviceauth`), generation: "v1", method: "any", isPage: true, endpoint: deviceVerification },
  { path: route(`${T}/oauth2/v2\\.0/deviceauth`), generation: "v2", method: "any", isPage: true, endpoint: deviceVerification },
  { path: route(`${T}/oauth2/deviceauth/(?<rest>[\\w-]+)`), generation: "v1", method: "any", isPage: true, endpoint: library },
  { path: route(`${T}/oauth2/v2\\.0/deviceauth/(?<rest>[\\w-]+)`), generation: "v2", method: "any", isPage: true, endpoint: library },
  { path: route(`${T}/login/federated`), generation: "v2", method: "GET", isPage: true, endpoint: federatedReturn },
  { path: route(`${T}/login/(?<rest>[\\w-]+(?:/[\\w/-]*)?)`), generation: "v2", method: "any", isPage: true, endpoint: login },
  { path: route(`${T}/openid/userinfo`), generation: "v1", method: "any", endpoint: library },
  { path: route(`${T}/oidc/userinfo`), generation: "v2", method: "any", endpoint: library },
  { path: route(`${T}/discovery/instance`), generation: "v1", method: "GET", endpoint: instances },
  { path: route(`${T}/discovery/keys`), generation: "v1", method: "GET", endpoint: keys },
  { path: route(`${T}/discovery/v2\\.0/keys`), generation: "v2", method: "GET", endpoint: keys },
  { path: route(`${T}/\\.well-known/openid-configuration`), generation: "v1", method: "GET", endpoint: configuration },
  { path: route(`${T}/v2\\.0/\\.well-known/openid-configuration`), generation: "v2", method: "GET", endpoint: configuration },
  { path: route(`${T}/userrealm/(?<rest>[^/]+)`), generation: "v1", method: "GET", endpoint: userRealm },
  { path: route("^/getuserrealm\\.srf"), generation: "v1", method: "any", endpoint: userRealm },
  { path: route("^/rst2\\.srf"), generation: "v1", method: "POST", endpoint: securityTokenService },
  { path: route(`${T}/trust/(?:13|2005)/usernamemixed`), generation: "v1", method: "POST", endpoint: securityTokenService },
  { path: route("^/webticket/webticketservice\\.svc"), generation: "v1", method: "POST", endpoint: webTicketService },
  { path: route("^/webticket/webticketservice\\.svc/mex"), generation: "v1", method: "GET", endpoint: webTicketMetadata },
  { path: route("^/webticket/oauthtoken"), generation: "v1", method: "POST", endpoint: webTicketToken },
  { path: route("^/device"), generation: "v2", method: "any", isPage: true, endpoint: devicePage },
];

/** What a client writes on its request to find it again in our log. */
const MAX_CORRELATION = 64;

export class AuthorizationServer {
  readonly #service: IdentityService;

  constructor(service: IdentityService) {
    this.#service = service;
  }

  serves(request: IncomingMessage): boolean {
    const path = pathOf(request);
    return ROWS.some((row) => row.path.test(path));
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    void this.#answer(request, response);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const service = this.#service;
    const path = pathOf(request);
    const row = ROWS.find((each) => each.path.test(path)) as Row;
    const { tenant = "common", rest = "" } = row.path.exec(path)?.groups ?? {};
    const given = request.headers["client-request-id"];
    const correlationId = typeof given === "string" && /^[\w{}-]+$/.test(given) && given.length <= MAX_CORRELATION ? given : randomUUID();
    const trace: Trace = { traceId: randomUUID(), correlationId, nowMs: service.options.sources.nowMs() };
    response.setHeader("x-ms-request-id", trace.traceId);
    response.setHeader("client-request-id", correlationId);
    response.setHeader("cache-control", "no-store");
    response.setHeader("strict-transport-security", "max-age=31536000");
    try {
      if (row.method !== "any" && request.method !== row.method && !(row.method === "GET" && request.method === "HEAD")) {
        request.resume();
        response.writeHead(405, { allow: row.method, "content-length": 0 }).end();
        return;
      }
      await row.endpoint({
        service,
        request,
        response,
        url: new URL(request.url ?? "/", "https://localhost"),
        tenant: decoded(tenant),
        generation: row.generation,
        rest,
        trace,
        address: request.socket.remoteAddress ?? "",
      });
    } catch (error) {
      const fault = asRefusal(error);
      if (fault.code === "aadsts-90033" || fault.code === "aadsts-9002313") {
        service.options.log.warn({ path, correlationId, error: causeOf(fault) }, "a request to the authorization server failed");
      }
      request.resume();
      if (response.headersSent) return void response.destroy();
      if (row.isPage === true) sendPage(response, service.pages.refused(fault, trace));
      else sendJson(response, fault.entry.http ?? 400, { ...refusalBody(fault, trace, service.options.host) });
    }
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?")[0] ?? "/";
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** One request on its way through the authorization server, and what its endpoints have in common. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Fault } from "@tieline/fault";
import type { Generation } from "./generation.ts";
import type { PageAnswer } from "./interaction.ts";
import type { InnerFacts } from "./provider/inner-request.ts";
import type { Trace } from "./refusal.ts";
import type { IdentityService } from "./service.ts";

export interface Exchange {
  service: IdentityService;
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  /** The first segment of the path, where the endpoint is a tenant's; else `common`. */
  tenant: string;
  generation: Generation;
  /** What follows the endpoint's own path. */
  rest: string;
  trace: Trace;
  /** The peer's. */
  address: string;
}

const MAX_FORM = 65_536;
const MAX_FIELDS = 64;

/**
 * The fields of a POST. A field that comes twice is refused: which one is meant would be a guess (RFC 6749 3.1).
 *
 * @throws Fault `aadsts-90055`
 */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const unreadable = (what: string): Fault => new Fault("aadsts-90055", { what });
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/x-www-form-urlencoded\b/i.test(type)) throw unreadable("its body must be a form, application/x-www-form-urlencoded");
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_FORM) throw unreadable(`its body is longer than ${MAX_FORM} bytes`);
    chunks.push(chunk);
  }
  const form = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
  checkOnce(form);
  return form;
}

/** @throws Fault `aadsts-90055` */
export function checkOnce(parameters: URLSearchParams): void {
  const names = [...parameters.keys()];
  if (names.length > MAX_FIELDS) throw new Fault("aadsts-90055", { what: "it has too many parameters" });
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Fault("aadsts-90055", { what: `the parameter ${twice.slice(0, 64)} comes twice` });
}

/** What the library's hooks will want to know of the request. */
export function factsOf(exchange: Exchange, tenant: string, parameters: URLSearchParams): InnerFacts {
  const { generation, trace, address, request } = exchange;
  const text = (name: string): string => (parameters.get(name) ?? "").slice(0, 256);
  return {
    generation,
    trace,
    address,
    userAgent: request.headers["user-agent"] ?? "",
    clientInfo: parameters.get("client_info") === "1",
    parameters,
    facts: {
      appId: text("client_id"),
      tenant,
      resource: text("resource"),
      redirectUri: text("redirect_uri"),
      grantType: text("grant_type"),
      scope: text("scope"),
    },
  };
}

/** JSON that nobody keeps. */
export function sendJson(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response
    .writeHead(status, { "content-type": "application/json; charset=utf-8", "content-length": bytes.length, pragma: "no-cache" })
    .end(bytes);
}

export function sendPage(response: ServerResponse, { status = 200, headers, body }: PageAnswer): void {
  response.writeHead(status, headers).end(body);
}

export function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, { location, "content-length": 0 }).end();
}

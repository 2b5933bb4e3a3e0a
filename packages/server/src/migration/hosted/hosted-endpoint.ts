/**
 * The hosted migration service over HTTP (contract.ts): who asks without a token is told where to get one, as Move-CsUser
 * expects it; everything else is one request, one transaction, one answer.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { asFault, Fault, isFault } from "@tieline/fault";
import { bearerChallenge, type IdentityService } from "../../identity/index.ts";
import { readJson, type BodyFlaw } from "../json-body.ts";
import { Callers } from "./caller.ts";
import { isOperation, MOST_BYTES, readRequest, SERVICE_PATH, SETTLING, writeFault, type Operation } from "./contract.ts";
import { Follower, type FollowerOptions } from "./follower.ts";

export interface HostedEndpointOptions extends FollowerOptions {
  identity: IdentityService;
  log: { info(facts: Record<string, unknown>, text: string): void; warn(facts: Record<string, unknown>, text: string): void };
}

/** The status of a fault that names none: the user, and not the request, stands in the way. */
const CONFLICT = 409;
/** By layer, where the entry has no status of its own. */
const STATUS: Readonly<Record<string, number>> = { authentication: 401, permission: 403, limit: 429, store: 503 };

export class HostedEndpoint {
  readonly #options: HostedEndpointOptions;
  readonly #callers: Callers;
  readonly #follower: Follower;

  constructor(options: HostedEndpointOptions) {
    this.#options = options;
    this.#callers = new Callers(options.identity);
    this.#follower = new Follower(options);
  }

  serves({ url = "/" }: IncomingMessage): boolean {
    const path = (url.split("?")[0] as string).toLowerCase();
    return path === SERVICE_PATH.toLowerCase() || path.startsWith(`${SERVICE_PATH.toLowerCase()}/`);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    void this.#answer(request).then(
      (answer) => send(response, 200, answer),
      (error: unknown) => this.#refuse(request, response, error),
    );
  }

  async #answer(request: IncomingMessage): Promise<unknown> {
    const [scheme = "", secret = ""] = (request.headers.authorization ?? "").split(/ +/, 2);
    const name = (request.url ?? "").split("?")[0]?.slice(SERVICE_PATH.length + 1) ?? "";
    const operation = isOperation(name) ? name : undefined;
    const isSettling = operation !== undefined && SETTLING.includes(operation);
    if (secret === "" || scheme.toLowerCase() !== (isSettling ? "ticket" : "bearer")) throw new Unauthenticated();
    // Nobody's body is kept before it is known who sends it; what is not read is passed over, for the connection's next request.
    const caller = await (isSettling ? this.#callers.byTicket(secret) : this.#callers.byToken(secret));
    if (operation === undefined) throw new Fault("hosted-request-invalid", { reason: `there is no operation ${name.slice(0, 64)}` });
    if (request.method !== "POST") throw new Fault("hosted-request-invalid", { reason: "operations are asked for by POST" });
    return this.#run(operation, caller, await readJson(request, MOST_BYTES, unreadable));
  }

  async #run(operation: Operation, caller: Awaited<ReturnType<Callers["byToken"]>>, body: unknown): Promise<unknown> {
    const { tenant } = caller;
    switch (operation) {
      case "ticket": {
        const { deployment } = readRequest(operation, body);
        const ticket = this.#callers.ticketFor(caller, deployment);
        return { ticket, tenantId: tenant.tenantId, organization: tenant.displayName };
      }
      case "check":
        return { findings: await this.#follower.check(tenant, readRequest(operation, body)) };
      case "import":
        return this.#follower.import(tenant, { ...readRequest(operation, body), by: caller.name });
      case "freeze":
        return this.#follower.freeze(tenant, { ...readRequest(operation, body), by: caller.name });
      case "commit":
        return this.#follower.settle(tenant, "commit", readRequest(operation, body).moveId);
      case "abort": {
        const { moveId, sipAddress } = readRequest(operation, body);
        return this.#follower.settle(tenant, "abort", moveId, sipAddress);
      }
    }
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const { host } = this.#options.identity.options;
    request.resume();
    if (error instanceof Unauthenticated) {
      return send(response, 401, undefined, { "www-authenticate": bearerChallenge(host) });
    }
    const fault = asFault(error);
    if (!isFault(error)) this.#options.log.warn({ error: String(error) }, "the hosted migration service failed");
    const status = fault.entry.http ?? STATUS[fault.layer] ?? (fault.code === "internal" ? 500 : CONFLICT);
    return send(response, status, writeFault(fault), status === 401 ? { "www-authenticate": bearerChallenge(host, "invalid_token") } : {});
  }
}

/** No token at all: no fault, only a challenge. */
class Unauthenticated extends Error {}

function unreadable(flaw: BodyFlaw, cause?: unknown): Fault {
  const limit = flaw === "is too long" ? ` (more than ${MOST_BYTES} bytes)` : "";
  return new Fault("hosted-request-invalid", { reason: `its body ${flaw}${limit}` }, { cause });
}

function send(response: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}): void {
  if (response.headersSent || response.destroyed) return;
  const body = value === undefined ? "" : JSON.stringify(value);
  response
    .writeHead(status, {
      "content-type": "application/json",
      "cache-control": "no-store",
      ...headers,
      "content-length": Buffer.byteLength(body),
    })
    .end(body);
}

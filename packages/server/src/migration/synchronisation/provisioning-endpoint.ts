/**
 * The provisioning endpoint of the online site: JSON over HTTPS, version 1 (docs/synchronisation.md).
 *
 *     POST /provisioning/v1/runs                     begins a run, or goes on with it
 *     POST /provisioning/v1/runs/{id}/batches        takes up to 500 changed objects
 *     POST /provisioning/v1/runs/{id}/finish         ends it
 *     GET  /provisioning/v1/runs/{id}                shows it
 *
 * Who asks needs a token of the tenant for `https://HOST/provisioning`, as a Global Administrator or with the role Directory
 * Synchronization Accounts. The tenant is the token's: nothing in a request names one.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { asFault, Fault, type FaultCode } from "@tieline/fault";
import type { z } from "zod";
import { findRole } from "../../directory/index.ts";
import { bearerChallenge, judgeAccessToken, type IdentityService, type TokenHolder } from "../../identity/index.ts";
import { readJson } from "../json-body.ts";
import { BatchRequest, BeginRequest, MAX_BYTES, PROVISIONING_PATH, VERSION } from "./contract.ts";
import { InboundRuns } from "./inbound-runs.ts";
import { movesOfUsers, type MovesOf } from "./moves-of-users.ts";

/** What a site's listener asks of a part with paths of its own. */
interface Route {
  serves(request: IncomingMessage): boolean;
  handle(request: IncomingMessage, response: ServerResponse): void;
}

export interface ProvisioningOptions {
  identity: IdentityService;
  /** Default: as the journal of moves has it. */
  movesOf?: MovesOf;
  /** Default: random. */
  newGuid?: () => string;
  log: { warn(facts: Record<string, unknown>, text: string): void };
}

/** Who may. */
const ROLES = ["Global Administrator", "Directory Synchronization Accounts"];

interface Call {
  runs: InboundRuns;
  by: string;
  runId: string;
  body: () => Promise<unknown>;
}

interface Operation {
  method: "GET" | "POST";
  path: RegExp;
  answer: (call: Call) => Promise<object>;
}

const RUN = "([0-9a-f-]{36})";

const OPERATIONS: readonly Operation[] = [
  { method: "POST", path: /^\/runs$/, answer: async ({ runs, by, body }) => runs.begin(parsed(BeginRequest, await body()), by) },
  {
    method: "POST",
    path: new RegExp(`^/runs/${RUN}/batches$`),
    answer: async ({ runs, runId, body }) => runs.take(runId, parsed(BatchRequest, await body())),
  },
  { method: "POST", path: new RegExp(`^/runs/${RUN}/finish$`), answer: ({ runs, runId }) => runs.finish(runId) },
  { method: "GET", path: new RegExp(`^/runs/${RUN}$`), answer: ({ runs, runId }) => runs.get(runId) },
];

export class ProvisioningEndpoint implements Route {
  readonly #options: ProvisioningOptions;
  constructor(options: ProvisioningOptions) {
    this.#options = options;
  }

  serves(request: IncomingMessage): boolean {
    const path = pathOf(request);
    return path === PROVISIONING_PATH || path.startsWith(`${PROVISIONING_PATH}/`);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    void this.#answer(request).then(
      (body) => send(response, 200, body),
      (error: unknown) => this.#refuse(request, response, error),
    );
  }

  async #answer(request: IncomingMessage): Promise<object> {
    const { identity, movesOf = movesOfUsers, newGuid = randomUUID } = this.#options;
    // Nobody's body is read before it is known who sends it.
    const holder = await this.#caller(request);
    const path = pathOf(request).slice(PROVISIONING_PATH.length);
    const rest = path.startsWith(`/${VERSION}/`) ? path.slice(VERSION.length + 1) : "";
    const operation = OPERATIONS.find((each) => each.method === request.method && each.path.test(rest));
    if (operation === undefined) throw new Fault("sync-request", { what: `there is no ${request.method ?? ""} ${path.slice(0, 128)}` });
    const { db, directory, sources } = identity.options;
    const tenant = await directory.tenants.byId(holder.tenantId);
    if (tenant === undefined) throw new Fault("tenant-not-found", { tenant: holder.tenantId });
    const runs = new InboundRuns({ db, directory, movesOf, newGuid, nowMs: () => sources.nowMs() }, tenant);
    return operation.answer({
      runs,
      by: nameOf(holder),
      runId: operation.path.exec(rest)?.[1] ?? "",
      body: () => bodyOf(request),
    });
  }

  /** @throws Fault `access-token-refused`, `token-audience-invalid`, `sync-permission` */
  async #caller(request: IncomingMessage): Promise<TokenHolder> {
    const { identity } = this.#options;
    const token = /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined) throw new Fault("access-token-refused", { reason: "there is none" });
    const holder = await judgeAccessToken(identity, token, this.#address());
    const roles = holder.kind === "person" ? holder.account.roles : holder.application.roles;
    if (!roles.some((role) => ROLES.includes(findRole(role)?.name ?? ""))) throw new Fault("sync-permission", { caller: nameOf(holder) });
    return holder;
  }

  #address(): string {
    return `https://${this.#options.identity.options.endpointHosts[0] ?? ""}${PROVISIONING_PATH}`;
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const fault = asFault(error);
    if (fault.is("internal")) this.#options.log.warn({ what: fault.message, cause: String(fault.cause) }, "provisioning failed");
    const status = UNAUTHORISED.includes(fault.code) ? 401 : (fault.entry.http ?? 500);
    if (status === 401) response.setHeader("www-authenticate", bearerChallenge(this.#options.identity.options.host));
    // What was not read must not be taken for the next request.
    if (!request.complete) response.setHeader("connection", "close");
    request.resume();
    send(response, status, { error: { code: fault.code, message: fault.message, cure: fault.cure } });
  }
}

const UNAUTHORISED: readonly FaultCode[] = ["access-token-refused", "token-audience-invalid"];

function nameOf(holder: TokenHolder): string {
  return holder.kind === "person" ? holder.account.userPrincipalName : `${holder.application.displayName} (${holder.appId})`;
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?")[0]?.replace(/\/$/, "").toLowerCase() ?? "/";
}

/** @throws Fault `sync-too-much`, `sync-request` */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json\b/i.test(type)) throw new Fault("sync-request", { what: "its body must be application/json" });
  return readJson(request, MAX_BYTES, (flaw, cause) =>
    flaw === "is too long"
      ? new Fault("sync-too-much", { what: `it has more than ${MAX_BYTES} bytes` })
      : new Fault("sync-request", { what: `its body ${flaw}` }, { cause }),
  );
}

function parsed<T>(shape: z.ZodType<T>, body: unknown): T {
  const read = shape.safeParse(body);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Fault("sync-request", { what: `${issue?.path.join(".") ?? "body"}: ${issue?.message ?? "not understood"}`.replace(/\.$/, "") });
}

function send(response: ServerResponse, status: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response
    .writeHead(status, { "content-type": "application/json; charset=utf-8", "content-length": bytes.length, "cache-control": "no-store" })
    .end(bytes);
}

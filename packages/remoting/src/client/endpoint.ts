/** Questions to a WS-Management endpoint beside sessions: is it there, which shells are mine, close one. */
import { randomUUID } from "node:crypto";
import { Dialler, PinnedClient } from "@tieline/net";
import { HttpLine } from "../edge/http-line.ts";
import {
  Caller,
  RESOURCE,
  SOAP_CONTENT_TYPE,
  type Answers,
  type CallTarget,
  type OperationName,
  type Requests,
  type ShellDescription,
} from "../wsman/index.ts";
import { wsmanOptions, type WsmanTransport } from "./transport.ts";

/** Largest page of an enumeration. */
const PAGE = 32_000;

export class WsmanEndpoint implements AsyncDisposable {
  readonly #caller: Caller;
  readonly #line: HttpLine;
  readonly #transport: WsmanTransport;

  constructor(transport: WsmanTransport) {
    const options = wsmanOptions(transport, { id: randomUUID(), protocolVersion: undefined });
    this.#transport = transport;
    this.#line = new HttpLine({ ...options, uri: new URL(options.uri) });
    this.#caller = new Caller({ operationTimeoutMs: 60_000, ...options, newId: randomUUID });
  }

  /** What answers there, asked without credentials (Test-WSMan). @throws Fault */
  async identify(signal?: AbortSignal): Promise<Answers["identify"]> {
    const url = new URL(wsmanOptions(this.#transport, { id: "", protocolVersion: undefined }).uri);
    await using client = new PinnedClient(this.#transport.dialler ?? new Dialler(), url);
    const answer = await client.request({
      method: "POST",
      path: url.pathname + url.search,
      headers: { "content-type": SOAP_CONTENT_TYPE, wsmanidentify: "unauthenticated", "accept-encoding": "identity" },
      body: this.#caller.encode("identify", {}, {}),
      ...(signal === undefined ? {} : { signal }),
    });
    return this.#caller.decode("identify", { status: answer.status, body: answer.body });
  }

  /** The caller's own shells, connected and disconnected. @throws Fault */
  async listShells(signal?: AbortSignal): Promise<ShellDescription[]> {
    const target = { resourceUri: RESOURCE.shell };
    let answer: Answers["enumerate"] = await this.#ask("enumerate", { optimize: true, maxElements: PAGE }, target, signal);
    const shells = [...(answer.shells ?? [])];
    while (!answer.end && answer.context !== "") {
      answer = await this.#ask("pull", { context: answer.context, maxElements: PAGE }, target, signal);
      shells.push(...(answer.shells ?? []));
    }
    return shells;
  }

  /** Ends a shell with everything that runs in it. @throws Fault `wsman-shell-not-found` */
  async closeShell(shell: Pick<ShellDescription, "shellId" | "resourceUri">, signal?: AbortSignal): Promise<void> {
    await this.#ask("delete", {}, shell, signal);
  }

  async close(): Promise<void> {
    await this.#line.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #ask<K extends OperationName>(
    operation: K,
    request: Requests[K],
    target: CallTarget,
    signal: AbortSignal | undefined,
  ): Promise<Answers[K]> {
    const answer = await this.#line.post(this.#caller.encode(operation, request, target), {
      timeoutMs: this.#caller.timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
    return this.#caller.decode(operation, { status: answer.status, body: answer.body });
  }
}

/** The caller's own shells at an endpoint. @throws Fault */
export async function listShells(transport: WsmanTransport, options: { signal?: AbortSignal } = {}): Promise<ShellDescription[]> {
  await using endpoint = new WsmanEndpoint(transport);
  return await endpoint.listShells(options.signal);
}

/** Ends one of the caller's shells; of PowerShell's default configuration, or as `listShells` described it. @throws Fault */
export async function closeShell(
  transport: WsmanTransport,
  shell: string | Pick<ShellDescription, "shellId" | "resourceUri">,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  await using endpoint = new WsmanEndpoint(transport);
  const resourceUri = `${RESOURCE.powershell}${transport.configuration ?? "Microsoft.PowerShell"}`;
  await endpoint.closeShell(typeof shell === "string" ? { shellId: shell, resourceUri } : shell, options.signal);
}

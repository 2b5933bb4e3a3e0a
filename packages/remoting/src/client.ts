/**
 * The client's door: `connect` opens a session over any of four transports, `attach` returns to one that was left.
 * What a session can do stands in `client/session.ts`.
 */
import { randomUUID } from "node:crypto";
import type { PsDictionary } from "./objects/index.ts";
import { ClientPool, NO_HOST, type PoolLimits } from "./psrp/index.ts";
import { Session, type SessionOptions } from "./client/session.ts";
import { openCarrier, type OpenContext, type Transport } from "./client/transport.ts";
import { toPsValue, type Convertible } from "./client/to-ps-value.ts";
import { PLAIN_HOST } from "./host.ts";
import { sessionKeys } from "./edge/session-keys.ts";

export { Session, type InvokeOptions, type SessionOptions } from "./client/session.ts";
export { PipelineRun, type RelayRecord, type StreamRecord } from "./client/pipeline-run.ts";
export { DEFAULT_ENDURANCE, Outage, type Endurance } from "./edge/endurance.ts";
export { PipelineBuilder, type RunOptions } from "./client/pipeline-builder.ts";
export { PowerShellError } from "./client/powershell-error.ts";
export { toPsValue, type Convertible } from "./client/to-ps-value.ts";
export {
  openCommandShell,
  RemoteCommandShell,
  RemoteProgram,
  type CommandShellOptions,
  type ProgramOptions,
  type ProgramPiece,
  type ProgramResult,
} from "./client/command-shell.ts";
export { closeShell, listShells, WsmanEndpoint } from "./client/endpoint.ts";
export { consoleHost, type ConsoleHostOptions } from "./console-host.ts";
export type { ProcessTransport, SocketTransport, SshTransport, Transport, WsmanTransport } from "./client/transport.ts";

export interface ConnectOptions extends SessionOptions {
  transport: Transport;
  /** $PSSenderInfo.ApplicationArguments at the server. */
  applicationArguments?: Readonly<Record<string, Convertible>>;
  /** Pipelines that may run at a time. Default 1. */
  maxRunspaces?: number;
  minRunspaces?: number;
  /** The highest protocol version to speak; for tests against older peers. */
  protocolVersion?: string;
  /**
   * For one who passes on what both ends say: type names, script blocks and depth stay as the server wrote them. Default
   * false: type names get PowerShell's `Deserialized.`.
   */
  faithful?: boolean;
  /** Bounds for what the server may make this end hold. */
  limits?: PoolLimits;
  /** Ends the attempt. It has no effect on the open session. */
  signal?: AbortSignal;
}

/**
 * Opens a session. Close it, or let `await using` do so.
 *
 * @throws Fault for every reason why it cannot be opened
 * @example
 * ```ts
 * await using session = await connect({ transport: { kind: "process", command: "pwsh" } });
 * for await (const value of session.invoke("Get-Date")) console.log(String(value));
 * ```
 */
export async function connect(options: ConnectOptions): Promise<Session> {
  const id = randomUUID();
  const carrier = await openCarrier(options.transport, contextFor(id, options));
  return new Session(poolFor(id, options), carrier, options).begin("open", options.signal);
}

export interface AttachOptions extends Omit<ConnectOptions, "applicationArguments" | "minRunspaces" | "maxRunspaces"> {
  /** The session's id, as `session.id` or `listShells` gave it. */
  id: string;
}

/** Connects to a session that was disconnected, by this process or another. Only over WS-Management. @throws Fault */
export async function attach(options: AttachOptions): Promise<Session> {
  const carrier = await openCarrier(options.transport, contextFor(options.id, options));
  return new Session(poolFor(options.id, options), carrier, options).begin("connect", options.signal);
}

/** What a pool on the way needs to lose nothing; whoever wrote an object has cut its depth already. */
export const FAITHFUL = { rawTypeNames: true, scriptBlocks: true, depth: 50 } as const;

function contextFor(id: string, { signal, openTimeoutMs, protocolVersion }: Omit<ConnectOptions, "transport">): OpenContext {
  return { id, signal, openTimeoutMs, protocolVersion };
}

function poolFor(id: string, options: Omit<ConnectOptions, "transport">): ClientPool {
  const { applicationArguments, minRunspaces, maxRunspaces, protocolVersion, limits, host, faithful } = options;
  return new ClientPool({
    id,
    sessionKeys: sessionKeys(),
    ...(faithful === true ? FAITHFUL : {}),
    host: host === undefined ? NO_HOST : (host.info ?? PLAIN_HOST),
    ...(applicationArguments === undefined ? {} : { applicationArguments: toPsValue(applicationArguments) as PsDictionary }),
    ...(minRunspaces === undefined ? {} : { minRunspaces }),
    ...(maxRunspaces === undefined ? {} : { maxRunspaces }),
    ...(protocolVersion === undefined ? {} : { protocolVersion }),
    ...(limits === undefined ? {} : { limits }),
  });
}

/** The ways to the other end, and the carrier for each. */
import type { HttpScheme } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { Dialler } from "@tieline/net";
import { startProcess, type ChildProcessOptions } from "../edge/child-process.ts";
import { ProcessCarrier } from "../edge/process-carrier.ts";
import { connectSocket } from "../edge/socket.ts";
import type { SshClientOptions } from "../edge/ssh-client.ts";
import { WsmanCarrier, type WsmanCarrierOptions } from "../edge/wsman-carrier.ts";
import type { ClientChannelOptions } from "../process/index.ts";
import { PROTOCOL_VERSION } from "../psrp/index.ts";
import type { ClientCarrier } from "./carrier-port.ts";

/** A PowerShell of this machine, as a child process. */
export interface ProcessTransport extends ChildProcessOptions, ClientChannelOptions {
  kind: "process";
}

/** A Unix socket or a named pipe of this machine. */
export interface SocketTransport extends ClientChannelOptions {
  kind: "socket";
  /** A path, or a pipe's name as PowerShell resolves it. */
  path: string;
}

export interface SshTransport extends Omit<SshClientOptions, "dialler" | "signal">, ClientChannelOptions {
  kind: "ssh";
  /** Proxies, name map, time-outs of the connection. */
  dialler?: Dialler;
}

/** WS-Management over http or https. */
export interface WsmanTransport extends Omit<WsmanCarrierOptions, "uri" | "dialler" | "shellId" | "scheme" | "protocolVersion"> {
  kind: "wsman";
  /** The endpoint with its path and query; `https://host` alone means `https://host:5986/wsman`. */
  uri: string;
  /** Proxies, name map, trust in TLS certificates. */
  dialler?: Dialler;
  /** The only mechanism to use; without it the strongest that both ends can. */
  authentication?: HttpScheme;
}

export type Transport = WsmanTransport | ProcessTransport | SocketTransport | SshTransport;

export interface OpenContext {
  id: string;
  protocolVersion: string | undefined;
  signal: AbortSignal | undefined;
  openTimeoutMs: number | undefined;
}

/** @throws Fault of the transport's layers */
export async function openCarrier(transport: Transport, context: OpenContext): Promise<ClientCarrier> {
  const { signal, openTimeoutMs } = context;
  signal?.throwIfAborted();
  const aborts = signal === undefined ? {} : { signal };
  switch (transport.kind) {
    case "wsman":
      return new WsmanCarrier(wsmanOptions(transport, context));
    case "process":
      return new ProcessCarrier(await startProcess(transport), transport);
    case "socket":
      return new ProcessCarrier(
        await connectSocket(transport.path, { ...aborts, ...(openTimeoutMs === undefined ? {} : { timeoutMs: openTimeoutMs }) }),
        transport,
      );
    case "ssh": {
      // Loaded when it is wanted: most users never do, and it is large.
      const { connectSsh } = await import("../edge/ssh-client.ts");
      return new ProcessCarrier(await connectSsh({ ...transport, dialler: transport.dialler ?? new Dialler(), ...aborts }), transport);
    }
  }
}

/** Ports and path as WinRM has them, where the address names none. @throws Fault `usage` */
export function endpointUri(uri: string): string {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new Fault("usage", {
      what: `"${uri}" is not an http or https address.`,
      hint: "Example: https://pool01.contoso.local:5986/wsman",
    });
  }
  const bare = url.pathname === "/" && url.search === "";
  const named = /^[a-z]+:\/\/[^/?#]*:\d+(?:[/?#]|$)/i.test(uri);
  if (bare) url.pathname = "/wsman";
  if (bare && !named) url.port = url.protocol === "https:" ? "5986" : "5985";
  return url.href;
}

/** What travels as a:To says which version of PowerShell asks, as PowerShell's own address does. */
export function wsmanOptions(
  transport: WsmanTransport,
  { id, protocolVersion }: Pick<OpenContext, "id" | "protocolVersion">,
): WsmanCarrierOptions {
  const { authentication, dialler, ...options } = transport;
  return {
    ...options,
    uri: endpointUri(transport.uri),
    dialler: dialler ?? new Dialler(),
    shellId: id,
    protocolVersion: protocolVersion ?? PROTOCOL_VERSION,
    ...(authentication === undefined ? {} : { scheme: authentication }),
  };
}

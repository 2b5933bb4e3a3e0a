/** The ways to the other end, and the carrier for each. */
import { Dialler } from "@tieline/net";
import { startProcess, type ChildProcessOptions } from "../edge/child-process.ts";
import { ProcessCarrier } from "../edge/process-carrier.ts";
import { connectSocket } from "../edge/socket.ts";
import type { SshClientOptions } from "../edge/ssh-client.ts";
import type { ClientChannelOptions } from "../process/index.ts";
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

export type Transport = ProcessTransport | SocketTransport | SshTransport;

export interface OpenContext {
  id: string;
  signal: AbortSignal | undefined;
  openTimeoutMs: number | undefined;
}

/** @throws Fault of the transport's layers */
export async function openCarrier(transport: Transport, { signal, openTimeoutMs }: OpenContext): Promise<ClientCarrier> {
  signal?.throwIfAborted();
  const aborts = signal === undefined ? {} : { signal };
  switch (transport.kind) {
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

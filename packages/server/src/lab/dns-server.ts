/** The lab's name server on one loopback port, over UDP and TCP (RFC 1035 4.2, RFC 7766). */
import { createSocket, type Socket as Datagrams } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import { Fault } from "@tieline/fault";
import { answerPacket, type Zone } from "./dns-zone.ts";

export interface DnsServerOptions {
  zones: readonly Zone[];
  port: number;
  /** Default 127.0.0.1. */
  address?: string;
  /** A connection that asks nothing for so long is closed. Default 10,000. */
  idleMs?: number;
  /** Connections at once; more are closed at once. Default 64. */
  maxConnections?: number;
}

/** @throws Fault `port-taken`, `port-denied` */
export async function serveDns(options: DnsServerOptions): Promise<AsyncDisposable> {
  const address = options.address ?? "127.0.0.1";
  await using opened = new AsyncDisposableStack();
  const datagrams = await bindDatagrams(options, address);
  opened.defer(() => new Promise<void>((resolve) => datagrams.close(resolve)));
  const connections = new Set<Socket>();
  const server = await listen(options, address, connections);
  opened.defer(async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of connections) socket.destroy();
    await closed;
  });
  return opened.move();
}

function bindDatagrams(options: DnsServerOptions, address: string): Promise<Datagrams> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  socket.on("message", (packet, from) => {
    const answer = answerPacket(options.zones, packet, "udp");
    // Whoever asked may be gone; that is no trouble of ours.
    if (answer !== undefined) socket.send(answer, from.port, from.address, () => undefined);
  });
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => reject(portFault(error, options.port, address)));
    socket.bind(options.port, address, () => {
      socket.removeAllListeners("error").on("error", () => undefined);
      resolve(socket);
    });
  });
}

function listen(options: DnsServerOptions, address: string, connections: Set<Socket>): Promise<Server> {
  const server = createServer((socket) => {
    if (connections.size >= (options.maxConnections ?? 64)) return void socket.destroy();
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(options.idleMs ?? 10_000, () => socket.destroy());
    converse(socket, options.zones);
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(portFault(error, options.port, address)));
    server.listen(options.port, address, () => {
      server.removeAllListeners("error").on("error", () => undefined);
      resolve(server);
    });
  });
}

/** Each message has its length in two octets before it; what is no question ends the connection. */
function converse(socket: Socket, zones: readonly Zone[]): void {
  let held: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
      const end = 2 + held.readUInt16BE(0);
      const answer = answerPacket(zones, held.subarray(2, end), "tcp");
      if (answer === undefined) return void socket.destroy();
      const length = Buffer.alloc(2);
      length.writeUInt16BE(answer.length);
      socket.write(Buffer.concat([length, answer]));
      held = held.subarray(end);
    }
    // Questions come faster than their answers are read: enough.
    if (socket.writableLength > 262_144) socket.destroy();
    return undefined;
  });
}

function portFault(error: NodeJS.ErrnoException, port: number, address: string): Error {
  if (error.code === "EADDRINUSE") return new Fault("port-taken", { port, address, option: "--port lab-dns=PORT" }, { cause: error });
  return new Fault("port-denied", { port, address, reason: error.code ?? error.message }, { cause: error });
}

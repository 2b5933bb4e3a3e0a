/** Unix sockets, or named pipes on Windows, at both ends. Whoever may open the file may speak: the file is the authentication. */
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync, unlinkSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { Fault } from "@tieline/fault";
import { over, readFrom, within, writeTo, type ByteLink } from "./byte-link.ts";
import { socketPath } from "./socket-path.ts";

/** @throws Fault `socket-unreachable`, `socket-path-too-long` */
export async function connectSocket(name: string, options: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<ByteLink> {
  const path = socketPath(name);
  const socket = connect(path);
  const refuse = (reason: string, cause?: unknown): Fault => new Fault("socket-unreachable", { path, reason }, { cause });
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(refuse("no answer in time")), options.timeoutMs ?? 10_000);
      socket
        .once("connect", resolve)
        .once("error", reject)
        .once("close", () => clearTimeout(timer));
      socket.once("connect", () => clearTimeout(timer));
      options.signal?.addEventListener("abort", () => reject(options.signal?.reason as Error), { once: true });
      if (options.signal?.aborted === true) reject(options.signal.reason as Error);
    });
  } catch (error) {
    socket.destroy();
    const { code } = error as NodeJS.ErrnoException;
    throw code === undefined || error instanceof Fault ? error : refuse(code, error);
  }
  return socketLink(socket, () => new Fault("process-ended", { reason: "the other end closed the socket" }));
}

/** A connected socket as a link. */
export function socketLink(socket: Socket, reason: () => Fault, closeTimeoutMs = 2000): ByteLink {
  socket.on("error", () => undefined);
  const ended = over(socket);
  return {
    input: readFrom(socket),
    write: (bytes) => writeTo(socket, bytes),
    close: async () => {
      socket.end();
      socket.resume();
      await within(ended, closeTimeoutMs);
      socket.destroy();
    },
    destroy: () => socket.destroy(),
    reason: async () => reason(),
  };
}

export interface SocketListener {
  readonly path: string;
  /** Accepts no more and removes the file; open connections stay. */
  close(): Promise<void>;
}

export interface SocketListenOptions {
  /** Connections at a time; more are closed at once. Default 1,000. */
  maxConnections?: number;
}

/**
 * Serves a socket that only this account can open: file mode 0600, in a folder that is made with mode 0700 if it is not
 * there. A socket that a dead process left behind is removed.
 *
 * @throws Fault `socket-taken`, `socket-path-too-long`
 */
export async function listenSocket(
  name: string,
  onConnection: (link: ByteLink) => void,
  options: SocketListenOptions = {},
): Promise<SocketListener> {
  const path = socketPath(name);
  const onDisk = process.platform !== "win32";
  if (onDisk) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    refuseOpenFolder(path);
    await removeStale(path);
  }
  const server = createServer((socket) =>
    onConnection(socketLink(socket, () => new Fault("process-ended", { reason: "the client closed the socket" }))),
  );
  server.maxConnections = options.maxConnections ?? 1000;
  const listening = new Promise<void>((resolve, reject) => {
    server.once("listening", resolve).once("error", reject);
  });
  try {
    if (onDisk) await bindPrivately(path, (at) => (server.listen(at), listening));
    else await (server.listen(path), listening);
  } catch (error) {
    server.close();
    throw new Fault("socket-taken", { path, reason: (error as NodeJS.ErrnoException).code ?? "?" }, { cause: error });
  }
  server.on("error", () => undefined);
  return {
    path,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      if (onDisk) rmSync(path, { force: true });
      await within(closed, 0);
    },
  };
}

/**
 * The file gets its mode after it was made; so it is made where nobody else can reach it, and moved when it is ready.
 * (A umask would do the same, but belongs to the whole process, and worker threads have none.)
 */
async function bindPrivately(path: string, bind: (path: string) => Promise<void>): Promise<void> {
  if ((lstatSync(dirname(path)).mode & 0o077) === 0) {
    await bind(path);
    chmodSync(path, 0o600);
    return;
  }
  const folder = mkdtempSync(join(dirname(path), "."));
  try {
    const first = socketPath(join(folder, "s"));
    await bind(first);
    chmodSync(first, 0o600);
    renameSync(first, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In a folder where others may replace files, a mode of 0600 would protect nobody; the sticky bit (as on /tmp) prevents that. */
function refuseOpenFolder(path: string): void {
  const folder = lstatSync(dirname(path));
  const othersWrite = (folder.mode & 0o022) !== 0 && (folder.mode & 0o1000) === 0;
  if (othersWrite) throw new Fault("socket-taken", { path, reason: "others may write into its folder" });
}

async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Fault("socket-taken", { path, reason: "a file stands in its place" });
  const alive = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => resolve(true)).once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "ECONNREFUSED"));
    probe.once("close", () => probe.destroy());
    probe.once("connect", () => probe.destroy());
  });
  if (alive) throw new Fault("socket-taken", { path, reason: "another process serves it" });
  unlinkSync(path);
}

/**
 * An SSH server that can do one thing: the subsystem `powershell`. No shell, no exec, no terminal, no forwarding.
 * Who may come in is decided by the authenticator that is handed in.
 */
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Fault } from "@tieline/fault";
import type { AuthContext, Connection, PublicKeyAuthContext, ServerChannel, Session } from "ssh2";
import { over, readFrom, within, writeTo, type ByteLink } from "./byte-link.ts";
import { fingerprint } from "./known-hosts.ts";
import { Server, utils } from "./ssh-library.ts";

/** Where a sign-in comes from. */
export interface SshClientAddress {
  address: string;
  port: number;
}

/** A public key that a client says it holds. The signature is checked here; whose key it is, is the authenticator's to say. */
export interface SshPublicKey {
  algorithm: string;
  /** The key in SSH's binary form. */
  blob: Uint8Array;
  /** `SHA256:...`. */
  fingerprint: string;
}

/** Says who somebody is, or undefined for nobody. Delays and lock-outs after failures are its own. */
export interface SshAuthenticator<P> {
  password?(user: string, password: string, from: SshClientAddress): Promise<P | undefined>;
  publicKey?(user: string, key: SshPublicKey, from: SshClientAddress): Promise<P | undefined>;
}

export interface SshServerOptions<P> {
  /** Private keys in OpenSSH or PEM form, at least one. */
  hostKeys: readonly string[];
  authenticator: SshAuthenticator<P>;
  /** A client that asked for the subsystem. */
  onSession: (link: ByteLink, principal: P, from: SshClientAddress) => void;
  host?: string;
  port?: number;
  /** Default `powershell`. */
  subsystem?: string;
  /** Refused sign-ins until the connection is ended. Default 6. */
  maxAttempts?: number;
  /** Time until somebody must have signed in. Default 60,000. */
  loginGraceMs?: number;
  /** Connections at a time. Default 1,000. */
  maxConnections?: number;
  /** Subsystems at a time over one connection. Default 10. */
  maxSessionsPerConnection?: number;
  /** Default 60,000; a client that does not answer three times is taken as gone. */
  keepAliveMs?: number;
}

export interface SshListener {
  readonly port: number;
  /** Accepts no more; ends all connections. */
  close(): Promise<void>;
}

/** A new host key (Ed25519), in OpenSSH's form. */
export function generateHostKey(): { privateKey: string; publicKey: string; fingerprint: string } {
  let pair = utils.generateKeyPairSync("ed25519");
  // The library makes one key in some 300 that it cannot read itself (its halves begin with a zero, which it loses).
  for (let i = 0; i < 8 && utils.parseKey(pair.private) instanceof Error; i++) pair = utils.generateKeyPairSync("ed25519");
  return { privateKey: pair.private, publicKey: pair.public, fingerprint: fingerprintOf(pair.private) };
}

/** @throws Fault `ssh-key-unreadable` */
export function fingerprintOf(privateKey: string): string {
  const key = utils.parseKey(privateKey);
  if (key instanceof Error) throw new Fault("ssh-key-unreadable", { name: "of the host", reason: key.message });
  return fingerprint((Array.isArray(key) ? key[0] : key).getPublicSSH());
}

/** @throws Fault `ssh-key-unreadable`, or Node's error where the port is taken */
export async function listenSsh<P>(options: SshServerOptions<P>): Promise<SshListener> {
  for (const key of options.hostKeys) fingerprintOf(key);
  const sockets = new Set<Socket>();
  const graces = new Map<string, NodeJS.Timeout>();
  const ssh = new Server(
    { hostKeys: [...options.hostKeys], ident: "Tieline", keepaliveInterval: options.keepAliveMs ?? 60_000, keepaliveCountMax: 3 },
    (connection, info) => {
      const from = { address: info.ip, port: info.port };
      serve(options, connection, from, () => clearTimeout(graces.get(`${info.ip} ${info.port}`)));
    },
  );
  const listener = createServer((socket) => {
    sockets.add(socket);
    const name = `${socket.remoteAddress} ${socket.remotePort}`;
    // Counts from the first byte that a client could send, so that one that says nothing is ended too.
    graces.set(
      name,
      setTimeout(() => socket.destroy(), options.loginGraceMs ?? 60_000),
    );
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.once("close", () => {
      clearTimeout(graces.get(name));
      graces.delete(name);
      sockets.delete(socket);
    });
    ssh.injectSocket(socket);
  });
  listener.maxConnections = options.maxConnections ?? 1000;
  await new Promise<void>((resolve, reject) => {
    listener.once("listening", resolve).once("error", reject);
    listener.listen(options.port ?? 22, options.host ?? "127.0.0.1", 4096);
  });
  return {
    port: (listener.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function serve<P>(options: SshServerOptions<P>, connection: Connection, from: SshClientAddress, signedIn: () => void): void {
  const who: { principal?: P } = {};
  let attempts = 0;
  let sessions = 0;
  connection.on("error", () => undefined);
  connection.on("authentication", (context: AuthContext) => {
    authenticate(options.authenticator, context, from)
      .then((answer) => {
        if (answer === "probe") return context.accept();
        if (answer !== undefined) {
          who.principal = answer.principal;
          return context.accept();
        }
        if (context.method !== "none") attempts += 1;
        if (attempts >= (options.maxAttempts ?? 6)) return void connection.end();
        return context.reject(methodsOf(options.authenticator));
      })
      .catch(() => void connection.end());
  });
  connection.on("ready", signedIn);
  connection.on("session", (accept, reject) => {
    if (who.principal === undefined || sessions >= (options.maxSessionsPerConnection ?? 10)) return reject();
    sessions += 1;
    const session: Session = accept();
    session.once("close", () => (sessions -= 1));
    session.on("subsystem", (accepted, refused, info) => {
      if (info.name !== (options.subsystem ?? "powershell")) return refused();
      const channel = accepted() as unknown as ServerChannel | undefined;
      if (channel !== undefined) options.onSession(link(connection, channel), who.principal as P, from);
      return undefined;
    });
    return undefined;
  });
}

/** What is left to try. */
function methodsOf(authenticator: SshAuthenticator<unknown>): ("publickey" | "password")[] {
  return [
    ...(authenticator.publicKey === undefined ? [] : ["publickey" as const]),
    ...(authenticator.password === undefined ? [] : ["password" as const]),
  ];
}

/** Undefined refuses; "probe" is the question whether a key would do, which the client then proves to hold. */
async function authenticate<P>(
  authenticator: SshAuthenticator<P>,
  context: AuthContext,
  from: SshClientAddress,
): Promise<{ principal: P } | "probe" | undefined> {
  if (context.method === "password") {
    const principal = await authenticator.password?.(context.username, context.password, from);
    return principal === undefined ? undefined : { principal };
  }
  if (context.method !== "publickey") return undefined;
  const blob = context.key.data;
  const signed = context.signature !== undefined;
  if (signed && !verified(context)) return undefined;
  const key = { algorithm: context.key.algo, blob, fingerprint: fingerprint(blob) };
  const principal = await authenticator.publicKey?.(context.username, key, from);
  if (principal === undefined) return undefined;
  return signed ? { principal } : "probe";
}

function verified(context: PublicKeyAuthContext): boolean {
  const key = utils.parseKey(context.key.data);
  if (key instanceof Error || context.signature === undefined || context.blob === undefined) return false;
  return (Array.isArray(key) ? key[0] : key).verify(context.blob, context.signature, context.hashAlgo) === true;
}

function link(connection: Connection, channel: ServerChannel): ByteLink {
  const ended = over(channel as unknown as Duplex);
  channel.on("error", () => undefined);
  connection.once("close", () => channel.destroy());
  return {
    input: readFrom(channel as unknown as Duplex),
    write: (bytes) => writeTo(channel as unknown as Duplex, bytes),
    close: async () => {
      channel.exit(0);
      channel.end();
      channel.resume();
      await within(ended, 2000);
      channel.destroy();
    },
    destroy: () => {
      channel.destroy();
    },
    reason: async () => new Fault("ssh-ended"),
  };
}

/** The other end behind an SSH server that offers PowerShell as a subsystem (`Subsystem powershell pwsh -sshs`). */
import type { Duplex, Readable } from "node:stream";
import { Fault } from "@tieline/fault";
import type { AnyAuthMethod, ClientChannel, ConnectConfig, ServerHostKeyAlgorithm, Client as SshConnection } from "ssh2";
import type { Dialler } from "@tieline/net";
import { over, readFrom, within, writeTo, type ByteLink } from "./byte-link.ts";
import { fingerprint, KnownHosts } from "./known-hosts.ts";
import { Client, utils } from "./ssh-library.ts";

/** How the host proves itself; there is no default, since trusting anyone would be one. */
export type HostKeyTrust =
  /** The text of a known hosts file. */
  | { knownHosts: string }
  /** `SHA256:...`, as `ssh-keygen -lf` shows it. */
  | { fingerprint: string }
  /** Believes any host. For tests; callers must warn. */
  | { insecure: true };

export interface SshClientOptions {
  host: string;
  /** Default 22. */
  port?: number;
  user: string;
  /** Tried in the order agent, key, password. */
  password?: string;
  privateKey?: { pem: string; passphrase?: string };
  /** The path of an agent's socket (`SSH_AUTH_SOCK`), or `pageant`. */
  agent?: string;
  hostKey: HostKeyTrust;
  /** Default `powershell`. */
  subsystem?: string;
  dialler: Dialler;
  /** For handshake and authentication together. Default 30,000. */
  openTimeoutMs?: number;
  /** Default 60,000; 0 for none. */
  keepAliveMs?: number;
  signal?: AbortSignal;
}

/** @throws Fault `ssh-*` and those of the dialler */
export async function connectSsh(options: SshClientOptions): Promise<ByteLink> {
  const { host, user, port = 22 } = options;
  const socket = await options.dialler.dial({ protocol: "http:", host, port }, options.signal);
  const verdict: { fault?: Fault } = {};
  const client = new Client();
  const abort = (): void => void client.destroy();
  options.signal?.addEventListener("abort", abort, { once: true });
  let failure: Error | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      client.once("ready", resolve);
      client.on("error", (error) => {
        failure = error;
        reject(error);
      });
      client.once("close", () => reject(failure ?? new Error("the server closed the connection")));
      client.connect(configuration(options, socket as unknown as Readable, verdict));
    });
    const channel = await subsystem(client, options);
    return link(client, channel);
  } catch (error) {
    client.destroy();
    options.signal?.throwIfAborted();
    throw verdict.fault ?? (error instanceof Fault ? error : sshFault(error as Error & { level?: string }, options, host, user));
  } finally {
    options.signal?.removeEventListener("abort", abort);
  }
}

function configuration(options: SshClientOptions, sock: Readable, verdict: { fault?: Fault }): ConnectConfig {
  const { host, port = 22, privateKey } = options;
  if (privateKey !== undefined) {
    const key = utils.parseKey(privateKey.pem, privateKey.passphrase);
    if (key instanceof Error) throw new Fault("ssh-key-unreadable", { name: "that was given", reason: key.message });
  }
  const known = "knownHosts" in options.hostKey ? KnownHosts.parse(options.hostKey.knownHosts) : undefined;
  const types = known?.typesFor(host, port) ?? [];
  return {
    sock,
    username: options.user,
    authHandler: methodsOf(options),
    readyTimeout: options.openTimeoutMs ?? 30_000,
    keepaliveInterval: options.keepAliveMs ?? 60_000,
    keepaliveCountMax: 3,
    ident: "Tieline",
    ...(types.length === 0 ? {} : { algorithms: { serverHostKey: algorithmsOf(types) } }),
    hostVerifier: (key: Buffer) => {
      verdict.fault = judge(options, known, key);
      return verdict.fault === undefined;
    },
  };
}

function methodsOf({ user: username, agent, privateKey, password }: SshClientOptions): AnyAuthMethod[] {
  const methods: AnyAuthMethod[] = [{ type: "none", username }];
  if (agent !== undefined) methods.push({ type: "agent", username, agent });
  if (privateKey !== undefined) {
    const { pem: key, passphrase } = privateKey;
    methods.push({ type: "publickey", username, key, ...(passphrase === undefined ? {} : { passphrase }) });
  }
  if (password !== undefined) methods.push({ type: "password", username, password });
  return methods;
}

/** An RSA key signs with SHA-2 nowadays. */
function algorithmsOf(types: readonly string[]): ServerHostKeyAlgorithm[] {
  return types.flatMap((type) => (type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type])) as ServerHostKeyAlgorithm[];
}

function judge(options: SshClientOptions, known: KnownHosts | undefined, key: Uint8Array): Fault | undefined {
  const { host, port = 22, hostKey } = options;
  const shown = fingerprint(key);
  if ("insecure" in hostKey) return hostKey.insecure ? undefined : new Fault("ssh-host-key-unknown", { host, fingerprint: shown });
  if ("fingerprint" in hostKey) {
    return hostKey.fingerprint.replace(/=+$/, "") === shown ? undefined : new Fault("ssh-host-key-changed", { host, fingerprint: shown });
  }
  const verdict = known?.verify(host, port, key) ?? "unknown";
  if (verdict === "known") return undefined;
  return new Fault(verdict === "unknown" ? "ssh-host-key-unknown" : "ssh-host-key-changed", { host, fingerprint: shown });
}

function subsystem(client: SshConnection, options: SshClientOptions): Promise<ClientChannel> {
  const name = options.subsystem ?? "powershell";
  return new Promise((resolve, reject) => {
    client.once("close", () => reject(new Fault("ssh-ended")));
    client.subsys(name, (error, channel) => {
      if (error === undefined) resolve(channel);
      else reject(new Fault("ssh-subsystem-refused", { host: options.host, subsystem: name }, { cause: error }));
    });
  });
}

function sshFault(error: Error & { level?: string }, options: SshClientOptions, host: string, user: string): Fault {
  if (error.level === "client-authentication") {
    const tried = [
      options.agent === undefined ? "" : "agent",
      options.privateKey === undefined ? "" : "public key",
      options.password === undefined ? "" : "password",
    ].filter((method) => method !== "");
    return new Fault(
      "ssh-authentication-failed",
      { host, user, methods: tried.length === 0 ? "none" : tried.join(", ") },
      { cause: error },
    );
  }
  return new Fault("ssh-failed", { host, reason: error.message }, { cause: error });
}

function link(client: SshConnection, channel: ClientChannel): ByteLink {
  client.on("error", () => undefined);
  channel.on("error", () => undefined);
  channel.stderr.resume();
  const ended = over(channel as Duplex);
  // A channel whose connection dies may stay open for ever: its end is ours to tell.
  client.once("close", () => channel.destroy());
  return {
    input: readFrom(channel as Readable),
    write: (bytes) => writeTo(channel, bytes),
    close: async () => {
      channel.end();
      channel.resume();
      await within(ended, 2000);
      client.end();
      await within(new Promise<void>((resolve) => void client.once("close", () => resolve())), 1000);
      client.destroy();
    },
    destroy: () => void client.destroy(),
    reason: async () => new Fault("ssh-ended"),
  };
}

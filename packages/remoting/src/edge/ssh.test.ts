/** Our SSH client against our SSH server, and OpenSSH's client against it where that is installed. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Dialler } from "@tieline/net";
import { connectSsh, type SshClientOptions } from "./ssh-client.ts";
import { generateHostKey, listenSsh, type SshListener } from "./ssh-server.ts";

const host = generateHostKey();
const user = generateHostKey();
const stranger = generateHostKey();
const seen: string[] = [];
let server: SshListener;
let options: SshClientOptions;

beforeAll(async () => {
  server = await listenSsh({
    hostKeys: [host.privateKey],
    port: 0,
    maxAttempts: 3,
    loginGraceMs: 1000,
    authenticator: {
      password: async (name, password) => (name === "alice" && password === "right" ? "alice by password" : undefined),
      publicKey: async (name, key) => (name === "alice" && key.fingerprint === user.fingerprint ? "alice by key" : undefined),
    },
    onSession: (link, principal) => {
      seen.push(principal);
      void (async () => {
        for await (const chunk of link.input) await link.write(chunk);
        await link.close();
      })();
    },
  });
  options = { host: "127.0.0.1", port: server.port, user: "alice", hostKey: { fingerprint: host.fingerprint }, dialler: new Dialler() };
});
afterAll(() => server.close());

async function echoed(more: Partial<SshClientOptions>): Promise<string> {
  const link = await connectSsh({ ...options, ...more });
  await link.write(Buffer.from("over ssh"));
  let text = "";
  for await (const chunk of link.input) {
    text += Buffer.from(chunk).toString();
    if (text.length === 8) break;
  }
  await link.close();
  return `${text}, ${seen.at(-1)}`;
}

test("password and public key sign in", async () => {
  expect(await echoed({ password: "right" })).toBe("over ssh, alice by password");
  expect(await echoed({ privateKey: { pem: user.privateKey } })).toBe("over ssh, alice by key");
  expect(await echoed({ privateKey: { pem: stranger.privateKey }, password: "right" })).toBe("over ssh, alice by password");
});

test("the host is believed by fingerprint or known hosts file only, unless all checks are switched off", async () => {
  const [type, key] = host.publicKey.split(" ");
  const [, otherKey] = stranger.publicKey.split(" ");
  const name = `[127.0.0.1]:${server.port}`;
  const password = "right";
  expect(await echoed({ password, hostKey: { knownHosts: `${name} ${type} ${key}` } })).toContain("alice");
  expect(await echoed({ password, hostKey: { insecure: true } })).toContain("alice");
  await expect(echoed({ password, hostKey: { knownHosts: "" } })).rejects.toMatchObject({ code: "ssh-host-key-unknown" });
  await expect(echoed({ password, hostKey: { knownHosts: `${name} ${type} ${otherKey}` } })).rejects.toMatchObject({
    code: "ssh-host-key-changed",
  });
  await expect(echoed({ password, hostKey: { fingerprint: stranger.fingerprint } })).rejects.toMatchObject({
    code: "ssh-host-key-changed",
  });
});

test("refusals are told by their layer", async () => {
  await expect(echoed({ password: "wrong" })).rejects.toMatchObject({ code: "ssh-authentication-failed", fields: { methods: "password" } });
  await expect(echoed({})).rejects.toMatchObject({ code: "ssh-authentication-failed", fields: { methods: "none" } });
  await expect(echoed({ privateKey: { pem: stranger.privateKey } })).rejects.toMatchObject({ code: "ssh-authentication-failed" });
  await expect(echoed({ privateKey: { pem: "zork" } })).rejects.toMatchObject({ code: "ssh-key-unreadable" });
  await expect(echoed({ password: "right", subsystem: "sftp" })).rejects.toMatchObject({ code: "ssh-subsystem-refused" });
  await expect(echoed({ port: 1 })).rejects.toMatchObject({ code: "connection-refused" });
  await expect(echoed({ password: "right", signal: AbortSignal.abort(new Error("mine")) })).rejects.toThrow();
});

test("a connection that never signs in is ended after the grace time", async () => {
  const socket = connect(server.port, "127.0.0.1");
  socket.resume();
  const started = performance.now();
  await new Promise((resolve) => socket.once("close", resolve));
  expect(performance.now() - started).toBeGreaterThan(500);
});

const openssh = spawnSync("ssh", ["-V"]).status === 0;

test.skipIf(!openssh)("OpenSSH: the subsystem by key; no exec, no shell, no forwarding", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tieline-ssh-"));
  writeFileSync(join(folder, "key"), user.privateKey, { mode: 0o600 });
  writeFileSync(join(folder, "known"), `[127.0.0.1]:${server.port} ${host.publicKey}\n`);
  const run = (...args: string[]): Promise<{ code: number | null; out: string }> =>
    new Promise((resolve) => {
      const common = ["-i", join(folder, "key"), "-o", `UserKnownHostsFile=${join(folder, "known")}`, "-o", "BatchMode=yes", "-F", "none"];
      const child = spawn("ssh", [...common, "-l", "alice", "-p", String(server.port), ...args]);
      let out = "";
      child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
      child.once("close", (code) => resolve({ code, out }));
      child.stdin.end("ping");
    });
  expect(await run("-s", "127.0.0.1", "powershell")).toEqual({ code: 0, out: "ping" });
  expect((await run("127.0.0.1", "id")).code).not.toBe(0);
  expect((await run("127.0.0.1")).code).not.toBe(0);
  expect((await run("-W", "127.0.0.1:22", "127.0.0.1")).code).not.toBe(0);
  rmSync(folder, { recursive: true });
});

/**
 * A client that reads 100,000 objects of 60 properties as a stream and keeps none: how much memory it takes at most, over
 * a Unix socket and through TLS. Client and server are processes of their own; the server makes the objects as it goes.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LabAuthority } from "../packages/server/src/lab/authority.ts";
import type { Reading, Target } from "./client-process.ts";
import { PeerProcess } from "./peer-process.ts";
import { printProfile } from "./profile.ts";

const OBJECTS = Number(process.env["TIELINE_OBJECTS"] ?? 100_000);
const WANTED = 200e6;

const folder = mkdtempSync(join(tmpdir(), "tieline-bench-"));
const file = (name: string): string => join(import.meta.dirname, name);
try {
  const authority = await LabAuthority.open(folder, Date.now());
  const { cert, key } = await authority.server("online", ["localhost"], Date.now());
  writeFileSync(join(folder, "server.crt"), cert);
  writeFileSync(join(folder, "server.key"), key, { mode: 0o600 });
  const socket = join(folder, "s");
  await using server = new PeerProcess(file("numbers-process.ts"), [socket, folder]);
  const places = {
    httpsPort: await server.ask<number>("port"),
    sshPort: 0,
    sshFingerprint: "",
    socket,
    authorityPath: authority.path,
    logins: [{ user: "anyone", password: "anything" }],
  };
  for (const [title, way, nodeOptions] of [
    ["Unix socket", "socket", []],
    ["TLS", "https", []],
    ["TLS, --max-semi-space-size=8", "https", ["--max-semi-space-size=8"]],
  ] as const) {
    await using client = new PeerProcess(file("client-process.ts"), [], nodeOptions);
    const target: Target = { way, places, path: "/wsman" };
    const before = await client.use();
    await server.use();
    const { objects, seconds } = await client.ask<Reading>("read", target, "Get-User", { Count: OBJECTS });
    if (objects !== OBJECTS) throw new Error(`${objects} objects came`);
    const [after, service] = [await client.use(), await server.use()];
    const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
    console.log(
      `${title.padEnd(30)} ${seconds.toFixed(1)} s, ${Math.round(objects / seconds).toLocaleString("en")} objects/s; resident at most: ` +
        `client ${megabytes(after.peak)} (${megabytes(before.rss)} before; wanted: at most ${megabytes(WANTED)}), server ${megabytes(service.peak)}; ` +
        `processor time: client ${(after.cpuMs / 1000).toFixed(1)} s, server ${(service.cpuMs / 1000).toFixed(1)} s`,
    );
    await Promise.all([client.startProfile(), server.startProfile()]);
    await client.ask<Reading>("read", target, "Get-User", { Count: Math.min(OBJECTS, 20_000) });
    printProfile("client", await client.endProfile());
    printProfile("server", await server.endProfile());
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

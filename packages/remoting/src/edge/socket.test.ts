import { chmodSync, mkdtempSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { afterAll, expect, test } from "vitest";
import type { ByteLink } from "./byte-link.ts";
import { connectSocket, listenSocket } from "./socket.ts";
import { socketPath } from "./socket-path.ts";

const folder = mkdtempSync(join(tmpdir(), "tieline-socket-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function echo(link: ByteLink): Promise<void> {
  for await (const chunk of link.input) await link.write(chunk);
  await link.close();
}

test.skipIf(process.platform === "win32")("only this account can open the socket; bytes travel both ways; the end is told", async () => {
  const listener = await listenSocket(join(folder, "deep", "s"), (link) => void echo(link));
  expect(statSync(listener.path).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, "deep")).mode & 0o777).toBe(0o700);
  const link = await connectSocket(listener.path);
  await link.write(Buffer.from("hello"));
  for await (const chunk of link.input) {
    expect(Buffer.from(chunk).toString()).toBe("hello");
    break;
  }
  await link.close();
  expect((await link.reason()).code).toBe("process-ended");
  await expect(listenSocket(listener.path, () => undefined)).rejects.toMatchObject({ code: "socket-taken" });
  await listener.close();
  await expect(connectSocket(listener.path)).rejects.toMatchObject({ code: "socket-unreachable" });
});

test.skipIf(process.platform === "win32")("a socket that a dead process left behind is replaced", async () => {
  const path = join(folder, "stale");
  spawnSync("python3", ["-c", `import socket; s=socket.socket(socket.AF_UNIX); s.bind(${JSON.stringify(path)})`]);
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return;
  const listener = await listenSocket(path, (link) => void echo(link));
  await (await connectSocket(path)).close();
  await listener.close();
});

test.skipIf(process.platform === "win32")("in a folder that others may read the socket is still this account's alone", async () => {
  mkdirSync(join(folder, "public"), { mode: 0o755 });
  const listener = await listenSocket(join(folder, "public", "s"), (link) => void echo(link));
  expect(statSync(listener.path).mode & 0o777).toBe(0o600);
  await (await connectSocket(listener.path)).close();
  await listener.close();
  expect(readdirSync(join(folder, "public"))).toEqual([]);
});

test.skipIf(process.platform === "win32")("a file in its place, and a folder that others may change, are refused", async () => {
  writeFileSync(join(folder, "file"), "");
  await expect(listenSocket(join(folder, "file"), () => undefined)).rejects.toMatchObject({ code: "socket-taken" });
  mkdirSync(join(folder, "open"));
  chmodSync(join(folder, "open"), 0o777);
  await expect(listenSocket(join(folder, "open", "s"), () => undefined)).rejects.toMatchObject({ code: "socket-taken" });
});

test("names are resolved as PowerShell does", () => {
  expect(socketPath("abc", "win32")).toBe("\\\\.\\pipe\\abc");
  expect(socketPath("\\\\.\\pipe\\x", "win32")).toBe("\\\\.\\pipe\\x");
  expect(socketPath("abc", "linux")).toBe(join(tmpdir(), "CoreFxPipe_abc"));
  expect(socketPath("/run/x", "linux")).toBe("/run/x");
  expect(() => socketPath("a/b", "linux")).toThrow(expect.objectContaining({ code: "socket-unreachable" }));
  expect(() => socketPath(`/${"x".repeat(110)}`, "linux")).toThrow(expect.objectContaining({ code: "socket-path-too-long" }));
});

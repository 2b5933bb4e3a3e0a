/** `--proxy`, its logon and `--session-option` as a user types them, through a proxy that writes down what it is asked. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { connect as connectTcp, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type RunningLab, startLab } from "@tieline/server";
import type { Surroundings } from "./invocation.ts";
import { main } from "./main.ts";

let folder: string;
let lab: RunningLab;
let proxy: Server;
let address: string;
let wanted: string | undefined;
/** In place of a tunnel. */
let page: string | undefined;
const tunnels: string[] = [];
const sockets = new Set<Socket>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tieline-proxy-"));
  lab = await startLab({ folder: join(folder, "lab"), users: 12 });
  proxy = createServer();
  proxy.on("connection", (socket) => sockets.add(socket));
  proxy.on("connect", (request, socket: Socket) => {
    if (wanted !== undefined && request.headers["proxy-authorization"] !== wanted) {
      socket.write('HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm="p"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return socket.end();
    }
    if (page !== undefined) return socket.end(page);
    const { hostname, port } = new URL(`http://${request.url}`);
    tunnels.push(port);
    const upstream = connectTcp(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
    return undefined;
  });
  await new Promise<void>((resolve) => void proxy.listen(0, "127.0.0.1", resolve));
  address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  proxy.close();
  await lab?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  wanted = undefined;
  page = undefined;
  tunnels.length = 0;
});

async function tieline(words: readonly string[], env: Record<string, string> = {}): Promise<{ code: number; out: string; err: string }> {
  const stream = (): PassThrough & { text: string } => {
    const made = Object.assign(new PassThrough(), { text: "" });
    made.on("data", (chunk: Buffer) => (made.text += chunk.toString()));
    return made;
  };
  const [stdin, stdout, stderr] = [new PassThrough(), stream(), stream()];
  stdin.end();
  const environment = { XDG_STATE_HOME: join(folder, "state"), ...env };
  const around = { stdin, stdout, stderr, environment, signal: new AbortController().signal };
  const code = await main(["invoke", "--data", lab.folder, "--user", "admin@contoso.com", ...words], around as unknown as Surroundings);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, out: stdout.text, err: stderr.text };
}
const GET = ["Get-CsOnlineUser", "-Identity", "alice"];

test("a proxy that is named carries every stage, and each says so", async () => {
  const { code, out, err } = await tieline(["--verbose", "--proxy", `http://${address}`, ...GET]);
  expect([code, JSON.parse(out)]).toMatchObject([0, [{ DisplayName: "Alice Jones" }]]);
  const lines = err.split("\n").map((line) => line.replace(/^.*?VERBOSE:\S* /, ""));
  const after = (words: string): string[] => lines.slice(lines.indexOf(words), lines.indexOf(words) + 3);
  expect(after("Discovering PowerShell endpoint URI")).toContain(`through the proxy ${address}`);
  expect(after("Initializing remote session")).toContain(`through the proxy ${address}`);
  const { ports } = lab.description;
  expect(new Set(tunnels)).toEqual(new Set([String(ports["online-http"]), String(ports["online-https"])]));
});

test("the password for the proxy comes from a file or the environment; without it the proxy is named, exit code 6", async () => {
  wanted = `Basic ${Buffer.from("me:s ecret").toString("base64")}`;
  const file = join(folder, "proxy-password");
  writeFileSync(file, "s ecret\n");
  const through = ["--proxy", address, "--proxy-user", "me"];
  const right = await tieline([...through, "--proxy-password-file", file, ...GET]);
  expect(right.code).toBe(0);
  expect(right.err).toContain("takes the password only as it is");
  expect((await tieline([...through, "--proxy-auth", "basic", ...GET], { TIELINE_PROXY_PASSWORD: "s ecret" })).err).toBe("");
  const wrong = await tieline([...through, ...GET], { TIELINE_PROXY_PASSWORD: "geheim" });
  expect(wrong.code).toBe(6);
  expect(wrong.err).toContain("proxy-logon-failed");
  expect(wrong.err).not.toContain("geheim");
  const none = await tieline(["--proxy", address, ...GET]);
  expect([none.code, none.err]).toEqual([6, expect.stringContaining("proxy-authentication-required") as string]);
  expect((await tieline([...through, ...GET])).code).toBe(2);
});

test("a proxy that wants a person is the cause that is named, with its page and what to do (founding document 000)", async () => {
  page = "HTTP/1.1 302 Found\r\nLocation: https://login.corp.test/start?ticket=hush\r\nContent-Length: 0\r\n\r\n";
  const { code, err } = await tieline(["--proxy", address, ...GET]);
  expect(code).toBe(6);
  for (const words of [
    "proxy-interactive",
    address,
    "https://login.corp.test/start",
    "in a browser",
    "Discovering PowerShell endpoint URI",
  ]) {
    expect(err).toContain(words);
  }
  expect(err).not.toContain("hush");
});

test("ambient proxies leave the lab's own names alone, as does none", async () => {
  for (const words of [[], ["--proxy", "environment"], ["--proxy", "none"]]) {
    expect((await tieline([...words, ...GET], { HTTPS_PROXY: `http://${address}`, HTTP_PROXY: `http://${address}` })).code).toBe(0);
  }
  expect(tunnels).toEqual([]);
});

test("a proxy script is asked for every destination", async () => {
  const script = join(folder, "proxy.pac");
  writeFileSync(script, `function FindProxyForURL(url, host) { return "PROXY 127.0.0.1:1; PROXY ${address}"; }`);
  const { code } = await tieline(["--proxy", `auto=${script}`, ...GET]);
  expect(code).toBe(0);
  expect(tunnels.length).toBeGreaterThan(2);
});

test("settings of New-PSSessionOption reach the session; those that cannot be are refused, exit code 2", async () => {
  const options = ["OperationTimeout=45000", "Culture=de-DE", "IdleTimeout=120000", "ApplicationArguments.Ticket=7", "SkipCNCheck"];
  const { code } = await tieline([...options.flatMap((option) => ["--session-option", option]), ...GET]);
  expect(code).toBe(0);
  for (const [words, fault] of [
    [["--session-option", "UseUTF16"], "session-option-refused"],
    [["--session-option", "Colour=red"], "session-option-unknown"],
    [["--session-option", "ProxyAccessType=IEConfig", "--proxy", "none"], "session-option-refused"],
  ] as const) {
    const ran = await tieline([...words, ...GET]);
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(fault) as string]);
  }
});

/**
 * Health and metrics on an address of their own, for load balancers, for Prometheus and for people:
 *
 *     /healthz   the process answers
 *     /readyz    the database answers and the certificate is valid; else 503, each check with what is wrong
 *                (of some it is said alone: they take nothing away from who is served)
 *     /metrics   counters
 *     /          the same for people
 */
import { createServer, type Server } from "node:http";
import type { Metrics } from "./metrics.ts";

export interface Check {
  name: string;
  /** Resolves with a word on how it is; rejects with what is wrong. */
  run: () => Promise<string>;
  /** What is wrong is said, and the service is ready all the same: it serves without. */
  spared?: true;
}

export interface MonitorOptions {
  address: string;
  port: number;
  checks: readonly Check[];
  metrics: Metrics;
  /** A check that has not answered by then has failed. */
  checkTimeoutMs?: number;
}

interface Outcome {
  name: string;
  ok: boolean;
  detail: string;
}

/** @throws Node's error where the port is taken */
export async function openMonitor(options: MonitorOptions): Promise<AsyncDisposable & { port: number }> {
  const server = createServer((request, response) => {
    request.resume();
    void answer(options, (request.url ?? "/").split("?")[0] ?? "/", request.method ?? "GET").then(({ status, type, body }) => {
      const bytes = Buffer.from(body);
      response
        .writeHead(status, { "content-type": type, "content-length": bytes.length, "cache-control": "no-store" })
        .end(request.method === "HEAD" ? undefined : bytes);
    });
  });
  server.requestTimeout = 10_000;
  server.maxConnections = 100;
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve).once("error", reject).listen(options.port, options.address);
  });
  const { port } = server.address() as { port: number };
  return { port, [Symbol.asyncDispose]: () => closed(server) };
}

async function closed(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(options: MonitorOptions, path: string, method: string): Promise<{ status: number; type: string; body: string }> {
  const text = "text/plain; charset=utf-8";
  if (method !== "GET" && method !== "HEAD") return { status: 405, type: text, body: "Only GET.\n" };
  if (path === "/healthz") return { status: 200, type: text, body: "ok\n" };
  if (path === "/metrics")
    return { status: 200, type: options.metrics.registry.contentType, body: await options.metrics.registry.metrics() };
  if (path !== "/readyz" && path !== "/") return { status: 404, type: text, body: "There is nothing here.\n" };
  const outcomes = await Promise.all(options.checks.map((check) => judge(check, options.checkTimeoutMs ?? 2000)));
  const isReady = options.checks.every(({ spared }, i) => spared === true || outcomes[i]?.ok === true);
  if (path === "/readyz") {
    const body = `${JSON.stringify({ status: isReady ? "ready" : "not ready", checks: outcomes })}\n`;
    return { status: isReady ? 200 : 503, type: "application/json", body };
  }
  return { status: 200, type: "text/html; charset=utf-8", body: page(isReady, outcomes) };
}

async function judge({ name, run }: Check, timeoutMs: number): Promise<Outcome> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    return { name, ok: true, detail: await Promise.race([run(), late.promise]) };
  } catch (error) {
    return { name, ok: false, detail: (error as Error).message };
  } finally {
    clearTimeout(timer);
  }
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

function page(isReady: boolean, outcomes: readonly Outcome[]): string {
  const rows = outcomes
    .map(
      ({ name, ok, detail }) => `<tr><th scope="row">${escaped(name)}</th><td>${ok ? "ok" : "failed"}</td><td>${escaped(detail)}</td></tr>`,
    )
    .join("");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Tieline: ${isReady ? "ready" : "not ready"}</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui;margin:3rem auto;max-width:40rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #8886}</style>
<h1>Tieline is ${isReady ? "ready" : "not ready"}</h1><table>${rows}</table>
<p><a href="/metrics">Metrics</a> &middot; <a href="/readyz">Readiness</a></p></html>\n`;
}

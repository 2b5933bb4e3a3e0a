/** Reads one HTTP answer off a raw socket, before anything else owns it: what answers a CONNECT. */
import type { Socket } from "node:net";
import { Fault } from "@tieline/fault";
import type { ProxyAnswer } from "./interactive-page.ts";

export interface ReadAnswer extends ProxyAnswer {
  /** True where the connection can carry another request: the body was read whole and the proxy keeps it open. */
  reusable: boolean;
}

const MAX_HEAD = 65_536;
/** What is kept of a page; the rest of one that is longer is not waited for. */
const MAX_BODY = 65_536;
/** A page that does not end is taken as it is after this time. */
const BODY_PATIENCE_MS = 1500;

/**
 * Resolves once the whole answer is there. Bytes after the head of a success are put back: they belong to the destination.
 *
 * @param proxy its name, for the faults
 * @throws Fault `proxy-unreachable`, `proxy-not-http`
 */
export function readAnswer(socket: Socket, proxy: string, method: string): Promise<ReadAnswer> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    let head: (Pick<ReadAnswer, "status" | "headers"> & { version: string }) | undefined;
    let patience: NodeJS.Timeout | undefined;
    const leave = (): void => {
      clearTimeout(patience);
      socket.off("data", onData);
      socket.off("close", onClose);
      socket.off("error", onClose);
      socket.off("end", onClose);
    };
    const fail = (fault: Fault): void => {
      leave();
      reject(fault);
    };
    const finish = (body: Buffer, whole: boolean): void => {
      leave();
      if (head === undefined) return;
      const { status, headers, version } = head;
      const connection = [...(headers.get("connection") ?? []), ...(headers.get("proxy-connection") ?? [])].join(",").toLowerCase();
      const kept = version === "1.1" ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection);
      resolve({ status, headers, body: body.toString("utf8"), reusable: whole && kept && !socket.destroyed });
    };
    const onClose = (): void => {
      if (head === undefined) fail(new Fault("proxy-unreachable", { proxy, reason: "it closed the connection instead of an answer" }));
      else finish(bytes, false);
    };
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      if (head === undefined) {
        const stop = bytes.indexOf("\r\n\r\n");
        if (stop < 0) {
          if (bytes.length > MAX_HEAD || !looksLikeHttp(bytes)) {
            fail(new Fault("proxy-not-http", { proxy, reason: "what it answers is not HTTP" }));
          }
          return;
        }
        head = parseHead(bytes.subarray(0, stop).toString("latin1"));
        bytes = bytes.subarray(stop + 4);
        if (head === undefined) return fail(new Fault("proxy-not-http", { proxy, reason: "what it answers is not HTTP" }));
        if (head.status < 200) {
          // An interim answer (RFC 9110 15.2): the one that counts follows.
          const rest = bytes;
          head = undefined;
          bytes = Buffer.alloc(0);
          if (rest.length > 0) onData(rest);
          return;
        }
        const opened = method === "CONNECT" && head.status < 300 && !/html/i.test(head.headers.get("content-type")?.[0] ?? "");
        if (opened) {
          const rest = bytes;
          finish(Buffer.alloc(0), true);
          if (rest.length > 0) socket.unshift(rest);
          return;
        }
        patience = setTimeout(() => finish(bytes, false), BODY_PATIENCE_MS);
      }
      const body = wholeBody(bytes, head.headers);
      if (body !== undefined) finish(body, true);
      else if (bytes.length > MAX_BODY) finish(bytes, false);
    };
    socket.on("data", onData);
    socket.on("end", onClose);
    socket.on("close", onClose);
    socket.on("error", onClose);
  });
}

function looksLikeHttp(bytes: Buffer): boolean {
  const begin = "HTTP/1.";
  return begin.startsWith(bytes.subarray(0, begin.length).toString("latin1"));
}

function parseHead(text: string): { status: number; version: string; headers: Map<string, string[]> } | undefined {
  const [first = "", ...lines] = text.split("\r\n");
  const parts = /^HTTP\/(1\.[01]) ([1-5][0-9]{2})(?: |$)/.exec(first);
  if (parts === null) return undefined;
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return { status: Number(parts[2]), version: parts[1] ?? "1.0", headers };
}

/** The body, once all of it is there; undefined while it is not (RFC 9112 6.3). */
function wholeBody(bytes: Buffer, headers: ReadonlyMap<string, readonly string[]>): Buffer | undefined {
  if (/\bchunked\b/i.test(headers.get("transfer-encoding")?.[0] ?? "")) return unchunked(bytes);
  const length = headers.get("content-length")?.[0];
  // Without a length the body ends with the connection.
  if (length === undefined || !/^\d{1,15}$/.test(length)) return undefined;
  return bytes.length < Number(length) ? undefined : bytes.subarray(0, Number(length));
}

function unchunked(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const line = bytes.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(bytes.subarray(at, line).toString("latin1"), 16);
    if (!Number.isSafeInteger(size) || size < 0) return bytes;
    if (size === 0) return bytes.indexOf("\r\n", line + 2) < 0 ? undefined : Buffer.concat(parts);
    if (bytes.length < line + 2 + size + 2) return undefined;
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

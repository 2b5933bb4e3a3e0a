/** HTTP proxies: which one, and the CONNECT that opens a way through it (RFC 9110 9.3.6). */
import type { Socket } from "node:net";
import { Fault } from "@tieline/fault";
import type { Place } from "./name-map.ts";

export interface Proxy {
  host: string;
  port: number;
  /** For Basic authentication at the proxy. */
  credential?: { user: string; password: string };
}

/** Chooses the proxy for a destination; undefined = direct. */
export type ProxyChoice = (place: Place) => Proxy | undefined;

/** `http://[user:password@]host:port`. @throws Fault `usage` */
export function parseProxy(text: string): Proxy {
  let url: URL;
  try {
    url = new URL(text.includes("://") ? text : `http://${text}`);
  } catch (error) {
    throw new Fault("usage", { what: "The proxy's address cannot be read.", hint: "Write it as http://host:port." }, { cause: error });
  }
  if (url.protocol !== "http:") {
    throw new Fault("usage", {
      what: `A proxy of kind ${url.protocol.slice(0, -1)} is not supported.`,
      hint: "Name an HTTP proxy: http://host:port.",
    });
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port === "" ? 80 : url.port),
    ...(url.username === "" ? {} : { credential: { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) } }),
  };
}

/** HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in either letter case, as curl reads them. */
export function proxyFromEnvironment(environment: Readonly<Record<string, string | undefined>>): ProxyChoice {
  const read = (name: string): string | undefined => environment[name] || environment[name.toUpperCase()] || undefined;
  const chosen = read("https_proxy") ?? read("http_proxy") ?? read("all_proxy");
  if (chosen === undefined) return () => undefined;
  const proxy = parseProxy(chosen);
  const exceptions = (read("no_proxy") ?? "")
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .map((entry) => entry.toLowerCase().replace(/^\*?\./, ""));
  return ({ host, port }) => {
    const name = host.toLowerCase();
    const excepted = exceptions.some((e) => e === "*" || name === e || name.endsWith(`.${e}`) || `${name}:${port}` === e);
    return excepted ? undefined : proxy;
  };
}

const MAX_ANSWER = 16_384;

/** Asks the proxy for a tunnel on a connected socket. Resolves once the bytes belong to the destination. */
export function openTunnel(socket: Socket, proxy: Proxy, to: Place, timeoutMs: number): Promise<void> {
  const target = `${to.host.includes(":") ? `[${to.host}]` : to.host}:${to.port}`;
  const name = `${proxy.host}:${proxy.port}`;
  const lines = [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`];
  if (proxy.credential !== undefined) {
    const { user, password } = proxy.credential;
    lines.push(`Proxy-Authorization: Basic ${Buffer.from(`${user}:${password}`, "utf8").toString("base64")}`);
  }
  return new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);
    const end = (error?: Fault): void => {
      clearTimeout(timer);
      socket.off("data", onData);
      socket.off("close", onClose);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onClose = (): void => end(new Fault("connection-lost", { host: name, reason: "closed while a tunnel was asked for" }));
    const onData = (chunk: Buffer): void => {
      answer = Buffer.concat([answer, chunk]);
      const stop = answer.indexOf("\r\n\r\n");
      if (stop < 0) {
        if (answer.length > MAX_ANSWER) end(new Fault("http-not-wsman", { host: name, reason: "its answer to CONNECT has no end" }));
        return;
      }
      const status = Number(/^HTTP\/1\.[01] ([0-9]{3})/.exec(answer.subarray(0, stop).toString("latin1"))?.[1] ?? 0);
      const rest = answer.subarray(stop + 4);
      if (rest.length > 0) socket.unshift(rest);
      end(
        status >= 200 && status < 300
          ? undefined
          : new Fault("proxy-refused", { proxy: name, host: to.host, port: to.port, status: status || "?" }),
      );
    };
    const timer = setTimeout(
      () => end(new Fault("connection-timeout", { host: proxy.host, port: proxy.port, seconds: timeoutMs / 1000 })),
      timeoutMs,
    );
    socket.on("data", onData);
    socket.on("close", onClose);
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  });
}

/**
 * The listener that a browser comes back to: on loopback only, on a free port, for one sign-in. It answers one path, to
 * requests that name this machine as their host (a page elsewhere cannot rebind its name to it), and to nobody's answer
 * but ours; whatever else comes is told so and forgotten.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Fault } from "@tieline/fault";
import { answerPage, type PageContent } from "./answer-page.ts";

export interface BrowserAnswer {
  code: string;
  /** Shows the person how it ended. */
  finish(content: PageContent): Promise<void>;
}

export interface LoopbackListener extends AsyncDisposable {
  /** The redirect address, `http://localhost:<port>/`. */
  readonly address: string;
  /**
   * The first answer that `read` takes; where `read` throws, so does this.
   *
   * @param read the code in the query, or undefined for an answer to another question
   */
  answer(read: (query: URLSearchParams) => string | undefined): Promise<BrowserAnswer>;
}

const HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;
const LONGEST_TARGET = 16_384;

/** @throws Fault `browser-cannot-return` */
export async function listenForAnswer(): Promise<LoopbackListener> {
  let handle: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  const respond = (request: IncomingMessage, response: ServerResponse): void => {
    if (handle === undefined) show(response, 404, { signedIn: false, why: "No sign-in waits here." });
    else handle(request, response);
  };
  const { servers, port } = await both(respond);
  return {
    address: `http://localhost:${port}/`,
    answer: (read) =>
      new Promise((resolve, reject) => {
        handle = (request, response) => {
          const query = queryOf(request);
          if (query === undefined) return show(response, 404, { signedIn: false, why: "There is nothing here." });
          let code: string | undefined;
          try {
            code = read(query);
          } catch (error) {
            handle = undefined;
            show(response, 400, { signedIn: false, why: (error as Error).message });
            reject(error as Error);
            return;
          }
          if (code === undefined) return show(response, 400, { signedIn: false, why: "This answer belongs to another sign-in." });
          // Whoever comes now comes second.
          handle = undefined;
          resolve({ code, finish: (content) => shown(response, content.signedIn ? 200 : 400, content) });
        };
      }),
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map(closed));
    },
  };
}

const ATTEMPTS = 5;

/**
 * One port on both loopback addresses: some systems take `localhost` for ::1 first, and the browser shall not come to
 * another program there. A machine without IPv6 has one.
 */
async function both(respond: Parameters<typeof server>[0]): Promise<{ servers: Server[]; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const first = server(respond);
    const second = server(respond);
    try {
      const port = await listening(first, "127.0.0.1", 0);
      const isSecond = await listening(second, "::1", port).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === "EADDRINUSE") throw error;
          return false;
        },
      );
      return { servers: isSecond ? [first, second] : [first], port };
    } catch (error) {
      await closed(first);
      if (attempt === ATTEMPTS) throw new Fault("browser-cannot-return", { reason: (error as Error).message }, { cause: error });
    }
  }
}

function server(respond: (request: IncomingMessage, response: ServerResponse) => void): Server {
  // A browser opens connections on stock and keeps them; none of them may hold the command up.
  return createServer({ maxHeaderSize: 32_768, headersTimeout: 10_000, keepAlive: false }, respond);
}

function queryOf(request: IncomingMessage): URLSearchParams | undefined {
  const target = request.url ?? "";
  if (request.method !== "GET" || !HOST.test(request.headers.host ?? "") || target.length > LONGEST_TARGET) return undefined;
  const [path, query] = target.split("?", 2);
  return path === "/" && query !== undefined ? new URLSearchParams(query) : undefined;
}

function listening(from: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    from.once("error", reject);
    from.listen({ host, port, ipv6Only: host === "::1" }, () => {
      const address = from.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function show(response: ServerResponse, status: number, content: PageContent): void {
  void shown(response, status, content);
}

function shown(response: ServerResponse, status: number, content: PageContent): Promise<void> {
  return new Promise((resolve) => {
    response.once("close", resolve);
    response.writeHead(status, {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy":
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      connection: "close",
    });
    response.end(answerPage(content), () => resolve());
  });
}

function closed(from: Server): Promise<void> {
  return new Promise((resolve) => {
    from.closeAllConnections();
    from.close(() => resolve());
  });
}

/** The small authority, and an endpoint that it guards, behind one server of https that has every name. */
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Dialler, NameMap } from "@tieline/net";
import { START_MS, type FakeAuthority } from "./fake-authority.fixture.ts";

const vector = (name: string): string => readFileSync(new URL(`../../../remoting/vectors/tls/${name}.pem`, import.meta.url), "utf8");

export const BEARER =
  'Bearer client_id="1950a258-227b-4e31-a9cf-717495945fc2", authorization_uri="https://login.test/common/oauth2/authorize"';

export interface World {
  authority: FakeAuthority;
  /** What the endpoint answers to whoever shows nothing. */
  challenges?: string[];
  /** The status of that answer. */
  status?: number;
  /** Other paths than the endpoint's, and what is there. */
  pages?: Readonly<Record<string, string>>;
  /** Answers the token request in its own way. */
  token?: (response: ServerResponse) => void;
  /** What the servers' clocks are ahead of ours. */
  aheadMs?: number;
}

export interface Serving extends AsyncDisposable {
  dialler: Dialler;
  /** Every request: `GET admin0a.test/path`. */
  asked: string[];
}

export async function serveWorld(world: World): Promise<Serving> {
  const asked: string[] = [];
  const server = createServer({ cert: vector("cert"), key: vector("key") }, (request, response) => {
    const host = request.headers.host ?? "";
    asked.push(`${request.method} ${host}${request.url}`);
    response.setHeader("date", new Date(START_MS + (world.aheadMs ?? 0)).toUTCString());
    if (host !== "login.test") {
      const page = world.pages?.[`${host}${request.url}`];
      if (page !== undefined) return void response.writeHead(200, { "content-type": "application/xml" }).end(page);
      for (const challenge of world.challenges ?? [BEARER, 'Basic realm="x"']) response.appendHeader("www-authenticate", challenge);
      return void response.writeHead(world.status ?? 401).end();
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const url = new URL(`https://login.test${request.url}`);
      if (request.method === "POST" && world.token !== undefined) return world.token(response);
      const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
      void (request.method === "POST" ? world.authority.post(url, form) : world.authority.get(url)).then(({ status, body }) =>
        response.writeHead(status).end(body),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    dialler: new Dialler({ names: NameMap.of([`::127.0.0.1:${(server.address() as AddressInfo).port}`]), tls: { insecure: true } }),
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Requests of plain http by way of a proxy that opens no tunnel to their port: the whole address stands in the first
 * line, and the proxy is logged on to in the request itself (RFC 9112 3.2.2, RFC 9110 11.7).
 */
import { Fault } from "@tieline/fault";
import type { Place } from "../name-map.ts";
import { interactivePage } from "./interactive-page.ts";
import { proxyName, type Proxy, type ProxyAuthenticator, type ProxyLogon, type ProxyRequest } from "./proxy.ts";

interface Answered {
  status: number;
  headers: Readonly<Record<string, string | readonly string[]>>;
  body: Uint8Array;
}

/** More 407s than any mechanism has legs. */
const MAX_LEGS = 8;

export class ProxyForward {
  readonly #proxy: Proxy;
  readonly #authenticator: ProxyAuthenticator;
  readonly #to: Place;

  constructor(proxy: Proxy, authenticator: ProxyAuthenticator, to: Place) {
    this.#proxy = proxy;
    this.#authenticator = authenticator;
    this.#to = to;
  }

  /** Sends a request until the proxy lets it pass. @throws Fault `proxy-interactive`, and those of the logon */
  async send<A extends Answered>(
    method: string,
    path: string,
    exchange: (target: string, headers: Record<string, string>) => Promise<A>,
  ): Promise<A> {
    const logon: ProxyLogon = this.#authenticator.begin(this.#proxy);
    const request: ProxyRequest = { method, target: `http://${proxyName(this.#to).replace(/:80$/, "")}${path}` };
    let authorization = await logon.start(request);
    for (let leg = 1; ; leg++) {
      const answer = await exchange(request.target, authorization === undefined ? {} : { "proxy-authorization": authorization });
      if (answer.status !== 407 && answer.status !== 511) return answer;
      this.#refusePage(answer);
      if (leg === MAX_LEGS) return answer;
      authorization = await logon.respond(values(answer.headers["proxy-authenticate"]), request);
    }
  }

  #refusePage({ status, headers, body }: Answered): void {
    const page = interactivePage({
      status,
      headers: new Map(Object.entries(headers).map(([name, value]) => [name, values(value)])),
      body: Buffer.from(body).toString("utf8").slice(0, 65_536),
    });
    if (page === undefined) return;
    throw new Fault("proxy-interactive", { proxy: proxyName(this.#proxy), host: this.#to.host, port: this.#to.port, status, page });
  }
}

function values(header: string | readonly string[] | undefined): readonly string[] {
  return header === undefined ? [] : typeof header === "string" ? [header] : header;
}

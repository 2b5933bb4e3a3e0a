/**
 * CONNECT (RFC 9110 9.3.6) with the logon to the proxy around it: requests go out on one connection until the proxy
 * opens the tunnel or refuses for good.
 *
 *     CONNECT -> 2xx: tunnel
 *             -> 407: the logon's next word, on the same connection where the proxy keeps it, else on a new one
 *             -> a page for a person, or any other status: a fault that names the proxy
 */
import type { Socket } from "node:net";
import { Fault } from "@tieline/fault";
import type { Place } from "../name-map.ts";
import { interactivePage, titleOf } from "./interactive-page.ts";
import { proxyName, type Proxy, type ProxyLogon } from "./proxy.ts";
import { readAnswer } from "./proxy-answer.ts";

/** More 407s than any mechanism has legs, with one try of each. */
const MAX_LEGS = 8;

export interface TunnelOptions {
  proxy: Proxy;
  to: Place;
  logon: ProxyLogon;
  /** Opens another connection to the proxy, where it ends one after a 407. */
  connect: () => Promise<Socket>;
}

/**
 * The socket whose bytes belong to the destination. On a fault it is closed.
 *
 * @throws Fault `proxy-refused`, `proxy-interactive`, `proxy-unreachable`, `proxy-not-http`, and those of the logon
 */
export async function openTunnel(first: Socket, { proxy, to, logon, connect }: TunnelOptions): Promise<Socket> {
  const target = proxyName(to);
  const name = proxyName(proxy);
  let socket = first;
  try {
    let authorization = await logon.start({ method: "CONNECT", target });
    for (let leg = 0; leg < MAX_LEGS; leg++) {
      const answered = readAnswer(socket, name, "CONNECT");
      const lines = [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`, "User-Agent: Tieline", "Proxy-Connection: keep-alive"];
      if (authorization !== undefined) lines.push(`Proxy-Authorization: ${authorization}`);
      socket.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
      const answer = await answered;
      const page = interactivePage(answer);
      if (page !== undefined)
        throw new Fault("proxy-interactive", { proxy: name, host: to.host, port: to.port, status: answer.status, page });
      if (answer.status < 300) return socket;
      if (answer.status !== 407) {
        const said = answer.body === "" ? {} : { said: titleOf(answer.body) };
        throw new Fault("proxy-refused", { proxy: name, host: to.host, port: to.port, status: answer.status }, said);
      }
      authorization = await logon.respond(answer.headers.get("proxy-authenticate") ?? [], { method: "CONNECT", target });
      if (!answer.reusable) {
        socket.destroy();
        socket = await connect();
      }
    }
    throw new Fault("proxy-refused", { proxy: name, host: to.host, port: to.port, status: 407 });
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

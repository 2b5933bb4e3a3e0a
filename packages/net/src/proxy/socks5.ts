/** SOCKS version 5, the client's CONNECT (RFC 1928), with user name and password (RFC 1929). Names are the proxy's to look up. */
import { isIP, type Socket } from "node:net";
import { Fault } from "@tieline/fault";
import type { Place } from "../name-map.ts";
import { proxyName, type Proxy } from "./proxy.ts";

const NO_AUTHENTICATION = 0;
const USER_AND_PASSWORD = 2;
const NONE_ACCEPTABLE = 0xff;

/** RFC 1928 6, the reply field. */
const REPLIES: readonly string[] = [
  "succeeded",
  "general failure of the SOCKS server",
  "its rules do not allow the connection",
  "network unreachable",
  "host unreachable",
  "connection refused",
  "TTL expired",
  "command not supported",
  "address type not supported",
];

/** @throws Fault `proxy-socks-refused`, `proxy-authentication-required`, `proxy-logon-failed`, `proxy-unreachable`, `proxy-not-socks` */
export async function openSocks(socket: Socket, proxy: Proxy, to: Place): Promise<void> {
  const name = proxyName(proxy);
  const { credential } = proxy;
  const reader = new Reader(socket, name);
  try {
    const methods = credential === undefined ? [NO_AUTHENTICATION] : [NO_AUTHENTICATION, USER_AND_PASSWORD];
    socket.write(Uint8Array.from([5, methods.length, ...methods]));
    const [version, method] = await reader.take(2);
    if (version !== 5) throw new Fault("proxy-not-socks", { proxy: name });
    if (method === NONE_ACCEPTABLE || (method === USER_AND_PASSWORD && credential === undefined)) {
      if (credential === undefined) throw new Fault("proxy-authentication-required", { proxy: name, offered: "a user name and password" });
      throw new Fault("proxy-no-common-mechanism", { proxy: name, offered: "nothing that is known", permitted: "user name and password" });
    }
    if (method === USER_AND_PASSWORD && credential !== undefined) {
      const [user, password] = [Buffer.from(credential.user, "utf8"), Buffer.from(credential.password, "utf8")];
      if (user.length > 255 || password.length > 255 || user.length === 0) {
        throw new Fault("proxy-logon-failed", {
          proxy: name,
          user: credential.user.slice(0, 64),
          offered: "names and passwords of up to 255 bytes",
        });
      }
      socket.write(Buffer.concat([Uint8Array.from([1, user.length]), user, Uint8Array.from([password.length]), password]));
      const [, status] = await reader.take(2);
      if (status !== 0) throw new Fault("proxy-logon-failed", { proxy: name, user: credential.user, offered: "user name and password" });
    } else if (method !== NO_AUTHENTICATION) throw new Fault("proxy-not-socks", { proxy: name });
    socket.write(Buffer.concat([Uint8Array.from([5, 1, 0]), addressOf(to)]));
    const [, reply = 1, , kind] = await reader.take(4);
    if (reply !== 0) {
      throw new Fault("proxy-socks-refused", { proxy: name, host: to.host, port: to.port, reason: REPLIES[reply] ?? `reply ${reply}` });
    }
    // The address that the proxy bound: of no use here, but it must be out of the way.
    const length = kind === 1 ? 4 : kind === 4 ? 16 : kind === 3 ? ((await reader.take(1))[0] ?? 0) : -1;
    if (length < 0) throw new Fault("proxy-not-socks", { proxy: name });
    await reader.take(length + 2);
  } finally {
    reader.end();
  }
}

function addressOf({ host, port }: Place): Buffer {
  const tail = Uint8Array.from([port >> 8, port & 255]);
  const family = isIP(host);
  if (family === 4) return Buffer.concat([Uint8Array.from([1, ...host.split(".").map(Number)]), tail]);
  if (family === 6) return Buffer.concat([Uint8Array.from([4]), ipv6(host), tail]);
  const name = Buffer.from(host, "ascii");
  return Buffer.concat([Uint8Array.from([3, name.length]), name, tail]);
}

/** 16 octets of an address that `isIP` knows; the zone of a link-local one is left out. */
function ipv6(text: string): Uint8Array {
  // URL writes the one canonical form, and an embedded IPv4 in hex.
  const plain = new URL(`http://[${text.replace(/%.*$/, "")}]`).hostname.slice(1, -1);
  const [left = "", right] = plain.split("::");
  const groups = (part: string): number[] => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)));
  const [head, tail] = [groups(left), groups(right ?? "")];
  const all = right === undefined ? head : [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255]));
}

/** Exact numbers of bytes off a socket; what is left over is put back. */
class Reader {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => undefined;
  readonly #proxy: string;

  constructor(socket: Socket, proxy: string) {
    this.#socket = socket;
    this.#proxy = proxy;
    socket.on("data", this.#onData);
    for (const event of ["end", "close", "error"]) socket.on(event, this.#onEnd);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    this.#wake();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake();
  };

  async take(count: number): Promise<Buffer> {
    while (this.#bytes.length < count) {
      if (this.#ended)
        throw new Fault("proxy-unreachable", { proxy: this.#proxy, reason: "it closed the connection instead of an answer" });
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  end(): void {
    this.#socket.off("data", this.#onData);
    for (const event of ["end", "close", "error"]) this.#socket.off(event, this.#onEnd);
    if (this.#bytes.length > 0 && !this.#socket.destroyed) this.#socket.unshift(this.#bytes);
  }
}

/** One connection over which bytes are sent that no HTTP library would send, and whole answers are read. */
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { Finding, inTime } from "./finding.ts";

export interface HttpAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** Each value of WWW-Authenticate. */
  challenges: readonly string[];
  body: Buffer;
}

export interface WireOptions {
  port: number;
  /** PEM; undefined for plain http. */
  authority?: string | undefined;
  /** Where the connection comes from: the service counts failures by address. */
  from?: string;
}

/** An answer that takes longer is a finding. */
export const ANSWER_LIMIT_MS = 20_000;

export class HttpWire {
  readonly #socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
      this.#wake();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  static async open({ port, authority, from }: WireOptions): Promise<HttpWire> {
    const address = { port, host: "127.0.0.1", ...(from === undefined ? {} : { localAddress: from }) };
    const socket = authority === undefined ? connectPlain(address) : connectTls({ ...address, servername: "localhost", ca: authority });
    socket.setNoDelay(true);
    const opened = new Promise<void>((resolve, reject) => {
      socket.once(authority === undefined ? "connect" : "secureConnect", resolve).once("error", reject);
      socket.once("close", () => reject(new Error("closed")));
    });
    try {
      await inTime(opened, ANSWER_LIMIT_MS, "opening a connection");
    } catch (error) {
      socket.destroy();
      if (error instanceof Finding) throw error;
      throw new Finding(`no connection: ${(error as Error).message}`);
    }
    return new HttpWire(socket);
  }

  get open(): boolean {
    return !this.#ended && this.#socket.writable;
  }

  write(bytes: Uint8Array | string): void {
    if (this.open) this.#socket.write(bytes);
  }

  /** Says that nothing more comes. */
  finish(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** The next whole answer; undefined where the service closed instead. `head`: without the body that it announces. @throws Finding */
  async answer(head = false): Promise<HttpAnswer | undefined> {
    const deadline = Date.now() + ANSWER_LIMIT_MS;
    for (;;) {
      const found = this.#parse(head);
      if (found !== undefined) return found;
      if (this.#ended) {
        if (this.#buffer.length > 0) throw new Finding("an answer is cut off", this.#buffer.subarray(0, 1000));
        return undefined;
      }
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      await inTime(woken, deadline - Date.now(), "waiting for an answer");
    }
  }

  #parse(head: boolean): HttpAnswer | undefined {
    const end = this.#buffer.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const [first = "", ...lines] = this.#buffer.toString("latin1", 0, end).split("\r\n");
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    if (Number.isNaN(status)) throw new Finding("this is no HTTP", this.#buffer.subarray(0, 500));
    const headers: Record<string, string> = {};
    const challenges: string[] = [];
    for (const line of lines) {
      const colon = line.indexOf(":");
      const name = line.slice(0, colon).toLowerCase();
      headers[name] = line.slice(colon + 1).trim();
      if (name === "www-authenticate") challenges.push(headers[name]);
    }
    // 100 Continue is no answer.
    const length = status < 200 || head ? 0 : Number(headers["content-length"] ?? 0);
    if (headers["transfer-encoding"] !== undefined) throw new Finding("the answer is chunked: stock clients die of that", first);
    if (this.#buffer.length < end + 4 + length) return undefined;
    const body = Buffer.from(this.#buffer.subarray(end + 4, end + 4 + length));
    this.#buffer = this.#buffer.subarray(end + 4 + length);
    if (status < 200) return this.#parse(head);
    if (headers["connection"]?.toLowerCase() === "close") this.#socket.end();
    return { status, headers, challenges, body };
  }
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** A POST as bytes, with the headers in the order given. */
export function post(path: string, headers: Readonly<Record<string, string>>, body: Uint8Array): Uint8Array {
  const all = { Host: "localhost", ...headers, "Content-Length": String(body.length) };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join(""); // prettier-ignore
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${head}\r\n`), body]);
}

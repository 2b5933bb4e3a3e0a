/** For tests: a network that breaks at a chosen place. A proxy for bytes, which cuts one exchange of HTTP and is honest again. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

export const CUTS = [
  "before the request leaves",
  "in the middle of the request",
  "after the request, before its answer is made",
  "before the first byte of the answer",
  "in the middle of the answer",
  "before the last byte of the answer",
  "after the answer",
] as const;
export type Cut = (typeof CUTS)[number];

export class BreakingNetwork implements AsyncDisposable {
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #plan: { request: number; cut: Cut; matches: (request: Buffer) => boolean } | undefined;
  #seen = 0;
  /** Refuses every connection while true. */
  down = false;
  /** Takes the word from the service that a message may come twice, as if it were a stranger's. */
  strange = false;
  /** Cuts that were made. */
  cuts = 0;
  /** Requests that went through, whole or not. */
  requests = 0;

  constructor(target: number) {
    this.#target = target;
    this.#server = createServer((socket) => this.#carry(socket));
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts the n-th request (0, 1, ...) from now on whose bytes match. */
  plan(request: number, cut: Cut, matches: (request: Buffer) => boolean = () => true): void {
    this.#plan = { request, cut, matches };
    this.#seen = 0;
    this.cuts = 0;
  }

  /** Cuts everything at once. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #carry(client: Socket): void {
    if (this.down) return void client.destroy();
    const service = connect(this.#target, "127.0.0.1");
    for (const socket of [client, service]) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => this.#sockets.delete(socket));
    }
    const end = (): void => {
      client.destroy();
      service.destroy();
    };
    client.once("close", end);
    service.once("close", end);
    let asked: Buffer = Buffer.alloc(0);
    let answered: Buffer = Buffer.alloc(0);
    let cut: Cut | undefined;
    client.on("data", (chunk: Buffer) => {
      asked = Buffer.concat([asked, chunk]);
      if (!whole(asked)) return;
      const request = asked;
      asked = Buffer.alloc(0);
      cut = this.#cutFor(request);
      if (cut === "before the request leaves") return end();
      if (cut === "in the middle of the request") return void service.write(request.subarray(0, request.length / 2), end);
      service.write(request, () => {
        if (cut === "after the request, before its answer is made") client.destroy();
      });
    });
    service.on("data", (chunk: Buffer) => {
      answered = Buffer.concat([answered, chunk]);
      if (!whole(answered)) return;
      const answer = this.strange
        ? Buffer.from(answered.toString("latin1").replace(/tieline-resends/i, "x-other-service"), "latin1")
        : answered;
      answered = Buffer.alloc(0);
      if (cut === undefined) return void client.write(answer);
      if (cut === "before the first byte of the answer") return end();
      const part =
        cut === "in the middle of the answer"
          ? answer.subarray(0, answer.length / 2)
          : cut === "before the last byte of the answer"
            ? answer.subarray(0, -1)
            : answer;
      client.write(part, () => setImmediate(end));
    });
  }

  #cutFor(request: Buffer): Cut | undefined {
    this.requests += 1;
    const plan = this.#plan;
    if (plan === undefined || !plan.matches(request) || this.#seen++ !== plan.request) return undefined;
    this.#plan = undefined;
    this.cuts += 1;
    return plan.cut;
  }
}

/** Whether a message of HTTP with Content-Length is complete. */
function whole(bytes: Buffer): boolean {
  const head = bytes.indexOf("\r\n\r\n");
  if (head < 0) return false;
  const length = /^content-length:\s*(\d+)/im.exec(bytes.toString("latin1", 0, head))?.[1] ?? "0";
  return bytes.length >= head + 4 + Number(length);
}

/**
 * The way from the pool to the service, which a test can break: a relay of bytes in the pool's own process, so that it breaks
 * at the very step of a move and not some time later. TLS goes through it unread.
 */
import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";

/** `lose-reply`: a request arrives, and with the first byte of its reply the connection is gone. */
type Way = "whole" | "cut" | "lose-reply";

export class FaultyWay implements AsyncDisposable {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #way: Way = "whole";
  #lost: (() => void) | undefined;

  private constructor(target: number) {
    this.#server = createServer((near) => this.#relay(near, target));
  }

  /** @param target the port where the service listens */
  static async open(target: number): Promise<FaultyWay> {
    const way = new FaultyWay(target);
    await new Promise<void>((resolve, reject) => {
      way.#server.once("error", reject).listen(0, "127.0.0.1", () => resolve());
    });
    return way;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Nothing gets through, in either direction, until it is mended. */
  cut(): void {
    this.#way = "cut";
    for (const socket of this.#open) socket.destroy();
  }

  /** What is asked next is done, and the answer never arrives. @param then with the answer on its way */
  loseReply(then?: () => void): void {
    this.#way = "lose-reply";
    this.#lost = then;
  }

  mend(): void {
    this.#way = "whole";
  }

  #relay(near: Socket, target: number): void {
    if (this.#way === "cut") return void near.destroy();
    const far = connect(target, "127.0.0.1");
    const both = [near, far];
    const end = (): void => {
      for (const socket of both) {
        socket.destroy();
        this.#open.delete(socket);
      }
    };
    for (const socket of both) {
      this.#open.add(socket);
      socket.on("error", end).on("close", end).setNoDelay(true);
    }
    // Nothing of a handshake is a reply: a connection that talks already has that behind it.
    let written = 0;
    let writtenSinceArmed = 0;
    near.on("data", (bytes) => {
      written += 1;
      writtenSinceArmed = this.#way === "lose-reply" ? writtenSinceArmed + 1 : 0;
      far.write(bytes);
    });
    far.on("data", (bytes) => {
      if (this.#way !== "lose-reply" || writtenSinceArmed === 0 || written <= HANDSHAKE_WRITES) return near.write(bytes);
      this.#way = "whole";
      this.#lost?.();
      return end();
    });
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Writes of a client before its first request: its hello; then the end of the handshake. */
const HANDSHAKE_WRITES = 2;

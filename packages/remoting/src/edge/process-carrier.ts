/** Drives a client pool over the out-of-process framing on a byte link: a child process, a socket, SSH. */
import { asFault, recognise, type Fault } from "@tieline/fault";
import type { ClientCarrier, ClientPoolPort, SessionPort } from "../client/carrier-port.ts";
import { ClientChannel, type ClientChannelOptions } from "../process/index.ts";
import type { ByteLink } from "./byte-link.ts";

export class ProcessCarrier implements ClientCarrier {
  /** What PowerShell uses on such a link, header included. */
  readonly fragmentSize = 32_768;
  readonly #link: ByteLink;
  readonly #channel: ClientChannel;
  #pool: ClientPoolPort | undefined;
  #session: SessionPort | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing = false;
  #ended = false;

  constructor(link: ByteLink, options: ClientChannelOptions = {}) {
    this.#link = link;
    this.#channel = new ClientChannel(options);
  }

  get queuedBytes(): number {
    return this.#channel.queuedBytes();
  }

  start(pool: ClientPoolPort, session: SessionPort): void {
    this.#pool = pool;
    this.#session = session;
    void this.#read();
    this.pump();
  }

  pump(): void {
    const pool = this.#pool;
    if (pool === undefined || this.#ended) return;
    try {
      for (let action = pool.nextAction(); action !== undefined; action = pool.nextAction()) this.#channel.send(action, now());
    } catch (error) {
      return this.#fail(asFault(error));
    }
    this.#arm();
    if (!this.#writing) void this.#write();
    return undefined;
  }

  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    if (this.#channel.closed) await this.#link.close();
    else this.#link.destroy();
  }

  async #read(): Promise<void> {
    try {
      for await (const chunk of this.#link.input) {
        this.#channel.receive(chunk, now());
        this.#take();
        await this.#session?.readable();
        if (this.#ended) return;
      }
      this.#channel.end();
      this.#take();
      if (this.#channel.closed) this.#pool?.deleted();
      else this.#pool?.broken(await this.#link.reason());
      this.#session?.changed();
    } catch (error) {
      this.#fail(asFault(error));
    }
  }

  #take(): void {
    for (let event = this.#channel.nextEvent(); event !== undefined; event = this.#channel.nextEvent()) {
      if (event.event === "data") this.#pool?.receive(event.bytes, event.pipeline);
      else if (event.event === "closed") this.#pool?.deleted();
    }
    this.#session?.changed();
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      for (let bytes = this.#channel.dataToSend(); bytes !== undefined; bytes = this.#channel.dataToSend()) {
        await this.#link.write(bytes);
        this.#session?.changed();
      }
    } catch {
      // The reading side learns that the link is over, and why.
      this.#link.destroy();
    } finally {
      this.#writing = false;
    }
  }

  /** One timer for all acknowledgements: it looks again when it fires, so that it need not be set for each packet. */
  #arm(): void {
    const deadline = this.#timer === undefined ? this.#channel.nextDeadline() : undefined;
    if (deadline === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        try {
          this.#channel.tick(now());
          this.#arm();
        } catch (error) {
          this.#fail(asFault(error));
        }
      },
      Math.max(1, deadline - now()),
    );
    this.#timer.unref();
  }

  #fail(fault: Fault): void {
    if (this.#ended) return;
    // Our own service says in that line what it would say as a fault.
    const told = fault.is("process-peer-error") ? recognise({ text: String(fault.fields.text) }) : undefined;
    this.#pool?.broken(told ?? fault);
    this.#session?.changed();
  }
}

function now(): number {
  return performance.now();
}

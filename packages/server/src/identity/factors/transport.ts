/** How messages and calls leave the service: a port, and the file outbox that a lab has in a provider's place. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface FactorMessage {
  /** A call reads the text aloud. */
  kind: "text" | "call";
  /** E.164, with its plus. */
  to: string;
  /** Holds the code: never in a log. */
  text: string;
}

/** A provider of messages and calls. */
export interface FactorTransport {
  /** Resolves when the provider has taken it; what it throws is shown to nobody and logged without the text. */
  send(message: FactorMessage): Promise<void>;
}

/** One file a message, for its owner alone, named by time and number so that they sort. */
export class FileOutbox implements FactorTransport {
  readonly #folder: string;
  readonly #nowMs: () => number;
  #serial = 0;

  constructor(folder: string, nowMs: () => number) {
    this.#folder = folder;
    this.#nowMs = nowMs;
  }

  async send(message: FactorMessage): Promise<void> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    this.#serial += 1;
    const stamp = new Date(this.#nowMs()).toISOString();
    const name = `${stamp.replace(/[-:]/g, "")}-${process.pid}-${String(this.#serial).padStart(4, "0")}.json`;
    const body = `${JSON.stringify({ kind: message.kind, to: message.to, at: stamp, text: message.text }, undefined, 2)}\n`;
    writeFileSync(join(this.#folder, name), body, { mode: 0o600, flag: "wx" });
  }
}

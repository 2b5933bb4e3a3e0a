/** How a pool turns secrets into text and back: in clear from protocol 2.4 on, under the session key before. */
import { Fault } from "@tieline/fault";
import type { SecureStringCodec } from "../clixml/index.ts";
import { decryptSecret, encryptSecret } from "./session-key.ts";

export class Secrets implements SecureStringCodec {
  #mode: "unknown" | "clear" | "key" = "unknown";
  #key: Uint8Array | undefined;
  #missed = false;

  /** The version that was settled on: from 2.4 on secrets travel as base64 of their UTF-16LE. */
  settle(mode: "clear" | "key"): void {
    this.#mode = mode;
  }

  get hasKey(): boolean {
    return this.#key !== undefined;
  }

  set key(key: Uint8Array) {
    this.#key = key;
  }

  encrypt(utf16le: Uint8Array): string {
    if (this.#mode === "clear") return Buffer.from(utf16le).toString("base64");
    return encryptSecret(this.#needKey(), utf16le);
  }

  decrypt(text: string): Uint8Array {
    if (this.#mode === "clear") return Uint8Array.from(Buffer.from(text, "base64"));
    return decryptSecret(this.#needKey(), text);
  }

  /** Runs `attempt`; undefined where it failed for want of the key alone. */
  tryWith<T>(attempt: () => T): { value: T } | undefined {
    this.#missed = false;
    try {
      return { value: attempt() };
    } catch (error) {
      if (this.#missed) return undefined;
      throw error;
    }
  }

  #needKey(): Uint8Array {
    if (this.#key !== undefined) return this.#key;
    this.#missed = true;
    throw new Fault("session-key-missing", { version: "below 2.4" });
  }
}

/**
 * Passwords that were verified a moment ago. Basic sends its password with every request, some clients on a new
 * connection each, and a password hash is costly on purpose; so a right password is remembered for a short time, as an
 * HMAC under a key of this process. What is remembered is gone when the account changes (`forget`).
 */
import { createHmac } from "node:crypto";
import type { FoundAccount, PasswordPort } from "../basic/basic.ts";
import { draw, type Sources } from "../sources.ts";

export interface VerifiedPasswordsOptions {
  readonly sources: Sources;
  /** Default 60,000. A changed password is good for so long where `forget` is not called. */
  readonly rememberMs?: number;
  /** Default 1,000. */
  readonly capacity?: number;
}

export class VerifiedPasswords {
  readonly #sources: Sources;
  readonly #rememberMs: number;
  readonly #capacity: number;
  readonly #key: Uint8Array;
  readonly #entries = new Map<string, { found: FoundAccount; untilMs: number }>();

  constructor(options: VerifiedPasswordsOptions) {
    this.#sources = options.sources;
    this.#rememberMs = options.rememberMs ?? 60_000;
    this.#capacity = options.capacity ?? 1_000;
    this.#key = draw(options.sources, 32);
  }

  /** The port with the memory in front of it. */
  before(port: PasswordPort): PasswordPort {
    return async (user, password, source) => {
      const tag = createHmac("sha256", this.#key).update(`${user.length}:${user}\0${password}`).digest("base64");
      const known = this.#entries.get(tag);
      if (known !== undefined && known.untilMs > this.#sources.nowMs()) return known.found;
      this.#entries.delete(tag);
      const found = await port(user, password, source);
      if (found !== undefined) {
        if (this.#entries.size >= this.#capacity) {
          const [oldest] = this.#entries.keys();
          if (oldest !== undefined) this.#entries.delete(oldest);
        }
        this.#entries.set(tag, { found, untilMs: this.#sources.nowMs() + this.#rememberMs });
      }
      return found;
    };
  }

  /** The account's password, rights or state changed. */
  forget(name: string): void {
    for (const [tag, { found }] of this.#entries) if (found.name === name) this.#entries.delete(tag);
  }
}

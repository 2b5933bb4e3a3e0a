/**
 * What guards the secrets of the factors at rest: one key of the site, outside the database.
 *
 * Shared secrets are sealed (AES-256-GCM, bound to what they are and whose). Secrets of ours that need not be read again are
 * kept as HMAC-SHA-256 under the key: they are drawn with 75 bits or more, so a slow hash would add nothing, and
 * without the key a copy of the database cannot be searched at all, which also holds for the short codes of messages.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";
import type { Sources } from "@tieline/auth";
import { Fault } from "@tieline/fault";

const PREFIX = "f1$";
const NONCE = 12;
const TAG = 16;

export class FactorKey {
  readonly #sealing: Uint8Array;
  readonly #hashing: Uint8Array;
  readonly #sources: Sources;

  /** @param secret 32 bytes that nobody else has */
  constructor(secret: Uint8Array, sources: Sources) {
    if (secret.length < 32) throw new Fault("secret-unreadable", { what: `a key of ${secret.length} bytes` });
    this.#sealing = new Uint8Array(hkdfSync("sha256", secret, "", "tieline factors sealing", 32));
    this.#hashing = new Uint8Array(hkdfSync("sha256", secret, "", "tieline factors hashing", 32));
    this.#sources = sources;
  }

  /** @param owner what and whose it is: `totp <account>`; the same is needed to open it */
  seal(owner: string, text: string): string {
    const nonce = this.#sources.random(NONCE);
    const cipher = createCipheriv("aes-256-gcm", this.#sealing, nonce);
    cipher.setAAD(Buffer.from(owner));
    return PREFIX + Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]).toString("base64");
  }

  /** @throws Fault `secret-unreadable`: another key, another owner, a changed record */
  open(owner: string, sealed: string): string {
    const bytes = Buffer.from(sealed.startsWith(PREFIX) ? sealed.slice(PREFIX.length) : "", "base64");
    if (bytes.length < NONCE + TAG) throw new Fault("secret-unreadable", { what: "a factor in an unknown form" });
    const decipher = createDecipheriv("aes-256-gcm", this.#sealing, bytes.subarray(0, NONCE), { authTagLength: TAG });
    decipher.setAAD(Buffer.from(owner));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(NONCE, bytes.length - TAG)), decipher.final()]).toString("utf8");
    } catch (cause) {
      throw new Fault("secret-unreadable", { what: "a factor" }, { cause });
    }
  }

  /** The same text for the same purpose and secret: what is stored, and looked up. */
  digest(purpose: string, secret: string): string {
    return createHmac("sha256", this.#hashing).update(`${purpose.length}:${purpose}\0${secret}`).digest("base64url");
  }
}

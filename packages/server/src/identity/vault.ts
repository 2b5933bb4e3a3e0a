/**
 * Secrets of the authorization server at rest: sealed with AES-256-GCM under keys derived from the site's key, which
 * lives outside the database, and bound to what they are for. What only has to be found again is kept as a keyed digest.
 *
 *     sealed = "v1$" base64url( 12 bytes nonce | ciphertext | 16 bytes tag )
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";
import type { Sources } from "@tieline/auth";
import { Fault } from "@tieline/fault";

const PREFIX = "v1$";
const NONCE = 12;
const TAG = 16;
/** Octets of a site's key. */
const KEY = 32;

export class Vault {
  readonly #sources: Sources;
  readonly #seal: Uint8Array;
  readonly #digest: Uint8Array;
  readonly #site: Uint8Array;

  /** @throws Fault `secret-unreadable` for a key that has not 32 octets */
  constructor(siteKey: Uint8Array, sources: Sources) {
    if (siteKey.length !== KEY) throw new Fault("secret-unreadable", { what: `a site key of ${siteKey.length} bytes` });
    this.#site = siteKey;
    this.#sources = sources;
    this.#seal = this.derive("tieline identity seal");
    this.#digest = this.derive("tieline identity digest");
  }

  /** A key of its own for a purpose. */
  derive(purpose: string): Uint8Array {
    return new Uint8Array(hkdfSync("sha256", this.#site, "", purpose, KEY));
  }

  /** @param purpose what it is and whose; only the same text opens it again */
  seal(purpose: string, text: string): string {
    const nonce = this.#sources.random(NONCE);
    const cipher = createCipheriv("aes-256-gcm", this.#seal, nonce);
    cipher.setAAD(Buffer.from(purpose));
    const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return PREFIX + sealed.toString("base64url");
  }

  /** @throws Fault `secret-unreadable`: another key, another purpose, a changed record */
  open(purpose: string, sealed: string): string {
    const bytes = Buffer.from(sealed.startsWith(PREFIX) ? sealed.slice(PREFIX.length) : "", "base64url");
    if (bytes.length < NONCE + TAG) throw new Fault("secret-unreadable", { what: purpose });
    const decipher = createDecipheriv("aes-256-gcm", this.#seal, bytes.subarray(0, NONCE), { authTagLength: TAG });
    decipher.setAAD(Buffer.from(purpose));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(NONCE, bytes.length - TAG)), decipher.final()]).toString("utf8");
    } catch (cause) {
      throw new Fault("secret-unreadable", { what: purpose }, { cause });
    }
  }

  /** For looking up what must not stand in the database: the same text gives the same digest, and nobody else can make it. */
  digest(purpose: string, text: string): string {
    return createHmac("sha256", this.#digest).update(`${purpose}\0${text}`).digest("base64url");
  }
}

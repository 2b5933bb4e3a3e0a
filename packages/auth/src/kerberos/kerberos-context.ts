/** Message protection with Kerberos (RFC 4121), header and payload apart as WS-Management sends them. */
import { Fault } from "@tieline/fault";
import type { Sealed, SecurityContext } from "../mechanism.ts";
import { concat } from "../octets.ts";
import { GssError, type GssLibrary, type Handle } from "./gss-library.ts";

/** Contexts of connections that were dropped without `close` are freed when nobody can reach them any more. */
const ABANDONED = new FinalizationRegistry<{ library: GssLibrary; handle: Handle }>(({ library, handle }) => library.deleteContext(handle));

export class KerberosSecurityContext implements SecurityContext {
  readonly mechanism = "kerberos";
  readonly #library: GssLibrary;
  #handle: Handle | undefined;

  constructor(library: GssLibrary, handle: Handle) {
    this.#library = library;
    this.#handle = handle;
    ABANDONED.register(this, { library, handle }, this);
  }

  wrap(plaintext: Uint8Array): Sealed {
    const { header, body, padding } = this.#guard("seal", (handle) => this.#library.wrap(handle, plaintext));
    return { header, body: padding.length === 0 ? body : concat(body, padding), padding: padding.length };
  }

  unwrap(header: Uint8Array, body: Uint8Array): Uint8Array {
    const { plaintext, confidential } = this.#guard("open", (handle) => this.#library.unwrap(handle, concat(header, body)));
    if (!confidential) throw this.#broken("a message that was signed only");
    return plaintext;
  }

  sign(message: Uint8Array): Uint8Array {
    return this.#guard("sign", (handle) => this.#library.sign(handle, message));
  }

  verify(message: Uint8Array, signature: Uint8Array): void {
    this.#guard("verify", (handle) => this.#library.verify(handle, message, signature));
  }

  close(): void {
    if (this.#handle === undefined) return;
    ABANDONED.unregister(this);
    this.#library.deleteContext(this.#handle);
    this.#handle = undefined;
  }

  #guard<T>(what: string, action: (handle: Handle) => T): T {
    if (this.#handle === undefined) throw new Fault("context-missing", { what });
    try {
      return action(this.#handle);
    } catch (error) {
      if (!(error instanceof GssError)) throw error;
      throw this.#broken(error.status.text, error);
    }
  }

  /** After a message that does not verify nothing more is accepted. */
  #broken(what: string, cause?: unknown): Fault {
    this.close();
    return new Fault("message-integrity", { what }, { cause });
  }
}

/**
 * Signing and sealing with extended session security ([MS-NLMP] 3.4), connection-oriented, 128-bit keys.
 *
 * Each direction has a signing key, a sealing key whose RC4 stream runs on from message to message, and a sequence
 * number. A sealed message takes its own length of that stream, then eight bytes more for its checksum when keys
 * were exchanged; a signed message takes the eight bytes only.
 */
import { Fault } from "@tieline/fault";
import { Rc4 } from "../cipher/rc4.ts";
import type { Sealed, SecurityContext } from "../mechanism.ts";
import { equalInConstantTime, toUtf8 } from "../octets.ts";
import { hmacMd5, md5 } from "./response.ts";

const SIGNATURE_LENGTH = 16;

type Direction = "client-to-server" | "server-to-client";

/** SIGNKEY and SEALKEY (3.4.5.2, 3.4.5.3): the magic constants include their final zero. */
function derive(exportedKey: Uint8Array, direction: Direction, use: "signing" | "sealing"): Uint8Array {
  return md5(exportedKey, toUtf8(`session key to ${direction} ${use} key magic constant\0`));
}

class Channel {
  readonly #signKey: Uint8Array;
  readonly #keyExchange: boolean;
  #stream: Rc4;
  #sequence = 0;

  constructor(exportedKey: Uint8Array, direction: Direction, keyExchange: boolean) {
    this.#signKey = derive(exportedKey, direction, "signing");
    this.#stream = new Rc4(derive(exportedKey, direction, "sealing"));
    this.#keyExchange = keyExchange;
  }

  cipher(data: Uint8Array): Uint8Array {
    return this.#stream.update(data);
  }

  /** MAC with extended session security (3.4.4.2); moves stream and number on. */
  signature(message: Uint8Array): Uint8Array {
    const signature = new Uint8Array(SIGNATURE_LENGTH);
    const view = new DataView(signature.buffer);
    view.setUint32(0, 1, true);
    view.setUint32(12, this.#sequence, true);
    const checksum = hmacMd5(this.#signKey, signature.subarray(12), message).subarray(0, 8);
    signature.set(this.#keyExchange ? this.#stream.update(checksum) : checksum, 4);
    this.#sequence = (this.#sequence + 1) >>> 0;
    return signature;
  }

  /** What `action` does, with the key stream put back afterwards; the sequence number keeps counting ([MS-SPNG] 3.3.5.1). */
  keepingStream<T>(action: () => T): T {
    const before = this.#stream.clone();
    try {
      return action();
    } finally {
      this.#stream = before;
    }
  }
}

export class NtlmSecurityContext implements SecurityContext {
  readonly mechanism = "ntlm";
  /** False where the two ends agreed on signing without sealing. */
  readonly seals: boolean;
  readonly #out: Channel;
  readonly #in: Channel;
  #broken = false;

  constructor(options: { exportedKey: Uint8Array; role: "initiator" | "acceptor"; keyExchange: boolean; seals: boolean }) {
    const [out, into]: [Direction, Direction] =
      options.role === "initiator" ? ["client-to-server", "server-to-client"] : ["server-to-client", "client-to-server"];
    this.#out = new Channel(options.exportedKey, out, options.keyExchange);
    this.#in = new Channel(options.exportedKey, into, options.keyExchange);
    this.seals = options.seals;
  }

  wrap(plaintext: Uint8Array): Sealed {
    this.#usable("seal");
    const body = this.#out.cipher(plaintext);
    return { header: this.#out.signature(plaintext), body, padding: 0 };
  }

  unwrap(header: Uint8Array, body: Uint8Array): Uint8Array {
    this.#usable("open");
    const plaintext = this.#in.cipher(body);
    this.#check(plaintext, header);
    return plaintext;
  }

  sign(message: Uint8Array): Uint8Array {
    return this.#out.signature(message);
  }

  verify(message: Uint8Array, signature: Uint8Array): void {
    this.#check(message, signature);
  }

  signMechanismList(list: Uint8Array): Uint8Array {
    return this.#out.keepingStream(() => this.sign(list));
  }

  verifyMechanismList(list: Uint8Array, signature: Uint8Array): void {
    this.#in.keepingStream(() => this.verify(list, signature));
  }

  #usable(what: string): void {
    if (!this.seals) throw new Fault("context-missing", { what });
  }

  #check(message: Uint8Array, signature: Uint8Array): void {
    const expected = this.#in.signature(message);
    if (this.#broken || !equalInConstantTime(expected, signature)) {
      this.#broken = true;
      throw new Fault("message-integrity", { what: "NTLM signature" });
    }
  }
}

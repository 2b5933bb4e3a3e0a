/** RC4, which OpenSSL 3 no longer gives by default (vectors: RFC 6229). For NTLM's session security only. */
export class Rc4 {
  readonly #state = new Uint8Array(256);
  #i = 0;
  #j = 0;

  /** @param key 1 to 256 bytes */
  constructor(key: Uint8Array) {
    const state = this.#state;
    for (let i = 0; i < 256; i++) state[i] = i;
    for (let i = 0, j = 0; i < 256; i++) {
      const here = state[i] as number;
      j = (j + here + (key[i % key.length] as number)) & 255;
      state[i] = state[j] as number;
      state[j] = here;
    }
  }

  /** Encrypts or decrypts; the key stream runs on from call to call. The input is left as it is. */
  update(data: Uint8Array): Uint8Array {
    const state = this.#state;
    const out = new Uint8Array(data.length);
    let i = this.#i;
    let j = this.#j;
    for (let at = 0; at < data.length; at++) {
      i = (i + 1) & 255;
      const x = state[i] as number;
      j = (j + x) & 255;
      const y = state[j] as number;
      state[i] = y;
      state[j] = x;
      out[at] = (data[at] as number) ^ (state[(x + y) & 255] as number);
    }
    this.#i = i;
    this.#j = j;
    return out;
  }

  /** A second cipher that goes on from the same place. */
  clone(): Rc4 {
    const copy = new Rc4(ANY_KEY);
    copy.#state.set(this.#state);
    copy.#i = this.#i;
    copy.#j = this.#j;
    return copy;
  }
}

const ANY_KEY = new Uint8Array(1);

/** Chance that can be repeated: the same seed gives the same choices (xorshift over four words, seeded by FNV). */
export class Chance {
  readonly #words: Uint32Array;

  constructor(seed: string) {
    let hash = 2_166_136_261;
    this.#words = Uint32Array.from({ length: 4 }, (_, i) => {
      for (const char of `${seed}/${i}`) hash = Math.imul(hash ^ (char.codePointAt(0) as number), 16_777_619);
      return hash === 0 ? 1 : hash;
    });
    for (let i = 0; i < 12; i++) this.#next();
  }

  /** A whole number from 0 up to, but not including, `limit`. */
  below(limit: number): number {
    return this.#next() % Math.max(1, limit);
  }

  /** True once in so many times. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  guid(): string {
    const hex = Buffer.from(this.bytes(16)).toString("hex");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  #next(): number {
    const [a, b, c, d] = this.#words as unknown as [number, number, number, number];
    let t = a ^ (a << 11);
    t ^= t >>> 8;
    this.#words.set([b, c, d, d ^ (d >>> 19) ^ t]);
    return this.#words[3] as number;
  }
}

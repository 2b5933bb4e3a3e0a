/** MD4 (RFC 1320), which OpenSSL 3 no longer gives by default. For NT hashes only; it protects nothing by itself. */

/** The three rounds: the round's function, its constant, the order of the words, the shifts (RFC 1320 3.4). */
const ROUNDS: readonly {
  mix: (x: number, y: number, z: number) => number;
  add: number;
  order: readonly number[];
  shifts: readonly number[];
}[] = [
  {
    mix: (x, y, z) => (x & y) | (~x & z),
    add: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
  },
  {
    mix: (x, y, z) => (x & y) | (x & z) | (y & z),
    add: 0x5a827999,
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
  },
  {
    mix: (x, y, z) => x ^ y ^ z,
    add: 0x6ed9eba1,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
  },
];

/**
 * The 16-byte digest.
 *
 * @example
 * ```ts
 * Buffer.from(md4(new Uint8Array())).toString("hex"); // "31d6cfe0d16ae931b73c59d7e0c089c0"
 * ```
 */
export function md4(message: Uint8Array): Uint8Array {
  const blocks = Math.floor((message.length + 8) / 64) + 1;
  const padded = new Uint8Array(blocks * 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, (message.length * 8) >>> 0, true);
  view.setUint32(padded.length - 4, Math.floor(message.length / 0x20000000), true);

  let [a, b, c, d] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  const words = new Uint32Array(16);
  for (let block = 0; block < blocks; block++) {
    for (let i = 0; i < 16; i++) words[i] = view.getUint32(block * 64 + i * 4, true);
    const before = [a, b, c, d] as const;
    for (const { mix, add, order, shifts } of ROUNDS) {
      for (let step = 0; step < 16; step++) {
        const sum = (a + mix(b, c, d) + (words[order[step] as number] as number) + add) | 0;
        const shift = shifts[step & 3] as number;
        const turned = (sum << shift) | (sum >>> (32 - shift));
        [a, b, c, d] = [d, turned, b, c];
      }
    }
    a = (a + before[0]) | 0;
    b = (b + before[1]) | 0;
    c = (c + before[2]) | 0;
    d = (d + before[3]) | 0;
  }
  const digest = new Uint8Array(16);
  const out = new DataView(digest.buffer);
  for (const [i, word] of [a, b, c, d].entries()) out.setUint32(i * 4, word, true);
  return digest;
}

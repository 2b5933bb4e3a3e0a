/** XPRESS, LZ77 with Huffman: one chunk of at most 64 KiB into a table of code lengths and a stream of bits ([MS-XCA] 2.1). */
import { canonicalCodes, codeLengths, SYMBOLS } from "./huffman.ts";
import { findMatches, SHORTEST_MATCH } from "./match.ts";

export const CHUNK = 65_536;
/** Bytes of the table that opens a compressed chunk. */
export const TABLE = SYMBOLS / 2;
/** Follows the last symbol of a chunk. */
export const END_OF_DATA = 256;

/** The compressed chunk, or undefined where it would not be smaller. */
export function compressChunk(chunk: Uint8Array): Uint8Array | undefined {
  const values = new Uint16Array(chunk.length);
  const distances = new Uint16Array(chunk.length);
  const counts = new Uint32Array(SYMBOLS);
  let steps = 0;
  findMatches(chunk, (value, distance) => {
    values[steps] = distance === 0 ? value : value - SHORTEST_MATCH;
    distances[steps] = distance;
    const symbol = distance === 0 ? value : matchSymbol(value - SHORTEST_MATCH, distance);
    counts[symbol] = (counts[symbol] as number) + 1;
    steps++;
  });
  counts[END_OF_DATA] = (counts[END_OF_DATA] as number) + 1;
  const lengths = codeLengths(counts);
  if (sizeOf(counts, lengths) >= chunk.length) return undefined;
  const codes = canonicalCodes(lengths);
  // Extra length bytes are not in the estimate; a match that needs them stands for at least 18 bytes of room.
  const out = new BitWriter(new Uint8Array(TABLE + chunk.length + 16));
  out.table(lengths);
  for (let step = 0; step < steps; step++) {
    const value = values[step] as number;
    const distance = distances[step] as number;
    const symbol = distance === 0 ? value : matchSymbol(value, distance);
    out.bits(lengths[symbol] as number, codes[symbol] as number);
    if (distance === 0) continue;
    if (value >= 15) out.extraLength(value);
    const width = 31 - Math.clz32(distance);
    out.bits(width, distance - (1 << width));
  }
  out.bits(lengths[END_OF_DATA] as number, codes[END_OF_DATA] as number);
  const compressed = out.finish();
  return compressed.length < chunk.length ? compressed : undefined;
}

/** `length` is what goes beyond the shortest match. */
function matchSymbol(length: number, distance: number): number {
  return 256 + ((31 - Math.clz32(distance)) << 4) + Math.min(length, 15);
}

/** Bytes that table and bits take, offsets included. */
function sizeOf(counts: Uint32Array, lengths: Uint8Array): number {
  let bits = 0;
  for (let symbol = 0; symbol < SYMBOLS; symbol++) {
    const offset = symbol < 256 ? 0 : (symbol - 256) >> 4;
    bits += (counts[symbol] as number) * ((lengths[symbol] as number) + offset);
  }
  return TABLE + Math.ceil(bits / 8) + 4;
}

/**
 * Bits go into 16-bit little-endian words, most significant bit first; whole bytes (extra lengths) go between the words,
 * where the reader, which is two words ahead, will stand ([MS-XCA] 2.1.4.3).
 */
class BitWriter {
  readonly #out: Uint8Array;
  #first = TABLE;
  #second = TABLE + 2;
  #next = TABLE + 4;
  #word = 0;
  #free = 16;

  constructor(out: Uint8Array) {
    this.#out = out;
  }

  table(lengths: Uint8Array): void {
    for (let i = 0; i < TABLE; i++) this.#out[i] = (lengths[2 * i] as number) | ((lengths[2 * i + 1] as number) << 4);
  }

  bits(count: number, value: number): void {
    if (this.#free >= count) {
      this.#free -= count;
      this.#word = (this.#word << count) | value;
      return;
    }
    const rest = count - this.#free;
    this.#put(this.#first, (this.#word << this.#free) | (value >>> rest));
    this.#first = this.#second;
    this.#second = this.#next;
    this.#next += 2;
    this.#free = 16 - rest;
    this.#word = value & ((1 << rest) - 1);
  }

  extraLength(value: number): void {
    if (value - 15 < 255) this.#out[this.#next++] = value - 15;
    else {
      this.#out[this.#next++] = 255;
      this.#put(this.#next, value);
      this.#next += 2;
    }
  }

  finish(): Uint8Array {
    this.#put(this.#first, this.#word << this.#free);
    this.#put(this.#second, 0);
    return this.#out.subarray(0, this.#next);
  }

  #put(at: number, word: number): void {
    this.#out[at] = word & 0xff;
    this.#out[at + 1] = (word >>> 8) & 0xff;
  }
}

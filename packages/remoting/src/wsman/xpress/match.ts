/** Where a chunk repeats itself: hash chains over three bytes, with one step of lazy matching ([MS-XCA] 2.1.4.1). */

export const SHORTEST_MATCH = 3;
const HASH_BITS = 13;
/** How many earlier places are tried; the trade of time against size. */
const TRIES = 24;
/** A match as long as this is taken without looking further. */
const GOOD = 64;

/** Receives the chunk as literals (distance 0) and matches, in order. */
export type Sink = (value: number, distance: number) => void;

/** Splits a chunk of at most 64 KiB. For a literal `value` is the byte, for a match its length. */
export function findMatches(chunk: Uint8Array, sink: Sink): void {
  const size = chunk.length;
  const head = new Int32Array(1 << HASH_BITS).fill(-1);
  const previous = new Int32Array(size);
  const last = size - SHORTEST_MATCH;
  const insert = (at: number): void => {
    if (at > last) return;
    const slot = hash(chunk, at);
    previous[at] = head[slot] as number;
    head[slot] = at;
  };
  let at = 0;
  while (at < size) {
    let found = at > last ? undefined : longest(chunk, at, head, previous);
    insert(at);
    if (found !== undefined && found.length < GOOD && at + 1 <= last) {
      const next = longest(chunk, at + 1, head, previous);
      if (next !== undefined && next.length > found.length) found = undefined;
    }
    if (found === undefined) {
      sink(chunk[at] as number, 0);
      at += 1;
      continue;
    }
    sink(found.length, found.distance);
    for (let i = 1; i < found.length; i++) insert(at + i);
    at += found.length;
  }
}

function hash(chunk: Uint8Array, at: number): number {
  const three = (chunk[at] as number) | ((chunk[at + 1] as number) << 8) | ((chunk[at + 2] as number) << 16);
  return Math.imul(three, 0x9e3779b1) >>> (32 - HASH_BITS);
}

function longest(chunk: Uint8Array, at: number, head: Int32Array, previous: Int32Array): { length: number; distance: number } | undefined {
  const most = chunk.length - at;
  let best = SHORTEST_MATCH - 1;
  let distance = 0;
  let candidate = head[hash(chunk, at)] as number;
  for (let tries = TRIES; candidate >= 0 && tries > 0; tries--) {
    if (chunk[candidate + best] === chunk[at + best]) {
      let length = 0;
      while (length < most && chunk[candidate + length] === chunk[at + length]) length++;
      if (length > best) {
        best = length;
        distance = at - candidate;
        if (length >= GOOD || length === most) break;
      }
    }
    candidate = previous[candidate] as number;
  }
  return distance === 0 ? undefined : { length: best, distance };
}

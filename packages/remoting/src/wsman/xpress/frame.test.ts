import { Fault } from "@tieline/fault";
import { expect, test } from "vitest";
import { CHUNK, compressChunk, TABLE } from "./compress.ts";
import { decompressChunk } from "./decompress.ts";
import { compressXpress, decompressXpress } from "./frame.ts";
import { canonicalCodes, codeLengths, SYMBOLS } from "./huffman.ts";

function chance(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 0x1_0000_0000;
}

const KINDS: Readonly<Record<string, (i: number, bytes: Uint8Array, random: () => number) => number>> = {
  noise: (_, __, random) => random() * 256,
  "one byte": () => 7,
  "two bytes": (_, __, random) => random() * 2,
  runs: (_, __, random) => (random() < 0.999 ? 7 : random() * 256),
  repeats: (i, bytes, random) => (i > 0 && random() < 0.95 ? (bytes[Math.floor(random() * i)] as number) : random() * 64),
  clixml: (i, _, random) => '<Obj RefId="0"><MS><S N="Name">value</S></MS></Obj>'.charCodeAt((i + (random() < 0.02 ? 1 : 0)) % 51),
};

function sample(kind: string, size: number, seed: number): Uint8Array {
  const random = chance(seed);
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = (KINDS[kind] as (typeof KINDS)[string])(i, bytes, random);
  return bytes;
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
  return "accepted";
}

test.each(
  Object.keys(KINDS).flatMap((kind) => [1, 2, 3, 300, 5000, CHUNK - 1, CHUNK, CHUNK + 1, 200_000].map((size) => [kind, size] as const)),
)("%s of %d bytes come back, [MS-XCA] 2.1", (kind, size) => {
  const bytes = sample(kind, size, size);
  const compressed = compressXpress(bytes);
  expect(Buffer.from(decompressXpress(compressed)).equals(bytes)).toBe(true);
  // Whatever does not shrink is stored: four bytes a chunk is all that it can grow.
  expect(compressed.length).toBeLessThanOrEqual(size + 4 * Math.ceil(size / CHUNK));
});

test("text is compressed in earnest", () => {
  const bytes = sample("clixml", CHUNK, 1);
  expect(bytes.length / (compressChunk(bytes)?.length ?? CHUNK)).toBeGreaterThan(8);
});

test("a skewed alphabet keeps its codes within 15 bits, [MS-XCA] 2.1.4.2", () => {
  const counts = new Uint32Array(SYMBOLS);
  for (let i = 0, a = 1, b = 1; i < 40; i++, [a, b] = [b, a + b]) counts[i] = Math.min(a, 0xffff_ffff);
  const lengths = codeLengths(counts);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(15);
  const used = lengths.filter((length) => length > 0);
  expect(used.reduce((sum, length) => sum + 2 ** -length, 0)).toBe(1);
  expect(new Set(canonicalCodes(lengths).slice(0, 40)).size).toBeGreaterThan(10);
});

const GOOD = compressXpress(sample("clixml", 5000, 3));

test.each([
  ["a header cut off", GOOD.subarray(0, 3)],
  ["a chunk cut off", GOOD.subarray(0, GOOD.length - 1)],
  ["a chunk larger than its original", Buffer.concat([Buffer.from([1, 0, 9, 0]), Buffer.alloc(10)])],
  ["a chunk shorter than its table", Buffer.concat([Buffer.from([255, 0, 9, 0]), Buffer.alloc(10)])],
  ["a table of nothing", Buffer.concat([Buffer.from([255, 255, 255, 1]), Buffer.alloc(512)])],
  ["a table of too much", Buffer.concat([Buffer.from([255, 255, 255, 1]), Buffer.alloc(512, 0x11)])],
])("%s is refused", (_, bytes) => {
  expect(codeOf(() => decompressXpress(bytes))).toBe("wsman-compression-invalid");
});

test("a bomb ends at its limit", () => {
  const bomb = compressXpress(new Uint8Array(4 * 1024 * 1024));
  expect(bomb.length).toBeLessThan(40_000);
  expect(codeOf(() => decompressXpress(bomb, 1024 * 1024))).toBe("wsman-compression-limit");
});

test("damaged chunks end in bytes or in our fault", () => {
  const random = chance(99);
  let accepted = 0;
  for (let round = 0; round < 3000; round++) {
    const bytes = Buffer.from(GOOD);
    for (let i = 0; i <= random() * 4; i++) bytes[4 + Math.floor(random() * (bytes.length - 4))] = random() * 256;
    const code = codeOf(() => decompressXpress(bytes));
    if (code === "accepted") accepted++;
    else expect(code).toBe("wsman-compression-invalid");
  }
  expect(accepted).toBeGreaterThan(0);
});

test("a length in its long form must need it, [MS-XCA] 2.2.4", () => {
  // Two symbols of one bit each: a literal, and a match at distance 1 with an extra length.
  const chunk = Buffer.alloc(TABLE + 16);
  chunk[0] = 1;
  chunk[(256 + 15) >> 1] = 0x10;
  chunk.writeUInt16LE(0x4000, TABLE);
  chunk[TABLE + 4] = 255;
  chunk.writeUInt16LE(3, TABLE + 5);
  expect(codeOf(() => decompressChunk(chunk, 30))).toBe("wsman-compression-invalid");
  chunk.writeUInt16LE(26, TABLE + 5);
  expect(decompressChunk(chunk, 30)).toEqual(new Uint8Array(30));
});

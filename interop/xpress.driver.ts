/**
 * Debian's libwim15 as a judge of our XPRESS: it decodes every chunk that we compress, and we decode what it compresses.
 * Prints both ratios.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CHUNK, compressChunk } from "../packages/remoting/src/wsman/xpress/compress.ts";
import { decompressChunk } from "../packages/remoting/src/wsman/xpress/decompress.ts";
import { cases, type Driver } from "./driver.ts";

const SCRIPT = join(import.meta.dirname, "python", "libwim.py");
const PYTHON = "/usr/bin/python3";

function judge(jobs: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync(PYTHON, [SCRIPT], { input: `${jobs.join("\n")}\n`, maxBuffer: 1 << 30, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split("\n");
}

/** Seeded, so that a failure comes again. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

/** Noise, two letters, long runs, repeats at all distances, words. */
function sample(kind: number, size: number, random: () => number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    if (kind === 0) bytes[i] = random() * 256;
    else if (kind === 1) bytes[i] = random() * 2;
    else if (kind === 2) bytes[i] = random() < 0.999 ? 7 : random() * 256;
    else if (kind === 3) bytes[i] = i > 0 && random() < 0.95 ? (bytes[Math.floor(random() * i)] as number) : random() * 64;
    else bytes[i] = '<Obj RefId="0"><MS><S N="Name">value</S></MS></Obj>'.charCodeAt((i + (random() < 0.02 ? 1 : 0)) % 51);
  }
  return bytes;
}

function seeded(): Uint8Array[] {
  const random = chance(20_260_101);
  return Array.from({ length: 400 }, (_, i) => sample(i % 5, i < 20 ? CHUNK : 1 + Math.floor(random() ** 2 * CHUNK), random));
}

/** Text that is really sent: the source of this product stands for it. */
function texts(): Uint8Array[] {
  const folder = join(import.meta.dirname, "..", "packages", "remoting", "src", "wsman");
  const all = Buffer.concat(
    readdirSync(folder)
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(join(folder, name))),
  );
  return Array.from({ length: Math.ceil(all.length / CHUNK) }, (_, i) => all.subarray(i * CHUNK, (i + 1) * CHUNK));
}

function weDecode(chunks: readonly Uint8Array[]): string {
  const answers = judge(chunks.map((chunk) => `c ${Buffer.from(chunk).toString("base64")}`));
  let before = 0;
  let after = 0;
  for (const [i, chunk] of chunks.entries()) {
    if (answers[i] === "stored") continue;
    const compressed = Buffer.from(answers[i] as string, "base64");
    assert.ok(Buffer.from(chunk).equals(decompressChunk(compressed, chunk.length)), `chunk ${i} differs`);
    before += chunk.length;
    after += compressed.length;
  }
  return `${(before / after).toFixed(2)} : 1`;
}

function theyDecode(chunks: readonly Uint8Array[]): string {
  const compressed = chunks.map(compressChunk);
  const jobs = compressed.flatMap((each, i) =>
    each === undefined ? [] : [`d ${(chunks[i] as Uint8Array).length} ${Buffer.from(each).toString("base64")}`],
  );
  const answers = judge(jobs);
  let before = 0;
  let after = 0;
  let next = 0;
  for (const [i, chunk] of chunks.entries()) {
    const ours = compressed[i];
    if (ours === undefined) continue;
    assert.equal(answers[next++], Buffer.from(chunk).toString("base64"), `chunk ${i} differs`);
    before += chunk.length;
    after += ours.length;
  }
  return `${next} of ${chunks.length} chunks, ${(before / after).toFixed(2)} : 1`;
}

export const driver: Driver = {
  name: "libwim15 (XPRESS)",
  needs() {
    const { status, error } = spawnSync(PYTHON, [SCRIPT], { input: "" });
    return error !== undefined || status !== 0 ? "libwim15 or python3 is not installed (apt-get install libwim15 python3)" : undefined;
  },
  run: () =>
    cases([
      ["it decodes our seeded chunks", async () => console.log(`          ${theyDecode(seeded())}`)],
      ["it decodes our texts", async () => console.log(`          ${theyDecode(texts())}`)],
      ["we decode its seeded chunks", async () => console.log(`          ${weDecode(seeded())}`)],
      ["we decode its texts", async () => console.log(`          ${weDecode(texts())}`)],
    ]),
};

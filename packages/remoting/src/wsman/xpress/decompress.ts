/** XPRESS, LZ77 with Huffman: a chunk back into its bytes ([MS-XCA] 2.2). Every read and copy is checked; the output is as long as the frame says, no longer. */
import { Fault } from "@tieline/fault";
import { TABLE } from "./compress.ts";
import { LONGEST_CODE, SYMBOLS } from "./huffman.ts";

const LOOKUP = 1 << LONGEST_CODE;
/** Which symbol the next 15 bits begin with; rebuilt for each chunk. */
const symbols = new Uint16Array(LOOKUP);

function invalid(reason: string): Fault {
  return new Fault("wsman-compression-invalid", { reason });
}

/**
 * @param size bytes of the original chunk, at most 64 KiB
 * @throws wsman-compression-invalid
 */
export function decompressChunk(chunk: Uint8Array, size: number): Uint8Array {
  if (chunk.length < TABLE + 4) throw invalid("a chunk is too short");
  const lengths = readTable(chunk);
  const out = new Uint8Array(size);
  let at = TABLE;
  const word = (): number => {
    // Past the end the encoder's padding is read ahead; what it would mean is checked where it is used.
    const value = at + 1 < chunk.length ? (chunk[at] as number) | ((chunk[at + 1] as number) << 8) : 0;
    if (at > chunk.length + 4) throw invalid("a chunk ends early");
    at += 2;
    return value;
  };
  let bits = ((word() << 16) | word()) >>> 0;
  let extra = 16;
  const skip = (count: number): void => {
    bits = (bits << count) >>> 0;
    extra -= count;
    if (extra < 0) {
      bits = (bits | (word() << -extra)) >>> 0;
      extra += 16;
    }
  };
  let done = 0;
  while (done < size) {
    const symbol = symbols[bits >>> (32 - LONGEST_CODE)] as number;
    skip(lengths[symbol] as number);
    if (symbol < 256) {
      out[done++] = symbol;
      continue;
    }
    let length = (symbol - 256) & 15;
    const width = (symbol - 256) >> 4;
    if (length === 15) {
      if (at >= chunk.length) throw invalid("a chunk ends early");
      length = chunk[at++] as number;
      if (length === 255) {
        if (at + 1 >= chunk.length) throw invalid("a chunk ends early");
        length = (chunk[at] as number) | ((chunk[at + 1] as number) << 8);
        at += 2;
        if (length < 15) throw invalid("a length is written in a longer form than it needs");
        length -= 15;
      }
      length += 15;
    }
    length += 3;
    const distance = (1 << width) + (width === 0 ? 0 : bits >>> (32 - width));
    skip(width);
    if (distance > done) throw invalid("a match begins before the chunk");
    if (length > size - done) throw invalid("a match ends after the chunk");
    if (distance >= length) out.copyWithin(done, done - distance, done - distance + length);
    else for (let i = 0; i < length; i++) out[done + i] = out[done + i - distance] as number;
    done += length;
  }
  return out;
}

function readTable(chunk: Uint8Array): Uint8Array {
  const lengths = new Uint8Array(SYMBOLS);
  const counts = new Uint16Array(LONGEST_CODE + 1);
  for (let i = 0; i < TABLE; i++) {
    const pair = chunk[i] as number;
    lengths[2 * i] = pair & 15;
    lengths[2 * i + 1] = pair >> 4;
  }
  for (const length of lengths) counts[length] = (counts[length] as number) + 1;
  let from = 0;
  for (let length = 1; length <= LONGEST_CODE; length++) {
    if (counts[length] === 0) continue;
    const span = 1 << (LONGEST_CODE - length);
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      if (lengths[symbol] !== length) continue;
      if (from + span > LOOKUP) throw invalid("the code lengths are too many");
      symbols.fill(symbol, from, from + span);
      from += span;
    }
  }
  if (from !== LOOKUP) throw invalid("the code lengths are too few");
  return lengths;
}

/**
 * The text of a file of users, whatever wrote it: a byte order mark decides, or the zeros that UTF-16 leaves beside plain
 * letters; else it is UTF-8, and from the first bytes on that are not, Windows-1252.
 */

const MARKS: readonly { bytes: readonly number[]; encoding: string }[] = [
  { bytes: [0xef, 0xbb, 0xbf], encoding: "utf-8" },
  { bytes: [0xff, 0xfe], encoding: "utf-16le" },
  { bytes: [0xfe, 0xff], encoding: "utf-16be" },
];
/** Bytes that are looked at before anything is decoded. */
const HEAD = 4;

/** Push bytes of any size, take text; `end` gives the rest. */
export class FileText {
  #decoder: TextDecoder | undefined;
  #held: Uint8Array = new Uint8Array();
  #isGuess = false;
  #guessed = false;

  /** True once something was read as Windows-1252 for want of better. */
  get guessed(): boolean {
    return this.#guessed;
  }

  push(bytes: Uint8Array): string {
    const all = joined(this.#held, bytes);
    if (this.#decoder === undefined) {
      this.#held = all;
      return all.length < HEAD ? "" : this.#begin();
    }
    return this.#decode(all, false);
  }

  end(): string {
    if (this.#decoder === undefined) return this.#begin() + this.#decode(this.#held, true);
    return this.#decode(this.#held, true);
  }

  #begin(): string {
    const bytes = this.#held;
    const mark = MARKS.find((each) => each.bytes.every((byte, i) => bytes[i] === byte));
    const encoding = mark?.encoding ?? unmarked(bytes);
    this.#isGuess = mark === undefined && encoding === "utf-8";
    this.#decoder = new TextDecoder(encoding, { fatal: this.#isGuess, ignoreBOM: this.#isGuess });
    return this.#decode(bytes, false);
  }

  #decode(bytes: Uint8Array, isLast: boolean): string {
    const decoder = this.#decoder as TextDecoder;
    if (!this.#isGuess) {
      this.#held = new Uint8Array();
      return decoder.decode(bytes, { stream: !isLast });
    }
    // A character that is cut in two waits for its other half, so that either decoder finds it whole.
    const whole = isLast ? bytes.length : bytes.length - cutOff(bytes);
    this.#held = bytes.slice(whole);
    try {
      return decoder.decode(bytes.subarray(0, whole));
    } catch {
      // What was UTF-8 until here stays that, so that it matters nothing how the bytes are cut into pieces.
      const good = wellFormed(bytes);
      const text = decoder.decode(bytes.subarray(0, good));
      this.#decoder = new TextDecoder("windows-1252");
      this.#isGuess = false;
      this.#guessed = true;
      this.#held = new Uint8Array();
      return text + this.#decoder.decode(bytes.subarray(good), { stream: !isLast });
    }
  }
}

/** UTF-16 without a mark shows by its zeros. */
function unmarked([first, second, third, fourth]: Uint8Array): string {
  if (first !== 0 && second === 0 && third !== 0 && fourth === 0) return "utf-16le";
  if (first === 0 && second !== 0 && third === 0 && fourth !== 0) return "utf-16be";
  return "utf-8";
}

/** How many bytes at the end begin a character of UTF-8 that is not complete. */
function cutOff(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needs > back ? back : 0;
  }
  return 0;
}

/** How many bytes from the start are whole characters of UTF-8 (RFC 3629, section 4). */
function wellFormed(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at] as number;
    const length =
      first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
    if (length === 0 || at + length > bytes.length) return at;
    // Neither longer than need be, nor a surrogate, nor beyond U+10FFFF.
    const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    for (let i = 1; i < length; i++) {
      const next = bytes[at + i] as number;
      if (next < (i === 1 ? low : 0x80) || next > (i === 1 ? high : 0xbf)) return at;
    }
    at += length;
  }
  return at;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

/**
 * Fragments: how messages are cut for a carrier and put together again ([MS-PSRP] 2.2.4, 3.1.5.1.1, 3.1.5.1.2).
 *
 *     ObjectId u64 BE (> 0) | FragmentId u64 BE (0, 1, ...) | flags u8 (1 start, 2 end) | length u32 BE | blob
 *
 * The fragments of one object follow each other; a stream carries one object at a time. Ids of objects need not begin
 * at 1 nor be neighbours. Both directions work in linear time: bytes are gathered in blocks and joined once.
 */
import { Fault } from "@tieline/fault";
import { plain } from "./bytes.ts";

export const FRAGMENT_HEADER_LENGTH = 21;
/** What PowerShell uses over streams: fragments of 32 KiB with their header. */
export const DEFAULT_FRAGMENT_SIZE = 32 * 1024;
/** No carrier works with less: the header and a little. */
export const SMALLEST_FRAGMENT_SIZE = FRAGMENT_HEADER_LENGTH + 1;
/** [MS-PSRP] 2.2.4: the length is a signed 32-bit number. */
const LARGEST_BLOB = 0x7fff_ffff;
const START = 1;
const END = 2;

/** Whether these bytes begin with the first fragment of an object. */
export function startsObject(bytes: Uint8Array): boolean {
  return ((bytes[16] ?? 0) & START) !== 0;
}

/** Cuts one message into fragments, one a call, so that a changed fragment size holds from the next fragment on. */
export class Fragmenter {
  readonly #objectId: bigint;
  readonly #message: Uint8Array;
  #fragmentId = 0n;
  #sent = 0;
  #begun = false;

  /** Keeps `message`, which must not be changed until the last fragment is out. */
  constructor(objectId: bigint, message: Uint8Array) {
    this.#objectId = objectId;
    this.#message = message;
  }

  /** Bytes of the message that are still to come. */
  get remaining(): number {
    return this.#message.length - this.#sent;
  }

  get done(): boolean {
    return this.#begun && this.remaining === 0;
  }

  /** The next fragment, at most `size` bytes with its header, or undefined after the last. */
  next(size: number): Uint8Array | undefined {
    if (this.done) return undefined;
    const length = Math.min(this.remaining, Math.max(size, SMALLEST_FRAGMENT_SIZE) - FRAGMENT_HEADER_LENGTH);
    const fragment = Buffer.allocUnsafe(FRAGMENT_HEADER_LENGTH + length);
    fragment.writeBigUInt64BE(this.#objectId, 0);
    fragment.writeBigUInt64BE(this.#fragmentId, 8);
    fragment[16] = (this.#begun ? 0 : START) | (length === this.remaining ? END : 0);
    fragment.writeUInt32BE(length, 17);
    fragment.set(this.#message.subarray(this.#sent, this.#sent + length), FRAGMENT_HEADER_LENGTH);
    this.#sent += length;
    this.#fragmentId += 1n;
    this.#begun = true;
    return plain(fragment);
  }
}

export interface ReassemblerOptions {
  /** Who sends: named in the faults about sizes. */
  side: "server" | "client computer";
  /** Largest object, its fragment headers included, in bytes. */
  maxObjectSize: number;
  /** Largest sum of all bytes of this stream; unlimited by default. */
  maxTotalSize?: number | undefined;
  /**
   * Whether an object may begin with any fragment id. PowerShell's own receiver looks at the start flag only, and
   * our client does as it does; our server wants 0.
   */
  anyFirstFragment?: boolean;
}

/** Puts one stream's messages together. Takes chunks of any size; after a fault it must not be used again. */
export class Reassembler {
  readonly #options: ReassemblerOptions;
  readonly #header = new Uint8Array(FRAGMENT_HEADER_LENGTH);
  readonly #headerView = new DataView(this.#header.buffer);
  #headerFilled = 0;
  /** Bytes of the current fragment's blob that are still to come. */
  #blobMissing = 0;
  #isEnd = false;
  /** Whether fragments that do not fit are passed over until an object begins. */
  #offSync = false;
  #skipping = false;
  /** 0 while no object is open. */
  #objectId = 0n;
  #fragmentId = 0n;
  readonly #object = new Blocks();
  #objectSize = 0;
  #total = 0;

  constructor(options: ReassemblerOptions) {
    this.#options = options;
  }

  /** True between two objects: nothing half received. */
  get idle(): boolean {
    return this.#headerFilled === 0 && this.#objectId === 0n;
  }

  /**
   * The stream was taken up again or by another: it may go on in the middle of an object, and what does not fit is
   * passed over until the next one begins, as PowerShell's clients do after connecting.
   */
  resume(): void {
    this.#offSync = true;
  }

  /**
   * Takes bytes and hands each message that they complete to `deliver`, in order. A message is a view that is valid
   * during the call only.
   *
   * Throws `fragment-object-id`, `fragment-object-mismatch`, `fragment-sequence`, `fragment-length`, `object-too-large`,
   * `command-data-too-large`; the messages before the wrong fragment were delivered.
   */
  push(bytes: Uint8Array, deliver: (message: Uint8Array) => void): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#headerFilled < FRAGMENT_HEADER_LENGTH) {
        const take = Math.min(FRAGMENT_HEADER_LENGTH - this.#headerFilled, bytes.length - at);
        this.#header.set(bytes.subarray(at, at + take), this.#headerFilled);
        this.#headerFilled += take;
        at += take;
        if (this.#headerFilled < FRAGMENT_HEADER_LENGTH) return;
        this.#openFragment();
      }
      const take = Math.min(this.#blobMissing, bytes.length - at);
      if (this.#skipping) {
        at += take;
        this.#blobMissing -= take;
        if (this.#blobMissing === 0) this.#close();
        continue;
      }
      if (this.#isEnd && this.#object.length === 0 && take === this.#blobMissing) {
        // The whole object lies in this chunk: no copy.
        this.#close();
        deliver(bytes.subarray(at, at + take));
        at += take;
        continue;
      }
      this.#object.add(bytes.subarray(at, at + take));
      at += take;
      this.#blobMissing -= take;
      if (this.#blobMissing > 0) return;
      this.#headerFilled = 0;
      if (!this.#isEnd) continue;
      const message = this.#object.take();
      this.#close();
      deliver(message);
    }
  }

  #openFragment(): void {
    const objectId = this.#headerView.getBigInt64(0);
    const fragmentId = this.#headerView.getBigInt64(8);
    const flags = this.#header[16] as number;
    const length = this.#headerView.getUint32(17);
    if (objectId <= 0n) throw new Fault("fragment-object-id");
    if (length > LARGEST_BLOB) throw new Fault("fragment-length", { length: length | 0 });
    if ((flags & START) !== 0) {
      if (this.#objectId !== 0n && !this.#options.anyFirstFragment) throw new Fault("fragment-object-mismatch");
      if (fragmentId !== 0n && !this.#options.anyFirstFragment) throw new Fault("fragment-sequence");
      this.#close();
      this.#objectId = objectId;
      this.#offSync = false;
      this.#skipping = false;
    } else {
      const fits = objectId === this.#objectId ? fragmentId === this.#fragmentId + 1n : undefined;
      if (fits !== true && !this.#offSync) throw new Fault(fits === undefined ? "fragment-object-mismatch" : "fragment-sequence");
      this.#skipping ||= fits !== true;
    }
    this.#headerFilled = FRAGMENT_HEADER_LENGTH;
    this.#fragmentId = fragmentId;
    this.#isEnd = (flags & END) !== 0;
    this.#blobMissing = length;
    const size = FRAGMENT_HEADER_LENGTH + length;
    this.#objectSize += size;
    this.#total += size;
    const { side, maxObjectSize, maxTotalSize } = this.#options;
    if (this.#objectSize > maxObjectSize) throw new Fault("object-too-large", { side, size: this.#objectSize, limit: maxObjectSize });
    if (maxTotalSize !== undefined && this.#total > maxTotalSize) {
      throw new Fault("command-data-too-large", { side, limit: maxTotalSize });
    }
  }

  #close(): void {
    this.#headerFilled = 0;
    this.#blobMissing = 0;
    this.#objectId = 0n;
    this.#object.clear();
    this.#objectSize = 0;
  }
}

const NO_BYTES = new Uint8Array(0);
const SMALLEST_BLOCK = 1024;
const LARGEST_BLOCK = 1024 * 1024;

/**
 * Bytes that come piece by piece, gathered in blocks that double up to 1 MB. Room for what a header announces is not
 * taken before it arrives: a header must not cost memory.
 */
class Blocks {
  #full: Uint8Array[] = [];
  #block: Uint8Array = NO_BYTES;
  #filled = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    this.#length += piece.length;
    for (let at = 0; at < piece.length;) {
      if (this.#filled === this.#block.length) this.#grow(piece.length - at);
      const part = piece.subarray(at, at + this.#block.length - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
    }
  }

  /** All bytes as one, and none left. */
  take(): Uint8Array {
    const last = this.#block.subarray(0, this.#filled);
    const all = this.#full.length === 0 ? last : Buffer.concat([...this.#full, last], this.#length);
    this.clear();
    return all;
  }

  clear(): void {
    if (this.#length === 0) return;
    this.#full = [];
    this.#block = NO_BYTES;
    this.#filled = 0;
    this.#length = 0;
  }

  #grow(wanted: number): void {
    if (this.#filled > 0) this.#full.push(this.#block);
    const size = Math.max(SMALLEST_BLOCK, wanted, this.#block.length * 2);
    this.#block = new Uint8Array(Math.min(LARGEST_BLOCK, size));
    this.#filled = 0;
  }
}

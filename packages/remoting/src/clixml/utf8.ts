/** UTF-8 in chunks: a sequence that is cut at the end of a chunk waits for the next one; invalid bytes are a fault. */
import { Fault } from "@tieline/fault";

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class Utf8Joiner {
  #rest: Uint8Array | undefined;

  write(chunk: Uint8Array): string {
    let bytes = chunk;
    if (this.#rest !== undefined) {
      bytes = new Uint8Array(this.#rest.length + chunk.length);
      bytes.set(this.#rest);
      bytes.set(chunk, this.#rest.length);
      this.#rest = undefined;
    }
    const whole = bytes.length - unfinished(bytes);
    if (whole < bytes.length) {
      this.#rest = bytes.slice(whole);
      bytes = bytes.subarray(0, whole);
    }
    return decode(bytes);
  }

  end(): void {
    if (this.#rest !== undefined) throw new Fault("clixml-encoding");
  }

  reset(): void {
    this.#rest = undefined;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch (cause) {
    throw new Fault("clixml-encoding", {}, { cause });
  }
}

/** Bytes at the end that begin a sequence and do not complete it: 0 to 3. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

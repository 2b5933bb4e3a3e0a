/**
 * Where PSRP fragments begin and end ([MS-PSRP] 2.2.4): all that a carrier reads of its load. 21 bytes of header, the
 * last four of them the length of the blob.
 */
import { Fault } from "@tieline/fault";

const HEADER = 21;
const LENGTH_AT = 17;

/** The sizes of the whole fragments in `bytes`, in order. */
function* sizes(bytes: Uint8Array): Generator<number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    const size = at + HEADER <= bytes.length ? HEADER + view.getUint32(at + LENGTH_AT) : Number.POSITIVE_INFINITY;
    if (at + size > bytes.length) throw new Fault("wsman-stream-invalid", { reason: "a fragment is cut off" });
    yield size;
    at += size;
  }
}

/**
 * Cuts a load of whole fragments into pieces of whole fragments, each as large as `limit` allows.
 *
 * @throws wsman-too-large-to-send where one fragment alone is larger, wsman-stream-invalid where they are not whole
 */
export function cut(bytes: Uint8Array, limit: number): Uint8Array[] {
  if (bytes.length <= limit) return bytes.length === 0 ? [] : [bytes];
  const pieces: Uint8Array[] = [];
  let from = 0;
  let at = 0;
  for (const size of sizes(bytes)) {
    if (size > limit) throw new Fault("wsman-too-large-to-send", { size, limit });
    if (at + size - from > limit) {
      pieces.push(bytes.subarray(from, at));
      from = at;
    }
    at += size;
  }
  pieces.push(bytes.subarray(from));
  return pieces;
}

/**
 * The compressed form of a stream's bytes ([MS-WSMV] 2.2.9.1.1.1): chunks of 64 KiB, each behind its original size less
 * one and its compressed size less one, both 16 bits little-endian; where they are equal the chunk is stored as it is.
 */
import { Fault } from "@tieline/fault";
import { CHUNK, compressChunk } from "./compress.ts";
import { decompressChunk } from "./decompress.ts";

const HEADER = 4;
/** More than this does not come out of one stream, whatever it claims. */
export const DECOMPRESSED_LIMIT = 16 * 1024 * 1024;

/** Compresses the bytes; incompressible chunks are stored. */
export function compressXpress(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK) {
    const chunk = bytes.subarray(at, at + CHUNK);
    const body = compressChunk(chunk) ?? chunk;
    const header = Buffer.alloc(HEADER);
    header.writeUInt16LE(chunk.length - 1, 0);
    header.writeUInt16LE(body.length - 1, 2);
    parts.push(header, body);
  }
  return Buffer.concat(parts);
}

/**
 * The original bytes.
 *
 * @throws wsman-compression-invalid, wsman-compression-limit
 */
export function decompressXpress(bytes: Uint8Array, limit: number = DECOMPRESSED_LIMIT): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  for (let at = 0; at < bytes.length;) {
    if (at + HEADER > bytes.length) throw new Fault("wsman-compression-invalid", { reason: "a chunk's header is cut off" });
    const size = ((bytes[at] as number) | ((bytes[at + 1] as number) << 8)) + 1;
    const stored = ((bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8)) + 1;
    at += HEADER;
    if (at + stored > bytes.length) throw new Fault("wsman-compression-invalid", { reason: "a chunk is cut off" });
    if (stored > size) throw new Fault("wsman-compression-invalid", { reason: "a chunk is larger than its original" });
    total += size;
    if (total > limit) throw new Fault("wsman-compression-limit", { limit });
    const chunk = bytes.subarray(at, at + stored);
    parts.push(stored === size ? chunk : decompressChunk(chunk, size));
    at += stored;
  }
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}

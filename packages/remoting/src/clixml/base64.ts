/** Base64 as .NET's Convert reads it: white space anywhere, padding obligatory, nothing else. */

const FOREIGN = /[^A-Za-z0-9+/]/;

/** Undefined where the text is not Base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  const dense = /\s/.test(text) ? text.replace(/[\t\n\r ]/g, "") : text;
  const padding = dense.endsWith("==") ? 2 : dense.endsWith("=") ? 1 : 0;
  if (dense.length % 4 !== 0 || FOREIGN.test(padding === 0 ? dense : dense.slice(0, -padding))) return undefined;
  return Uint8Array.from(Buffer.from(dense, "base64"));
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

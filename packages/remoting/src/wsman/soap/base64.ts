/** Base64 of XML content (XML Schema part 2, 3.2.16), with the checks that Node's own decoder leaves out. */

/**
 * The bytes, or undefined where the text is not base64.
 *
 * @param whitespace `refuse`: one piece only, as PowerShell's client demands of an answer; `skip`: as the schema allows.
 */
export function decodeBase64(text: string, whitespace: "refuse" | "skip"): Uint8Array | undefined {
  if (text === "") return new Uint8Array(0);
  const bytes = strict(text);
  if (bytes !== undefined || whitespace === "refuse") return bytes;
  return strict(text.replace(/[ \t\r\n]+/g, ""));
}

function strict(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  if (text.includes("-") || text.includes("_")) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const expected = (text.length / 4) * 3 - padding;
  // The decoder skips what it does not know, so every foreign character makes the result shorter.
  const bytes = Buffer.from(text, "base64");
  return bytes.length === expected ? bytes : undefined;
}

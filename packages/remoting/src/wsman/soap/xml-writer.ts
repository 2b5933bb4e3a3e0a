/**
 * Writes XML as pieces: strings that are XML already, and bytes that travel as base64. The whole is measured once and
 * written into one buffer, so that a large payload is copied once as text and never concatenated.
 */

/** Finished XML, or bytes to be written as base64 in one piece. */
export type XmlPiece = string | Uint8Array;

/** XML 1.0 section 2.2 has no place for these at all, not even as references. */
// oxlint-disable-next-line no-control-regex
const NOT_XML =
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#xD;" };
const ATTRIBUTE_ESCAPES: Readonly<Record<string, string>> = { ...ESCAPES, "\n": "&#xA;", "\t": "&#x9;" };

/** Character data; what XML cannot carry becomes U+FFFD. */
export function escapeText(text: string): string {
  return text.replace(NOT_XML, "\uFFFD").replace(/[&<>"\r]/g, (character) => ESCAPES[character] as string);
}

/** An attribute's value, between double quotes. */
export function escapeAttribute(text: string): string {
  return text.replace(NOT_XML, "\uFFFD").replace(/[&<>"\r\n\t]/g, (character) => ATTRIBUTE_ESCAPES[character] as string);
}

/** `<tag attributes>text</tag>`; undefined attributes are left out. */
export function element(tag: string, text: string | undefined, attributes: Readonly<Record<string, string | undefined>> = {}): string {
  const open = openTag(tag, attributes);
  return text === undefined || text === "" ? `${open}/>` : `${open}>${escapeText(text)}</${tag}>`;
}

/** `<tag attributes>...</tag>` around pieces. */
export function wrap(tag: string, inner: readonly XmlPiece[], attributes: Readonly<Record<string, string | undefined>> = {}): XmlPiece[] {
  const open = openTag(tag, attributes);
  return inner.length === 0 ? [`${open}/>`] : [`${open}>`, ...inner, `</${tag}>`];
}

function openTag(tag: string, attributes: Readonly<Record<string, string | undefined>>): string {
  let open = `<${tag}`;
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) open += ` ${name}="${escapeAttribute(value)}"`;
  }
  return open;
}

/** Bytes that the pieces take as UTF-8. */
export function measure(pieces: readonly XmlPiece[]): number {
  let size = 0;
  for (const piece of pieces) size += typeof piece === "string" ? Buffer.byteLength(piece) : base64Length(piece.length);
  return size;
}

/** The pieces as one document. */
export function serialize(pieces: readonly XmlPiece[]): Uint8Array {
  const document = Buffer.allocUnsafeSlow(measure(pieces));
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === "string") at += document.write(piece, at, "utf8");
    else if (piece.length > 0) {
      const text = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString("base64");
      at += document.write(text, at, "latin1");
    }
  }
  return document;
}

/** Characters that n bytes take in base64. */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

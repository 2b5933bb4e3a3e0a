/** Lays out a document that our own writer made, as .NET's indenting writer does: an element of text stays on one line. */
export function indent(text: string): string {
  const out: string[] = [];
  let depth = 0;
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf(">", at) + 1;
    const tag = text.slice(at, end);
    const margin = "  ".repeat(tag.startsWith("</") ? depth - 1 : depth);
    if (tag.startsWith("</")) {
      depth--;
      out.push(margin + tag);
      at = end;
    } else if (tag.endsWith("/>")) {
      out.push(margin + tag);
      at = end;
    } else if (text[end] === "<" && text[end + 1] !== "/") {
      out.push(margin + tag);
      depth++;
      at = end;
    } else {
      const close = text.indexOf(">", end) + 1;
      out.push(margin + text.slice(at, close));
      at = close;
    }
  }
  return out.join("\n");
}

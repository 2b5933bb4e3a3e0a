/** Markup whose every value is escaped; what is markup already says so by its type. */

export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

type Value = Markup | string | number | undefined | false | readonly Value[];

/** A template: what stands between `${}` is text, unless it is Markup. */
export function markup(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(strings.map((text, i) => `${text}${i < values.length ? shown(values[i]) : ""}`).join(""));
}

function shown(value: Value): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return (value as readonly Value[]).map(shown).join("");
  return escaped(String(value as string | number));
}

/** Also without the control characters that no document may hold. */
function escaped(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** Data for a script to read, in a block that is no script: nothing in it ends the block. */
export function dataBlock(id: string, data: unknown): Markup {
  return new Markup(
    `<script type="application/json" id="${id}">${JSON.stringify(data)
      .replaceAll("<", "\\u003c")
      .replaceAll("\u2028", "\\u2028")
      .replaceAll("\u2029", "\\u2029")}</script>`,
  );
}

/**
 * A text as the recogniser compares it: without white space, in lower case, with one kind of quotation mark and dash.
 * Consoles break lines in the middle of words and editors bend quotation marks; neither may hide a known text. Each
 * folded letter remembers where it stood, so that fields come back as they were written.
 */
export interface Folded {
  /** The text that the positions point into. */
  readonly text: string;
  readonly folded: string;
  /** For each folded letter, its place in `text`. */
  readonly at: Uint32Array;
}

/** Kinds of one sign that word processors, web pages and terminals exchange for each other. */
const SAME: Readonly<Record<string, string>> = {
  '"': "'",
  "`": "'",
  "\u00B4": "'",
  "\u2018": "'",
  "\u2019": "'",
  "\u201A": "'",
  "\u201B": "'",
  "\u201C": "'",
  "\u201D": "'",
  "\u201E": "'",
  "\u00AB": "'",
  "\u00BB": "'",
  "\u2010": "-",
  "\u2011": "-",
  "\u2012": "-",
  "\u2013": "-",
  "\u2014": "-",
  "\u2212": "-",
  "\u2026": "...",
};

/** White space, and what no eye sees. */
const BLANK = /[\s\u00AD\u200B-\u200F\u2060\uFEFF]/;

export function fold(text: string): Folded {
  const letters: string[] = [];
  const places: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (BLANK.test(char)) continue;
    const lower = SAME[char] ?? char.toLowerCase();
    for (const letter of lower.length === 1 || char === "\u2026" ? lower : char) {
      letters.push(letter);
      places.push(i);
    }
  }
  return { text, folded: letters.join(""), at: Uint32Array.from(places) };
}

/** The folded letters from `start` to before `end`, as they were written, on one line. */
export function written({ text, at }: Folded, start: number, end: number): string {
  if (end <= start) return "";
  const slice = text.slice(at[start], (at[end - 1] as number) + 1);
  // A name or an address has no blanks: where a console broke the line in it, it is put together again.
  const whole = slice.replace(/ *[\r\n]+ */g, "");
  if (whole !== slice && NAME_OR_ADDRESS.test(whole)) return whole;
  return slice.replace(/\s+/g, " ").trim();
}

const NAME_OR_ADDRESS = /^(?:[^\s@]{1,200}@[^\s@]{1,200}|https?:\/\/\S{1,500}|[\w-]{1,63}(?:\.[\w-]{1,63}){1,20})$/i;

/** Whether white space stands before the folded letter; the text's ends count as such. */
export function blankBefore({ at }: Folded, index: number): boolean {
  return index <= 0 || index >= at.length || (at[index] as number) - (at[index - 1] as number) > 1;
}

/** Characters that PowerShell takes for one another: quotes and dashes of word processors; and its escapes. */

/** ' and its typographic forms. */
export function isSingleQuote(character: string): boolean {
  return character === "'" || (character >= "\u2018" && character <= "\u201B");
}

/** " and its typographic forms. */
export function isDoubleQuote(character: string): boolean {
  return character === '"' || (character >= "\u201C" && character <= "\u201E");
}

/** - and the en, em and horizontal dashes. */
export function isDash(character: string): boolean {
  return character === "-" || (character >= "\u2013" && character <= "\u2015");
}

const ESCAPES: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\u0007",
  b: "\b",
  e: "\u001B",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** What stands for a character after a backtick. */
export function unescape(character: string): string {
  return ESCAPES[character] ?? character;
}

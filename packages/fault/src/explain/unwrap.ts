/**
 * Takes the wrapping off a pasted error: colours, CLIXML, HTML, JSON, quotation, prompts, and the lines by which
 * PowerShell says where an error happened. Broken lines need no mending: the recogniser does not see white space.
 */

/** Characters that are looked at; what is longer is cut, and the explanation says so. */
export const MAX_PASTE = 256 * 1024;

/** The layers of wrapping, from the outside in. */
const LAYERS: readonly ((text: string) => string)[] = [
  withoutColours,
  withoutClixml,
  withoutJson,
  withoutEntities,
  withoutTags,
  withoutEntities,
  withoutLineMarks,
];

export function unwrap(pasted: string): string {
  let text = pasted.slice(0, MAX_PASTE);
  for (const layer of LAYERS) text = layer(text);
  return text;
}

/** Escape sequences (ECMA-48), also where the escape itself was lost in copying. */
function withoutColours(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex
      .replace(/\u001b\][^\u0007\u001b]{0,500}(?:\u0007|\u001b\\)/g, "")
      // eslint-disable-next-line no-control-regex
      .replace(/(?:\u001b|\u009b|\^\[|\\e|\\x1b|\\u001b|\\033)\[?[0-9;?]{0,20}[A-Za-z]/gi, (whole) =>
        /\[|\u009b/.test(whole) ? "" : whole,
      )
      .replace(/\[(?:\d{1,3};){0,6}\d{0,3}m(?=\S|\s|$)/g, "")
  );
}

/** `_x000D__x000A_` and its like ([MS-PSRP] 2.2.5.3.2), and the header that PowerShell writes before such a text. */
function withoutClixml(text: string): string {
  return text.replace(/#< CLIXML/g, "").replace(/_x([0-9A-F]{4})_/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The texts of a JSON object; where it is not whole, at least the escapes are undone. */
function withoutJson(text: string): string {
  if (!/"\s*:\s*["[{\d]/.test(text) && !/\\[rn]|\\u[0-9a-f]{4}|\\"/i.test(text)) return text;
  const from = text.indexOf("{");
  const to = text.lastIndexOf("}");
  if (from >= 0 && to > from) {
    try {
      const words: string[] = [];
      collect(JSON.parse(text.slice(from, to + 1)), words, 0);
      return [text.slice(0, from), ...words, text.slice(to + 1)].join("\n");
    } catch {
      // Not whole: a part of an answer, or no JSON at all.
    }
  }
  if (!/"\s*:\s*"|\\"|\\r\\n|\\u[0-9a-f]{4}/i.test(text)) return text;
  // One pass, so that a doubled backslash in front of an n stays what it is.
  return text.replace(/\\(u[0-9a-f]{4}|[rnt"\\/])/gi, (_, escape: string) =>
    escape.length > 1 ? String.fromCharCode(Number.parseInt(escape.slice(1), 16)) : (ESCAPES[escape] ?? "\n"),
  );
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '"', "\\": "\\", "/": "/", t: " " };

function collect(value: unknown, into: string[], depth: number): void {
  if (depth > 20) return;
  if (typeof value === "string" || typeof value === "number") into.push(String(value));
  else if (Array.isArray(value)) for (const each of value) collect(each, into, depth + 1);
  else if (typeof value === "object" && value !== null)
    for (const [key, each] of Object.entries(value)) {
      into.push(`${key}:`);
      collect(each, into, depth + 1);
    }
}

const ENTITIES: Readonly<Record<string, string>> = {
  quot: '"',
  apos: "'",
  amp: "&",
  lt: "<",
  gt: ">",
  nbsp: " ",
  rsquo: "'",
  lsquo: "'",
  ldquo: '"',
  rdquo: '"',
};

function withoutEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? "0", 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** Tags, where closing ones show that there are any: `<SipAddress>` alone is part of a known text. */
function withoutTags(text: string): string {
  if (!/<\/[a-z]|<br\s*\/?>|<S S=/i.test(text)) return text;
  return text.replace(/<(?:style|script)\b[^<]*<\/(?:style|script)>/gi, " ").replace(/<!--.{0,2000}?-->|<\/?[a-z!?][^<>]{0,1000}>/gis, " ");
}

/** Of each line: quotation marks of mail, the frame of PowerShell 7's errors, prompts; whole lines that only say where. */
function withoutLineMarks(text: string): string {
  const kept: string[] = [];
  for (const raw of text.split(/\r\n|\n|\r|\u2028/)) {
    const line = raw.replace(/^(?:\s*>)+\s/, "").replace(/^\s*(?:\[[\w.:-]+\]:\s)?PS(?: [^>\n]{0,260})?>+\s?/, "");
    // "At line:1 char:1", "+ New-CsOnlineSession", "+ ~~~~", "+ CategoryInfo : ..."; "Line |", "   1 |  New-Cs..."; the marks are read before.
    if (/^\s*(?:At (?:line|[a-z]:\\|\/).{0,400}char:\s*\d+\s*$|\+\s|Line\s*\||\d+\s*\|\s)/i.test(line)) continue;
    kept.push(line.replace(/^\s*\|\s?/, "").replace(/^[\s~]+$/, ""));
  }
  return kept.join("\n");
}

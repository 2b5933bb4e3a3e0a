/** Templates with `{field}` placeholders, in both directions. */

const PLACEHOLDER = /\{([a-zA-Z]+)\}/g;

/** Puts the fields into the template; a missing field shows as its name in braces, so that a defect is seen and nothing fails. */
export function fill(template: string, fields: Readonly<Record<string, string | number>>): string {
  return template.replace(PLACEHOLDER, (whole, name: string) => (name in fields ? String(fields[name]) : whole));
}

/** The names of the template's fields, in order. */
export function placeholders(template: string): string[] {
  return Array.from(template.matchAll(PLACEHOLDER), (match) => match[1] as string);
}

export interface Pattern {
  readonly names: readonly string[];
  /** The letters between the fields, in lower case with single spaces; one more than there are fields. */
  readonly parts: readonly string[];
  /** Letters outside the placeholders: the more, the surer a match. */
  readonly weight: number;
}

/** The longest field that is read back. */
const MAX_FIELD = 500;
/** How often the first words of a template are looked for in one text. */
const MAX_STARTS = 8;

/** One line, single spaces, cut to what a diagnosis can need: what {@link read} expects. */
export function normalise(text: string): string {
  return text.slice(0, 8000).replace(/\s+/g, " ");
}

export function compile(template: string): Pattern {
  const parts = template.split(PLACEHOLDER).filter((_, index) => index % 2 === 0);
  return {
    names: placeholders(template),
    parts: parts.map((part) => part.replace(/\s+/g, " ").toLowerCase()),
    weight: parts.join("").length,
  };
}

/**
 * The fields of a normalised text that holds the template, or undefined. Each field is read up to the next known
 * words, without going back: the cost is linear in the text.
 */
export function read(pattern: Pattern, text: string): Record<string, string> | undefined {
  const lower = text.toLowerCase();
  const [first = "", ...rest] = pattern.parts;
  let from = 0;
  for (let start = 0; start < MAX_STARTS; start++) {
    const found = lower.indexOf(first, from);
    if (found < 0) return undefined;
    const fields = readAt(pattern.names, rest, text, lower, found + first.length, first === "");
    if (first === "") return fields;
    if (fields !== undefined) return fields;
    from = found + 1;
  }
  return undefined;
}

function readAt(
  names: readonly string[],
  rest: readonly string[],
  text: string,
  lower: string,
  at: number,
  opens: boolean,
): Record<string, string> | undefined {
  const fields: Record<string, string> = {};
  let position = at;
  for (const [i, part] of rest.entries()) {
    const end = part === "" && i === rest.length - 1 ? Math.min(text.length, position + MAX_FIELD) : lower.indexOf(part, position);
    if (end < 0 || end - position > MAX_FIELD) return undefined;
    const value = text.slice(position, end);
    // A field that opens the template has no words before it: it is the last word before those that follow.
    fields[names[i] as string] = i === 0 && opens ? (/\S+$/.exec(value)?.[0] ?? "") : value;
    position = end + part.length;
  }
  return fields;
}

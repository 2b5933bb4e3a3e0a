/** Templates with `{field}` placeholders, in both directions. */
import { blankBefore, fold, written, type Folded } from "./fold.ts";

const PLACEHOLDER = /\{([a-zA-Z]+)\}/g;

/** Puts the fields into the template; a missing field shows as its name in braces, so that a defect is seen and nothing fails. */
export function fill(template: string, fields: Readonly<Record<string, string | number>>): string {
  return template.replace(PLACEHOLDER, (whole, name: string) => (name in fields ? String(fields[name]) : whole));
}

/** The names of the template's fields, in order. */
export function placeholders(template: string): string[] {
  return Array.from(template.matchAll(PLACEHOLDER), (match) => match[1] as string);
}

interface Part {
  readonly folded: string;
  /** White space stands between the field before and this part. */
  readonly opens: boolean;
  /** White space stands between this part and the field after. */
  readonly closes: boolean;
  /** The template's last words: no letter may follow them at once. */
  readonly ends: boolean;
}

export interface Pattern {
  readonly names: readonly string[];
  /** What stands between the fields; one more than there are fields. */
  readonly parts: readonly Part[];
  /** Folded letters outside the placeholders: the more, the surer a match. */
  readonly weight: number;
}

/** A pattern that was read in a text. */
export interface Match {
  readonly fields: Record<string, string>;
  /** From here to before `end`, counted in folded letters. */
  readonly start: number;
  readonly end: number;
}

/** The longest field that is read back, in folded letters. */
const MAX_FIELD = 500;
/** How often the first words of a template are looked for in one text. */
const MAX_STARTS = 8;

export function compile(template: string): Pattern {
  const texts = template.split(PLACEHOLDER).filter((_, index) => index % 2 === 0);
  const parts = texts.map((text, i): Part => {
    const { folded } = fold(text);
    const last = i === texts.length - 1;
    // Who pastes a sentence often leaves its full stop behind.
    const shorter = last ? folded.replace(/[.:]+$/, "") : folded;
    return {
      folded: shorter === "" ? folded : shorter,
      opens: i > 0 && /^\s/.test(text),
      closes: !last && /\s$/.test(text),
      ends: last && /\w$/.test(shorter),
    };
  });
  return { names: placeholders(template), parts, weight: parts.reduce((sum, part) => sum + part.folded.length, 0) };
}

/**
 * Reads the pattern in the text. Each field is read up to the next known words, without going back: the cost is linear
 * in the text.
 */
export function read(pattern: Pattern, text: Folded): Match | undefined {
  const [first, ...rest] = pattern.parts as readonly [Part, ...Part[]];
  if (first.folded === "") return readOpen(pattern.names, rest, text);
  let from = 0;
  for (let start = 0; start < MAX_STARTS; start++) {
    const found = find(text, first, from);
    if (found < 0) return undefined;
    const match = readAt(pattern.names, rest, text, found, found + first.folded.length);
    if (match !== undefined) return match;
    from = found + 1;
  }
  return undefined;
}

/** A template that begins with a field: the field is the last word before the words that follow it. */
function readOpen(names: readonly string[], rest: readonly Part[], text: Folded): Match | undefined {
  const [next, ...others] = rest;
  if (next === undefined || next.folded === "") return undefined;
  let best: Match | undefined;
  let from = 0;
  for (let start = 0; start < MAX_STARTS; start++) {
    const found = find(text, next, from);
    if (found < 0) break;
    const match = readAt(names.slice(1), others, text, found, found + next.folded.length);
    const word = /\S+$/.exec(written(text, Math.max(0, found - MAX_FIELD), found))?.[0] ?? "";
    if (match !== undefined && word !== "" && (best === undefined || match.end - match.start < best.end - best.start)) {
      best = { ...match, fields: { ...match.fields, [names[0] as string]: word } };
    }
    from = found + 1;
  }
  return best;
}

function readAt(names: readonly string[], rest: readonly Part[], text: Folded, start: number, at: number): Match | undefined {
  const fields: Record<string, string> = {};
  let position = at;
  for (const [i, part] of rest.entries()) {
    const end =
      i === rest.length - 1 && /^[.:]*$/.test(part.folded)
        ? endOfField(text, part, position)
        : find(text, part, part.opens ? position + 1 : position);
    if (end < 0 || end - position > MAX_FIELD) return undefined;
    fields[names[i] as string] = written(text, position, end);
    position = end + (text.folded.startsWith(part.folded, end) ? part.folded.length : 0);
  }
  return { fields, start, end: position };
}

/** Where a template's last field ends that has no words after it: at its full stop, or where the text does. */
function endOfField(text: Folded, part: Part, position: number): number {
  const limit = Math.min(text.folded.length, position + MAX_FIELD);
  if (part.folded === "") return limit;
  for (let found = text.folded.indexOf(part.folded, position); found >= 0 && found <= limit;) {
    if (blankBefore(text, found + part.folded.length)) return found;
    found = text.folded.indexOf(part.folded, found + 1);
  }
  return limit;
}

/** The next place where the part stands, with white space where the template has it. */
function find(text: Folded, part: Part, from: number): number {
  if (part.folded === "") return findBlank(text, from);
  for (let found = text.folded.indexOf(part.folded, from); found >= 0; found = text.folded.indexOf(part.folded, found + 1)) {
    const after = found + part.folded.length;
    if (part.opens && !blankBefore(text, found)) continue;
    if (part.closes && !blankBefore(text, after)) continue;
    if (part.ends && !blankBefore(text, after) && /\w/.test(text.folded[after] as string)) continue;
    return found;
  }
  return -1;
}

function findBlank(text: Folded, from: number): number {
  const limit = Math.min(text.folded.length, from + MAX_FIELD);
  for (let i = from; i < limit; i++) if (blankBefore(text, i)) return i;
  return -1;
}

/**
 * All texts of the catalogue, and which of them can stand in a given text at all. Each pattern is filed under eight of
 * its letters in a row, those that fewest others share; one walk over the text then finds the patterns worth reading.
 */
import { CATALOGUE, type FaultCode } from "./catalogue.ts";
import type { FaultEntry } from "./entry.ts";
import { fold, type Folded } from "./fold.ts";
import { compile, read, type Match, type Pattern } from "./template.ts";

/** Patterns with fewer letters than this say too little to be told from chance. */
const MIN_WEIGHT = 12;
/** A sentence out of a longer text counts from here on, if no other entry has it too. */
const MIN_SENTENCE = 20;
const GRAM = 8;

export interface Filed {
  readonly code: FaultCode;
  readonly entry: FaultEntry;
  readonly pattern: Pattern;
  /** A sentence of the entry's text, not the whole. */
  readonly partial: boolean;
}

export interface Found extends Match {
  readonly filed: Filed;
}

interface Index {
  readonly byGram: ReadonlyMap<string, readonly Filed[]>;
  /** Those whose words are all too short to be filed. */
  readonly always: readonly Filed[];
}

let built: Index | undefined;

/** Every pattern of the catalogue that stands in the text; the surest first. `partial`: single sentences count, too. */
export function patternsIn(text: Folded, { partial = false } = {}): Found[] {
  built ??= build();
  const candidates = new Set<Filed>(built.always);
  for (let i = 0; i + GRAM <= text.folded.length; i++) {
    for (const filed of built.byGram.get(text.folded.slice(i, i + GRAM)) ?? []) candidates.add(filed);
  }
  const found: Found[] = [];
  for (const filed of candidates) {
    if (filed.partial && !partial) continue;
    const match = read(filed.pattern, text);
    if (match !== undefined) found.push({ ...match, filed });
  }
  // Of two that say the same much, the whole text goes before a sentence, and the tighter reading before the looser.
  return found.toSorted(
    (a, b) =>
      b.filed.pattern.weight - a.filed.pattern.weight ||
      Number(a.filed.partial) - Number(b.filed.partial) ||
      a.end - a.start - (b.end - b.start),
  );
}

function build(): Index {
  const all = allPatterns();
  const shared = new Map<string, number>();
  for (const { pattern } of all) for (const gram of gramsOf(pattern)) shared.set(gram, (shared.get(gram) ?? 0) + 1);
  const byGram = new Map<string, Filed[]>();
  const always: Filed[] = [];
  for (const filed of all) {
    let rarest: string | undefined;
    for (const gram of gramsOf(filed.pattern)) {
      if (rarest === undefined || (shared.get(gram) as number) < (shared.get(rarest) as number)) rarest = gram;
    }
    if (rarest === undefined) always.push(filed);
    else byGram.set(rarest, [...(byGram.get(rarest) ?? []), filed]);
  }
  return { byGram, always };
}

function allPatterns(): Filed[] {
  const entries = Object.entries(CATALOGUE) as [FaultCode, FaultEntry][];
  const whole: Filed[] = [];
  const sentences = new Map<string, Filed[]>();
  for (const [code, entry] of entries) {
    const own = new Set<string>();
    for (const text of [entry.text, ...(entry.also ?? [])]) {
      const pattern = compile(text);
      if (pattern.weight >= MIN_WEIGHT) whole.push({ code, entry, pattern, partial: false });
      for (const sentence of text.split(/(?<=[.!?:])\s+/)) {
        const key = fold(sentence).folded;
        if (sentence === text || own.has(key)) continue;
        own.add(key);
        sentences.set(key, [...(sentences.get(key) ?? []), { code, entry, pattern: compile(sentence), partial: true }]);
      }
    }
  }
  const unique = [...sentences.values()].filter(
    ([first, ...others]) => others.length === 0 && (first as Filed).pattern.weight >= MIN_SENTENCE,
  );
  return [...whole, ...unique.flat()];
}

function* gramsOf(pattern: Pattern): Generator<string> {
  for (const { folded } of pattern.parts) {
    for (let i = 0; i + GRAM <= folded.length; i++) yield folded.slice(i, i + GRAM);
  }
}

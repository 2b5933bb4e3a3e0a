/** Which entries an unknown text is nearest to, by the words they share; rare words count more than common ones. */
import { CATALOGUE, type FaultCode } from "../catalogue.ts";
import type { FaultEntry } from "../entry.ts";

export interface Candidate {
  code: FaultCode;
  text: string;
  /** 0 to 1: the share of the two texts' words, by weight, that they have in common. */
  score: number;
}

/** Below this, a likeness is chance. */
const THRESHOLD = 0.3;
const MOST = 3;
/** What is compared of a text: its first words. */
const MAX_WORDS = 400;

interface Known {
  code: FaultCode;
  text: string;
  words: ReadonlySet<string>;
}

let known: { texts: readonly Known[]; weightOf: (word: string) => number } | undefined;

export function nearest(text: string): Candidate[] {
  known ??= build();
  const { texts, weightOf } = known;
  const asked = new Set([...wordsOf(text)].slice(0, MAX_WORDS));
  const sum = (words: Iterable<string>): number => [...words].reduce((total, word) => total + weightOf(word), 0);
  const whole = sum(asked);
  const best = new Map<FaultCode, Candidate>();
  for (const each of texts) {
    const shared = [...each.words].filter((word) => asked.has(word));
    if (shared.length < 2) continue;
    // Dice's coefficient over weights.
    const score = (2 * sum(shared)) / (whole + sum(each.words));
    if (score >= THRESHOLD && score > (best.get(each.code)?.score ?? 0))
      best.set(each.code, { code: each.code, text: each.text, score: Math.round(score * 100) / 100 });
  }
  return [...best.values()].toSorted((a, b) => b.score - a.score).slice(0, MOST);
}

function build(): NonNullable<typeof known> {
  const texts = (Object.entries(CATALOGUE) as [FaultCode, FaultEntry][]).flatMap(([code, entry]) =>
    [entry.text, ...(entry.also ?? [])].map((text): Known => ({ code, text, words: wordsOf(text.replace(/\{\w+\}/g, " ")) })),
  );
  const seen = new Map<string, number>();
  for (const { words } of texts) for (const word of words) seen.set(word, (seen.get(word) ?? 0) + 1);
  return { texts, weightOf: (word) => Math.log((texts.length + 1) / ((seen.get(word) ?? 0) + 1)) };
}

function wordsOf(text: string): Set<string> {
  return new Set(
    Array.from(
      text
        .slice(0, 20_000)
        .toLowerCase()
        .matchAll(/[\p{L}\p{N}][\p{L}\p{N}-]{2,40}/gu),
      (match) => match[0],
    ),
  );
}

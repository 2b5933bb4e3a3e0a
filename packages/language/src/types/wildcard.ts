/**
 * PowerShell's wildcards: `*`, `?`, `[a-z]`, and the backtick that takes a character literally. Matching takes time
 * proportional to pattern times text at the worst, never more, and ignores letter case.
 */

/** One position of a pattern: any run, or a set of characters of which one must stand there. */
type Step = { kind: "many" } | { kind: "one"; accepts: (character: string) => boolean };

export interface Wildcard {
  matches(text: string): boolean;
  /** True where the pattern has no wildcard: then it is a plain comparison. */
  readonly literal: boolean;
}

/** Longest pattern that is compiled; a longer one never matches. */
const LONGEST_PATTERN = 8192;

/**
 * @example
 * ```ts
 * wildcard("Get-Cs*").matches("get-csonlineuser"); // true
 * ```
 */
export function wildcard(pattern: string, options: { caseSensitive?: boolean } = {}): Wildcard {
  if (pattern.length > LONGEST_PATTERN) return { literal: false, matches: () => false };
  const fold = options.caseSensitive === true ? (text: string): string => text : (text: string): string => text.toLowerCase();
  if (!/[*?[`]/.test(pattern)) {
    const wanted = fold(pattern);
    return { literal: true, matches: (text) => fold(text) === wanted };
  }
  const prefix = /^([^*?[`]*)\*$/.exec(pattern);
  if (prefix !== null) {
    const wanted = fold(prefix[1] as string);
    return { literal: false, matches: (text) => fold(text).startsWith(wanted) };
  }
  const steps = compile(fold(pattern));
  return { literal: false, matches: (text) => run(steps, fold(text)) };
}

/** Whether a text holds a wildcard that counts. */
export function hasWildcard(text: string): boolean {
  return /[*?[]/.test(text.replaceAll(/`./g, ""));
}

function compile(pattern: string): Step[] {
  const steps: Step[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i] as string;
    if (character === "*") {
      if (steps.at(-1)?.kind !== "many") steps.push({ kind: "many" });
    } else if (character === "?") steps.push({ kind: "one", accepts: () => true });
    else if (character === "[") {
      const end = closing(pattern, i);
      if (end < 0) steps.push(exactly("["));
      else {
        steps.push({ kind: "one", accepts: oneOf(pattern.slice(i + 1, end)) });
        i = end;
      }
    } else if (character === "`" && i + 1 < pattern.length) steps.push(exactly(pattern[++i] as string));
    else steps.push(exactly(character));
  }
  return steps;
}

function exactly(wanted: string): Step {
  return { kind: "one", accepts: (character) => character === wanted };
}

function closing(pattern: string, open: number): number {
  for (let i = open + 1; i < pattern.length; i++) {
    if (pattern[i] === "`") i++;
    else if (pattern[i] === "]" && i > open + 1) return i;
  }
  return -1;
}

function oneOf(body: string): (character: string) => boolean {
  const ranges: [string, string][] = [];
  const characters = [...body.matchAll(/`(.)|([^`])/gs)].map((match) => match[1] ?? (match[2] as string));
  for (let i = 0; i < characters.length; i++) {
    const from = characters[i] as string;
    if (characters[i + 1] === "-" && i + 2 < characters.length) {
      ranges.push([from, characters[i + 2] as string]);
      i += 2;
    } else ranges.push([from, from]);
  }
  return (character) => ranges.some(([from, to]) => character >= from && character <= to);
}

/** Greedy with one point of return: on a mismatch the last `*` takes one character more. */
function run(steps: readonly Step[], text: string): boolean {
  let step = 0;
  let at = 0;
  let lastMany = -1;
  let resume = 0;
  while (at < text.length) {
    const current = steps[step];
    if (current?.kind === "many") {
      lastMany = step++;
      resume = at;
    } else if (current?.kind === "one" && current.accepts(text[at] as string)) {
      step++;
      at++;
    } else if (lastMany >= 0) {
      step = lastMany + 1;
      at = ++resume;
    } else return false;
  }
  while (steps[step]?.kind === "many") step++;
  return step === steps.length;
}

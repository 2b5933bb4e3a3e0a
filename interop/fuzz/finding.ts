/** What the fuzz run looks for: an answer that no peer should get, or none. And what no answer may hold. */

/** How an input ended when all is well. */
export type Outcome = "accepted" | "refused";

export class Finding extends Error {
  readonly evidence: string;

  constructor(what: string, evidence: string | Uint8Array = "") {
    super(what);
    this.evidence = typeof evidence === "string" ? evidence : Buffer.from(evidence).toString("latin1");
  }
}

/** Defects and what shows the inside: traces, file names, the words of the language that it is written in. */
const INSIDE =
  /internal error occurred|\bat [\w.<>]+ \(|\.ts:\d|node:|TypeError|RangeError|SyntaxError|Cannot read prop|is not a function|\bundefined\b(?! entity)|\[object |\bNaN\b|node_modules|SQLITE|packages\//;

/** @throws Finding where a text for the peer shows what it should not, or that something broke. */
export function judgeText(text: string, what: string): void {
  const found = INSIDE.exec(text);
  if (found !== null) throw new Finding(`${what} shows "${found[0]}"`, text.slice(0, 2000));
}

/** Resolves as the promise does, if that is in time. */
export async function inTime<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Finding(`${what}: no end within ${ms / 1000} s`)), ms);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

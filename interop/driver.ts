/** What a driver of a stranger looks like to the runner. */
export interface Outcome {
  passed: number;
  failed: number;
}

export interface Driver {
  /** The stranger's name. */
  name: string;
  /** Why it cannot run here, to be said aloud; undefined where it can. */
  needs: () => string | undefined | Promise<string | undefined>;
  /** Runs all its cases, printing a line for each. */
  run: () => Promise<Outcome>;
}

/** Runs named cases one after the other, each with a limit, and prints what came of them. */
export async function cases(list: readonly (readonly [title: string, body: () => Promise<void>])[], limitMs = 60_000): Promise<Outcome> {
  let passed = 0;
  let failed = 0;
  for (const [title, body] of list) {
    let timer: NodeJS.Timeout | undefined;
    try {
      await Promise.race([
        body(),
        new Promise((_, reject) => {
          timer = setTimeout(() => reject(new Error(`no end within ${limitMs / 1000} s`)), limitMs);
        }),
      ]);
      passed += 1;
      console.log(`  ok      ${title}`);
    } catch (error) {
      failed += 1;
      console.log(
        `  FAILED  ${title}\n          ${error instanceof Error ? (error.stack ?? error.message).split("\n").slice(0, 6).join("\n          ") : String(error)}`,
      );
    } finally {
      clearTimeout(timer);
    }
  }
  return { passed, failed };
}

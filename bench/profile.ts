/** What a V8 profile says: which part of the code took which share of the time that was not idle, and the top functions. */
import { fileURLToPath } from "node:url";

export interface RawProfile {
  nodes: readonly {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    hitCount?: number;
  }[];
}

const IDLE = new Set(["(idle)", "(root)"]);

/** Where a function belongs: a folder of ours, or who else it is. */
function areaOf(name: string, url: string): string {
  if (name === "(garbage collector)") return "garbage collection";
  if (name === "(program)") return "native (system calls, TLS)";
  const ours = /\/packages\/(\w+)\/src\/(?:([\w-]+)\/)?/.exec(url);
  if (ours !== null) return ours[2] === undefined ? `${ours[1]}` : `${ours[1]}/${ours[2]}`;
  const library = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url);
  if (library !== null) return library[1] as string;
  return url.startsWith("node:") || url === "" ? "node" : "benchmark";
}

export class Profile {
  readonly #areas = new Map<string, number>();
  readonly #functions = new Map<string, number>();
  #total = 0;

  constructor({ nodes }: RawProfile) {
    for (const { callFrame, hitCount = 0 } of nodes) {
      const { functionName, url, lineNumber } = callFrame;
      if (IDLE.has(functionName) || hitCount === 0) continue;
      this.#total += hitCount;
      const area = areaOf(functionName, url);
      this.#areas.set(area, (this.#areas.get(area) ?? 0) + hitCount);
      const file = url.startsWith("file:") ? fileURLToPath(url).replace(/^.*\/(packages|node_modules|bench)\//, "") : url;
      const where = file === "" ? functionName : `${functionName || "(anonymous)"} ${file}:${lineNumber + 1}`;
      this.#functions.set(where, (this.#functions.get(where) ?? 0) + hitCount);
    }
  }

  /** The share of an area, 0 to 1. */
  share(area: string): number {
    return (this.#areas.get(area) ?? 0) / Math.max(1, this.#total);
  }

  areas(count = 8): string {
    return this.#top(this.#areas, count).join(", ");
  }

  functions(count = 12): string[] {
    return this.#top(this.#functions, count);
  }

  #top(counts: ReadonlyMap<string, number>, count: number): string[] {
    return [...counts]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([name, hits]) => `${name} ${((100 * hits) / Math.max(1, this.#total)).toFixed(1)} %`);
  }
}

/** Prints both where `TIELINE_PROFILE` is set; else the areas only. */
export function printProfile(title: string, profile: Profile): void {
  console.log(`  ${title}: ${profile.areas()}`);
  if (process.env["TIELINE_PROFILE"] === undefined) return;
  for (const line of profile.functions()) console.log(`      ${line}`);
}

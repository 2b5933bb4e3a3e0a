/** For tests: time that passes when it is told to. */
import type { LifeClock } from "./clock.ts";

export class FakeClock implements LifeClock {
  #nowMs = 0;
  readonly #timers = new Set<{ atMs: number; ring: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, then: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, ring: then };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** When the next timer is due. */
  get nextMs(): number | undefined {
    const [first] = [...this.#timers].map(({ atMs }) => atMs).sort((a, b) => a - b);
    return first;
  }

  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.ring();
    }
    this.#nowMs = untilMs;
  }
}

/**
 * Turns at something costly: so many at once, so many that wait, and whoever comes then is refused at once. First come,
 * first served. Pure: nothing is timed.
 *
 * Password hashes take such turns, because the runtime has few threads (4 unless UV_THREADPOOL_SIZE says otherwise) for all
 * that it does aside, signatures and files among them: a burst of sign-ins that took them all would keep waiting whoever
 * is signed in already.
 */
import { Fault } from "@tieline/fault";

export interface TurnsOptions {
  /** 1 or more. */
  readonly atOnce: number;
  /** 0 or more. */
  readonly waiting: number;
}

export class Turns {
  #options: TurnsOptions;
  #taken = 0;
  readonly #queue: (() => void)[] = [];

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** For what comes from now on. */
  set options(options: TurnsOptions) {
    this.#options = options;
  }

  /** How many are at it, and how many wait. */
  get load(): { taken: number; waiting: number } {
    return { taken: this.#taken, waiting: this.#queue.length };
  }

  /** @throws Fault `sign-in-crowded` where too many wait already; what the work throws */
  async take<T>(work: () => Promise<T>): Promise<T> {
    const { atOnce, waiting } = this.#options;
    if (this.#taken >= atOnce) {
      if (this.#queue.length >= waiting) throw new Fault("sign-in-crowded", { waiting: this.#queue.length });
      // Whoever leaves hands its turn over, so that nobody slips in between.
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else this.#taken += 1;
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#taken -= 1;
      else next();
    }
  }
}

/** The runspaces of a pool at its server: how many there are, which pipelines run in them and which wait ([MS-PSRP] 3.2.1.2). */
export class Runspaces {
  min = 1;
  max = 1;
  #busy = 0;
  readonly #waiting: string[] = [];

  /** Runspaces that no pipeline runs in. */
  get available(): number {
    return Math.max(0, this.max - this.#busy);
  }

  /** A pipeline wants one. */
  queue(pipeline: string): void {
    this.#waiting.push(pipeline);
  }

  /** The next pipeline that may run, which takes a runspace; undefined where none waits or none is free. */
  next(): string | undefined {
    if (this.#waiting.length === 0 || this.#busy >= this.max) return undefined;
    this.#busy += 1;
    return this.#waiting.shift();
  }

  /** A pipeline that waited does so no more. */
  leave(pipeline: string): void {
    const at = this.#waiting.indexOf(pipeline);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** A pipeline gives its runspace back. */
  free(): void {
    this.#busy -= 1;
  }

  /** Changes one of the bounds; false where that makes no sense. */
  resize(which: "min" | "max", count: number): boolean {
    const sensible = which === "max" ? count >= Math.max(1, this.min) : count >= 1 && count <= this.max;
    if (sensible) this[which] = count;
    return sensible;
  }
}

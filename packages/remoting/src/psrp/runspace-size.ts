/** How many runspaces a client's pool has at least and at most, as far as the server agreed ([MS-PSRP] 3.1.4.5, 3.1.4.6). */
import { Fault } from "@tieline/fault";

export class RunspaceSize {
  min: number;
  max: number;
  readonly #asked = new Map<bigint, { which: "min" | "max"; count: number }>();

  constructor(min: number, max: number) {
    if (min < 1 || max < min) throw new Fault("runspace-count", { min, max });
    this.min = min;
    this.max = max;
  }

  /** PowerShell's client answers by itself what makes no sense or changes nothing. */
  mayAsk(which: "min" | "max", count: number): boolean {
    return which === "max" ? count >= this.min && count !== this.max : count >= 1 && count <= this.max && count !== this.min;
  }

  asked(call: bigint, which: "min" | "max", count: number): void {
    this.#asked.set(call, { which, count });
  }

  answered(call: bigint, result: boolean | number): void {
    const asked = this.#asked.get(call);
    this.#asked.delete(call);
    if (asked !== undefined && result === true) this[asked.which] = asked.count;
  }
}

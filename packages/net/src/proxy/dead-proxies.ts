/** Which proxies did not answer a while ago: they are tried last until their time is over. */
import { proxyName, type ProxyHop } from "./proxy.ts";

/** How long a dead proxy is passed over. */
export const DEAD_MS = 5 * 60_000;

export class DeadProxies {
  readonly #until = new Map<string, number>();

  mark(hop: ProxyHop, nowMs: number): void {
    if (hop !== "direct") this.#until.set(proxyName(hop), nowMs + DEAD_MS);
  }

  forget(hop: ProxyHop): void {
    if (hop !== "direct") this.#until.delete(proxyName(hop));
  }

  isDead(hop: ProxyHop, nowMs: number): boolean {
    return hop !== "direct" && (this.#until.get(proxyName(hop)) ?? 0) > nowMs;
  }

  /** The living in their order, then the dead in theirs: where all are dead, they are tried all the same. */
  order(hops: readonly ProxyHop[], nowMs: number): ProxyHop[] {
    return [...hops.filter((hop) => !this.isDead(hop, nowMs)), ...hops.filter((hop) => this.isDead(hop, nowMs))];
  }
}

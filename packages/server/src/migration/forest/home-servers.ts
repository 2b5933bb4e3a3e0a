/**
 * With the vendor's schema msRTCSIP-PrimaryHomeServer is the DN of a pool's object, not a name: whoever joins such a forest
 * says which DN stands for which pool.
 */
import type { ForestChanges } from "./forest.ts";

const HOME_SERVER = "msRTCSIP-PrimaryHomeServer";

export class HomeServers {
  /** By the other, in lower case. */
  readonly #names: ReadonlyMap<string, string>;
  readonly #dns: ReadonlyMap<string, string>;
  /** @param homeServers FQDN of a pool to the DN */
  constructor(homeServers: Readonly<Record<string, string>>) {
    const pairs = Object.entries(homeServers);
    this.#names = new Map(pairs.map(([name, dn]) => [dn.toLowerCase(), name]));
    this.#dns = new Map(pairs.map(([name, dn]) => [name.toLowerCase(), dn]));
  }

  get isEmpty(): boolean {
    return this.#dns.size === 0;
  }

  /** The values of an attribute as the deployment knows them. */
  read(attribute: string, values: readonly string[]): readonly string[] {
    return attribute === HOME_SERVER ? values.map((dn) => this.#names.get(dn.toLowerCase()) ?? dn) : values;
  }

  /** Changes as the forest takes them. */
  write(changes: ForestChanges): ForestChanges {
    const wanted = changes[HOME_SERVER];
    if (this.isEmpty || wanted === undefined || "beginning" in wanted) return changes;
    return { ...changes, [HOME_SERVER]: wanted.map((name) => this.#dns.get(name.toLowerCase()) ?? name) };
  }
}

/** The cmdlets of a site: found by name or alias in any letter case, by wildcard, and by the roles of who asks. */
import { withoutModule } from "../errors/not-found.ts";
import { wildcard } from "../types/wildcard.ts";
import type { Cmdlet } from "./cmdlet.ts";
import type { CommandLookup } from "./context.ts";

export class Catalogue implements CommandLookup {
  readonly #byName = new Map<string, Cmdlet>();
  readonly #byAlias = new Map<string, Cmdlet>();
  #sorted: readonly Cmdlet[] | undefined;

  constructor(cmdlets: Iterable<Cmdlet> = []) {
    for (const cmdlet of cmdlets) this.add(cmdlet);
  }

  /** Adds a cmdlet; one of the same name replaces the other. */
  add(cmdlet: Cmdlet): this {
    this.#byName.set(cmdlet.name.toLowerCase(), cmdlet);
    for (const alias of cmdlet.aliases) this.#byAlias.set(alias.toLowerCase(), cmdlet);
    this.#sorted = undefined;
    return this;
  }

  find(name: string): Cmdlet | undefined {
    const key = withoutModule(name).toLowerCase();
    return this.#byName.get(key) ?? this.#byAlias.get(key);
  }

  match(patterns: readonly string[]): readonly Cmdlet[] {
    const wanted = patterns.map((pattern) => wildcard(withoutModule(pattern)));
    return this.all().filter((cmdlet) =>
      wanted.some((pattern) => pattern.matches(cmdlet.name) || cmdlet.aliases.some((alias) => pattern.matches(alias))),
    );
  }

  /** The aliases of a cmdlet of this catalogue that match a pattern. */
  aliasesMatching(cmdlet: Cmdlet, patterns: readonly string[]): readonly string[] {
    const wanted = patterns.map((pattern) => wildcard(withoutModule(pattern)));
    return cmdlet.aliases.filter(
      (alias) => this.#byAlias.get(alias.toLowerCase()) === cmdlet && wanted.some((pattern) => pattern.matches(alias)),
    );
  }

  /** All, by name. */
  all(): readonly Cmdlet[] {
    this.#sorted ??= [...this.#byName.values()].toSorted((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
    return this.#sorted;
  }

  /** The part that somebody with these roles may run; a cmdlet without roles is everyone's. */
  forRoles(roles: Iterable<string>): Catalogue {
    const held = new Set([...roles].map((role) => role.toLowerCase()));
    return new Catalogue(this.all().filter((cmdlet) => cmdlet.declaration.roles?.some((role) => held.has(role.toLowerCase())) ?? true));
  }

  get size(): number {
    return this.#byName.size;
  }
}

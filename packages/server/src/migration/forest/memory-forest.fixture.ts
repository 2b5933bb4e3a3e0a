/** A forest in memory: counts its changes as a domain controller does, and can be made to fail. */
import { Fault } from "@tieline/fault";
import type { Forest, ForestChanges, ForestPage, ForestUser } from "./forest.ts";

interface Entry {
  attributes: Record<string, readonly string[]>;
  deleted: boolean;
  usn: number;
}

export class MemoryForest implements Forest {
  readonly name = "memory";
  readonly domain = "corp.test";
  readonly entries = new Map<string, Entry>();
  readonly writes: string[] = [];
  /** Users a page. */
  pageSize = 2;
  /** Whether removed users are told as such; otherwise all that are there are told. */
  tellsDeleted = true;
  /** Asked before everything; throws what is to go wrong. */
  disturb: (what: "read" | "page" | "write", guid?: string) => void | Promise<void> = () => {};
  #usn = 0;

  /** Adds a user, or changes it; an empty list takes an attribute away. */
  set(guid: string, attributes: Readonly<Record<string, readonly string[]>>): void {
    const merged = { ...this.entries.get(guid)?.attributes, ...attributes };
    this.entries.set(guid, {
      attributes: Object.fromEntries(Object.entries(merged).filter(([, values]) => values.length > 0)),
      deleted: false,
      usn: (this.#usn += 1),
    });
  }

  remove(guid: string): void {
    this.entries.set(guid, { attributes: {}, deleted: true, usn: (this.#usn += 1) });
  }

  async *read(cursor: string | undefined): AsyncIterable<ForestPage> {
    await this.disturb("read");
    const next = String(this.#usn);
    const living = [...this.entries].filter(([, entry]) => !entry.deleted).map(([guid]) => guid);
    const told = [...this.entries].filter(([, entry]) => entry.usn > Number(cursor ?? 0) && (!entry.deleted || this.tellsDeleted));
    const users = told.map(([guid, { attributes, deleted }]): ForestUser => ({
      guid,
      distinguishedName: `CN=${guid}`,
      attributes: { ...attributes },
      deleted,
    }));
    const whole = cursor === undefined || !this.tellsDeleted;
    const present = whole && cursor !== undefined ? living : [];
    for (let i = 0; i === 0 || i < users.length; i += this.pageSize) {
      const isLast = i + this.pageSize >= users.length;
      await this.disturb("page");
      yield { users: users.slice(i, i + this.pageSize), present: isLast ? present : [], cursor: next, whole: whole && isLast };
    }
  }

  async write(guid: string, changes: ForestChanges): Promise<void> {
    await this.disturb("write", guid);
    const entry = this.entries.get(guid);
    if (entry === undefined || entry.deleted) throw new Fault("forest-object", { server: this.name, object: guid });
    this.writes.push(guid);
    const values = Object.entries(changes).map(([name, change]): [string, readonly string[]] => {
      if (!("beginning" in change)) return [name, change];
      const others = (entry.attributes[name] ?? []).filter((value) => !value.toLowerCase().startsWith(change.beginning));
      return [name, [...others, ...change.values]];
    });
    this.set(guid, Object.fromEntries(values));
  }

  unwritable(guids: readonly string[]): Promise<ReadonlyMap<string, Fault>> {
    const missing = guids.filter((guid) => this.entries.get(guid)?.deleted !== false);
    return Promise.resolve(new Map(missing.map((guid) => [guid, new Fault("forest-object", { server: this.name, object: guid })])));
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

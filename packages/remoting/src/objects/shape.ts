/**
 * The names of a kind of object, shared by all objects of that kind.
 *
 * Shapes grow as a tree: equal orders of names meet in one shape. A shape and its first child share one table of
 * names (the child merely sees one name more), so an object of n names costs O(n) altogether, however long it grows;
 * only a branch copies.
 */

interface Table {
  readonly names: string[];
  /** Lower-case name to place. A shape sees the places below its own length only. */
  readonly places: Map<string, number>;
}

/** Shapes that one tree remembers; beyond them it forgets its branches, and later objects merely share less. */
const MAX_SHAPES = 20_000;

interface Tree {
  top: Shape | undefined;
  count: number;
}

export class Shape {
  readonly length: number;
  readonly #table: Table;
  readonly #tree: Tree;
  #names: readonly string[] | undefined;
  /** The last child taken, and the others: nearly every shape has exactly one. */
  #lastName: string | undefined;
  #last: Shape | undefined;
  #others: Map<string, Shape> | undefined;

  private constructor(tree: Tree, table: Table, length: number) {
    this.#tree = tree;
    this.#table = table;
    this.length = length;
  }

  /** The shape without names. */
  static get EMPTY(): Shape {
    return EMPTY;
  }

  /** A shape of its own root: for a reader that must not let a peer grow the shared tree. */
  static root(): Shape {
    const tree: Tree = { top: undefined, count: 0 };
    tree.top = new Shape(tree, { names: [], places: new Map() }, 0);
    return tree.top;
  }

  static of(names: readonly string[]): Shape {
    return names.reduce<Shape>((shape, name) => shape.with(name), Shape.EMPTY);
  }

  /** In the order and the letter case of declaration. */
  get names(): readonly string[] {
    this.#names ??= this.#table.names.slice(0, this.length);
    return this.#names;
  }

  /** The name at a place below `length`. */
  nameAt(place: number): string {
    return this.#table.names[place] as string;
  }

  /** The place of a name in any letter case, or -1. */
  indexOf(name: string): number {
    const places = this.#table.places;
    const place = places.get(name) ?? places.get(name.toLowerCase());
    return place !== undefined && place < this.length ? place : -1;
  }

  /** The shape with one name more; this very shape if it has the name already, in whatever letter case. */
  with(name: string): Shape {
    if (name === this.#lastName) return this.#last as Shape;
    let next = this.#others?.get(name);
    if (next === undefined) {
      if (this.indexOf(name) >= 0) return this;
      next = this.#grow(name);
    }
    if (this.#last !== undefined) {
      this.#others ??= new Map();
      this.#others.set(this.#lastName as string, this.#last);
    }
    this.#lastName = name;
    this.#last = next;
    return next;
  }

  #grow(name: string): Shape {
    let table = this.#table;
    if (table.names.length !== this.length) {
      const names = table.names.slice(0, this.length);
      table = { names, places: new Map(names.map((known, place) => [known.toLowerCase(), place])) };
    }
    table.places.set(name.toLowerCase(), this.length);
    table.names.push(name);
    const tree = this.#tree;
    if (++tree.count > MAX_SHAPES) {
      tree.count = 0;
      if (tree.top !== undefined) tree.top.#forget();
    }
    return new Shape(tree, table, this.length + 1);
  }

  #forget(): void {
    this.#lastName = undefined;
    this.#last = undefined;
    this.#others = undefined;
  }
}

const EMPTY = Shape.root();

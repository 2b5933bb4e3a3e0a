/**
 * PowerShell objects as they travel: type names, properties, an optional base value ([MS-PSRP] 2.2.5.2).
 *
 * A property look-up is case-insensitive and keeps the case it was declared with. Objects of one kind share a `Shape`
 * (the list of names with its index), so that ten thousand users cost ten thousand arrays and not as many maps.
 */
import { NUMBER_FORMS, realText } from "./number-text.ts";
import { DateTime, type PsScalar, XmlDocument } from "./scalars.ts";
import { Shape } from "./shape.ts";

/** Any value that can be a property, an argument, an input or an output. A JavaScript array stands for System.Object[]. */
export type PsValue =
  | null
  | string
  | boolean
  | number
  | bigint
  | Uint8Array
  | PsScalar
  | PsObject
  | PsList
  | PsDictionary
  | readonly PsValue[];

/** How the wire marks a container: list, other enumerable, stack, queue. */
export type ListTag = "LST" | "IE" | "STK" | "QUE";

/** A list as the base value of a PsObject, or bare where its type names do not matter. */
export class PsList {
  readonly tag: ListTag;
  readonly items: PsValue[];
  constructor(items: PsValue[] = [], tag: ListTag = "LST") {
    this.items = items;
    this.tag = tag;
  }
  [Symbol.iterator](): Iterator<PsValue> {
    return this.items[Symbol.iterator]();
  }
  toString(): string {
    return toText(this);
  }
  toJSON(): readonly PsValue[] {
    return this.items;
  }
}

/** A dictionary, in the order of arrival; keys may be of any type, text keys are found case-insensitively. */
export class PsDictionary {
  /** To be added to at the end, here or by `set`; other changes are the owner's own risk. */
  readonly entries: [PsValue, PsValue][];
  /** Places of the text keys among the first `#indexed` entries; made when there are enough to be worth it. */
  #places: Map<string, number> | undefined;
  #indexed = 0;
  constructor(entries: Iterable<[PsValue, PsValue]> = []) {
    this.entries = [...entries];
  }
  /** From a plain object; the keys become strings. */
  static of(record: Readonly<Record<string, PsValue>>): PsDictionary {
    return new PsDictionary(Object.entries(record));
  }
  get(key: PsValue): PsValue | undefined {
    return this.#find(key)?.[1];
  }
  has(key: PsValue): boolean {
    return this.#find(key) !== undefined;
  }
  set(key: PsValue, value: PsValue): void {
    const entry = this.#find(key);
    if (entry === undefined) this.entries.push([key, value]);
    else entry[1] = value;
  }
  get size(): number {
    return this.entries.length;
  }
  [Symbol.iterator](): Iterator<[PsValue, PsValue]> {
    return this.entries[Symbol.iterator]();
  }
  toString(): string {
    return toText(this);
  }
  toJSON(): Record<string, PsValue> {
    return Object.fromEntries(this.entries.map(([key, value]) => [toText(key), value]));
  }

  #find(key: PsValue): [PsValue, PsValue] | undefined {
    const entries = this.entries;
    if (typeof key !== "string" || entries.length < WORTH_AN_INDEX) return entries.find(([known]) => same(known, key));
    if (this.#places === undefined || this.#indexed > entries.length) {
      this.#places = new Map();
      this.#indexed = 0;
    }
    for (; this.#indexed < entries.length; this.#indexed++) {
      const known = entries[this.#indexed]?.[0];
      if (typeof known === "string" && !this.#places.has(known.toLowerCase())) this.#places.set(known.toLowerCase(), this.#indexed);
    }
    const place = this.#places.get(key.toLowerCase());
    return place === undefined ? undefined : entries[place];
  }
}

const WORTH_AN_INDEX = 16;

function same(a: PsValue, b: PsValue): boolean {
  if (typeof a === "string" && typeof b === "string") return a.toLowerCase() === b.toLowerCase();
  return (
    a === b ||
    (typeof a === "object" &&
      typeof b === "object" &&
      a !== null &&
      b !== null &&
      a.constructor === b.constructor &&
      String(a) === String(b))
  );
}

/** Which of the two groups of the wire a property stands in: Props (adapted) or MS (extended). */
export type MemberKind = "adapted" | "extended";

export interface PsObjectParts {
  /** Most derived first; empty for none. */
  typeNames?: readonly string[];
  /** What `ToString()` gave at the sender. */
  text?: string | undefined;
  /** The value inside: a scalar (an enum's number, a decorated string), a list, a dictionary. */
  base?: PsValue;
}

export class PsObject {
  typeNames: readonly string[];
  /** `<ToString>`, if the sender gave one. */
  text: string | undefined;
  /** undefined where the object is nothing but its properties. */
  base: PsValue | undefined;
  /** Came over the wire: it is a copy, written again with all its levels ([MS-PSRP] 2.2.5.2.6). */
  deserialized = false;
  #adaptedShape: Shape = Shape.EMPTY;
  #adapted: PsValue[] = NONE;
  #extendedShape: Shape = Shape.EMPTY;
  #extended: PsValue[] = NONE;

  constructor(parts: PsObjectParts = {}) {
    this.typeNames = parts.typeNames ?? [];
    this.text = parts.text;
    this.base = parts.base;
  }

  /**
   * An object of extended properties. Without type names it is a PSCustomObject.
   *
   * @example
   * ```ts
   * PsObject.of({ Name: "alice", Enabled: true });
   * ```
   */
  static of(properties: Readonly<Record<string, PsValue>>, typeNames: readonly string[] = CUSTOM): PsObject {
    const object = new PsObject({ typeNames });
    for (const name of Object.keys(properties)) object.set(name, properties[name] as PsValue);
    return object;
  }

  /** From a shape and its values, which are kept, not copied; the fast way for a reader or a store. */
  static shaped(typeNames: readonly string[], kind: MemberKind, shape: Shape, values: PsValue[]): PsObject {
    const object = new PsObject({ typeNames });
    object.put(kind, shape, values);
    return object;
  }

  /** Replaces a whole group of properties; keeps `values`. */
  put(kind: MemberKind, shape: Shape, values: PsValue[]): void {
    if (kind === "adapted") {
      this.#adaptedShape = shape;
      this.#adapted = values;
    } else {
      this.#extendedShape = shape;
      this.#extended = values;
    }
  }

  /**
   * The value of a property in any letter case (extended ones hide adapted ones), or undefined where there is none. An
   * object inside this one (providers send such pairs) lends its properties.
   */
  get(name: string): PsValue | undefined {
    const extended = this.#extendedShape.indexOf(name);
    if (extended >= 0) return this.#extended[extended];
    const adapted = this.#adaptedShape.indexOf(name);
    if (adapted >= 0) return this.#adapted[adapted];
    return this.base instanceof PsObject ? this.base.get(name) : undefined;
  }

  has(name: string): boolean {
    if (this.#extendedShape.indexOf(name) >= 0 || this.#adaptedShape.indexOf(name) >= 0) return true;
    return this.base instanceof PsObject && this.base.has(name);
  }

  /** Changes a property where it is, or adds it (extended by default). */
  set(name: string, value: PsValue, kind: MemberKind = "extended"): this {
    const extended = this.#extendedShape.indexOf(name);
    if (extended >= 0) {
      this.#extended[extended] = value;
      return this;
    }
    const adapted = this.#adaptedShape.indexOf(name);
    if (adapted >= 0) {
      this.#adapted[adapted] = value;
      return this;
    }
    if (kind === "adapted") {
      this.#adaptedShape = this.#adaptedShape.with(name);
      this.#adapted = this.#adapted === NONE ? [value] : (this.#adapted.push(value), this.#adapted);
    } else {
      this.#extendedShape = this.#extendedShape.with(name);
      this.#extended = this.#extended === NONE ? [value] : (this.#extended.push(value), this.#extended);
    }
    return this;
  }

  shape(kind: MemberKind): Shape {
    return kind === "adapted" ? this.#adaptedShape : this.#extendedShape;
  }

  values(kind: MemberKind): readonly PsValue[] {
    return kind === "adapted" ? this.#adapted : this.#extended;
  }

  /** Names as declared, adapted ones first. */
  names(): string[] {
    return [...this.#adaptedShape.names, ...this.#extendedShape.names];
  }

  *properties(): IterableIterator<[name: string, value: PsValue]> {
    for (const [i, name] of this.#adaptedShape.names.entries()) yield [name, this.#adapted[i] as PsValue];
    for (const [i, name] of this.#extendedShape.names.entries()) yield [name, this.#extended[i] as PsValue];
  }

  /** Without the prefix that a reader adds. */
  isType(typeName: string): boolean {
    const wanted = typeName.toLowerCase();
    return this.typeNames.some((name) => name.replace(/^Deserialized\./i, "").toLowerCase() === wanted);
  }

  /** The sender's text; else that of the value inside; else `@{a=1; b=2}` of a property bag, extended properties first. */
  toString(): string {
    if (this.text !== undefined) return this.text;
    if (this.base !== undefined && this.base !== null) return toText(this);
    const parts: string[] = [];
    for (const [i, name] of this.#extendedShape.names.entries()) parts.push(`${name}=${toText(this.#extended[i] as PsValue, true)}`);
    for (const [i, name] of this.#adaptedShape.names.entries()) {
      if (this.#extendedShape.indexOf(name) < 0) parts.push(`${name}=${toText(this.#adapted[i] as PsValue, true)}`);
    }
    return parts.length === 0 ? "" : `@{${parts.join("; ")}}`;
  }

  toJSON(): unknown {
    const { base } = this;
    // JSON.stringify does not ask what it is given for its own form.
    if (base !== undefined && this.names().length === 0)
      return typeof base === "object" && base !== null && "toJSON" in base ? base.toJSON() : base;
    return Object.fromEntries(this.properties());
  }
}

/** Not a place to write to: a group gets an array of its own with its first property. */
const NONE: PsValue[] = [];

const HASHTABLE = "System.Collections.Hashtable";
const PRIMITIVE = "System.Management.Automation.PSPrimitiveDictionary";
const ORDERED = "System.Collections.Specialized.OrderedDictionary";

/**
 * A value as PowerShell's string conversion shows it. Lists show their items, but not lists within lists; property
 * bags show their properties, but not bags within bags: that one level is what PowerShell does too.
 */
export function toText(value: PsValue, inner = false): string {
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return realText(value, NUMBER_FORMS.doubleText);
  if (typeof value !== "object") return String(value);
  if (value instanceof PsObject) {
    if (value.text !== undefined) return value.text;
    const base = value.base;
    if (base === undefined || base === null) return inner ? "" : value.toString();
    if (base instanceof PsDictionary) return dictionaryType(value.typeNames);
    return toText(base, inner);
  }
  if (value instanceof PsDictionary) return HASHTABLE;
  if (value instanceof Uint8Array) return inner ? "System.Byte[]" : value.join(" ");
  if (value instanceof PsList || Array.isArray(value)) {
    if (inner) return value instanceof PsList ? LIST_TYPES[value.tag] : "System.Object[]";
    return Array.from(value, (item: PsValue) => toText(item, !(item instanceof XmlDocument))).join(" ");
  }
  if (value instanceof DateTime) return value.toInvariantText();
  if (value instanceof XmlDocument) return inner ? "System.Xml.XmlDocument" : "#document";
  return String(value);
}

/** The dictionary that PowerShell builds for type names: most become a Hashtable. */
export function dictionaryType(typeNames: readonly string[]): string {
  const first = typeNames[0] ?? "";
  return first === PRIMITIVE || first.endsWith(ORDERED) ? first.replace(/^Deserialized\./, "") : HASHTABLE;
}

/** What a reader makes of each container when its type names are not known. */
export const LIST_TYPES: Readonly<Record<ListTag, string>> = {
  LST: "System.Collections.ArrayList",
  IE: "System.Collections.ArrayList",
  STK: "System.Collections.Stack",
  QUE: "System.Collections.Queue",
};
const CUSTOM: readonly string[] = ["System.Management.Automation.PSCustomObject", "System.Object"];

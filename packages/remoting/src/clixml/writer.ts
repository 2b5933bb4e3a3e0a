/**
 * From values to CLIXML ([MS-PSRP] 2.2.5): the wire's form, which is one element without white space.
 *
 * What PowerShell does about depth: each group of adapted properties (Props) is one level; extended properties (MS),
 * lists and dictionaries are none. Where no level is left, an object becomes its text, with its extended properties
 * if it has any. Whatever came over the wire itself always has one level more.
 */
import { Fault } from "@tieline/fault";
import {
  NUMBER_FORMS,
  numberText,
  PsDictionary,
  PsList,
  PsObject,
  type PsScalar,
  type PsValue,
  type SemanticVersion,
  type Shape,
  shortestSingle,
  toText,
} from "../objects/index.ts";
import { toBase64 } from "./base64.ts";
import { escapeAttribute, escapeContent } from "./escape.ts";
import { HASHTABLE, LIST, OBJECT_ARRAY, PROGRESS } from "./names.ts";
import { DEFAULT_DEPTH, READ_LIMITS, SERIALIZATION_DEPTHS, type WriteOptions } from "./options.ts";
import { PROGRESS_FIELDS } from "./progress.ts";
import { formatTimeSpan } from "./time.ts";

/** PowerShell's reader refuses what is nested deeper, so its writer puts this text there instead. */
const TOO_DEEP = "Serialized XML is nested too deeply.";

/** Attributes of the names of a shape, made once: ` N="Name"`. */
const LABELS = new WeakMap<Shape, readonly string[]>();

function labelsOf(shape: Shape): readonly string[] {
  let labels = LABELS.get(shape);
  if (labels === undefined) {
    labels = shape.names.map((name) => ` N="${escapeAttribute(name)}"`);
    LABELS.set(shape, labels);
  }
  return labels;
}

/** Writes values into a text that the caller takes away; references last as long as the caller lets them. */
export class ValueWriter {
  /** What was written and not yet taken. */
  text = "";
  readonly #options: WriteOptions;
  readonly #depth: number;
  readonly #typeDepths: ReadonlyMap<string, number>;
  #objects = new Map<object, number>();
  #nextObject = 0;
  #types = new Map<string, number>();
  #typeLists = new Map<readonly string[], number>();
  #nesting = 0;

  constructor(options: WriteOptions = {}) {
    this.#options = options;
    this.#depth = options.depth ?? DEFAULT_DEPTH;
    if (!(this.#depth >= 1)) throw new Fault("clixml-depth-option", { depth: this.#depth });
    this.#typeDepths = options.typeDepths === undefined ? SERIALIZATION_DEPTHS : new Map([...SERIALIZATION_DEPTHS, ...options.typeDepths]);
  }

  /** One value at the top level. */
  write(value: PsValue): void {
    this.#value(value, "", this.#depth);
  }

  take(): string {
    const text = this.text;
    this.text = "";
    return text;
  }

  /** Later values name no object of earlier ones; they still share type names. */
  forgetObjects(): void {
    this.#objects = new Map();
  }

  #value(value: PsValue, label: string, depth: number): void {
    switch (typeof value) {
      case "string":
        this.text += `<S${label}>${escapeContent(value)}</S>`;
        return;
      case "number":
        if ((value | 0) === value && !Object.is(value, -0)) this.text += `<I32${label}>${value}</I32>`;
        else if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.text += `<I64${label}>${value}</I64>`;
        else this.text += `<Db${label}>${real(value, "doubleWire")}</Db>`;
        return;
      case "boolean":
        this.text += value ? `<B${label}>true</B>` : `<B${label}>false</B>`;
        return;
      case "bigint":
        if (value !== BigInt.asIntN(64, value)) throw new Fault("clixml-unwritable", { what: "an integer beyond 64 bits" });
        this.text += `<I64${label}>${value}</I64>`;
        return;
      case "object":
        if (value === null) this.text += `<Nil${label} />`;
        else if (value instanceof PsObject) this.#object(value, label, depth);
        else if (value instanceof PsList)
          this.#container(value, value.tag === "LST" || value.tag === "IE" ? LIST : undefined, label, depth);
        else if (value instanceof PsDictionary) this.#container(value, HASHTABLE, label, depth);
        else if (Array.isArray(value)) this.#container(value as readonly PsValue[], OBJECT_ARRAY, label, depth);
        else this.#scalar(value as PsScalar | Uint8Array, label);
        return;
      default:
        throw new Fault("clixml-unwritable", { what: `a ${typeof value}` });
    }
  }

  #scalar(value: PsScalar | Uint8Array, label: string): void {
    if (value instanceof Uint8Array) {
      this.text += value.length === 0 ? `<BA${label} />` : `<BA${label}>${toBase64(value)}</BA>`;
      return;
    }
    const tag = value.tag;
    if (tag === "SemanticVersion") {
      this.#object(semanticVersion(value), label, 1);
      return;
    }
    this.text += `<${tag}${label}>${this.#content(value)}</${tag}>`;
  }

  #content(value: PsScalar): string {
    switch (value.tag) {
      case "Db":
        return real(value.value, "doubleWire");
      case "Sg":
        return real(shortestSingle(value.value), "singleWire");
      case "C":
        return String(value.code);
      case "DT":
        return value.toString();
      case "TS":
        return formatTimeSpan(value);
      case "URI":
      case "SBK":
      case "XD":
        return escapeContent(value.text);
      case "SS": {
        const codec = this.#options.secureString;
        if (codec === undefined) throw new Fault("clixml-secure-string");
        return escapeContent(codec.encrypt(Uint8Array.from(Buffer.from(value.reveal(), "utf16le"))));
      }
      case "D":
      case "G":
      case "Version":
        return escapeContent(value.text);
      default:
        if (value === undefined || (value as { tag?: string }).tag === undefined)
          throw new Fault("clixml-unwritable", { what: "an object of an unknown class" });
        return String((value as Exclude<typeof value, SemanticVersion>).value);
    }
  }

  /** A list, array or dictionary by itself, under the names that PowerShell gives it. */
  #container(value: PsList | PsDictionary | readonly PsValue[], names: readonly string[] | undefined, label: string, depth: number): void {
    if (this.#known(value, label)) return;
    if (!this.#enter(label)) return;
    this.text += `<Obj${label} RefId="${this.#number(value)}">`;
    this.#typeNames(
      names ?? [value instanceof PsList && value.tag === "STK" ? "System.Collections.Stack" : "System.Collections.Queue", "System.Object"],
    );
    this.#items(value, depth);
    this.text += "</Obj>";
    this.#nesting--;
  }

  #items(value: PsList | PsDictionary | readonly PsValue[], depth: number): void {
    if (value instanceof PsDictionary) {
      if (value.entries.length === 0) {
        this.text += "<DCT />";
        return;
      }
      this.text += "<DCT>";
      for (const [key, item] of value.entries) {
        if (key === null) throw new Fault("clixml-unwritable", { what: "a dictionary with the key $null" });
        this.text += "<En>";
        this.#value(key, ' N="Key"', depth);
        this.#value(item, ' N="Value"', depth);
        this.text += "</En>";
      }
      this.text += "</DCT>";
      return;
    }
    const tag = value instanceof PsList ? value.tag : "LST";
    const items = value instanceof PsList ? value.items : value;
    if (items.length === 0) {
      this.text += `<${tag} />`;
      return;
    }
    this.text += `<${tag}>`;
    for (const item of items) this.#value(item, "", depth);
    this.text += `</${tag}>`;
  }

  #object(object: PsObject, label: string, depth: number): void {
    const base = object.base;
    const container = base instanceof PsList || base instanceof PsDictionary || Array.isArray(base);
    if (base !== undefined && base !== null && !container && !(base instanceof PsObject)) {
      this.#decorated(object, base as PsScalar, label, depth);
      return;
    }
    if (isProgress(object)) {
      this.#progress(object, label);
      return;
    }
    if (this.#known(object, label)) return;
    let levels = this.#levels(object, depth);
    if (levels <= 0 && !container) {
      if (!object.deserialized) {
        this.#asText(object, label, depth);
        return;
      }
      levels = 1;
    }
    if (!this.#enter(label)) return;
    this.text += `<Obj${label} RefId="${this.#number(object)}">`;
    if (object.typeNames.length > 0) this.#typeNames(object.typeNames);
    if (object.text !== undefined && !container) this.#toString(object.text);
    if (container) this.#items(base as PsList, levels);
    else if (base instanceof PsObject) this.#value(base, "", levels);
    this.#group(object, "adapted", levels - 1);
    this.#group(object, "extended", levels);
    this.text += "</Obj>";
    this.#nesting--;
  }

  #levels(object: PsObject, depth: number): number {
    const typeDepths = this.#typeDepths;
    for (const name of object.typeNames) {
      const own = typeDepths.get(name);
      if (own !== undefined) return own;
    }
    return depth;
  }

  /** A primitive with properties, a number of an enum, a value with type names of its own. */
  #decorated(object: PsObject, base: PsScalar | string | number | boolean | bigint | Uint8Array, label: string, depth: number): void {
    const names = object.typeNames;
    const enumeration = names.length > 0 && isEnum(names);
    if (enumeration && this.#levels(object, depth) <= 0 && !object.deserialized) {
      this.#asText(object, label, depth);
      return;
    }
    const extended = object.values("extended");
    if (names.length === 0 && extended.length === 0 && object.text === undefined && !object.deserialized) {
      this.#value(base, label, depth);
      return;
    }
    if (this.#known(object, label)) return;
    if (!this.#enter(label)) return;
    this.text += `<Obj${label} RefId="${this.#number(object)}">`;
    if (names.length > 0) this.#typeNames(names);
    if (object.text !== undefined) this.#toString(object.text);
    this.#value(base, "", depth);
    this.#group(object, "extended", depth);
    this.text += "</Obj>";
    this.#nesting--;
  }

  /** What has no level left: its text, and its extended properties around it. */
  #asText(object: PsObject, label: string, depth: number): void {
    const text = toText(object);
    if (object.values("extended").length === 0) {
      this.#value(text, label, depth);
      return;
    }
    if (!this.#enter(label)) return;
    this.text += `<Obj${label} RefId="${this.#number(object)}">`;
    this.#value(text, "", depth);
    this.#group(object, "extended", depth);
    this.text += "</Obj>";
    this.#nesting--;
  }

  #group(object: PsObject, kind: "adapted" | "extended", depth: number): void {
    const values = object.values(kind);
    if (values.length === 0) return;
    const tag = kind === "adapted" ? "Props" : "MS";
    const labels = labelsOf(object.shape(kind));
    this.text += `<${tag}>`;
    for (let i = 0; i < values.length; i++) this.#value(values[i] as PsValue, labels[i] as string, depth);
    this.text += `</${tag}>`;
  }

  #toString(text: string): void {
    this.text += text === "" ? "<ToString />" : `<ToString>${escapeContent(text)}</ToString>`;
  }

  #progress(record: PsObject, label: string): void {
    this.text += `<PR${label}>`;
    for (const field of PROGRESS_FIELDS) {
      const value = record.get(field.property) ?? null;
      if (value === null && field.nullable === true) this.text += "<Nil />";
      else this.text += `<${field.tag}>${escapeContent(toText(value))}</${field.tag}>`;
    }
    this.text += "</PR>";
  }

  /** Writes a reference, if the object was written before. */
  #known(object: object, label: string): boolean {
    const number = this.#objects.get(object);
    if (number === undefined) return false;
    this.text += `<Ref${label} RefId="${number}" />`;
    return true;
  }

  #number(object: object): number {
    const number = this.#nextObject++;
    this.#objects.set(object, number);
    return number;
  }

  /** False where nothing more may be nested; the place is then taken by a text that says so. */
  #enter(label: string): boolean {
    if (this.#nesting + 2 >= READ_LIMITS.maxDepth) {
      this.text += `<S${label}>${TOO_DEEP}</S>`;
      return false;
    }
    this.#nesting++;
    return true;
  }

  #typeNames(names: readonly string[]): void {
    let number = this.#typeLists.get(names);
    if (number === undefined) {
      const key = names.join("\n");
      number = this.#types.get(key);
      if (number === undefined) {
        number = this.#types.size;
        this.#types.set(key, number);
        this.#typeLists.set(names, number);
        this.text += `<TN RefId="${number}">`;
        for (const name of names) this.text += `<T>${escapeContent(name)}</T>`;
        this.text += "</TN>";
        return;
      }
      this.#typeLists.set(names, number);
    }
    this.text += `<TNRef RefId="${number}" />`;
  }
}

const SEMANTIC = /^([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([^+]*))?(?:\+(.*))?$/;

/** The type has no element of its own: PowerShell writes it as an object. */
function semanticVersion(version: SemanticVersion): PsObject {
  const match = SEMANTIC.exec(version.text);
  const object = new PsObject({ typeNames: ["System.Management.Automation.SemanticVersion", "System.Object"], text: version.text });
  for (const [place, name] of ["Major", "Minor", "Patch"].entries()) object.set(name, Number(match?.[place + 1] ?? 0), "adapted");
  object.set("PreReleaseLabel", match?.[4] ?? null, "adapted");
  object.set("BuildLabel", match?.[5] ?? null, "adapted");
  return object;
}

function isEnum(names: readonly string[]): boolean {
  return names.some((name) => name === "System.Enum" || name === "Deserialized.System.Enum");
}

function isProgress(object: PsObject): boolean {
  return object.typeNames[0] === PROGRESS[0] && object.has("ActivityId") && object.has("RecordType");
}

function real(value: number, form: "doubleWire" | "singleWire"): string {
  if (Number.isFinite(value)) return numberText(value, NUMBER_FORMS[form]);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "INF" : "-INF";
}

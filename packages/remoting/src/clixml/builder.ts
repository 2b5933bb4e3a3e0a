/**
 * From elements to values: the half of the reader that knows CLIXML ([MS-PSRP] 2.2.5).
 *
 * A stack of frames stands for the open elements. An object exists from its start tag on, so that a reference inside
 * it can mean it; its groups of properties are put in when they close, as arrays beside a shared Shape.
 */
import { Fault } from "@tieline/fault";
import {
  DateTime,
  type ListTag,
  type MemberKind,
  PsDictionary,
  PsList,
  PsObject,
  type PsValue,
  ScriptBlock,
  SecureString,
  Shape,
} from "../objects/index.ts";
import { checkRoot, isBare, referredTo, typeNamesOf } from "./deserialized.ts";
import { type Element, ELEMENTS, SKIPPED, UNKNOWN } from "./elements.ts";
import { decodeEscapes } from "./escape.ts";
import { Frame } from "./frame.ts";
import { READ_LIMITS, type ReadOptions } from "./options.ts";
import { progressOf, PROGRESS_FIELDS } from "./progress.ts";
import { References } from "./references.ts";
import type { ScalarTag } from "./scalars.ts";
import type { Head } from "./head.ts";
import type { Sink } from "./scanner.ts";
import { isRehydrated } from "./names.ts";

const REMEMBERED = { document: Number.POSITIVE_INFINITY, recent: READ_LIMITS.recentObjects, value: 0 } as const;
const NAMES_KEPT = 4_096;

export class Builder implements Sink<Element> {
  readonly #options: ReadOptions;
  readonly #maxDepth: number;
  readonly #maxElements: number;
  readonly #prefix: boolean;
  readonly #keepScriptBlocks: boolean;
  readonly #localOffset: ReadOptions["localOffset"];
  #shapes = Shape.root();
  #frames: Frame[] = [];
  #depth = -1;
  /** Open values: objects, and the scalars in them. */
  #values = 0;
  #elements = 0;
  readonly #objects: References;
  #types = new Map<number | string, readonly string[]>();
  #knownNames = new Map<string, readonly string[]>();
  /** Values that are complete, for the reader to take. */
  #ready: PsValue[] = [];
  /** Position of the element at hand, for faults; the scanner knows. */
  position: () => number = () => 0;
  /** Called when a value is complete. */
  completed: () => void = () => undefined;

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#maxDepth = options.maxDepth ?? READ_LIMITS.maxDepth;
    this.#maxElements = options.maxElements ?? READ_LIMITS.maxElements;
    this.#prefix = options.deserializedPrefix ?? true;
    this.#keepScriptBlocks = options.scriptBlocks ?? false;
    this.#localOffset = options.localOffset;
    this.#objects = new References(REMEMBERED[options.references ?? "document"]);
  }

  /** Elements that may be open at once: each value takes up to three (object, container, entry). */
  get elementDepth(): number {
    return this.#maxDepth * 3 + 8;
  }

  /** For the next document. */
  reset(): void {
    this.#depth = -1;
    this.#values = 0;
    this.#elements = 0;
    this.#objects.clear();
    this.#types = new Map();
    this.#ready = [];
  }

  take(): PsValue[] {
    const ready = this.#ready;
    if (ready.length > 0) this.#ready = [];
    return ready;
  }

  classify(name: string): Element {
    return ELEMENTS.get(name) ?? UNKNOWN;
  }

  label(text: string): string {
    return decodeEscapes(text);
  }

  open(head: Head<Element>, reference: number): void {
    const element = head.rule;
    const top = this.#top();
    if (++this.#elements > this.#maxElements) throw new Fault("clixml-limit", { what: "elements in one value", limit: this.#maxElements });
    if (top !== undefined && top.element.kind === "nil") {
      this.#push(SKIPPED, undefined);
      return;
    }
    switch (element.kind) {
      case "root":
        if (top !== undefined) throw this.#fault("clixml-element", head.name);
        checkRoot(head);
        this.#push(element, undefined);
        return;
      case "nil":
        this.#deliver(null, head.label);
        this.#push(element, undefined);
        return;
      case "reference": {
        const id = reference >= 0 ? reference : (head.attributes.get("RefId") ?? "");
        const target = this.#objects.get(id);
        if (target === undefined) throw new Fault("clixml-reference", { reference: id, position: this.position() });
        if (top?.element.kind === "object") throw this.#fault("clixml-element", head.name);
        if (this.#values + 1 >= this.#maxDepth) throw new Fault("clixml-depth", { limit: this.#maxDepth });
        this.#deliver(this.#prefix ? referredTo(target) : target, head.label);
        this.#push(SKIPPED, undefined);
        return;
      }
      case "object": {
        this.#enter();
        const frame = this.#push(element, head.label);
        const object = new PsObject();
        object.deserialized = true;
        frame.object = object;
        frame.named = false;
        const id = reference >= 0 ? reference : head.attributes.get("RefId");
        frame.id = id;
        if (id !== undefined) this.#objects.set(id, object);
        return;
      }
      case "progress": {
        this.#enter();
        this.#push(element, head.label).values = [];
        return;
      }
      case "names": {
        const owner = this.#owner(head);
        const frame = this.#push(element, undefined);
        frame.object = owner;
        frame.values = [];
        frame.key = reference >= 0 ? reference : (head.attributes.get("RefId") ?? null);
        return;
      }
      case "namesReference": {
        const owner = this.#owner(head);
        const id = reference >= 0 ? reference : (head.attributes.get("RefId") ?? "");
        const names = this.#types.get(id);
        if (names === undefined) throw new Fault("clixml-reference", { reference: id, position: this.position() });
        owner.typeNames = names;
        (this.#top() as Frame).named = true;
        this.#push(SKIPPED, undefined);
        return;
      }
      case "members": {
        // A member set within the extended properties names some of them; it is no property itself, and is passed over.
        const owner = top?.element.members === "extended" && head.label !== undefined ? new PsObject() : this.#owner(head);
        const kind = element.members as MemberKind;
        const frame = this.#push(element, undefined);
        frame.object = owner;
        // A second group of extended properties adds to the first; one of adapted properties takes its place.
        const before = kind === "adapted" ? [] : owner.values(kind);
        frame.shape = before.length === 0 ? this.#shapes : owner.shape(kind);
        frame.values = before.length === 0 ? [] : [...before];
        return;
      }
      case "list": {
        const owner = this.#owner(head);
        // PowerShell makes one and the same ArrayList of any other enumeration; protocol messages keep their form.
        const list = new PsList([], this.#prefix && element.tag === "IE" ? "LST" : (element.tag as ListTag));
        owner.base = list;
        this.#push(element, undefined).values = list.items;
        return;
      }
      case "dictionary": {
        const owner = this.#owner(head);
        const dictionary = new PsDictionary();
        owner.base = dictionary;
        this.#push(element, undefined).dictionary = dictionary;
        return;
      }
      case "entry": {
        if (top === undefined || top.element.kind !== "dictionary") throw this.#fault("clixml-element", head.name);
        const frame = this.#push(element, undefined);
        frame.dictionary = top.dictionary;
        frame.key = undefined;
        frame.value = undefined;
        return;
      }
      default:
        throw this.#fault("clixml-element", head.name);
    }
  }

  leaf(head: Head<Element>, text: string): void {
    const element = head.rule;
    if (++this.#elements > this.#maxElements) throw new Fault("clixml-limit", { what: "elements in one value", limit: this.#maxElements });
    if (this.#top()?.element.kind === "nil") return;
    switch (element.kind) {
      case "scalar": {
        const scalar = element.scalar as ScalarTag;
        const value = scalar.read(text);
        if (value === undefined) throw new Fault("clixml-content", { type: scalar.type, position: this.position() });
        this.#deliver(this.#asRead(value), head.label);
        return;
      }
      case "secure":
        this.#deliver(this.#secret(text), head.label);
        return;
      case "text":
        this.#owner(head).text = decodeEscapes(text);
        return;
      case "name": {
        const top = this.#top();
        if (top?.element.kind === "names") {
          if (text !== "") top.values.push(decodeEscapes(text));
        } else this.#field(head, text);
        return;
      }
      default:
        this.#field(head, text);
    }
  }

  close(): void {
    const frame = this.#top() as Frame;
    const element = frame.element;
    this.#depth--;
    switch (element.kind) {
      case "object": {
        const object = frame.object as PsObject;
        frame.object = undefined;
        this.#values--;
        let value: PsValue = object;
        if (!frame.named && this.#prefix) {
          if (isBare(object)) {
            // Nothing was said of the scalar inside, so it stands for itself.
            value = object.base as PsValue;
            if (frame.id !== undefined) this.#objects.set(frame.id, value);
          } else object.typeNames = typeNamesOf(object);
        }
        this.#deliver(value, frame.label);
        return;
      }
      case "members":
        if (frame.values.length > 0) (frame.object as PsObject).put(element.members as MemberKind, this.#shapeOf(frame), frame.values);
        frame.object = undefined;
        frame.renamed = undefined;
        return;
      case "names": {
        const names = this.#names(frame.values as string[]);
        (frame.object as PsObject).typeNames = names;
        (this.#top() as Frame).named = true;
        if (this.#types.size >= READ_LIMITS.maxTypes)
          throw new Fault("clixml-limit", { what: "lists of type names", limit: READ_LIMITS.maxTypes });
        if (frame.key !== null) this.#types.set(frame.key as number | string, names);
        return;
      }
      case "entry": {
        if (frame.value === undefined)
          throw new Fault("clixml-dictionary", { what: "Value for dictionary entry is not specified.", position: this.position() });
        (frame.dictionary as PsDictionary).entries.push([frame.key as PsValue, frame.value]);
        return;
      }
      case "progress":
        this.#values--;
        this.#deliver(progressOf(frame.values as (string | null)[], this.#refuseProgress), frame.label);
        return;
      default:
    }
  }

  stray(): void {
    if (this.#top()?.element.kind === "nil") return;
    throw new Fault("clixml-malformed", { what: "text stands between elements", position: this.position() });
  }

  section(): boolean {
    return this.#top()?.element.kind === "nil";
  }

  #top(): Frame | undefined {
    return this.#depth < 0 ? undefined : this.#frames[this.#depth];
  }

  #push(element: Element, label: string | undefined): Frame {
    let frame = this.#frames[++this.#depth];
    if (frame === undefined) {
      frame = new Frame();
      this.#frames.push(frame);
    }
    frame.element = element;
    frame.label = label;
    return frame;
  }

  #enter(): void {
    if (++this.#values >= this.#maxDepth) throw new Fault("clixml-depth", { limit: this.#maxDepth });
  }

  /** The object that the element at hand describes. */
  #owner(head: Head<Element>): PsObject {
    const top = this.#top();
    if (top === undefined || top.element.kind !== "object") throw this.#fault("clixml-element", head.name);
    return top.object as PsObject;
  }

  #deliver(value: PsValue, label: string | undefined): void {
    const top = this.#depth < 0 ? undefined : (this.#frames[this.#depth] as Frame);
    if (top === undefined || top.element.kind === "root") {
      this.#ready.push(value);
      this.#elements = 0;
      this.#objects.valueEnds();
      this.completed();
      return;
    }
    const kind = top.element.kind;
    // What an object is made of stands at its own level.
    if (this.#values + 1 >= this.#maxDepth && kind !== "object" && !(value instanceof PsObject)) {
      throw new Fault("clixml-depth", { limit: this.#maxDepth });
    }
    switch (kind) {
      case "members": {
        if (label === undefined || label === "") throw new Fault("clixml-name", { position: this.position() });
        const shape = top.shape.with(label);
        if (shape === top.shape) {
          const place = shape.indexOf(label);
          top.values[place] = value;
          if (shape.nameAt(place) !== label) (top.renamed ??= new Map()).set(place, label);
        } else {
          top.shape = shape;
          top.values.push(value);
        }
        return;
      }
      case "list":
        top.values.push(value);
        return;
      case "object":
        if (value === null) throw this.#fault("clixml-element", "Nil");
        (top.object as PsObject).base = value;
        return;
      case "entry":
        this.#entry(top, value, label);
        return;
      case "progress":
        // The one field that may be missing, as a string or as Nil.
        if (PROGRESS_FIELDS[top.values.length]?.nullable !== true || (value !== null && typeof value !== "string")) {
          throw this.#fault("clixml-element", "PR");
        }
        top.values.push(value);
        return;
      default:
        throw this.#fault("clixml-element", label ?? "");
    }
  }

  #shapeOf(frame: Frame): Shape {
    const renamed = frame.renamed;
    if (renamed === undefined) return frame.shape;
    let shape = this.#shapes;
    for (const [place, name] of frame.shape.names.entries()) shape = shape.with(renamed.get(place) ?? name);
    return shape;
  }

  #entry(frame: Frame, value: PsValue, label: string | undefined): void {
    const role = label?.toLowerCase();
    if (frame.key === undefined) {
      if (role !== "key")
        throw new Fault("clixml-dictionary", {
          what: "Name attribute for dictionary key is incorrectly specified.",
          position: this.position(),
        });
      if (value === null) throw new Fault("clixml-dictionary", { what: "Null is specified as dictionary key.", position: this.position() });
      frame.key = value;
    } else if (frame.value === undefined) {
      if (role !== "value")
        throw new Fault("clixml-dictionary", {
          what: "Name attribute for dictionary value is incorrectly specified.",
          position: this.position(),
        });
      frame.value = value;
    } else
      throw new Fault("clixml-dictionary", {
        what: "An entry of a dictionary holds more than a key and a value.",
        position: this.position(),
      });
  }

  #field(head: Head<Element>, text: string): void {
    const top = this.#top();
    if (top?.element.kind !== "progress" || PROGRESS_FIELDS[top.values.length]?.tag !== head.name)
      throw this.#fault("clixml-element", head.name);
    top.values.push(decodeEscapes(text));
  }

  /** What an option makes of the value. */
  #asRead(value: PsValue): PsValue {
    if (value instanceof ScriptBlock) return this.#keepScriptBlocks ? value : value.text;
    if (value instanceof DateTime && value.kind === "Local" && this.#localOffset !== undefined) return value.at(this.#localOffset);
    return value;
  }

  #secret(text: string): SecureString {
    const codec = this.#options.secureString;
    if (codec === undefined) throw new Fault("clixml-secure-string");
    let bytes: Uint8Array;
    try {
      bytes = codec.decrypt(text);
    } catch (cause) {
      throw new Fault("clixml-content", { type: "System.Security.SecureString", position: this.position() }, { cause });
    }
    if (bytes.length % 2 !== 0) throw new Fault("clixml-content", { type: "System.Security.SecureString", position: this.position() });
    return new SecureString(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf16le"));
  }

  /** One array for each list of type names, whatever number it is given. */
  #names(names: readonly string[]): readonly string[] {
    const key = names.join("\n");
    let known = this.#knownNames.get(key);
    if (known === undefined) {
      const plain = !this.#prefix || isRehydrated(names);
      known = plain ? names : names.map((name) => (/^Deserialized\./i.test(name) ? name : `Deserialized.${name}`));
      if (this.#knownNames.size >= NAMES_KEPT) this.#knownNames = new Map();
      this.#knownNames.set(key, known);
    }
    return known;
  }

  readonly #refuseProgress = (): Fault =>
    new Fault("clixml-content", { type: "System.Management.Automation.ProgressRecord", position: this.position() });

  #fault(code: "clixml-element", element: string): Fault {
    return new Fault(code, { element: element.slice(0, 80), position: this.position() });
  }
}

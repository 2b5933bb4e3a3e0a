/** Start tags: what they look like, and how one is parsed. */
import { Fault } from "@tieline/fault";
import { decodeXml } from "./escape.ts";

/** What the sink knows of an element's name. */
export interface Rule {
  /** Holds text only. */
  readonly leaf: boolean;
}

/** A start tag, parsed. */
export class Head<R extends Rule> {
  /** The element's name without its prefix. */
  readonly name: string;
  readonly qualified: string;
  readonly rule: R;
  readonly attributes: ReadonlyMap<string, string>;
  readonly empty: boolean;
  /** The N attribute as the sink wants to see it. */
  readonly label: string | undefined;
  readonly closing: string;
  /** From `<` to `>`; for a tag that ends in a number of reference, up to that number. */
  readonly text: string;
  /** What stands behind the number of reference: `">` or `" />`; undefined where there is none. */
  readonly tail: string | undefined;
  /** The tag that came after this one last time. */
  next: Head<R> | undefined;
  constructor(
    text: string,
    tail: string | undefined,
    parts: { qualified: string; rule: R; attributes: ReadonlyMap<string, string>; empty: boolean; label: string | undefined },
  ) {
    this.text = text;
    this.tail = tail;
    this.name = localName(parts.qualified);
    this.qualified = parts.qualified;
    this.rule = parts.rule;
    this.attributes = parts.attributes;
    this.empty = parts.empty;
    this.label = parts.label;
    this.closing = `</${parts.qualified}>`;
  }
}

/** What of a tag the sink decides once for all its occurrences. */
export interface Classifier<R extends Rule> {
  /** The rule of an element's name. */
  classify(name: string): R;
  /** What of the N attribute is kept with the tag. */
  label(text: string): string;
}

/** Attributes of one tag. */
const MAX_ATTRIBUTES = 32;

/**
 * Parses a start tag, from `<` to `>`; `keyLength` characters of it are its `text`. `malformed` makes the fault to throw.
 */
export function parseTag<R extends Rule>(
  tag: string,
  keyLength: number,
  tail: string | undefined,
  sink: Classifier<R>,
  malformed: (what: string) => Fault,
): Head<R> {
  const usual = USUAL_TAG.exec(tag);
  if (usual !== null) {
    const attributes = new Map<string, string>();
    if (usual[2] !== undefined) attributes.set("N", usual[2]);
    if (usual[3] !== undefined) attributes.set("RefId", usual[3]);
    return new Head<R>(tag.slice(0, keyLength), tail === undefined ? undefined : detach(tail), {
      qualified: usual[1] as string,
      rule: sink.classify(usual[1] as string),
      attributes,
      empty: usual[4] === "/",
      label: usual[2] === undefined ? undefined : sink.label(usual[2]),
    });
  }
  const match = START_TAG.exec(tag);
  if (match === null) throw malformed("a start tag is not well formed");
  const attributes = new Map<string, string>();
  ATTRIBUTE.lastIndex = (match[1] as string).length + 1;
  for (let found = ATTRIBUTE.exec(tag); found !== null; found = ATTRIBUTE.exec(tag)) {
    const name = found[1] as string;
    if (attributes.has(name)) throw malformed(`the attribute ${name} stands twice in one tag`);
    if (attributes.size >= MAX_ATTRIBUTES) throw new Fault("clixml-limit", { what: "attributes in one tag", limit: MAX_ATTRIBUTES });
    attributes.set(name, attributeValue(found[2] ?? found[3] ?? "", malformed));
  }
  const label = attributes.get("N");
  return new Head<R>(tag.slice(0, keyLength), tail === undefined ? undefined : detach(tail), {
    qualified: match[1] as string,
    rule: sink.classify(localName(match[1] as string)),
    attributes,
    empty: match[3] === "/",
    label: label === undefined ? undefined : sink.label(label),
  });
}

function attributeValue(text: string, malformed: (what: string) => Fault): string {
  const decoded = decodeXml(text.replace(/\r\n|[\t\n\r]/g, " "));
  if (decoded === undefined) throw malformed("an attribute holds an entity that XML itself does not define");
  return decoded;
}

/** What nearly every tag of CLIXML looks like; the others take the longer way. */
const USUAL_TAG = /^<([A-Za-z]+)(?: N="([^"&<\t\n\r]*)")?(?: RefId="([0-9]{1,9})")? ?(\/?)>$/;
const NAME = String.raw`[\p{L}_:][\p{L}\p{N}\p{M}_:.\-]*`;
const START_TAG = new RegExp(String.raw`^<(${NAME})((?:\s+${NAME}\s*=\s*(?:"[^<"]*"|'[^<']*'))*)\s*(/?)>$`, "u");
const ATTRIBUTE = new RegExp(String.raw`\s+(${NAME})\s*=\s*(?:"([^<"]*)"|'([^<']*)')`, "uy");
/** Numbers as they are counted; any other text is a reference too, but compared as text. */
export const TRAILING_REFERENCE = /(\sRefId=")(?:0|[1-9][0-9]{0,8})("\s*\/?>)$/;

function localName(qualified: string): string {
  const colon = qualified.indexOf(":");
  return colon < 0 ? qualified : qualified.slice(colon + 1);
}

const ZERO = 48;
const NINE = 57;

/** The number whose last digit stands before `end`. */
export function numberBefore(text: string, end: number): number {
  let from = end;
  while (text.charCodeAt(from - 1) >= ZERO && text.charCodeAt(from - 1) <= NINE) from--;
  return Number(text.slice(from, end));
}

/** A copy that does not keep the text alive that it was cut from. */
export function detach(text: string): string {
  return text.length < 13 ? text : (JSON.parse(JSON.stringify(text)) as string);
}

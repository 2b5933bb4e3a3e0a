/**
 * Reads one XML document into a small tree, in linear time: saxes with namespaces on, no DTD, no processing
 * instruction, UTF-8 only, bounded in depth, elements and size (DSP0226 5.1, SOAP 1.2 part 1 section 5).
 *
 * The theory of the fast path: an answer of megabytes is nearly all base64 between two tags. A run of base64
 * characters can neither end an element nor begin one, so it need not pass through the tokenizer: it is cut out, a
 * short mark of private-use characters takes its place, and the mark is exchanged for the run (a slice, no copy) where
 * the tokenizer hands the text back. A document that has such a character of its own goes the slow way.
 */
import { isUtf8 } from "node:buffer";
import { Fault } from "@tieline/fault";
import { SaxesParser, type SaxesTagNS } from "saxes";

export interface XmlElement {
  readonly ns: string;
  /** Local name. */
  readonly name: string;
  /** Local name, or `{namespace}name` where the attribute has one. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The character data directly inside; comments left out. */
  readonly text: string;
}

export interface XmlLimits {
  /** Bytes of the document. */
  size: number;
  depth: number;
  elements: number;
  attributes: number;
}

export const XML_LIMITS: XmlLimits = { size: 64 * 1024 * 1024, depth: 64, elements: 100_000, attributes: 256 };

/** Base64 runs shorter than this are not worth a cut. */
const LONG_RUN = 256;
const MARK = "\uE0FF";
const MARKS = /\uE0FF(\d+)\uE0FF/g;
const WHOLE_MARK = /^\uE0FF(\d+)\uE0FF$/;
const BASE64_RUN = /^[A-Za-z0-9+/]+={0,2}$/;

interface Building {
  ns: string;
  name: string;
  attributes: Record<string, string>;
  children: Building[];
  text: string;
}

/**
 * The root element of the document.
 *
 * @param bytes UTF-8; a byte order mark is refused unless `bom` is given. They are not kept, but the texts are slices of one decoded string.
 * @throws wsman-xml-invalid, wsman-encoding-unsupported, wsman-envelope-too-large
 */
export function parseXml(bytes: Uint8Array, options: { limits?: Partial<XmlLimits>; bom?: boolean } = {}): XmlElement {
  const limits = { ...XML_LIMITS, ...options.limits };
  if (bytes.length > limits.size) throw new Fault("wsman-envelope-too-large", { size: bytes.length, limit: limits.size });
  const source = decode(bytes, options.bom === true);
  if (source === "") throw invalid("it is empty");
  return new Reader(limits).read(source);
}

function decode(bytes: Uint8Array, bom: boolean): string {
  const [first, second, third] = bytes;
  const marked = first === 0xef && second === 0xbb && third === 0xbf;
  if ((first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe) || first === 0 || second === 0) {
    throw new Fault("wsman-encoding-unsupported", { encoding: "UTF-16" });
  }
  if (marked && !bom) throw invalid("it begins with a byte order mark");
  const body = marked ? bytes.subarray(3) : bytes;
  if (!isUtf8(body)) throw new Fault("wsman-encoding-unsupported", { encoding: "not UTF-8" });
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
}

function invalid(reason: string, cause?: unknown): Fault {
  return new Fault("wsman-xml-invalid", { reason }, cause === undefined ? undefined : { cause });
}

class Reader {
  readonly #limits: XmlLimits;
  readonly #runs: string[] = [];
  readonly #stack: Building[] = [];
  #root: Building | undefined;
  #elements = 0;

  constructor(limits: XmlLimits) {
    this.#limits = limits;
  }

  read(source: string): XmlElement {
    const parser = this.#parser();
    if (source.length < 2 * LONG_RUN || source.includes(MARK)) parser.write(source);
    else this.#feed(parser, source);
    parser.close();
    if (this.#root === undefined) throw invalid("it has no element");
    return this.#root;
  }

  /** Hands the document over with its long base64 runs cut out. */
  #feed(parser: SaxesParser<{ xmlns: true }>, source: string): void {
    let done = 0;
    let at = source.indexOf(">");
    while (at !== -1) {
      const end = source.indexOf("<", at + 1);
      if (end === -1) break;
      if (end - at > LONG_RUN) {
        const run = source.slice(at + 1, end);
        if (BASE64_RUN.test(run)) {
          parser.write(source.slice(done, at + 1)).write(`${MARK}${this.#runs.push(run) - 1}${MARK}`);
          done = end;
        }
      }
      at = source.indexOf(">", end);
    }
    parser.write(source.slice(done));
  }

  #parser(): SaxesParser<{ xmlns: true }> {
    const parser = new SaxesParser({ xmlns: true, position: false });
    parser.on("error", (error) => {
      throw invalid(error.message.replace(/^undefined:.*?: /, ""), error);
    });
    parser.on("xmldecl", (declaration) => {
      const { encoding } = declaration;
      if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) throw new Fault("wsman-encoding-unsupported", { encoding });
    });
    parser.on("doctype", () => {
      throw invalid("a document type is not allowed");
    });
    parser.on("processinginstruction", () => {
      throw invalid("a processing instruction is not allowed");
    });
    parser.on("opentag", (tag) => {
      this.#open(tag);
    });
    parser.on("text", (text) => {
      this.#text(text);
    });
    parser.on("cdata", (text) => {
      this.#text(text);
    });
    parser.on("closetag", () => {
      this.#stack.pop();
    });
    return parser;
  }

  #open(tag: SaxesTagNS): void {
    if (this.#stack.length >= this.#limits.depth) throw invalid(`it is nested deeper than ${this.#limits.depth}`);
    if (++this.#elements > this.#limits.elements) throw invalid(`it has more than ${this.#limits.elements} elements`);
    // No prototype: a name that the peer chose must not reach one of Object's own properties.
    const attributes = Object.create(null) as Record<string, string>;
    let count = 0;
    for (const key in tag.attributes) {
      if (++count > this.#limits.attributes) throw invalid(`an element has more than ${this.#limits.attributes} attributes`);
      const attribute = tag.attributes[key];
      if (attribute === undefined || attribute.prefix === "xmlns" || key === "xmlns") continue;
      const name = attribute.uri === "" ? attribute.local : `{${attribute.uri}}${attribute.local}`;
      attributes[name] = this.#restore(attribute.value);
    }
    const element: Building = { ns: tag.uri, name: tag.local, attributes, children: [], text: "" };
    const parent = this.#stack.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
    this.#stack.push(element);
  }

  #text(text: string): void {
    const element = this.#stack.at(-1);
    if (element === undefined) return;
    const restored = this.#restore(text);
    element.text = element.text === "" ? restored : element.text + restored;
  }

  #restore(text: string): string {
    if (this.#runs.length === 0 || !text.includes(MARK)) return text;
    const whole = WHOLE_MARK.exec(text);
    // A peer can write the characters as references; what is no mark of ours stays as it is.
    if (whole !== null) return this.#runs[Number(whole[1])] ?? text;
    return text.replace(MARKS, (mark, index: string) => this.#runs[Number(index)] ?? mark);
  }
}

/** The first child of that name, or undefined. */
export function child(element: XmlElement | undefined, ns: string, name: string): XmlElement | undefined {
  return element?.children.find((each) => each.name === name && each.ns === ns);
}

/** All children of that name. */
export function childrenOf(element: XmlElement | undefined, ns: string, name: string): XmlElement[] {
  return element === undefined ? [] : element.children.filter((each) => each.name === name && each.ns === ns);
}

/** The trimmed text of the first child of that name, or undefined where there is none. Detached from the document's memory. */
export function textOf(element: XmlElement | undefined, ns: string, name: string): string | undefined {
  const found = child(element, ns, name);
  return found === undefined ? undefined : detached(found.text.trim());
}

/** A copy that does not hold the whole document in memory, as a slice of it would. */
export function detached(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, "utf16le").toString("utf16le");
}

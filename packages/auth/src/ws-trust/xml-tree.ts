/**
 * One SOAP message as a small tree: namespaces resolved, no document type, no processing instruction, bounded in size,
 * depth and elements. Each element knows where it stands in the text, so that a signed one can be taken out as it is.
 */
import { Fault } from "@tieline/fault";
import { SaxesParser } from "saxes";

export interface XmlNode {
  readonly ns: string;
  /** Local name. */
  readonly name: string;
  /** By local name; those of a namespace as `{namespace}name`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlNode[];
  /** Character data directly inside. */
  readonly text: string;
  /** Where the element begins and ends in the text. */
  readonly start: number;
  readonly end: number;
}

interface Building {
  ns: string;
  name: string;
  attributes: Record<string, string>;
  children: Building[];
  text: string;
  start: number;
  end: number;
}

const MAX_CHARACTERS = 512 * 1024;
const MAX_DEPTH = 48;
const MAX_ELEMENTS = 2000;

/** @throws Fault `trust-message-malformed` */
export function readXml(text: string): XmlNode {
  if (text.length > MAX_CHARACTERS) throw malformed(`it has more than ${MAX_CHARACTERS} characters`);
  const parser = new SaxesParser({ xmlns: true, position: true });
  const open: Building[] = [];
  let root: Building | undefined;
  let count = 0;
  parser.on("doctype", () => {
    throw malformed("it has a document type");
  });
  parser.on("processinginstruction", () => {
    throw malformed("it has a processing instruction");
  });
  parser.on("opentag", (tag) => {
    count += 1;
    if (count > MAX_ELEMENTS || open.length >= MAX_DEPTH) throw malformed("it has too many elements");
    const node: Building = {
      ns: tag.uri,
      name: tag.local,
      attributes: {},
      children: [],
      text: "",
      start: text.lastIndexOf("<", parser.position - 1),
      end: parser.position,
    };
    for (const { uri, local, prefix, value } of Object.values(tag.attributes))
      if (prefix !== "xmlns" && local !== "xmlns") node.attributes[uri === "" ? local : `{${uri}}${local}`] = value;
    open.at(-1)?.children.push(node);
    root ??= node;
    open.push(node);
  });
  const onText = (characters: string): void => {
    const node = open.at(-1);
    if (node !== undefined) node.text += characters;
  };
  parser.on("text", onText);
  parser.on("cdata", onText);
  parser.on("closetag", () => {
    const node = open.pop();
    if (node !== undefined) node.end = parser.position;
  });
  parser.on("error", (error) => {
    throw malformed("it is no well-formed XML", error);
  });
  parser.write(text.replace(/^\uFEFF/, " ")).close();
  if (root === undefined) throw malformed("it is empty");
  return root;
}

/** The children of that name. */
export function childrenOf(node: XmlNode | undefined, ns: string, name: string): readonly XmlNode[] {
  return node?.children.filter((child) => child.ns === ns && child.name === name) ?? [];
}

/** The one child of that name; undefined where there is none. @throws Fault `trust-message-malformed` where there are more */
export function childOf(node: XmlNode | undefined, ns: string, name: string): XmlNode | undefined {
  const found = childrenOf(node, ns, name);
  if (found.length > 1) throw malformed(`it has ${name} twice`);
  return found[0];
}

/** Down a path of single children. */
export function at(node: XmlNode | undefined, ...path: readonly (readonly [ns: string, name: string])[]): XmlNode | undefined {
  return path.reduce((found, [ns, name]) => childOf(found, ns, name), node);
}

export function malformed(what: string, cause?: unknown): Fault {
  return new Fault("trust-message-malformed", { what }, cause === undefined ? undefined : { cause });
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#xD;" };
// oxlint-disable-next-line no-control-regex
const NOT_XML = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/gu;

/** Character data or an attribute's value; what XML cannot hold becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text.replace(NOT_XML, "\uFFFD").replace(/[&<>"\r]/g, (sign) => ESCAPES[sign] as string);
}

/** Whether a text is an XML document of its own, which the content of `<XD>` must be. DTDs make it none. */
import { isFault } from "@tieline/fault";
import { decodeXml } from "./escape.ts";
import type { Head, Rule } from "./head.ts";
import { type Sink, XmlScanner } from "./scanner.ts";

const ANY: Rule = { leaf: false };
const MAX_DEPTH = 1000;

/** Hears everything and keeps only the prefixes that are bound at the place. */
class Witness implements Sink<Rule> {
  well = true;
  readonly #bound: ReadonlySet<string>[] = [new Set(["xml"])];

  classify(): Rule {
    return ANY;
  }
  label(text: string): string {
    return text;
  }
  open(head: Head<Rule>): void {
    let bound = this.#bound[this.#bound.length - 1] as ReadonlySet<string>;
    const added = [...head.attributes.keys()].filter((name) => name.startsWith("xmlns:")).map((name) => name.slice(6));
    if (added.length > 0) bound = new Set([...bound, ...added]);
    this.#bound.push(bound);
    for (const name of [head.qualified, ...head.attributes.keys()]) {
      const colon = name.indexOf(":");
      if (colon >= 0 && !name.startsWith("xmlns:") && !bound.has(name.slice(0, colon))) this.well = false;
    }
  }
  leaf(): void {
    this.well = false;
  }
  close(): void {
    this.#bound.pop();
  }
  stray(text: string): void {
    if (decodeXml(text) === undefined) this.well = false;
  }
  section(): boolean {
    return true;
  }
}

export function isWellFormed(text: string): boolean {
  const witness = new Witness();
  const scanner = new XmlScanner(witness, { depth: MAX_DEPTH });
  try {
    scanner.write(text);
    scanner.end();
    return witness.well;
  } catch (error) {
    if (isFault(error)) return false;
    throw error;
  }
}

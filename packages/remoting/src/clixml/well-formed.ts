/** Whether a text is an XML document of its own, which the content of `<XD>` must be. DTDs make it none. */
import { isFault } from "@tieline/fault";
import { type Rule, type Sink, XmlScanner } from "./scanner.ts";

const ANY: Rule = { leaf: false };
const NOBODY: Sink<Rule> = {
  classify: () => ANY,
  label: (text) => text,
  open: () => undefined,
  leaf: () => undefined,
  close: () => undefined,
  stray: () => undefined,
};

export function isWellFormed(text: string): boolean {
  const scanner = new XmlScanner(NOBODY, { depth: 1000 });
  try {
    scanner.write(text);
    scanner.end();
    return true;
  } catch (error) {
    if (isFault(error)) return false;
    throw error;
  }
}

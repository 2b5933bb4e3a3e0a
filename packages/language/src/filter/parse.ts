/** From a filter's text to its tree. Linear in the text's length; nesting and number of comparisons are limited. */
import { COMPARISONS, type Comparison, type Filter, type Operand } from "./filter.ts";
import { filterFault, tokenize, type FilterToken } from "./tokens.ts";

export interface FilterLimits {
  /** Characters. */
  longest?: number;
  /** Parentheses and -not within one another. */
  deepest?: number;
  /** Comparisons in all. */
  most?: number;
}

const LONGEST = 65_536;
const DEEPEST = 64;
const MOST = 2000;

const KNOWN: ReadonlySet<string> = new Set(COMPARISONS);
const AFTER = "after it -and, -or or the end is expected";

/**
 * @throws Fault `filter-syntax` with the position of what is not understood
 *
 * @example
 * ```ts
 * parseFilter("DisplayName -like 'A*' -and Enabled -eq $true");
 * ```
 */
export function parseFilter(text: string, { longest = LONGEST, deepest = DEEPEST, most = MOST }: FilterLimits = {}): Filter {
  if (text.length > longest) throw filterFault(longest, `the filter is longer than ${longest} characters`);
  return new Parser(tokenize(withoutBraces(text)), deepest, most).filter();
}

/** A filter that was quoted as a script block may bring its braces; blanks in their place keep the positions. */
function withoutBraces(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{") || !trimmed.endsWith("}") || trimmed.length < 2) return text;
  const open = text.indexOf("{");
  return `${" ".repeat(open + 1)}${text.slice(open + 1, text.lastIndexOf("}"))}`;
}

class Parser {
  readonly #tokens: readonly FilterToken[];
  readonly #deepest: number;
  readonly #most: number;
  #at = 0;
  #depth = 0;
  #count = 0;

  constructor(tokens: readonly FilterToken[], deepest: number, most: number) {
    this.#tokens = tokens;
    this.#deepest = deepest;
    this.#most = most;
  }

  get #next(): FilterToken {
    return this.#tokens[this.#at] as FilterToken;
  }

  filter(): Filter {
    const filter = this.#joined();
    const { kind, at } = this.#next;
    if (kind !== "end")
      throw filterFault(at, kind === "close" ? "a closing parenthesis too many" : `${this.#shown()} is not expected here; ${AFTER}`);
    return filter;
  }

  #shown(): string {
    const token = this.#next;
    switch (token.kind) {
      case "operator":
        return `-${token.name}`;
      case "word":
        return token.text;
      case "value":
        return "a value";
      case "open":
        return "an opening parenthesis";
      case "close":
        return "a closing parenthesis";
      default:
        return "the end";
    }
  }

  /** -and and -or bind equally, from the left. */
  #joined(): Filter {
    let left = this.#negated();
    for (;;) {
      const token = this.#next;
      if (token.kind !== "operator" || (token.name !== "and" && token.name !== "or")) return left;
      this.#at++;
      const right = this.#negated();
      left = left.kind === token.name ? { kind: token.name, parts: [...left.parts, right] } : { kind: token.name, parts: [left, right] };
    }
  }

  #negated(): Filter {
    const token = this.#next;
    if (token.kind !== "operator" || token.name !== "not") return this.#comparison();
    this.#at++;
    this.#enter(token.at);
    const part = this.#negated();
    this.#depth--;
    return { kind: "not", part };
  }

  #enter(at: number): void {
    if (++this.#depth > this.#deepest) throw filterFault(at, `more than ${this.#deepest} levels of parentheses`);
  }

  #comparison(): Filter {
    const token = this.#next;
    if (++this.#count > this.#most) throw filterFault(token.at, `more than ${this.#most} comparisons`);
    if (token.kind === "open") {
      this.#at++;
      this.#enter(token.at);
      const inner = this.#joined();
      this.#depth--;
      if (this.#next.kind !== "close") throw filterFault(this.#next.at, "a closing parenthesis is missing");
      this.#at++;
      return inner;
    }
    const left = this.#operand("the name of a property is expected here");
    const operator = this.#next;
    if (operator.kind !== "operator" || operator.name === "and" || operator.name === "or" || operator.name === "not")
      return { kind: "true", operand: left };
    // Every operator may say that letter case does not matter, as it does not.
    const name = KNOWN.has(operator.name) ? operator.name : operator.name.replace(/^i/, "");
    if (!KNOWN.has(name)) throw filterFault(operator.at, `the operator -${operator.name} is not known`);
    this.#at++;
    const right = this.#operand(`a value is expected after -${operator.name}`);
    if (right.kind === "property" && left.kind === "property")
      throw filterFault(
        right.at - 1,
        `${right.name} stands where a value is expected; put a text in quotation marks, and write $true, $false or $null with the $`,
      );
    return { kind: "compare", operator: name as Comparison, left, right };
  }

  #operand(expected: string): Operand {
    const token = this.#next;
    if (token.kind === "word") {
      this.#at++;
      return { kind: "property", name: token.text, at: token.at + 1 };
    }
    if (token.kind === "value") {
      this.#at++;
      return { kind: "value", value: token.value, at: token.at + 1 };
    }
    throw filterFault(token.at, expected);
  }
}

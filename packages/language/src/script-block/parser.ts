/**
 * Plain pipelines of commands with constant arguments, read as PowerShell's parser reads them in argument mode.
 * Whatever is more than that ends in `NotPlain`.
 */
import { Double, PsDictionary, ScriptBlock, type PsValue } from "@tieline/remoting/objects";
import type { CommandArgument, MergeFlags, StructuredCommand } from "../engine/structured-command.ts";
import { isDash, isDoubleQuote, isSingleQuote } from "../types/characters.ts";
import { numberOf } from "../types/numbers.ts";
import { propertyOf } from "../types/property.ts";
import { textOf } from "../types/text.ts";
import { elementsOf } from "../types/type-name.ts";
import { readNumber } from "./number.ts";
import { Reader } from "./reader.ts";

/** What the caller gives the script: values of its variables. */
export interface ScriptSurroundings {
  /** `$using:name`; undefined where it is not set. */
  using(name: string): PsValue | undefined;
  /** A plain variable that is known at this side; undefined where it is not. */
  variable(name: string): PsValue | undefined;
  /** Values of the block's parameters, by position. */
  readonly argumentList: readonly PsValue[];
  /** Whether `{ ... }` may be an argument; PowerShell's own client then sends the whole text instead. */
  readonly scriptBlocks: boolean;
}

const DEEPEST = 32;
/** Words that begin a statement of the language, not a command. */
const KEYWORDS = new Set(
  "begin break catch class continue data define do dynamicparam else elseif end enum exit filter finally for foreach from function if inlinescript parallel param process return sequence switch throw trap try until using var while workflow hidden static clean configuration".split(
    " ",
  ),
);
const SIMPLE_NAME = /[\p{L}\p{N}_?]+/uy;
const MEMBER = /\.([\p{L}_][\p{L}\p{N}_]*)/uy;
const REDIRECTION = /(?:\*|[1-6])?>>?(?:&[12])?/y;
const MERGE_ERRORS: MergeFlags = {
  myResult: 2,
  toResult: 1,
  previousResults: 0,
  error: 1,
  warning: 0,
  verbose: 0,
  debug: 0,
  information: 0,
};

export class CommandParser {
  readonly #reader: Reader;
  readonly #around: ScriptSurroundings;
  readonly #parameters = new Map<string, PsValue>();
  #depth = 0;

  constructor(text: string, around: ScriptSurroundings) {
    this.#reader = new Reader(text);
    this.#around = around;
  }

  statements(): StructuredCommand[][] {
    const reader: Reader = this.#reader;
    const statements: StructuredCommand[][] = [];
    reader.skipBlanks(true);
    this.#parameterBlock();
    for (;;) {
      reader.skipBlanks(true);
      if (reader.atEnd) return statements;
      if (reader.look() === ";") {
        reader.at++;
        continue;
      }
      statements.push(this.#pipeline());
    }
  }

  /** `param($a, $b)`: names for the argument list. */
  #parameterBlock(): void {
    const reader: Reader = this.#reader;
    if (reader.match(/param\s*\(/iy) === null) return;
    const start = reader.at;
    const block = reader.match(/param\s*\(((?:\s*\$[\p{L}\p{N}_]+\s*(?:,(?=\s*\$)|(?=\))))*)\s*\)/iuy);
    if (block === null) reader.needsScript("parameters with types, attributes or defaults", start);
    const names = [...(block[1] as string).matchAll(/\$([\p{L}\p{N}_]+)/gu)].map((match) => (match[1] as string).toLowerCase());
    for (const [i, name] of names.entries()) this.#parameters.set(name, this.#around.argumentList[i] ?? null);
    reader.at += block[0].length;
  }

  #pipeline(): StructuredCommand[] {
    const reader: Reader = this.#reader;
    const commands: StructuredCommand[] = [];
    for (;;) {
      commands.push(this.#command(commands.length === 0));
      reader.skipBlanks(false);
      if (reader.look() === "|" && reader.peek() !== "|") {
        reader.at++;
        reader.skipBlanks(true);
        if (reader.atEnd) reader.invalid("a command is missing after |");
        continue;
      }
      if (reader.look() === "|" || (reader.look() === "&" && reader.peek() === "&")) reader.needsScript("a chain of pipelines");
      if (reader.look() === "&") reader.needsScript("a pipeline in the background");
      if (reader.look() === ")" || reader.look() === "}") reader.invalid(`${reader.look()} was not opened`);
      // A line that begins with | goes on with the pipeline.
      const end = reader.at;
      reader.skipBlanks(true);
      if (reader.look() === "|" && reader.peek() !== "|" && end !== reader.at) {
        reader.at++;
        reader.skipBlanks(true);
        continue;
      }
      return commands;
    }
  }

  #command(first: boolean): StructuredCommand {
    const text = this.#commandName(first);
    const args: CommandArgument[] = [];
    let merge: MergeFlags | undefined;
    let onlyValues = false;
    const reader: Reader = this.#reader;
    for (;;) {
      reader.skipBlanks(false);
      const character = reader.look();
      if (character === "" || /[;|&)}\r\n]/.test(character)) break;
      const redirection = this.#redirection();
      if (redirection !== undefined) merge = redirection;
      else if (!onlyValues && isDash(character)) {
        if (this.#endOfParameters()) onlyValues = true;
        else args.push(this.#parameter() ?? { name: null, value: this.#argument() });
      } else args.push({ name: null, value: this.#argument() });
    }
    return { text, isScript: false, arguments: args, ...(merge === undefined ? {} : { merge }) };
  }

  #commandName(first: boolean): string {
    const reader: Reader = this.#reader;
    const start = reader.at;
    let called = false;
    if (reader.look() === "&" && reader.peek() !== "&") {
      called = true;
      reader.at++;
      reader.skipBlanks(false);
    } else if (reader.look() === "." && /[\s$({'"]/.test(reader.peek())) reader.needsScript("a dot-sourced command");
    const character = reader.look();
    if (character === "{") reader.needsScript("a script block that is called", start);
    if (called && (isSingleQuote(character) || isDoubleQuote(character))) return reader.quoted((inner) => this.#expanded(inner));
    if (called && character === "$") return textOf(this.#variable());
    if (character === "" || /[$('"@[\u2018-\u201E!+,%]/.test(character)) {
      if (character === "%" || (character === "@" && !/[{('"]/.test(reader.peek()))) return this.#name(start);
      if (first || character === "") reader.needsScript("an expression", start);
      reader.invalid("expressions are only allowed as the first element of a pipeline", start);
    }
    if (isDash(character) && !called) reader.needsScript("an operator", start);
    const literal = called ? null : reader.match(/[^\s;|&(){},]+/y);
    if (literal !== null && (readNumber(literal[0]) !== undefined || /^\d[\d.]*\.\./.test(literal[0]))) {
      if (first) reader.needsScript("an expression", start);
      reader.invalid("expressions are only allowed as the first element of a pipeline", start);
    }
    const name = this.#name(start);
    if (!called && first && KEYWORDS.has(name.toLowerCase())) reader.needsScript(`the statement ${name.toLowerCase()}`, start);
    return name;
  }

  #name(start: number): string {
    const name = this.#word();
    if (typeof name !== "string" || name === "") this.#reader.invalid("the name of a command is missing", start);
    return name;
  }

  #redirection(): MergeFlags | undefined {
    const reader: Reader = this.#reader;
    if (!/[*1-6<>]/.test(reader.look())) return undefined;
    if (reader.look() === "<") reader.invalid("the operator < is reserved for the future");
    const found = reader.match(REDIRECTION);
    if (found === null) return undefined;
    if (found[0] !== "2>&1") reader.needsScript("a redirection");
    reader.at += found[0].length;
    return MERGE_ERRORS;
  }

  /** `--`: what follows is no parameter. */
  #endOfParameters(): boolean {
    const reader: Reader = this.#reader;
    if (!isDash(reader.peek())) return false;
    if (reader.peek(2) === "%") reader.needsScript("--% and what follows it");
    if (reader.peek(2) !== "" && !/[\s;|]/.test(reader.peek(2))) return false;
    reader.at += 2;
    return true;
  }

  /** `-Name` or `-Name:value`; undefined where the dash begins a text or a number. */
  #parameter(): CommandArgument | undefined {
    const reader: Reader = this.#reader;
    const start = reader.at;
    if (!/[\p{L}_?]/u.test(reader.peek())) return undefined;
    let end = start + 1;
    while (end < reader.text.length && !/[\s{}();,|&.[:`]/.test(reader.text[end] as string)) {
      const character = reader.text[end] as string;
      if (isSingleQuote(character) || isDoubleQuote(character)) return undefined;
      end++;
    }
    const name = reader.text.slice(start + 1, end);
    if (name.includes("$")) reader.needsScript("a variable in the name of a parameter", start);
    reader.at = end;
    if (reader.look() !== ":") return { name: `-${name}`, value: null };
    reader.at++;
    reader.skipBlanks(false);
    if (reader.look() === "" || /[;|&)}\r\n]/.test(reader.look())) reader.invalid(`a value is missing after -${name}:`);
    return { name: `-${name}:`, value: this.#argument() };
  }

  // Arguments

  /** One argument: a value, or several with commas between. */
  #argument(): PsValue {
    const reader: Reader = this.#reader;
    const values = [this.#value()];
    for (;;) {
      const mark = reader.at;
      reader.skipBlanks(false);
      if (reader.look() !== ",") {
        reader.at = mark;
        break;
      }
      reader.at++;
      reader.skipBlanks(true);
      if (reader.look() === "" || /[;|&)},]/.test(reader.look())) reader.invalid("a value is missing after the comma");
      values.push(this.#value());
    }
    return values.length === 1 ? (values[0] as PsValue) : values;
  }

  #value(): PsValue {
    const reader: Reader = this.#reader;
    const character = reader.look();
    if (character === ",") reader.invalid("a value is missing before the comma");
    if (isSingleQuote(character) || isDoubleQuote(character)) return reader.quoted((inner) => this.#expanded(inner));
    if (character === "$") return this.#variableOrText();
    if (character === "@") return this.#composed();
    if (character === "(") return this.#parenthesised();
    if (character === "{") {
      const start = reader.at;
      const block = reader.block();
      if (!this.#around.scriptBlocks) reader.needsScript("a script block as an argument", start);
      return new ScriptBlock(block);
    }
    return this.#word();
  }

  /** A bare word: up to a blank or a separator, with escapes, inner quotes and variables. A number, if it is one. */
  #word(): PsValue {
    const reader: Reader = this.#reader;
    const parts: string[] = [];
    let plain = true;
    while (!reader.atEnd) {
      const character = reader.look();
      if (/[\s;|&(){},]/.test(character)) break;
      if (character === "`") {
        if (/[\r\n]/.test(reader.peek())) break;
        parts.push(reader.escape());
        plain = false;
      } else if (isSingleQuote(character) || isDoubleQuote(character)) {
        parts.push(reader.quoted((inner) => this.#expanded(inner)));
        plain = false;
      } else if (character === "$") {
        parts.push(this.#expanded(reader));
        plain = false;
      } else {
        parts.push(character);
        reader.at++;
      }
    }
    const text = parts.join("");
    return (plain ? readNumber(text) : undefined) ?? text;
  }

  /** `$x`, `$x.y`, `$x[0]`; or a text that begins with one (`$x/y`). */
  #variableOrText(): PsValue {
    const reader: Reader = this.#reader;
    const value = this.#variable();
    const after = reader.look();
    if (after === "" || /[\s;|&(){},]/.test(after)) {
      if (after === "(") reader.needsScript("a call of a method");
      return value;
    }
    const rest = this.#word();
    return `${textOf(value)}${textOf(rest)}`;
  }

  #variable(): PsValue {
    const reader: Reader = this.#reader;
    const start = reader.at;
    if (reader.peek() === "(") reader.needsScript("a subexpression");
    const name = this.#variableName();
    if (name === undefined) reader.needsScript("a variable that is not known here", start);
    let value = this.#valueOf(name, start);
    for (;;) {
      const member = reader.match(MEMBER);
      if (member !== null) {
        reader.at += member[0].length;
        if (reader.look() === "(") reader.needsScript("a call of a method", start);
        value = propertyOf(value, member[1] as string) ?? null;
        continue;
      }
      const index = reader.match(/\[\s*(?:(-?\d{1,9})|'([^']*)'|"([^"$`]*)")\s*\]/y);
      if (index === null) break;
      reader.at += index[0].length;
      value =
        index[1] === undefined
          ? (propertyOf(value, index[2] ?? index[3] ?? "") ?? null)
          : (elementsOf(value)?.at(Number(index[1])) ?? null);
    }
    if (reader.look() === "[") reader.needsScript("an index that is computed", start);
    return value;
  }

  /** Reads `$name`, `${name}`, `$using:name`; undefined where the $ is only a sign. */
  #variableName(): string | undefined {
    const reader: Reader = this.#reader;
    const braced = reader.match(/\$\{([^}]*)\}/y);
    if (braced !== null) {
      reader.at += braced[0].length;
      return braced[1] as string;
    }
    const start = reader.at;
    reader.at++;
    const name = reader.match(/(?:[\p{L}\p{N}_]+:(?!:))?(?:[\p{L}\p{N}_?]+|\$|\^)/uy) ?? reader.match(SIMPLE_NAME);
    if (name === null) {
      reader.at = start;
      return undefined;
    }
    reader.at += name[0].length;
    return name[0];
  }

  #valueOf(name: string, at: number): PsValue {
    const key = name.toLowerCase();
    if (key === "true" || key === "false") return key === "true";
    if (key === "null") return null;
    const using = /^using:(.+)$/.exec(key);
    const value =
      using === null
        ? this.#parameters.has(key)
          ? (this.#parameters.get(key) ?? null)
          : this.#around.variable(name)
        : this.#around.using(name.slice("using:".length));
    if (value === undefined) {
      this.#reader.needsScript(
        using === null ? `the variable $${name}, which is not known here` : `$${name}, which has not been set here`,
        at,
      );
    }
    return value;
  }

  /** A `$...` inside a text, as text. */
  #expanded(reader: Reader): string {
    const start = reader.at;
    if (reader.peek() === "(") reader.needsScript("a subexpression in a text", start);
    const name = this.#variableName();
    if (name === undefined) {
      reader.at = start + 1;
      return "$";
    }
    return textOf(this.#valueOf(name, start));
  }

  // Expressions: constants only

  /** `@{...}`, `@(...)`, `@'...'@`. */
  #composed(): PsValue {
    const reader: Reader = this.#reader;
    const opening = reader.peek();
    if (isSingleQuote(opening) || isDoubleQuote(opening)) return reader.hereString((inner) => this.#expanded(inner));
    if (opening === "{") return this.#hashtable();
    if (opening === "(") {
      const start = reader.at;
      reader.at += 2;
      return this.#nested(start, () => {
        const items: PsValue[] = [];
        for (;;) {
          this.#skipSeparators();
          if (reader.look() === ")") break;
          const value = this.#expression();
          const elements = elementsOf(value);
          items.push(...(elements ?? [value]));
        }
        reader.at++;
        return items;
      });
    }
    if (/[\p{L}_]/u.test(opening)) reader.needsScript("a splatted variable");
    return this.#word();
  }

  #skipSeparators(): void {
    const reader: Reader = this.#reader;
    reader.skipBlanks(true);
    while (reader.look() === ";") {
      reader.at++;
      reader.skipBlanks(true);
    }
    if (reader.atEnd) reader.invalid("a bracket is not closed");
  }

  #nested<T>(start: number, read: () => T): T {
    if (++this.#depth > DEEPEST) this.#reader.invalid(`more than ${DEEPEST} brackets within one another`, start);
    const value = read();
    this.#depth--;
    return value;
  }

  #parenthesised(): PsValue {
    const reader: Reader = this.#reader;
    const start = reader.at;
    reader.at++;
    return this.#nested(start, () => {
      reader.skipBlanks(true);
      const value = this.#expression();
      reader.skipBlanks(true);
      if (reader.atEnd) reader.invalid("the parenthesis is not closed", start);
      if (reader.look() !== ")") reader.needsScript("an expression that has to be computed", start);
      reader.at++;
      if (reader.look() === "." || reader.look() === "[") reader.needsScript("a member of an expression", start);
      return value;
    });
  }

  #hashtable(): PsValue {
    const reader: Reader = this.#reader;
    const start = reader.at;
    reader.at += 2;
    return this.#nested(start, () => {
      const table = new PsDictionary();
      for (;;) {
        this.#skipSeparators();
        if (reader.look() === "}") break;
        const at = reader.at;
        const key = this.#key();
        reader.skipBlanks(false);
        if (reader.look() !== "=") reader.invalid("= is missing after the key", at);
        reader.at++;
        reader.skipBlanks(true);
        if (table.has(key)) reader.invalid(`the key ${textOf(key)} is there twice`, at);
        table.set(key, this.#expression());
      }
      reader.at++;
      return table;
    });
  }

  #key(): PsValue {
    const reader: Reader = this.#reader;
    if (isSingleQuote(reader.look()) || isDoubleQuote(reader.look())) return reader.quoted((inner) => this.#expanded(inner));
    const word = reader.match(/[\p{L}\p{N}_]+/uy);
    if (word === null) reader.needsScript("a key that is computed");
    reader.at += word[0].length;
    return readNumber(word[0]) ?? word[0];
  }

  /** Constants with commas between. */
  #expression(): PsValue {
    const reader: Reader = this.#reader;
    if (reader.look() === ",") reader.needsScript("a unary comma");
    const values = [this.#constant()];
    for (;;) {
      const mark = reader.at;
      reader.skipBlanks(false);
      if (reader.look() !== ",") {
        reader.at = mark;
        break;
      }
      reader.at++;
      reader.skipBlanks(true);
      values.push(this.#constant());
    }
    reader.skipBlanks(false);
    if (!reader.atEnd && !/[);}\r\n]/.test(reader.look())) reader.needsScript("an expression that has to be computed");
    return values.length === 1 ? (values[0] as PsValue) : values;
  }

  #constant(): PsValue {
    const reader: Reader = this.#reader;
    const character = reader.look();
    if (isSingleQuote(character) || isDoubleQuote(character)) return reader.quoted((inner) => this.#expanded(inner));
    if (character === "$") return this.#variable();
    if (character === "@" && /[{('"]/.test(reader.peek())) return this.#composed();
    if (character === "(") return this.#parenthesised();
    const negative = isDash(character);
    const literal = reader.match(negative ? /.\s*([\d.][\p{L}\p{N}.]*)/uy : /([\d.][\p{L}\p{N}.]*)/uy);
    const number = literal === null ? undefined : readNumber(literal[1] as string);
    if (literal === null || number === undefined) reader.needsScript("an expression or a command");
    reader.at += literal[0].length;
    return negative ? negate(number, reader) : number;
  }
}

function negate(value: PsValue, reader: Reader): PsValue {
  if (typeof value === "number") return -value;
  if (typeof value === "bigint") return -value;
  const number = numberOf(value);
  if (value instanceof Double && typeof number === "number") return new Double(-number);
  return reader.needsScript("a negative number of this type");
}

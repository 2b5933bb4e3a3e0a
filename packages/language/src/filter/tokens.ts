/** The words of a filter. Typographic quotes and dashes count as plain ones, as they do in PowerShell. */
import { Fault } from "@tieline/fault";
import { Double, type PsValue } from "@tieline/remoting/objects";
import { isDash, isDoubleQuote, isSingleQuote, unescape } from "../types/characters.ts";

export type FilterToken =
  | { kind: "open" | "close" | "end"; at: number }
  | { kind: "operator"; name: string; at: number }
  | { kind: "word"; text: string; at: number }
  | { kind: "value"; value: PsValue; at: number };

const NUMBER = /[+-]?(?:0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?:kb|mb|gb)?(?![\p{L}\p{N}_.])/iuy;
const WORD = /[\p{L}\p{N}_][\p{L}\p{N}_.]*/uy;
const OPERATOR = /[\p{L}]+/uy;
const VARIABLE = /\$(?:\{([^}]*)\}|([\p{L}\p{N}_:?^$]+))/uy;
const MULTIPLES: Readonly<Record<string, number>> = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

export function filterFault(at: number, what: string): Fault {
  return new Fault("filter-syntax", { position: at + 1, what });
}

export function tokenize(text: string): FilterToken[] {
  const tokens: FilterToken[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (at < text.length) {
    const character = text[at] as string;
    if (/\s/.test(character)) {
      at++;
      continue;
    }
    const start = at;
    if (character === "(" || character === ")") {
      tokens.push({ kind: character === "(" ? "open" : "close", at });
      at++;
    } else if (character === "!") {
      tokens.push({ kind: "operator", name: "not", at });
      at++;
    } else if (isSingleQuote(character) || isDoubleQuote(character)) {
      const quoted = readQuoted(text, at);
      tokens.push({ kind: "value", value: quoted.value, at });
      at = quoted.end;
    } else if (character === "$") {
      const found = match(VARIABLE);
      const name = (found?.[1] ?? found?.[2] ?? "").toLowerCase();
      if (found === null) throw filterFault(at, "a $ without a name");
      at += found[0].length;
      if (name === "null") tokens.push({ kind: "value", value: null, at: start });
      else if (name === "true" || name === "false") tokens.push({ kind: "value", value: name === "true", at: start });
      else if (name === "_" || name === "psitem") {
        if (text[at] !== ".") throw filterFault(start, `${found[0]} without a property`);
        at++;
        const member = match(WORD);
        if (member === null) throw filterFault(at, "the name of a property is missing");
        tokens.push({ kind: "word", text: member[0], at: start });
        at += member[0].length;
      } else throw filterFault(start, `the variable ${found[0]} has no value here; write its value into the filter`);
    } else {
      const number = match(NUMBER);
      if (number !== null && !(isDash(character) && tokens.at(-1)?.kind === "value")) {
        tokens.push({ kind: "value", value: readNumber(number[0]), at });
        at += number[0].length;
      } else if (isDash(character)) {
        at++;
        const name = match(OPERATOR);
        if (name === null) throw filterFault(start, "a dash without an operator");
        tokens.push({ kind: "operator", name: name[0].toLowerCase(), at: start });
        at += name[0].length;
      } else {
        const word = match(WORD);
        if (word === null) throw filterFault(at, `the character ${character} has no meaning here`);
        tokens.push({ kind: "word", text: word[0], at });
        at += word[0].length;
      }
    }
  }
  tokens.push({ kind: "end", at: text.length });
  return tokens;
}

function readNumber(text: string): PsValue {
  const unit = /^[+-]?0x/i.test(text) ? undefined : /(?:kb|mb|gb)$/i.exec(text)?.[0].toLowerCase();
  const digits = unit === undefined ? text : text.slice(0, -2);
  const sign = digits.startsWith("-") ? -1 : 1;
  const number = sign * Number(digits.replace(/^[+-]/, "")) * (unit === undefined ? 1 : (MULTIPLES[unit] as number));
  if (/[.e]/i.test(digits) && !/^[+-]?0x/i.test(digits)) return new Double(number);
  return (number | 0) === number ? number : Number.isSafeInteger(number) ? BigInt(number) : new Double(number);
}

function readQuoted(text: string, open: number): { value: string; end: number } {
  const single = isSingleQuote(text[open] as string);
  const closes = single ? isSingleQuote : isDoubleQuote;
  const parts: string[] = [];
  for (let i = open + 1; i < text.length; i++) {
    const character = text[i] as string;
    if (closes(character)) {
      if (i + 1 < text.length && closes(text[i + 1] as string)) parts.push(text[++i] as string);
      else return { value: parts.join(""), end: i + 1 };
    } else if (!single && character === "`" && i + 1 < text.length) parts.push(unescape(text[++i] as string));
    else if (!single && character === "$" && /[\p{L}_{(:]/u.test(text[i + 1] ?? ""))
      throw filterFault(i, "a variable inside quotation marks has no value here; write its value, or use single quotation marks");
    else parts.push(character);
  }
  throw filterFault(open, "the quotation mark is not closed");
}

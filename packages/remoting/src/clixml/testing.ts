/** What the tests of this folder share: the recorded rows, comparison, a codec, chance with a seed. */
import { readFileSync } from "node:fs";
import type { SecureStringCodec } from "./options.ts";

export interface ValueRow {
  id: string;
  expression: string;
  depth: number | null;
  clixml: string;
  refused?: boolean;
  after?: { typeNames: string[]; toString: string; items?: [string | null, string | null][] } | null;
}

export interface DamagedRow {
  id: string;
  damage: string;
  clixml: string;
  refused?: string;
  after?: { typeNames: string[]; toString: string } | null;
}

function rows<R>(name: string): R[] {
  const path = new URL(`../../vectors/clixml/${name}`, import.meta.url);
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as R);
}

export const VALUES = rows<ValueRow>("values.jsonl");
export const DAMAGED = rows<DamagedRow>("damaged.jsonl");

/** The recorded CLIXML of an expression, in the wire's form. */
export function recorded(expression: string): string {
  const row = VALUES.find((value) => value.expression === expression);
  if (row === undefined) throw new Error(`no recording of ${expression}`);
  return wire(row.clixml);
}

/** Without root and white space, with references numbered by first appearance. */
export function wire(document: string): string {
  const numbers = [new Map<string, number>(), new Map<string, number>()];
  return document
    .replace(/>\r?\n\s*</g, "><")
    .replace(/^<Objs[^>]*>|<\/Objs>$/g, "")
    .replace(/<(Obj|Ref|TN|TNRef)( N="[^"]*")? RefId="([^"]*)"/g, (_, tag: string, name: string | undefined, id: string) => {
      const known = numbers[tag.startsWith("TN") ? 1 : 0] as Map<string, number>;
      if (!known.has(id)) known.set(id, known.size);
      return `<${tag}${name ?? ""} RefId="${known.get(id)}"`;
    });
}

/** What PowerShell on Linux does to a SecureString outside a session. */
export const HEXADECIMAL: SecureStringCodec = {
  encrypt: (bytes) => Buffer.from(bytes).toString("hex"),
  decrypt: (text) => {
    if (!/^(?:[0-9a-f]{2})+$/i.test(text)) throw new Error("not hexadecimal");
    return Uint8Array.from(Buffer.from(text, "hex"));
  },
};

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

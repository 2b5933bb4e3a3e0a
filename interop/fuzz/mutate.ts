/** Ways to damage an honest input: its bytes, its XML, its ids, numbers and base64. One call, one to three damages. */
import type { Chance } from "./chance.ts";

const LENGTHS = [0, 1, 7, 64, 1024, 65_536];

/** Damages anything. */
export function mutateBytes(bytes: Uint8Array, chance: Chance): Uint8Array {
  let damaged: Uint8Array = Uint8Array.from(bytes);
  for (let times = 1 + chance.below(3); times > 0; times--) damaged = chance.pick(BYTE_WAYS)(damaged, chance);
  return damaged;
}

const BYTE_WAYS: readonly ((bytes: Uint8Array, chance: Chance) => Uint8Array)[] = [
  (bytes, chance) => {
    if (bytes.length > 0) bytes[chance.below(bytes.length)] = chance.below(256);
    return bytes;
  },
  (bytes, chance) => {
    const at = chance.below(bytes.length);
    if (bytes.length > 0) bytes[at] = (bytes[at] as number) ^ (1 << chance.below(8));
    return bytes;
  },
  (bytes, chance) => bytes.subarray(0, chance.below(bytes.length + 1)),
  (bytes, chance) => {
    const at = chance.below(bytes.length);
    return splice(bytes, at, Math.min(bytes.length, at + chance.below(64)), new Uint8Array(0));
  },
  (bytes, chance) => splice(bytes, chance.below(bytes.length + 1), undefined, chance.bytes(chance.below(32))),
  (bytes, chance) => {
    const at = chance.below(bytes.length);
    return splice(bytes, at, at, bytes.slice(at, at + chance.below(256)));
  },
  (bytes, chance) => splice(bytes, chance.below(bytes.length + 1), undefined, new Uint8Array(chance.pick(LENGTHS)).fill(chance.below(256))),
];

function splice(bytes: Uint8Array, from: number, to: number | undefined, middle: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to ?? from)]);
}

/** Damages a document, mostly where it means something. */
export function mutateXml(text: string, chance: Chance): string {
  let damaged = text;
  for (let times = 1 + chance.below(3); times > 0; times--) damaged = chance.pick(XML_WAYS)(damaged, chance);
  return damaged;
}

const TAG = /<[^<>]*>/g;
const ELEMENT = /<([\w:]+)(?:\s[^<>]*)?>[^<>]*<\/\1>|<[\w:]+[^<>]*\/>/g;
const ATTRIBUTE = /\s[\w:]+="[^"]*"/g;
const ID = /[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}/g;
const NUMBER = /\d+/g;
const BASE64 = /[A-Za-z0-9+/]{24,}={0,2}/g;
const TEXT = />([^<>]+)</g;

const PIECES = [
  "<", ">", "/", "&", ";", "'", '"', "]]>", "<![CDATA[", "<!--", "-->", "<?xml?>", "&#x0;", "&#xD800;", "&lt;", "&bomb;", "\0", "\ufeff", "\ud800",
  "<!DOCTYPE a [<!ENTITY b 'c'>]>", "_x0000_", "_xD800_", "<Nil/>", "<Obj RefId=\"0\">", "</Obj>", "<MS>", "</MS>", '<Ref RefId="0"/>', "xmlns:s=\"\"",
  "s:Body", "__proto__", "constructor", "hasOwnProperty", "toString",
]; // prettier-ignore
const NUMBERS = [
  "0",
  "-1",
  "1",
  "4294967295",
  "4294967296",
  "9223372036854775807",
  "9223372036854775808",
  "1e309",
  "",
  "00000000000000000000001",
  "9".repeat(400),
];
const TEXTS = [
  "",
  " ",
  "\0",
  "x".repeat(5000),
  "ä".repeat(2000),
  "true",
  "PT0S",
  "PT99999999999H",
  "-PT1S",
  "uuid:",
  "http://",
  "stdin",
  "stdout stdin pr",
  "../../etc/passwd",
];

type Way = (text: string, chance: Chance) => string;

const XML_WAYS: readonly Way[] = [
  (text, chance) => Buffer.from(mutateBytes(Buffer.from(text), chance)).toString("utf8"),
  atMatch(ELEMENT, () => ""),
  atMatch(ELEMENT, (match) => match + match),
  atMatch(ELEMENT, (match, chance) => `<${chance.pick(["s:Envelope", "s:Body", "rsp:Shell", "Obj", "x"])}>${match}</x>`),
  atMatch(TAG, () => ""),
  atMatch(TAG, (match) => match.toUpperCase()),
  atMatch(TAG, (match, chance) => match + chance.pick(PIECES)),
  atMatch(ATTRIBUTE, () => ""),
  atMatch(ATTRIBUTE, (match) => match + match),
  atMatch(ATTRIBUTE, (match, chance) => match.replace(/"[^"]*"/, `"${chance.pick([...TEXTS, ...NUMBERS])}"`)),
  atMatch(ID, (_, chance) => chance.guid()),
  atMatch(ID, (match, chance) =>
    chance.pick([match.toUpperCase(), `{${match}}`, match.slice(1), "00000000-0000-0000-0000-000000000000", "-"]),
  ),
  atMatch(NUMBER, (_, chance) => chance.pick(NUMBERS)),
  atMatch(NUMBER, (match, chance) => String(Number(match) + chance.below(3) - 1)),
  atMatch(BASE64, (match, chance) => Buffer.from(mutateBytes(Buffer.from(match, "base64"), chance)).toString("base64")),
  atMatch(BASE64, (match, chance) => match.slice(0, chance.below(match.length))),
  atMatch(BASE64, (match, chance) => `${match.slice(0, 4)}${chance.pick(["!", "=", " \n", "-_", "\0"])}${match.slice(4)}`),
  atMatch(TEXT, (_, chance) => `>${chance.pick(TEXTS)}<`),
  (text, chance) => {
    const all = [...text.matchAll(ELEMENT)];
    const [from, to] = [chance.pick(all), chance.pick(all)];
    return from === undefined || to === undefined ? text : text.replace(from[0], () => "").replace(to[0], () => from[0] + to[0]);
  },
];

function atMatch(pattern: RegExp, change: (match: string, chance: Chance) => string): Way {
  return (text, chance) => {
    const all = [...text.matchAll(pattern)];
    if (all.length === 0) return text;
    const { 0: found, index } = chance.pick(all);
    return text.slice(0, index) + change(found, chance) + text.slice(index + found.length);
  };
}

/** CLIXML that wants to cost far more than it weighs; `scale` is about its number of parts. */
export const BOMBS: Readonly<Record<string, (scale: number) => string>> = {
  nested: (scale) => "<Obj><MS>".repeat(scale),
  "nested, closed": (scale) => "<LST>".repeat(scale) + "</LST>".repeat(scale),
  wide: (scale) => `<Obj RefId="0"><LST>${"<Nil/>".repeat(scale)}</LST></Obj>`,
  entities: (scale) =>
    `<!DOCTYPE a [<!ENTITY b0 "b">${Array.from({ length: Math.min(64, scale) }, (_, i) => `<!ENTITY b${i + 1} "${`&b${i};`.repeat(10)}">`).join("")}]><S>&b${Math.min(64, scale)};</S>`,
  "huge name": (scale) => `<Obj RefId="0"><MS><S N="${"n".repeat(scale * 4)}">x</S></MS></Obj>`,
  "huge element": (scale) => `<${"e".repeat(scale * 4)}/>`,
  "many names": (scale) => `<Obj RefId="0"><MS>${Array.from({ length: scale }, (_, i) => `<I32 N="n${i}">1</I32>`).join("")}</MS></Obj>`,
  "same name": (scale) => `<Obj RefId="0"><MS>${'<I32 N="n">1</I32>'.repeat(scale)}</MS></Obj>`,
  references: (scale) => `<Obj RefId="0"><LST>${'<Ref RefId="0"/>'.repeat(scale)}</LST></Obj>`,
  escapes: (scale) => `<S>${"_x005F_".repeat(scale)}</S>`,
  digits: (scale) => `<D>${"9".repeat(scale)}</D>`,
};

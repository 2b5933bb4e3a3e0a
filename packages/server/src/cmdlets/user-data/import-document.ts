/**
 * What Import-TielineUserData takes: one entry, a list of them, or { users: [...] }; an entry is an object with `identity` and
 * those parts of the user's data that are to be replaced. As JSON text, or as objects of the pipeline.
 */
import { Fault } from "@tieline/fault";
import { baseOf, elementsOf, textOf } from "@tieline/language";
import { PsDictionary, PsObject, type PsValue } from "@tieline/remoting/objects";

export interface ImportEntry {
  /** As it was written; undefined where there is none. */
  identity: string | undefined;
  /** Not judged yet. */
  parts: Readonly<Record<string, unknown>>;
}

/** Levels of an entry are five; deeper ones hold nothing of ours. */
const DEEPEST = 10;

/** @throws Fault `user-data-syntax` */
export function entriesOfText(text: string): ImportEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new Fault("user-data-syntax", { reason: (cause as Error).message.slice(0, 200) }, { cause });
  }
  return entriesOf(value);
}

/** Of an object of the pipeline; its properties may begin with capitals, as PowerShell's do. @throws Fault `user-data-syntax` */
export function entriesOfObject(value: PsValue): ImportEntry[] {
  return entriesOf(plain(value, 0));
}

function entriesOf(value: unknown): ImportEntry[] {
  if (Array.isArray(value)) return value.map(entry);
  if (isRecord(value) && Array.isArray(value["users"])) {
    const other = Object.keys(value).find((name) => name !== "users");
    if (other === undefined) return value["users"].map(entry);
    throw new Fault("user-data-syntax", { reason: `beside users there is ${other.slice(0, 60)}` });
  }
  return [entry(value)];
}

function entry(value: unknown): ImportEntry {
  if (!isRecord(value)) throw new Fault("user-data-syntax", { reason: "an entry is no object" });
  const { identity, ...parts } = value;
  return { identity: typeof identity === "string" && identity.trim() !== "" ? identity : undefined, parts };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** PowerShell's values as JSON has them. Names of policies' families keep their capitals, all others lose the first. */
function plain(value: PsValue, depth: number, inPolicies = false): unknown {
  if (depth > DEEPEST) throw new Fault("user-data-syntax", { reason: `it is deeper than ${DEEPEST} levels` });
  const base = baseOf(value);
  if (base === null || base === undefined || typeof base === "string" || typeof base === "boolean" || typeof base === "number") return base;
  if (typeof base === "bigint") return Number(base);
  const elements = elementsOf(base);
  if (elements !== undefined) return elements.map((each) => plain(each, depth + 1));
  const properties = propertiesOf(base);
  if (properties === undefined) return textOf(base);
  return Object.fromEntries(
    properties.map(([name, inner]) => {
      const small = inPolicies ? name : name.replace(/^[A-Z]/, (letter) => letter.toLowerCase());
      return [small, plain(inner, depth + 1, small === "policies")];
    }),
  );
}

function propertiesOf(value: PsValue): [string, PsValue][] | undefined {
  if (value instanceof PsDictionary) return [...value].map(([key, inner]) => [textOf(key), inner]);
  if (value instanceof PsObject) return value.names().map((name) => [name, value.get(name) ?? null]);
  return undefined;
}

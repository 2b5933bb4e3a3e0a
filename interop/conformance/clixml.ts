/**
 * CLIXML against the recordings of PowerShell's own serialiser.
 *
 * Of each value: the reader makes of it what PowerShell made; what was read, written again under its own names, is
 * the same document; and written again as PowerShell would write what it had read, it is the recorded one.
 * Of each damaged document: the same verdict.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { asFault, isFault } from "@tieline/fault";
import { deserialize, type SecureStringCodec, serializeDocument } from "@tieline/remoting/clixml";
import { LIST_TYPES, PsDictionary, PsList, PsObject, type PsValue } from "@tieline/remoting/objects";
import { type After, baseType, describe, type Property } from "./describe.ts";
import type { GroupResult } from "./result.ts";

interface ValueRow {
  id: string;
  group: string;
  expression: string;
  depth: number | null;
  clixml: string | null;
  after?: After | { null: true };
  serializeError?: { message: string };
  deserializeError?: { message: string };
}

interface DamagedRow {
  id: string;
  damage: string;
  clixml: string;
  error: { message: string } | null;
  after?: After | { null: true };
}

/** Outside a session PowerShell on Linux writes the characters of a SecureString as hexadecimal digits. */
export const HEXADECIMAL: SecureStringCodec = {
  encrypt: (bytes) => Buffer.from(bytes).toString("hex"),
  decrypt: (text) => {
    if (!/^(?:[0-9a-f]{2})+$/i.test(text)) throw new Error("not hexadecimal");
    return new Uint8Array(Buffer.from(text, "hex"));
  },
};
/** The recordings were made where local time is UTC. */
const READ = { secureString: HEXADECIMAL, localOffset: () => 0 };

/** Numbers of references by first appearance, and no white space between elements. */
export function normalise(document: string): string {
  const objects = new Map<string, number>();
  const types = new Map<string, number>();
  return document
    .replace(/>\r?\n\s*</g, "><")
    .replace(/<(Obj|Ref|TN|TNRef)( N="[^"]*")? RefId="([^"]*)"/g, (_, tag: string, name: string | undefined, id: string) => {
      const numbers = tag.startsWith("TN") ? types : objects;
      if (!numbers.has(id)) numbers.set(id, numbers.size);
      return `<${tag}${name ?? ""} RefId="${numbers.get(id)}"`;
    })
    .replace(/(<[A-Za-z]+(?: [A-Za-z]+="[^"]*")*)\s*\/>/g, "$1 />");
}

/** What differs between the recorded description and ours; undefined for nothing. */
function difference(expected: After | { null: true }, value: PsValue): string | undefined {
  const ours = describe(value);
  if ("null" in expected || "null" in ours) return "null" in expected && "null" in ours ? undefined : "one is $null";
  const wanted = expected as After;
  const is = ours as After;
  if (JSON.stringify(wanted.typeNames) !== JSON.stringify(is.typeNames))
    return `type names ${is.typeNames.join()} instead of ${wanted.typeNames.join()}`;
  if (wanted.toString !== is.toString) return `text ${JSON.stringify(is.toString)} instead of ${JSON.stringify(wanted.toString)}`;
  if (wanted.baseType !== is.baseType) return `base type ${is.baseType} instead of ${wanted.baseType}`;
  for (const part of ["items", "entries"] as const) {
    const sorted = (list: After["items"] | After["entries"]) =>
      part === "entries" ? [...(list ?? [])].map((row) => JSON.stringify(row)).sort() : list;
    if (JSON.stringify(sorted(wanted[part])) !== JSON.stringify(sorted(is[part]))) {
      return `${part} ${JSON.stringify(is[part])} instead of ${JSON.stringify(wanted[part])}`;
    }
  }
  return differentProperties(wanted, is, value);
}

/**
 * A property bag shows its properties, all of them, in this order. Around a list, a dictionary or a scalar, .NET's own
 * properties of that class (Capacity, Length, Day ...) stand between those that came over the wire: then each of ours must be there.
 */
function differentProperties(wanted: After, is: After, value: PsValue): string | undefined {
  // A live object that PowerShell built anew (an IPAddress, a ProgressRecord) shows the properties of its class.
  if (wanted.baseType !== "System.Management.Automation.PSCustomObject" && is.baseType === wanted.typeNames[0]) return undefined;
  const bag = value instanceof PsObject && value.base === undefined;
  const seen = bag ? wanted.properties.filter(ofTheWire) : wanted.properties;
  const ours = is.properties;
  if (bag)
    return JSON.stringify(seen) === JSON.stringify(ours)
      ? undefined
      : `properties ${JSON.stringify(ours)} instead of ${JSON.stringify(seen)}`;
  for (const property of ours) {
    const same = seen.find((other) => other.name === property.name);
    if (same === undefined || JSON.stringify(same) !== JSON.stringify(property))
      return `property ${JSON.stringify(property)} instead of ${JSON.stringify(same)}`;
  }
  const missing = seen.find((other) => other.memberType === "NoteProperty" && !ours.some((property) => property.name === other.name));
  return missing === undefined ? undefined : `property ${missing.name} is missing`;
}

/** What the type data of the reading PowerShell adds is not the wire's. */
function ofTheWire(property: Property): boolean {
  return property.memberType === "NoteProperty" || property.memberType === "Property";
}

/** A method call in PowerShell, as the recorder's to the serialiser, hands over what is inside a PSObject, except property bags. */
function unwrapped(value: PsValue): PsValue {
  if (!(value instanceof PsObject) || value.base === undefined || value.base === null) return value;
  if (!value.typeNames[0]?.startsWith("Deserialized.") && value.base instanceof PsDictionary) return value;
  if (value.base instanceof PsList || value.base instanceof PsDictionary) {
    const type = value.base instanceof PsList ? LIST_TYPES[value.base.tag] : baseType(value);
    return new PsObject({ typeNames: [type, "System.Object"], base: value.base });
  }
  // It finds properties again by the object that they decorate, but not those of a string or of what has other type names.
  if (value.values("extended").length === 0 || value.typeNames.length > 0 || typeof value.base === "string") return value.base;
  const copy = new PsObject({ base: value.base });
  copy.put("extended", value.shape("extended"), [...value.values("extended")]);
  return copy;
}

function firstDifference(a: string, b: string): string {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return `…${a.slice(Math.max(0, at - 40), at + 60)} instead of …${b.slice(Math.max(0, at - 40), at + 60)}`;
}

/** Rows that depend on what a .NET process holds in memory, and not on the document. A rule a line. */
const NOT_THE_PROTOCOLS: readonly { applies: (row: ValueRow) => boolean; reason: string }[] = [
  {
    applies: (row) => /Update-TypeData -TypeName Deserialized\./.test(row.expression),
    reason: "the reading PowerShell's own type data for a deserialized type builds another object, or adds a computed property",
  },
  {
    applies: (row) => /<Props \/>/.test(row.clixml ?? ""),
    reason: "the group is empty because the only property's getter threw in the writing process; PowerShell itself does not keep it",
  },
];

function judge(row: ValueRow): string | undefined {
  if (row.clixml === null) return judgeRefusal(row);
  if (row.deserializeError !== undefined) {
    try {
      deserialize(row.clixml, READ);
      return "was read, though PowerShell refuses it";
    } catch (error) {
      return isFault(error) ? undefined : `no fault but ${String(error)}`;
    }
  }
  const value = deserialize(row.clixml, READ);
  const after = row.after as After;
  const different = difference(after, value);
  if (different !== undefined) return `reading: ${different}`;

  const plain = deserialize(row.clixml, { ...READ, deserializedPrefix: false, scriptBlocks: true });
  const written = normalise(serializeDocument([plain], { secureString: HEXADECIMAL }));
  const original = normalise(row.clixml);
  if (written !== original) return `writing: ${firstDifference(written, original)}`;

  if (after.reserializedUnstable === true) return undefined;
  const again = normalise(serializeDocument([unwrapped(value)], { secureString: HEXADECIMAL, depth: row.depth ?? 1 }));
  const recorded = normalise(after.reserialized ?? row.clixml);
  return again === recorded ? undefined : `writing again: ${firstDifference(again, recorded)}`;
}

/** Values that PowerShell cannot serialise: we have not the value, but what was wrong with it. */
function judgeRefusal(row: ValueRow): string | undefined {
  const [value, options] = /invalid character/.test(row.serializeError?.message ?? "")
    ? ["\ufffe\uffff", {}]
    : [PsObject.of({ a: 1 }), { depth: row.depth ?? 1 }];
  try {
    serializeDocument([value], options);
    return "was written, though PowerShell refuses it";
  } catch (error) {
    return isFault(error) ? undefined : `no fault but ${String(error)}`;
  }
}

function judgeDamaged(row: DamagedRow): string | undefined {
  let value: PsValue;
  try {
    value = deserialize(row.clixml, READ);
  } catch (error) {
    if (!isFault(error)) return `no fault but ${String(error)}`;
    return row.error === null ? `refused (${error.message}), though PowerShell tolerates it` : undefined;
  }
  if (row.error !== null) return `was read, though PowerShell refuses it: ${row.error.message}`;
  return difference(row.after as After, value);
}

function rows<R>(folder: string, name: string): R[] {
  return readFileSync(join(folder, name), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as R);
}

/** Every row of the folder `clixml/` of the recordings. */
export async function clixml(folder: string): Promise<GroupResult[]> {
  const groups = new Map<string, GroupResult>();
  const count = (name: string, id: string, verdict: () => string | undefined, exempt?: string): void => {
    let group = groups.get(name);
    if (group === undefined) {
      group = { group: name, passed: 0, total: 0, failures: [] };
      groups.set(name, group);
    }
    group.total++;
    let reason: string | undefined;
    try {
      reason = verdict();
    } catch (error) {
      const fault = asFault(error);
      reason = `${fault.code}: ${fault.message}${fault.cause instanceof Error ? ` ${fault.cause.stack}` : ""}`;
    }
    if (reason === undefined) group.passed++;
    else if (exempt === undefined) group.failures.push({ id, reason });
    else (group.exempt ??= []).push({ id, reason: exempt });
  };
  for (const row of rows<ValueRow>(folder, "values.jsonl")) {
    count(row.group, row.id, () => judge(row), NOT_THE_PROTOCOLS.find((rule) => rule.applies(row))?.reason);
  }
  for (const row of rows<DamagedRow>(folder, "damaged.jsonl")) count("damaged", row.id, () => judgeDamaged(row));
  return [...groups.values()];
}

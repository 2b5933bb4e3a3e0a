/** A live progress record has an element of its own, `<PR>`, with fields in a fixed order (as PowerShell writes it). */
import type { Fault } from "@tieline/fault";
import { PsObject, type PsValue, toText } from "../objects/index.ts";
import { PROGRESS } from "./names.ts";

export interface ProgressField {
  readonly tag: string;
  /** The property of System.Management.Automation.ProgressRecord. */
  readonly property: string;
  readonly whole: boolean;
  readonly nullable?: true;
}

export const PROGRESS_FIELDS: readonly ProgressField[] = [
  { tag: "AV", property: "Activity", whole: false },
  { tag: "AI", property: "ActivityId", whole: true },
  { tag: "S", property: "CurrentOperation", whole: false, nullable: true },
  { tag: "PI", property: "ParentActivityId", whole: true },
  { tag: "PC", property: "PercentComplete", whole: true },
  { tag: "T", property: "RecordType", whole: false },
  { tag: "SR", property: "SecondsRemaining", whole: true },
  { tag: "SD", property: "StatusDescription", whole: false },
];

const TYPES: ReadonlyMap<string, string> = new Map([
  ["processing", "Processing"],
  ["completed", "Completed"],
  ["0", "Processing"],
  ["1", "Completed"],
]);

/** The record as an object of adapted properties; refused where PowerShell's own class would refuse the values. */
export function progressOf(texts: readonly (string | null)[], refuse: () => Fault): PsObject {
  if (texts.length !== PROGRESS_FIELDS.length) throw refuse();
  const object = new PsObject({ typeNames: PROGRESS });
  object.deserialized = true;
  for (const [place, field] of PROGRESS_FIELDS.entries()) {
    const text = texts[place] as string | null;
    object.set(field.property, valueOf(field, text, refuse), "adapted");
  }
  const id = Number(texts[1]);
  if (texts[0] === "" || texts[7] === "" || id < 0 || Number(texts[3]) === id || Number(texts[4]) > 100) throw refuse();
  const shown = (property: string): string => toText(object.get(property) ?? null);
  object.text =
    `parent = ${shown("ParentActivityId")} id = ${id} act = ${shown("Activity")} stat = ${shown("StatusDescription")} ` +
    `cur = ${shown("CurrentOperation")} pct = ${shown("PercentComplete")} sec = ${shown("SecondsRemaining")} type = ${shown("RecordType")}`;
  return object;
}

function valueOf(field: ProgressField, text: string | null, refuse: () => Fault): PsValue {
  if (text === null) return null;
  if (field.whole) {
    const value = Number(text);
    if (!/^[+-]?[0-9]{1,10}$/.test(text) || value !== (value | 0)) throw refuse();
    return value;
  }
  if (field.tag !== "T") return text;
  const type = TYPES.get(text.toLowerCase());
  if (type === undefined) throw refuse();
  return type;
}

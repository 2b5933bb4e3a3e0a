/** A live progress record has an element of its own, `<PR>`, with fields in a fixed order (as PowerShell writes it). */
import type { Fault } from "@tieline/fault";
import { PsObject, type PsValue } from "../objects/index.ts";
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

const TYPES = new Set(["Processing", "Completed"]);

/** The record as an object of adapted properties. */
export function progressOf(texts: readonly (string | null)[], refuse: () => Fault): PsObject {
  if (texts.length !== PROGRESS_FIELDS.length) throw refuse();
  const object = new PsObject({ typeNames: PROGRESS });
  object.deserialized = true;
  for (const [place, field] of PROGRESS_FIELDS.entries()) {
    const text = texts[place] as string | null;
    let value: PsValue = text;
    if (text === null) {
      if (field.nullable !== true) throw refuse();
    } else if (field.whole) {
      if (!/^[+-]?[0-9]{1,10}$/.test(text)) throw refuse();
      value = Number(text);
    } else if (field.tag === "T" && !TYPES.has(text)) throw refuse();
    object.set(field.property, value, "adapted");
  }
  const [activity, id, operation, parent, percent, type, seconds, status] = texts;
  object.text =
    `parent = ${parent} id = ${id} act = ${activity} stat = ${status} cur = ${operation ?? ""} ` +
    `pct = ${percent} sec = ${seconds} type = ${type}`;
  return object;
}

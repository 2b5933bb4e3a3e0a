/** JSON in the database: text on both engines, written and read in this one place. */
import { Fault } from "@tieline/fault";

/** What a JSON column may hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** A JSON object. */
export type JsonRecord = { readonly [name: string]: Json };

export function toJson(value: Json): string {
  return JSON.stringify(value);
}

/**
 * The value of a JSON column.
 *
 * @throws Fault `store-damaged` where the text is no JSON: nobody but Tieline writes there.
 */
export function fromJson(text: string, where: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new Fault("store-damaged", { file: where, reason: "a JSON column holds something else" }, { cause });
  }
}

/** The same for a column that holds an object. */
export function recordFromJson(text: string, where: string): JsonRecord {
  const value = fromJson(text, where);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonRecord;
  throw new Fault("store-damaged", { file: where, reason: "a JSON column holds no object" });
}

/** The same for a column that holds a list of texts. */
export function textsFromJson(text: string, where: string): readonly string[] {
  const value = fromJson(text, where);
  if (Array.isArray(value)) return value.map(String);
  throw new Fault("store-damaged", { file: where, reason: "a JSON column holds no list" });
}

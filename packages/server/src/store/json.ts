/** JSON in the database: text on both engines, written and read in this one place. */
import { Fault } from "@tieline/fault";

/** What a JSON column may hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export function toJson(value: Json): string {
  return JSON.stringify(value);
}

/**
 * The value of a JSON column.
 *
 * @throws Fault `store-damaged` where the text is no JSON: nobody but Tieline writes there.
 */
export function fromJson<T extends Json>(text: string, where: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new Fault("store-damaged", { file: where, reason: "a JSON column holds something else" }, { cause });
  }
}

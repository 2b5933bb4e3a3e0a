/** Whether two sites hold the same: field by field for people, by digest for a journal. */
import { createHash } from "node:crypto";
import { Fault } from "@tieline/fault";
import { canonical } from "./canonical.ts";
import type { UserData } from "./user-data.ts";

/** One field; undefined stands for what one side does not have at all. */
export interface Difference {
  /** `contacts[sip:bob@contoso.com].displayName`; a list's elements go by their key. */
  path: string;
  expected: unknown;
  found: unknown;
}

/** By what the elements of a list are told apart. */
const KEYS: Readonly<Record<string, string>> = {
  contacts: "uri",
  groups: "number",
  permissions: "member",
  delegates: "uri",
  meetings: "conferenceId",
};

/** Every field that differs, in canonical order; the order of lists does not count. */
export function compareUserData(expected: UserData, found: UserData): Difference[] {
  const differences: Difference[] = [];
  const [a, b] = [canonical(expected), canonical(found)];
  // Nearly always; looking at each field costs five times as much.
  if (JSON.stringify(a) !== JSON.stringify(b)) compare("", a, b, differences);
  return differences;
}

function compare(path: string, expected: unknown, found: unknown, differences: Difference[]): void {
  if (Object.is(expected, found)) return;
  const [a, b] = [fieldsOf(path, expected), fieldsOf(path, found)];
  if (a === undefined || b === undefined) {
    differences.push({ path, expected, found });
    return;
  }
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const inner = path in KEYS ? `${path}[${name}]` : path === "" ? name : `${path}.${name}`;
    compare(inner, a.get(name), b.get(name), differences);
  }
}

/** The fields of an object, or of a list by their keys; a list of plain values has its places for fields. */
function fieldsOf(path: string, value: unknown): Map<string, unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const key = KEYS[path];
  if (Array.isArray(value) && key !== undefined) {
    return new Map(value.map((element: Record<string, unknown>) => [String(element[key]), element]));
  }
  return new Map(Object.entries(value));
}

/**
 * @param user for the text of the fault
 * @throws Fault `user-data-differs` with the first difference
 */
export function requireSame(user: string, expected: UserData, found: UserData): void {
  const differences = compareUserData(expected, found);
  const [first] = differences;
  if (first === undefined) return;
  throw new Fault("user-data-differs", { user, count: differences.length, field: first.path });
}

/** SHA-256 of the canonical form, in hexadecimal: equal where, and only where, nothing differs. */
export function digestOf(data: UserData): string {
  return createHash("sha256")
    .update(JSON.stringify(canonical(data)))
    .digest("hex");
}

/** What both sites of a move compare: without the policies, in which they may well differ. */
export function digestToMove(data: UserData): string {
  return digestOf({ ...data, policies: {} });
}

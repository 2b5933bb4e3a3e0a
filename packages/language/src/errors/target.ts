/** How CategoryInfo names the target of an error: its text, cut, and the short name of its type. */
import type { PsValue } from "@tieline/remoting/objects";
import { typeNameOf } from "../types/type-name.ts";
import { textOf } from "../types/text.ts";

/** PowerShell shows so many characters of a target's text in CategoryInfo; of a longer one the two ends. */
const LONGEST = 40;
const HALF = 19;

export function shorten(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, HALF)}\u2026${text.slice(-HALF)}`;
}

export function textOfTarget(target: PsValue | undefined): string {
  return target === undefined || target === null ? "" : textOf(target);
}

export function typeOfTarget(target: PsValue | undefined): string {
  if (target === undefined || target === null) return "";
  const full = typeNameOf(target);
  return full.slice(full.lastIndexOf(".") + 1);
}

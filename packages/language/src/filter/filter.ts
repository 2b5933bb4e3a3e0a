/**
 * The filter language of -Filter: comparisons of properties with values, joined by -and, -or and -not. It is a part of
 * PowerShell's expressions, with their meaning: letter case does not matter, -and and -or bind equally and from the
 * left, the left operand's type decides a comparison. Different from PowerShell, -not takes the whole comparison after it.
 */
import type { PsValue } from "@tieline/remoting/objects";

export const COMPARISONS = ["eq", "ne", "gt", "ge", "lt", "le", "like", "notlike"] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** One side of a comparison. Positions count characters from 1. */
export type Operand =
  | { readonly kind: "property"; readonly name: string; readonly at: number }
  | { readonly kind: "value"; readonly value: PsValue; readonly at: number };

export type Filter =
  | { readonly kind: "compare"; readonly operator: Comparison; readonly left: Operand; readonly right: Operand }
  /** A property or value alone: whether it is true. */
  | { readonly kind: "true"; readonly operand: Operand }
  | { readonly kind: "not"; readonly part: Filter }
  | { readonly kind: "and" | "or"; readonly parts: readonly Filter[] };

/** The properties that a filter asks for, with where it does; a command checks them against those it has. */
export function filterProperties(filter: Filter): readonly { name: string; at: number }[] {
  const found: { name: string; at: number }[] = [];
  const look = (operand: Operand): void => {
    if (operand.kind === "property") found.push({ name: operand.name, at: operand.at });
  };
  const walk = (part: Filter): void => {
    if (part.kind === "compare") {
      look(part.left);
      look(part.right);
    } else if (part.kind === "true") look(part.operand);
    else if (part.kind === "not") walk(part.part);
    else part.parts.forEach(walk);
  };
  walk(filter);
  return found;
}

/** From a filter's tree to a predicate over anything that gives a property by name. */
import type { PsValue } from "@tieline/remoting/objects";
import { compareValues, equalValues, truth } from "../types/compare.ts";
import { textOf } from "../types/text.ts";
import { elementsOf } from "../types/type-name.ts";
import { wildcard } from "../types/wildcard.ts";
import type { Comparison, Filter, Operand } from "./filter.ts";

/** How the predicate reads a property; undefined for one that is not there, which counts as $null. */
export type PropertyGetter<T> = (object: T, name: string) => PsValue | undefined;

/**
 * @example
 * ```ts
 * const enabled = compileFilter(parseFilter("Enabled -eq $true"), (user: Record<string, boolean>, name) => user[name]);
 * enabled({ Enabled: true }); // true
 * ```
 */
export function compileFilter<T>(filter: Filter, get: PropertyGetter<T>): (object: T) => boolean {
  switch (filter.kind) {
    case "and": {
      const parts = filter.parts.map((part) => compileFilter(part, get));
      return (object) => parts.every((part) => part(object));
    }
    case "or": {
      const parts = filter.parts.map((part) => compileFilter(part, get));
      return (object) => parts.some((part) => part(object));
    }
    case "not": {
      const part = compileFilter(filter.part, get);
      return (object) => !part(object);
    }
    case "true": {
      const read = reader(filter.operand, get);
      return (object) => truth(read(object));
    }
    default: {
      const left = reader(filter.left, get);
      const test = tester(filter.operator, filter.right, get);
      return (object) => {
        const value = left(object);
        const elements = elementsOf(value);
        // A property of several values: one of them must fulfil it.
        return elements === undefined ? test(value, object) : elements.some((element) => test(element, object));
      };
    }
  }
}

function reader<T>(operand: Operand, get: PropertyGetter<T>): (object: T) => PsValue {
  if (operand.kind === "value") return () => operand.value;
  return (object) => get(object, operand.name) ?? null;
}

function tester<T>(operator: Comparison, operand: Operand, get: PropertyGetter<T>): (left: PsValue, object: T) => boolean {
  if (operator === "like" || operator === "notlike") {
    const wanted = operator === "like";
    if (operand.kind === "value") {
      const pattern = wildcard(textOf(operand.value));
      return (left) => pattern.matches(textOf(left)) === wanted;
    }
    return (left, object) => wildcard(textOf(get(object, operand.name) ?? null)).matches(textOf(left)) === wanted;
  }
  const right = reader(operand, get);
  if (operator === "eq") return (left, object) => equalValues(left, right(object));
  if (operator === "ne") return (left, object) => !equalValues(left, right(object));
  const holds = ORDER[operator];
  return (left, object) => {
    const order = compareValues(left, right(object));
    return order !== undefined && holds(order);
  };
}

const ORDER: Readonly<Record<"gt" | "ge" | "lt" | "le", (order: number) => boolean>> = {
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
};

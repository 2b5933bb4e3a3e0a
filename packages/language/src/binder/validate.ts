/** Validation of a converted argument, with the reasons that PowerShell's attributes give. */
import { PsList, type PsValue } from "@tieline/remoting/objects";
import type { Parameter, Validation } from "../cmdlet/parameter.ts";
import { numberOf } from "../types/numbers.ts";
import { textOf } from "../types/text.ts";
import { baseOf, elementsOf, isArray } from "../types/type-name.ts";
import { bindingError } from "./binding-error.ts";

/** A longer text is not given to a pattern. */
const LONGEST_FOR_PATTERN = 32_768;

/** @throws BindingError */
export function validate(parameter: Parameter, value: PsValue, mandatory: boolean, given: PsValue): void {
  if (mandatory) refuseEmpty(parameter, value, given);
  const rules = parameter.validate;
  if (rules === undefined) return;
  const reason = reasonAgainst(rules, value);
  if (reason !== undefined) throw bindingError("argument-validation", { parameter: parameter.name, reason }, { parameter, given });
}

function refuseEmpty(parameter: Parameter, value: PsValue, given: PsValue): void {
  const about = { parameter, given };
  if (value === null) {
    if (!parameter.allowNull) throw bindingError("argument-null", { parameter: parameter.name }, about);
    return;
  }
  if (value === "") {
    if (!parameter.allowEmptyString) throw bindingError("argument-empty-string", { parameter: parameter.name }, about);
    return;
  }
  const items = elementsOf(value);
  if (items === undefined) return;
  if (items.length === 0) {
    if (parameter.allowEmptyCollection) return;
    throw bindingError(
      baseOf(value) instanceof PsList ? "argument-empty-collection" : "argument-empty-array",
      { parameter: parameter.name },
      about,
    );
  }
  const texts = parameter.type.element?.name === "System.String";
  for (const item of items) {
    if (item === null && !parameter.allowNull && !texts) throw bindingError("argument-null", { parameter: parameter.name }, about);
    if (texts && (item === "" || item === null) && !parameter.allowEmptyString)
      throw bindingError("argument-empty-string", { parameter: parameter.name }, about);
  }
}

/** Why a value is refused, or undefined. */
export function reasonAgainst(rules: Validation, value: PsValue): string | undefined {
  const empty = reasonAgainstEmpty(rules, value);
  if (empty !== undefined) return empty;
  if (rules.count !== undefined) {
    const reason = reasonAgainstCount(rules.count, value);
    if (reason !== undefined) return reason;
  }
  const each = elementsOf(value) ?? [value];
  for (const item of each) {
    const reason = reasonAgainstElement(rules, item);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

const NULL = "The argument is null. Provide a valid value for the argument, and then try running the command again.";
const NULL_OR_EMPTY = "The argument is null or empty. Provide an argument that is not null or empty, and then try the command again.";
const NULL_ELEMENT =
  "The argument is null, empty, or an element of the argument collection contains a null value. Supply a collection that does not contain any null values and then try the command again.";

function reasonAgainstEmpty(rules: Validation, value: PsValue): string | undefined {
  const items = isArray(baseOf(value)) || baseOf(value) instanceof PsList ? elementsOf(value) : undefined;
  if (rules.notNullOrEmpty === true) {
    if (value === null || value === "") return NULL_OR_EMPTY;
    if (items !== undefined && items.length === 0) return NULL_ELEMENT;
    if (items?.some((item) => item === null || item === "") === true) return NULL_ELEMENT;
  }
  if (rules.notNull === true) {
    if (value === null) return NULL;
    if (items?.some((item) => item === null) === true) return NULL_ELEMENT;
  }
  return undefined;
}

function reasonAgainstCount([min, max]: readonly [number, number], value: PsValue): string | undefined {
  const count = elementsOf(value)?.length ?? 1;
  if (count >= min && count <= max) return undefined;
  return min === max
    ? `The parameter requires exactly ${min} value(s) - ${count} value(s) were provided.`
    : `The parameter requires at least ${min} value(s) and no more than ${max} value(s) - ${count} value(s) were provided.`;
}

function reasonAgainstElement(rules: Validation, item: PsValue): string | undefined {
  const text = textOf(item);
  if (rules.set !== undefined && !rules.set.some((allowed) => allowed.toLowerCase() === text.toLowerCase()))
    return `The argument "${text}" does not belong to the set "${rules.set.join(",")}" specified by the ValidateSet attribute. Supply an argument that is in the set and then try the command again.`;
  if (rules.range !== undefined) {
    const [min, max] = rules.range;
    const number = numberOf(item) ?? Number(text);
    if (number > max)
      return `The ${text} argument is greater than the maximum allowed range of ${max}. Supply an argument that is less than or equal to ${max} and then try the command again.`;
    if (!(number >= min))
      return `The ${text} argument is less than the minimum allowed range of ${min}. Supply an argument that is greater than or equal to ${min} and then try the command again.`;
  }
  if (rules.length !== undefined) {
    const [min, max] = rules.length;
    if (text.length < min)
      return `The character length (${text.length}) of the argument is too short. Specify an argument with a length that is greater than or equal to "${min}", and then try the command again.`;
    if (text.length > max)
      return `The character length of the ${text.length} argument is too long. Shorten the character length of the argument so it is fewer than or equal to "${max}" characters, and then try the command again.`;
  }
  if (rules.pattern !== undefined) {
    const { source, flags } = rules.pattern;
    if (text.length > LONGEST_FOR_PATTERN || !new RegExp(source, flags.replace(/[gy]/g, "")).test(text))
      return `The argument "${text.slice(0, LONGEST_FOR_PATTERN)}" does not match the "${source}" pattern. Supply an argument that matches "${source}" and try the command again.`;
  }
  return rules.check?.(item);
}

/** A given value as a parameter's value: null's meaning, conversion, validation, and the refusals of each. */
import type { PsValue } from "@tieline/remoting/objects";
import { ACTION_PREFERENCE } from "../cmdlet/common-parameters.ts";
import type { Cmdlet } from "../cmdlet/cmdlet.ts";
import type { Parameter } from "../cmdlet/parameter.ts";
import { isAnyType } from "../types/builtin.ts";
import { ConversionError } from "../types/parameter-type.ts";
import { elementsOf, typeNameOf } from "../types/type-name.ts";
import { bindingError, type BindingError } from "./binding-error.ts";
import { validate } from "./validate.ts";

/** Types of which $null is a value of its own, not zero. */
const ZERO_FOR_NULL = /^System\.(?:S?Byte|U?Int(?:16|32|64)|Double|Single|Decimal)$/;

/** True where the value can be bound as it is; the binder asks this before it converts. */
export function fitsUncoerced(parameter: Parameter, value: PsValue): boolean {
  const { type } = parameter;
  return value === null || isAnyType(type) || type.accepts(value) || (type.element?.accepts(value) ?? false) || isObjectArray(parameter);
}

function isObjectArray(parameter: Parameter): boolean {
  return parameter.type.element !== undefined && isAnyType(parameter.type.element);
}

/**
 * The value that the cmdlet gets.
 * @throws BindingError
 */
export function argumentFor(cmdlet: Cmdlet, parameter: Parameter, given: PsValue, mandatory: boolean): PsValue {
  const value = convert(cmdlet, parameter, given, mandatory);
  if (parameter.common && parameter.type === ACTION_PREFERENCE && String(value) === "Suspend") {
    throw bindingError(
      "argument-set",
      {
        parameter: parameter.name,
        reason: `The Suspend ActionPreference value is reserved for future use and is not supported at this time. For more information about preference variables, see the Help topic, "about_Preference_Variables."`,
      },
      { parameter, given },
    );
  }
  validate(parameter, value, mandatory, given);
  return value;
}

function convert(cmdlet: Cmdlet, parameter: Parameter, given: PsValue, mandatory: boolean): PsValue {
  const { type } = parameter;
  if (given === null) {
    if (type.isSwitch === true) return true;
    if (type.name === "System.Boolean" || (mandatory && !parameter.allowNull && !parameter.allowEmptyString))
      throw bindingError("argument-null", { parameter: parameter.name }, { parameter });
    if (ZERO_FOR_NULL.test(type.name)) return type.convert(0);
    if (mandatory && parameter.allowEmptyString && type.name === "System.String") return "";
    return null;
  }
  const scalar = type.element === undefined && !isAnyType(type);
  if (scalar && cmdlet.kind === "Cmdlet" && elementsOf(given) !== undefined && !type.accepts(given))
    throw bindingError(
      "argument-type",
      { parameter: parameter.name, given: typeNameOf(given), type: type.name, reason: "Specified method is not supported." },
      { parameter, given },
    );
  try {
    return type.convert(given);
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    throw refusal(cmdlet, parameter, given, error.message);
  }
}

function refusal(cmdlet: Cmdlet, parameter: Parameter, given: PsValue, reason: string): BindingError {
  const { name, type } = parameter;
  const about = { parameter, given };
  // What a compiled command and a function say differs.
  if (cmdlet.kind === "Function") return bindingError("argument-transformation", { parameter: name, reason }, about);
  if (type.isSwitch === true || type.name === "System.Boolean")
    return bindingError("argument-type", { parameter: name, given: typeNameOf(given), type: type.name, reason: "" }, about);
  return bindingError("argument-conversion", { parameter: name, reason }, about);
}

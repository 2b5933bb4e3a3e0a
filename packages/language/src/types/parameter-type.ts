/**
 * What a parameter's type is: a .NET name for the metadata, a short name for the syntax, and a conversion.
 *
 * Types are values. A declaration names a built-in one (`"int"`, `"string[]"`, `"guid?"`) or gives its own
 * (`enumType(...)`, `identityType(...)`).
 */
import type { PsValue } from "@tieline/remoting/objects";

/** Says why a value cannot become a type; the text is PowerShell's own. */
export class ConversionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConversionError";
  }
}

export interface ParameterType<T extends PsValue = PsValue> {
  /** Full .NET name, for GET_COMMAND_METADATA: `System.Int32`, `System.String[]`. */
  readonly name: string;
  /** As Get-Command -Syntax shows it: `int`, `string[]`. */
  readonly shown: string;
  /** Element type of an array. */
  readonly element?: ParameterType;
  /** Names of an enumeration, for completion and forms. */
  readonly values?: readonly string[];
  /** A switch needs no argument. */
  readonly isSwitch?: boolean;
  /** True where the value is of this type already, so that no coercion is needed (pipeline binding asks twice). */
  accepts(value: PsValue): boolean;
  /** The value as this type. @throws ConversionError */
  convert(value: PsValue): T;
}

/** The text that PowerShell says when a value cannot become a type and there is no more to say. */
export function cannotConvert(shownValue: string, from: string, to: string): ConversionError {
  return new ConversionError(`Cannot convert the "${shownValue}" value of type "${from}" to type "${to}".`);
}

/** The same with the reason that the type's own parser gave. */
export function cannotParse(shownValue: string, to: string, reason: string): ConversionError {
  return new ConversionError(`Cannot convert value "${shownValue}" to type "${to}". Error: "${reason}"`);
}

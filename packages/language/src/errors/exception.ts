/**
 * The exception inside an error record, as far as it travels: .NET's type names, message, inner exception and the
 * properties that its type adds. Nothing here is thrown; `CmdletError` is.
 */
import type { PsValue } from "@tieline/remoting/objects";

export interface Exception {
  /** Full names, most derived first, without System.Object. */
  readonly typeNames: readonly string[];
  readonly message: string;
  readonly inner?: Exception | undefined;
  /** Properties that the type adds to those of System.Exception, in order. */
  readonly properties?: Readonly<Record<string, PsValue>>;
}

const SYSTEM = ["System.SystemException", "System.Exception"] as const;
const RUNTIME = ["System.Management.Automation.RuntimeException", ...SYSTEM] as const;
const BINDING = ["System.Management.Automation.ParameterBindingException", ...RUNTIME] as const;

/** The inheritance chains of the exceptions that this package raises, by short name. */
export const EXCEPTION_TYPES = {
  Exception: ["System.Exception"],
  RuntimeException: RUNTIME,
  ArgumentException: ["System.ArgumentException", ...SYSTEM],
  InvalidOperationException: ["System.InvalidOperationException", ...SYSTEM],
  UnauthorizedAccessException: ["System.UnauthorizedAccessException", ...SYSTEM],
  NotSupportedException: ["System.NotSupportedException", ...SYSTEM],
  PSInvalidOperationException: ["System.Management.Automation.PSInvalidOperationException", "System.InvalidOperationException", ...SYSTEM],
  PSArgumentException: ["System.Management.Automation.PSArgumentException", "System.ArgumentException", ...SYSTEM],
  CommandNotFoundException: ["System.Management.Automation.CommandNotFoundException", ...RUNTIME],
  ParseException: ["System.Management.Automation.ParseException", ...RUNTIME],
  PipelineStoppedException: ["System.Management.Automation.PipelineStoppedException", ...RUNTIME],
  ActionPreferenceStopException: ["System.Management.Automation.ActionPreferenceStopException", ...RUNTIME],
  ParameterBindingException: BINDING,
  ParameterBindingValidationException: ["System.Management.Automation.ParameterBindingValidationException", ...BINDING],
  ParameterBindingArgumentTransformationException: [
    "System.Management.Automation.ParameterBindingArgumentTransformationException",
    ...BINDING,
  ],
  ValidationMetadataException: [
    "System.Management.Automation.ValidationMetadataException",
    "System.Management.Automation.MetadataException",
    ...RUNTIME,
  ],
  ArgumentTransformationMetadataException: [
    "System.Management.Automation.ArgumentTransformationMetadataException",
    "System.Management.Automation.MetadataException",
    ...RUNTIME,
  ],
  PSInvalidCastException: ["System.Management.Automation.PSInvalidCastException", "System.InvalidCastException", ...SYSTEM],
  WriteErrorException: ["Microsoft.PowerShell.Commands.WriteErrorException", ...SYSTEM],
  HelpNotFoundException: ["Microsoft.PowerShell.Commands.HelpNotFoundException", ...SYSTEM],
} as const satisfies Record<string, readonly string[]>;

export type ExceptionName = keyof typeof EXCEPTION_TYPES;

/** Builds an exception of a known type; a full type name of another kind stands directly below System.Exception. */
export function exception(
  type: string,
  message: string,
  more: { inner?: Exception | undefined; properties?: Record<string, PsValue> } = {},
): Exception {
  const known = (EXCEPTION_TYPES as Record<string, readonly string[] | undefined>)[type];
  return { typeNames: known ?? [type, "System.Exception"], message, ...more };
}

/** The short name that CategoryInfo gives as its reason. */
export function exceptionName(of: Exception): string {
  const full = of.typeNames[0] ?? "Exception";
  return full.slice(full.lastIndexOf(".") + 1);
}

/** The PowerShell language, first part: see README.md. */
export { Catalogue } from "./cmdlet/catalogue.ts";
export { Cmdlet, type BoundArguments } from "./cmdlet/cmdlet.ts";
export { ACTION_PREFERENCE, COMMON_PARAMETERS, type ActionPreference } from "./cmdlet/common-parameters.ts";
export type { CmdletContext, CommandLookup, Host, InformationRecord, MaybePromise, ProgressRecord, PromptField } from "./cmdlet/context.ts";
export {
  cmdletsFor,
  defineCmdlet,
  type Arguments,
  type CmdletDeclaration,
  type Column,
  type Emission,
  type Example,
  type OutputDeclaration,
  type Stages,
  type View,
} from "./cmdlet/declaration.ts";
export {
  ALL_SETS,
  type Parameter,
  type ParameterDeclaration,
  type ParameterDeclarations,
  type SetFlags,
  type Validation,
} from "./cmdlet/parameter.ts";
export { CmdletError, PipelineStopped } from "./errors/cmdlet-error.ts";
export { ERROR_CATEGORIES, errorCategoryNumber, type ErrorCategory } from "./errors/error-category.ts";
export { ErrorRecord, type ErrorRecordParts, type InvocationInfo } from "./errors/error-record.ts";
export { exception, EXCEPTION_TYPES, type Exception } from "./errors/exception.ts";
export {
  arrayOf,
  nullable,
  parseGuid,
  resolveType,
  switchValue,
  textType,
  unlimitedType,
  type TypeName,
  type ValueOf,
} from "./types/builtin.ts";
export { enumType, type EnumType } from "./types/enumeration.ts";
export { ConversionError, type ParameterType } from "./types/parameter-type.ts";
export { textOf } from "./types/text.ts";
export { baseOf, elementsOf, typeNameOf } from "./types/type-name.ts";
export { hasWildcard, wildcard, type Wildcard } from "./types/wildcard.ts";

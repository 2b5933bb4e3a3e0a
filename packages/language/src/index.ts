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
export { ERROR_CATEGORIES, errorCategoryNumber, type ErrorCategory } from "@tieline/remoting/objects";
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
export { Binding, type Bound } from "./binder/binding.ts";
export { BindingError, type BindingCode } from "./binder/binding-error.ts";
export type { GivenArgument } from "./binder/arguments.ts";
export { InputQueue } from "./engine/input-queue.ts";
export type { Invocation, InvocationEnd, InvocationHook } from "./engine/invocation-hook.ts";
export type { Outcome, PipelineInput } from "./engine/pipeline.ts";
export { DEFAULT_PREFERENCES, type Preferences } from "./engine/preferences.ts";
export { Runspace, scriptsNotAllowed, type RunOptions, type RunspaceOptions } from "./engine/runspace.ts";
export { Collected, type PipelineSink } from "./engine/sink.ts";
export {
  command,
  type CommandArgument,
  type MergeFlags,
  type StructuredCommand,
  type StructuredScript,
} from "./engine/structured-command.ts";
export { recordFromFault, recordFromThrown } from "./errors/from-thrown.ts";
export {
  errorObject,
  exceptionObject,
  informationObject,
  invocationObject,
  recordOnWire,
  textRecordObject,
  type RecordOnWire,
} from "./errors/record-object.ts";
export { commandNotFound } from "./errors/not-found.ts";
export { helpObject, helpSummary, helpText, type HelpDetail } from "./cmdlet/help.ts";
export {
  commandInfo,
  commandMetadata,
  queryMetadata,
  type CommandMetadata,
  type MetadataQuery,
  type ParameterMetadata,
} from "./cmdlet/metadata.ts";
export { parametersInSet, setSyntax, syntaxOf } from "./cmdlet/syntax.ts";
export { restrictedCommands, type RestrictedCommandOptions } from "./commands/restricted-commands.ts";
export { compileFilter, type PropertyGetter } from "./filter/compile.ts";
export { COMPARISONS, filterProperties, type Comparison, type Filter, type Operand } from "./filter/filter.ts";
export { parseFilter, type FilterLimits } from "./filter/parse.ts";
export { cellText, isRightAligned } from "./format/cell.ts";
export { render, renderList, renderTable, type RenderOptions } from "./format/render.ts";
export { Views } from "./format/view.ts";
export { compareTexts, compareValues, equalValues, truth, type CompareOptions } from "./types/compare.ts";
export { parseDateTime } from "./types/moments.ts";
export { numberOf } from "./types/numbers.ts";
export { declaredName, propertyNames, propertyOf } from "./types/property.ts";
export { readNumber } from "./script-block/number.ts";
export { structure, structureOrThrow, type Structured, type StructureOptions } from "./script-block/structured.ts";
export { formatDefinition } from "./format/format-definition.ts";
export { complete, type Completion } from "./cmdlet/completion.ts";
export { argumentsSchema, type JsonSchema } from "./cmdlet/schema.ts";

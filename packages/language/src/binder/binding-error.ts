/** What the binder refuses, as PowerShell says it: one row a code with id, category and exception. */
import { Fault, type FaultCode, type FaultFields } from "@tieline/fault";
import type { PsValue } from "@tieline/remoting/objects";
import type { Parameter } from "../cmdlet/parameter.ts";
import { CmdletError } from "../errors/cmdlet-error.ts";
import type { ErrorCategory } from "@tieline/remoting/objects";
import { ErrorRecord } from "../errors/error-record.ts";
import { exception, type Exception, type ExceptionName } from "../errors/exception.ts";
import { typeNameOf } from "../types/type-name.ts";

interface Row {
  id: string;
  category: ErrorCategory;
  type: ExceptionName;
  /** The exception below, which carries `reason` alone. */
  inner?: ExceptionName;
}

const INVALID_ARGUMENT = { category: "InvalidArgument", type: "ParameterBindingException" } as const;
const VALIDATION = { category: "InvalidData", type: "ParameterBindingValidationException" } as const;

const ROWS = {
  "named-parameter-not-found": { id: "NamedParameterNotFound", ...INVALID_ARGUMENT },
  "positional-parameter-not-found": { id: "PositionalParameterNotFound", ...INVALID_ARGUMENT },
  "ambiguous-parameter": { id: "AmbiguousParameter", ...INVALID_ARGUMENT },
  "ambiguous-parameter-set": { id: "AmbiguousParameterSet", ...INVALID_ARGUMENT },
  "missing-mandatory-parameter": { id: "MissingMandatoryParameter", ...INVALID_ARGUMENT },
  "parameter-already-bound": { id: "ParameterAlreadyBound", ...INVALID_ARGUMENT },
  "missing-argument": { id: "MissingArgument", ...INVALID_ARGUMENT },
  "argument-conversion": { id: "CannotConvertArgumentNoMessage", ...INVALID_ARGUMENT, inner: "PSInvalidCastException" },
  "argument-type": { id: "CannotConvertArgument", ...INVALID_ARGUMENT },
  "argument-transformation": {
    id: "ParameterArgumentTransformationError",
    category: "InvalidData",
    type: "ParameterBindingArgumentTransformationException",
    inner: "ArgumentTransformationMetadataException",
  },
  "argument-validation": { id: "ParameterArgumentValidationError", ...VALIDATION, inner: "ValidationMetadataException" },
  "argument-null": { id: "ParameterArgumentValidationErrorNullNotAllowed", ...VALIDATION },
  "argument-empty-string": { id: "ParameterArgumentValidationErrorEmptyStringNotAllowed", ...VALIDATION },
  "argument-empty-array": { id: "ParameterArgumentValidationErrorEmptyArrayNotAllowed", ...VALIDATION },
  "argument-empty-collection": { id: "ParameterArgumentValidationErrorEmptyCollectionNotAllowed", ...VALIDATION },
  "argument-set": { id: "ParameterBindingFailed", category: "WriteError", type: "ParameterBindingException" },
  "input-object-not-bound": { id: "InputObjectNotBound", ...INVALID_ARGUMENT },
  "input-object-incomplete": { id: "InputObjectMissingMandatory", ...INVALID_ARGUMENT },
} as const satisfies Partial<Record<FaultCode, Row>>;

export type BindingCode = keyof typeof ROWS;

/** A refusal of the binder; `code` says which. */
export class BindingError extends CmdletError {
  readonly code: BindingCode;
  /** The mandatory parameters that were not given. */
  readonly missing: readonly Parameter[];
  constructor(code: BindingCode, record: ErrorRecord, missing: readonly Parameter[] = []) {
    super(record);
    this.name = "BindingError";
    this.code = code;
    this.missing = missing;
  }
}

/** The class without the tie between a code and its fields: the function below holds that. */
const AnyFault = Fault as unknown as new (code: FaultCode, fields: Record<string, string | number>) => Fault;

/**
 * Makes the refusal.
 * @param about the parameter and the value that it was about, as far as known
 */
export function bindingError<C extends BindingCode>(
  code: C,
  fields: FaultFields<C>,
  about: { parameter?: Parameter; name?: string; given?: PsValue | undefined; target?: PsValue; missing?: readonly Parameter[] } = {},
): BindingError {
  const row: Row = ROWS[code];
  const texts = fields as Record<string, string | number>;
  const fault = new AnyFault(code, texts);
  const reason = texts["reason"];
  const inner: Exception | undefined = row.inner === undefined || reason === undefined ? undefined : exception(row.inner, String(reason));
  const given = about.given;
  const record = new ErrorRecord({
    message: fault.message,
    id: row.id,
    category: row.category,
    type: row.type,
    inner,
    fault,
    ...(about.target === undefined ? {} : { target: about.target }),
    properties: {
      ParameterName: about.parameter?.name ?? about.name ?? "",
      ParameterType: about.parameter?.type.name ?? null,
      TypeSpecified: given === undefined || given === null ? null : typeNameOf(given),
      ErrorId: row.id,
    },
  });
  return new BindingError(code, record, about.missing);
}

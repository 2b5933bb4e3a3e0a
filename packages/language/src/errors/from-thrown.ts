/** Whatever a command threw, as an error record. Only faults and records speak; anything else says nothing of its inside. */
import { asFault, isFault, type Fault, type Layer } from "@tieline/fault";
import { CmdletError, PipelineStopped } from "./cmdlet-error.ts";
import type { ErrorCategory } from "@tieline/remoting/objects";
import { ErrorRecord, type ErrorRecordParts } from "./error-record.ts";

const CATEGORIES: Partial<Record<Layer, ErrorCategory>> = {
  permission: "PermissionDenied",
  limit: "QuotaExceeded",
  authentication: "AuthenticationError",
  directory: "ObjectNotFound",
  input: "InvalidArgument",
  usage: "InvalidArgument",
  command: "InvalidOperation",
  network: "ConnectionError",
  name: "ConnectionError",
  proxy: "ConnectionError",
  tls: "SecurityError",
  store: "ResourceUnavailable",
};

/** A fault as a record: its code is the error id, its cure the recommended action. */
export function recordFromFault(fault: Fault, more: Partial<ErrorRecordParts> = {}): ErrorRecord {
  return new ErrorRecord({
    message: fault.message,
    id: fault.code,
    category: CATEGORIES[fault.layer] ?? "NotSpecified",
    type: fault.layer === "permission" ? "UnauthorizedAccessException" : "InvalidOperationException",
    recommendedAction: fault.cure,
    fault,
    ...more,
  });
}

export function recordFromThrown(thrown: unknown): ErrorRecord {
  if (thrown instanceof CmdletError || thrown instanceof PipelineStopped) return thrown.record;
  return recordFromFault(isFault(thrown) ? thrown : asFault(thrown));
}

/** What `writeError` and `fail` accept, as a record. */
export function recordFrom(error: ErrorRecord | ErrorRecordParts | Fault | CmdletError): ErrorRecord {
  if (error instanceof ErrorRecord) return error;
  if (error instanceof CmdletError) return error.record;
  return isFault(error) ? recordFromFault(error) : new ErrorRecord(error);
}

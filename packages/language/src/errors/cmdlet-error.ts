/** The one thing that is thrown to end a command: it carries the record. */
import { Fault } from "@tieline/fault";
import { ErrorRecord, type ErrorRecordParts } from "./error-record.ts";

/** A terminating error. The pipeline that it leaves has failed; its `record` is what the user sees. */
export class CmdletError extends Error {
  readonly record: ErrorRecord;
  constructor(record: ErrorRecord | ErrorRecordParts, options?: { cause?: unknown }) {
    const made = record instanceof ErrorRecord ? record : new ErrorRecord(record);
    super(made.message, options);
    this.name = "CmdletError";
    this.record = made;
  }
}

/** Ends the pipeline because somebody asked it to stop; no error of any command. */
export class PipelineStopped extends Error {
  readonly record: ErrorRecord;
  constructor() {
    super("The pipeline has been stopped.");
    this.name = "PipelineStopped";
    this.record = new ErrorRecord({
      message: this.message,
      id: "PipelineStopped",
      category: "OperationStopped",
      type: "PipelineStoppedException",
      fault: new Fault("pipeline-stopped"),
    });
  }
}

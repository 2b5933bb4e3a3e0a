import type { ErrorRecord } from "../psrp/index.ts";

/**
 * What a command said by failing: a terminating error, or errors that were written and not read.
 * Trouble with the protocol or the transport is a `Fault` instead.
 */
export class PowerShellError extends Error {
  /** The terminating error, or the first that was written. */
  readonly record: ErrorRecord;
  /** All errors of the pipeline, in order. */
  readonly records: readonly ErrorRecord[];
  /** False where the pipeline ran to its end in spite of its errors. */
  readonly terminating: boolean;

  constructor(records: readonly [ErrorRecord, ...ErrorRecord[]], terminating: boolean) {
    const record = terminating ? (records.at(-1) as ErrorRecord) : records[0];
    super(record.details?.message ?? record.text);
    this.name = "PowerShellError";
    this.record = record;
    this.records = records;
    this.terminating = terminating;
  }

  /** As `$_.FullyQualifiedErrorId`: what scripts match on. */
  get fullyQualifiedErrorId(): string {
    return this.record.fullyQualifiedErrorId ?? "";
  }
}

/** Where a pipeline's streams end: the endpoint turns each call into a message, the command line into a line. */
import type { PsValue } from "@tieline/remoting/objects";
import type { InformationRecord, MaybePromise, ProgressRecord } from "../cmdlet/context.ts";
import type { ErrorRecord, InvocationInfo } from "../errors/error-record.ts";

export interface PipelineSink {
  /** An object of the output. What it returns is awaited before the next one comes: that is how a slow reader slows the pipeline. */
  output(value: PsValue): MaybePromise<void>;
  error(record: ErrorRecord): void;
  warning(text: string, from: InvocationInfo): void;
  verbose(text: string, from: InvocationInfo): void;
  debug(text: string, from: InvocationInfo): void;
  /** `shown`: whether the screen shows it, or the record alone travels (InformationPreference SilentlyContinue). */
  information(record: InformationRecord, shown: boolean, from: InvocationInfo): void;
  progress(record: ProgressRecord): void;
}

/** A sink that keeps everything; for tests and for callers that want it all. */
export class Collected implements PipelineSink {
  readonly objects: PsValue[] = [];
  readonly errors: ErrorRecord[] = [];
  readonly warnings: string[] = [];
  readonly verboses: string[] = [];
  readonly debugs: string[] = [];
  readonly informations: InformationRecord[] = [];
  readonly progresses: ProgressRecord[] = [];
  output(value: PsValue): void {
    this.objects.push(value);
  }
  error(record: ErrorRecord): void {
    this.errors.push(record);
  }
  warning(text: string): void {
    this.warnings.push(text);
  }
  verbose(text: string): void {
    this.verboses.push(text);
  }
  debug(text: string): void {
    this.debugs.push(text);
  }
  information(record: InformationRecord): void {
    this.informations.push(record);
  }
  progress(record: ProgressRecord): void {
    this.progresses.push(record);
  }
}

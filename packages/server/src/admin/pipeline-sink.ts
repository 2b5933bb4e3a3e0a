/** The language's streams onto the wire's, in order: what a cmdlet writes becomes a message of the pipeline. */
import { recordOnWire, type ErrorRecord, type InformationRecord, type PipelineSink, type ProgressRecord } from "@tieline/language";
import { DateTime, PsObject, type PsValue } from "@tieline/remoting/objects";
import type { PipelineOutput } from "@tieline/remoting";

/** What the records say of where they were made. */
export interface SinkFacts {
  nowMs: () => number;
  user: string;
  computer: string;
}

export class WireSink implements PipelineSink {
  readonly #output: PipelineOutput;
  readonly #facts: SinkFacts;

  constructor(output: PipelineOutput, facts: SinkFacts) {
    this.#output = output;
    this.#facts = facts;
  }

  output(value: PsValue): Promise<void> {
    return this.#output.write(value);
  }

  error(record: ErrorRecord): void {
    quietly(this.#output.error(recordOnWire(record)));
  }

  warning(text: string): void {
    quietly(this.#output.warning(text));
  }

  verbose(text: string): void {
    quietly(this.#output.verbose(text));
  }

  debug(text: string): void {
    quietly(this.#output.debug(text));
  }

  information(record: InformationRecord, shown: boolean): void {
    const message = typeof record.message === "string" ? record.message : String(record.message);
    quietly(
      this.#output.information({
        messageData: record.forHost === true ? hostMessage(message) : record.message,
        source: record.source,
        timeGenerated: DateTime.fromDate(new Date(this.#facts.nowMs())),
        tags: record.tags,
        user: this.#facts.user,
        computer: this.#facts.computer,
        processId: 0,
        nativeThreadId: 0,
        managedThreadId: 0,
      }),
    );
    if (shown || record.forHost === true) quietly(this.#output.callHost("WriteLine2", [message]));
  }

  progress(record: ProgressRecord): void {
    quietly(
      this.#output.progress({
        activity: record.activity,
        activityId: record.activityId ?? 0,
        statusDescription: record.status ?? "Processing",
        currentOperation: record.currentOperation ?? null,
        parentActivityId: record.parentActivityId ?? -1,
        percentComplete: record.percentComplete ?? -1,
        completed: record.completed ?? false,
        secondsRemaining: record.secondsRemaining ?? -1,
      }),
    );
  }
}

/** These streams are small beside the output, whose writer waits; and one that fails does so because the pipeline is over. */
function quietly(put: Promise<unknown>): void {
  put.catch(() => undefined);
}

function hostMessage(text: string): PsObject {
  return PsObject.of({ Message: text, NoNewLine: false, ForegroundColor: null, BackgroundColor: null }, [
    "System.Management.Automation.HostInformationMessage",
    "System.Object",
  ]);
}

/** What the client end of a pool tells its user, each with the message that it stands for. */
import type { Fault } from "@tieline/fault";
import type { PsDictionary, PsValue } from "../objects/index.ts";
import type { HostCall } from "./host/host-methods.ts";
import type { SessionCapability } from "./messages/capability.ts";
import type { PipelineStateName } from "./messages/pipeline.ts";
import type { ErrorRecord, InformationalRecord, InformationRecord, ProgressRecord } from "./messages/record.ts";
import type { UserEvent } from "./messages/runspace-pool.ts";
import type { TypedMessage } from "./pool-end.ts";

export type ClientPoolEvent =
  /** SESSION_CAPABILITY: the server speaks a version that this end accepts. */
  | { type: "negotiated"; server: SessionCapability }
  /** APPLICATION_PRIVATE_DATA: what the server says of itself; null for nothing. Comes before or after `opened`. */
  | { type: "private-data"; data: PsDictionary | null }
  /** RUNSPACEPOOL_STATE Opened, or RUNSPACEPOOL_INIT_DATA after connecting: pipelines may be created. */
  | { type: "opened" }
  /** RUNSPACEPOOL_INIT_DATA: the size of the pool that was connected to. Comes before `opened`. */
  | { type: "runspaces"; min: number; max: number }
  /** RUNSPACE_AVAILABILITY: the answer to the call with this number. */
  | { type: "availability"; call: bigint; result: boolean | number }
  /** USER_EVENT. */
  | { type: "user-event"; event: UserEvent }
  /** RUNSPACEPOOL_HOST_CALL, or PIPELINE_HOST_CALL where `pipeline` is set. Answer with `answerHostCall` where `wantsAnswer(call.method)`. */
  | { type: "host-call"; pipeline: string | undefined; call: HostCall }
  /** The carrier has disconnected; pipelines go on at the server. */
  | { type: "disconnected" }
  /** The carrier has reconnected. */
  | { type: "reconnected" }
  /** RUNSPACEPOOL_STATE Closing: the server is leaving. */
  | { type: "closing" }
  /** The pool is over, in order. */
  | { type: "closed" }
  /** The pool is over by a fault; `error` is the server's record where it gave one. */
  | { type: "broken"; fault: Fault; error?: ErrorRecord };

export type ClientPipelineEvent =
  /** PIPELINE_OUTPUT. */
  | { type: "output"; pipeline: string; value: PsValue }
  /** ERROR_RECORD: an error that did not end the pipeline. */
  | { type: "error"; pipeline: string; record: ErrorRecord }
  /** WARNING_RECORD, VERBOSE_RECORD, DEBUG_RECORD. */
  | { type: "warning" | "verbose" | "debug"; pipeline: string; record: InformationalRecord }
  /** PROGRESS_RECORD. */
  | { type: "progress"; pipeline: string; record: ProgressRecord }
  /** INFORMATION_RECORD. */
  | { type: "information"; pipeline: string; record: InformationRecord }
  /**
   * PIPELINE_STATE, or the end of the pool. Nothing follows for this pipeline. `error` is why the server says it ended;
   * `fault` why this end says so.
   */
  | { type: "pipeline-ended"; pipeline: string; state: PipelineStateName; error?: ErrorRecord; fault?: Fault };

export type ClientEvent = ClientPoolEvent | ClientPipelineEvent;

/** What a message of a pipeline tells the user, for those that only tell something. */
export function pipelineEvent(message: TypedMessage): ClientPipelineEvent | undefined {
  const { pipeline } = message;
  switch (message.name) {
    case "PIPELINE_OUTPUT":
      return { type: "output", pipeline, value: message.body };
    case "ERROR_RECORD":
      return { type: "error", pipeline, record: message.body };
    case "WARNING_RECORD":
      return { type: "warning", pipeline, record: message.body };
    case "VERBOSE_RECORD":
      return { type: "verbose", pipeline, record: message.body };
    case "DEBUG_RECORD":
      return { type: "debug", pipeline, record: message.body };
    case "PROGRESS_RECORD":
      return { type: "progress", pipeline, record: message.body };
    case "INFORMATION_RECORD":
      return { type: "information", pipeline, record: message.body };
    default:
      return undefined;
  }
}

/** PIPELINE_STATE ([MS-PSRP] 2.2.2.21): how a pipeline ended. */
import type { PsObject, PsValue } from "../../objects/index.ts";
import * as property from "./property.ts";
import { decodeErrorRecord, encodeErrorRecord, type ErrorRecord } from "./record.ts";

/** [MS-PSRP] 2.2.3.5, as PowerShell numbers it. A server only sends the last four. */
export const PIPELINE_STATES = ["NotStarted", "Running", "Stopping", "Stopped", "Completed", "Failed", "Disconnected"] as const;
export type PipelineStateName = (typeof PIPELINE_STATES)[number];

export interface PipelineStateInfo {
  /** Indexes `PIPELINE_STATES`. */
  state: number;
  /** Why, for Failed and often for Stopped. */
  error?: ErrorRecord;
}

export function encodePipelineState(info: PipelineStateInfo): PsObject {
  return property.bag({
    PipelineState: info.state,
    ExceptionAsErrorRecord: info.error === undefined ? undefined : encodeErrorRecord(info.error),
  });
}

export function decodePipelineState(value: PsValue): PipelineStateInfo {
  const object = property.asObject(value);
  const error = object.get("ExceptionAsErrorRecord");
  return {
    state: property.int(object, "PipelineState"),
    ...(error === undefined || error === null ? {} : { error: decodeErrorRecord(error) }),
  };
}

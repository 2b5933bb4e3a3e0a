/** What callers use of a session, whether it is one shell or many that come and go behind it. */
import type { PipelineBuilder, PipelineRun, Session, StreamRecord } from "@tieline/remoting";

type OfSession =
  | "id"
  | "state"
  | "fault"
  | "applicationPrivateData"
  | "commandMetadata"
  | "disconnect"
  | "close"
  | "invoke"
  | "invokeScript";
type OfRun = "id" | "state" | "errors" | "stop" | "abandon" | "output" | "toArray" | "ended" | "sentAtMs" | "relay" | "answer";

export type PipelineSpec = Parameters<Session["run"]>[0];
export type RunOptions = NonNullable<Parameters<Session["run"]>[1]>;

/** A pipeline under way. */
export interface RemoteRun extends Pick<PipelineRun, OfRun>, AsyncIterable<StreamRecord> {}

/** Remoting's `Session` is one, and so is `LastingSession`. */
export interface RemoteSession extends Pick<Session, OfSession> {
  run(spec: PipelineSpec, options?: RunOptions): RemoteRun;
  pipeline(): PipelineBuilder<RemoteRun>;
  queryCommands(query: Parameters<Session["queryCommands"]>[0], options?: Pick<RunOptions, "signal">): RemoteRun;
}

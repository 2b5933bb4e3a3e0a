/** What the server end of a pool tells its user, each with the message or action that it stands for. */
import type { Fault } from "@tieline/fault";
import type { PsValue } from "../objects/index.ts";
import type { HostResponse } from "./host/host-methods.ts";
import type { SessionCapability } from "./messages/capability.ts";
import type { CommandMetadataQuery } from "./messages/command-metadata.ts";
import type { CreatePipeline } from "./messages/create-pipeline.ts";
import type { InitRunspacePool } from "./messages/runspace-pool.ts";
import type { ServerPipeline } from "./server-pipeline.ts";

export type ServerEvent =
  /** SESSION_CAPABILITY: the client speaks a version that this end accepts. */
  | { type: "negotiated"; client: SessionCapability }
  /** INIT_RUNSPACEPOOL. Call `accept` or `refuse`. */
  | { type: "open"; pool: string; request: InitRunspacePool }
  /** CONNECT_RUNSPACEPOOL: another connection has taken the pool over. */
  | { type: "connected"; client: SessionCapability }
  /** CREATE_PIPELINE, when a runspace is free: run it, and end it with `complete`, `fail` or `stopped`. */
  | { type: "pipeline"; pipeline: ServerPipeline; request: CreatePipeline }
  /** GET_COMMAND_METADATA, likewise: put out a count, then the commands. */
  | { type: "command-metadata"; pipeline: ServerPipeline; query: CommandMetadataQuery }
  /** PIPELINE_INPUT; may come before `pipeline` does. */
  | { type: "input"; pipeline: string; value: PsValue }
  /** END_OF_PIPELINE_INPUT. */
  | { type: "input-end"; pipeline: string }
  /** Stop the pipeline soon and call `stopped`. Comes for pipelines that were told to the user, and once. */
  | { type: "stop"; pipeline: string }
  /** RUNSPACEPOOL_HOST_RESPONSE, or PIPELINE_HOST_RESPONSE where `pipeline` is set: the answer to the host call with this number. */
  | { type: "host-response"; pipeline: string | undefined; response: HostResponse }
  /** RESET_RUNSPACE_STATE. Answer with `answerReset`. */
  | { type: "reset"; call: bigint }
  /** SET_MIN_RUNSPACES, SET_MAX_RUNSPACES: answered already. */
  | { type: "runspaces"; min: number; max: number }
  /** The client wants the pool closed, or the service does; pipelines were told to stop. */
  | { type: "closing" }
  | { type: "closed" }
  /** The client broke the protocol: the pool is over. */
  | { type: "broken"; fault: Fault };

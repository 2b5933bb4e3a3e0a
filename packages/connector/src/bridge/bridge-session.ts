/**
 * What stands behind the bridge: a session at a service, as far as the bridge needs it. A `Session` of the remoting
 * library is one; one that renews itself behind the scenes is another.
 */
import type { Fault } from "@tieline/fault";
import type { HostOutcome, RelayRecord, RunOptions } from "@tieline/remoting";
import type { PsDictionary } from "@tieline/remoting/objects";
import type { CommandMetadataQuery, HostCall, PipelineSpec, PipelineStateName } from "@tieline/remoting/psrp";

/** A pipeline at the service. */
export interface BridgeRun {
  readonly state: PipelineStateName;
  /** Everything that it says, in order. @throws PowerShellError where it failed; Fault for trouble on the way */
  relay(): AsyncIterable<RelayRecord>;
  answer(call: HostCall, outcome: HostOutcome): void;
}

export interface BridgeSession {
  /** What the service tells of itself. */
  readonly applicationPrivateData: PsDictionary | undefined;
  /** Resolves when nothing can be run any more. Never rejects. */
  readonly over: Promise<Fault | undefined>;
  run(spec: PipelineSpec, options: Pick<RunOptions, "input" | "signal" | "relay">): BridgeRun;
  queryCommands(query: CommandMetadataQuery, options: Pick<RunOptions, "signal">): BridgeRun;
  resetRunspace(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * What a service gives to be reached by PowerShell: a handler that opens runspaces, and runspaces that run pipelines.
 * Nothing here knows a transport.
 */
import type { Fault } from "@tieline/fault";
import type { StreamRecord } from "../client/pipeline-run.ts";
import type { PsDictionary, PsValue } from "../objects/index.ts";
import type {
  Command,
  CommandMetadata,
  CommandMetadataQuery,
  CreatePipeline,
  ErrorRecord,
  HostArguments,
  HostInfo,
  HostMethodName,
  HostResult,
  InformationRecord,
  ProgressRecord,
} from "../psrp/index.ts";

/** Opens a runspace for each session. Throws (a Fault, best) to refuse one. */
export interface RunspaceHandler<P> {
  open(session: SessionContext<P>): Runspace | Promise<Runspace>;
}

/** A session as its handler sees it. */
export interface SessionContext<P> {
  /** The pool's id, chosen by the client. */
  readonly id: string;
  /** Whom the authentication found; for a socket what the listener was told. */
  readonly principal: P;
  readonly transport: "wsman" | "ssh" | "socket";
  /** Where the client is, as far as it is known. */
  readonly clientAddress: string | undefined;
  /** WS-Management: path and query of the endpoint, as the client wrote them. */
  readonly endpoint: string | undefined;
  /** WS-Management: what stands behind the last slash of the resource URI; `Microsoft.PowerShell` elsewhere. */
  readonly configurationName: string;
  /** The session's name, where the client gave one. */
  readonly name: string | undefined;
  readonly applicationArguments: PsDictionary | undefined;
  readonly host: HostInfo;
  /** Aborted when the session is over. */
  readonly signal: AbortSignal;
  /** Ends the session from this side; running pipelines are stopped. The reason is told to the client where its protocol has a place for it. */
  close(reason?: Fault): void;
}

export interface Runspace {
  /** What the client learns as ApplicationPrivateData. With nothing in it PowerShell leaves its hidden debugger pipelines out. */
  readonly privateData?: PsDictionary | null;
  /**
   * Runs a pipeline; it has completed when the promise resolves and failed when it rejects. A PowerShellError's record is
   * sent as it is; by the Fault `pipeline-stopped` it was stopped.
   */
  run(pipeline: PipelineRequest, output: PipelineOutput): Promise<void>;
  /** The commands that Import-PSSession asks for; none by default. */
  commandMetadata?(query: CommandMetadataQuery, signal: AbortSignal): Promise<Iterable<CommandMetadata>> | Iterable<CommandMetadata>;
  /** For one who passes the answer of another server on, instead of `commandMetadata`: puts out the count, then the commands. */
  queryCommands?(query: CommandMetadataQuery, signal: AbortSignal, output: PipelineOutput): Promise<void>;
  /** Clears the state between pipelines; true where it did. */
  reset?(): Promise<boolean> | boolean;
  /** The session is over, in whatever way. Called once. */
  close?(): Promise<void> | void;
}

/** One pipeline to run. */
export interface PipelineRequest {
  readonly id: string;
  /** Pipelines of commands that run one after another; usually one. */
  readonly statements: readonly (readonly Command[])[];
  /** Everything else that the client said. */
  readonly message: CreatePipeline;
  /** Objects that the client sends; empty where it sends none. Reading slowly slows the client down. */
  readonly input: AsyncIterable<PsValue>;
  /** Aborted when the client stops the pipeline, or is gone. */
  readonly signal: AbortSignal;
  readonly host: HostInfo;
}

/** The streams of a pipeline. Each method resolves when more may be put out; it rejects once the pipeline is to stop. */
export interface PipelineOutput {
  write(value: PsValue): Promise<void>;
  /** An error that does not end the pipeline. */
  error(record: ErrorRecord): Promise<void>;
  /** Record and, where the client has a host, the line for its screen: PowerShell sends both. */
  warning(message: string): Promise<void>;
  verbose(message: string): Promise<void>;
  debug(message: string): Promise<void>;
  progress(record: ProgressRecord): Promise<void>;
  /** The record alone; what the screen shall show goes through `callHost`. */
  information(record: InformationRecord): Promise<void>;
  /** A record as another server sent it, without the line for the screen: that one calls the host itself. */
  relay(record: StreamRecord): Promise<void>;
  /** Calls a method of the client's host. @throws PowerShellError where the host refuses */
  callHost<M extends HostMethodName>(method: M, args: HostArguments<M>): Promise<HostResult<M> | null>;
}

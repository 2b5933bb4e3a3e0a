/** PowerShell Remoting Protocol, both ends, without a network: see README.md and [MS-PSRP]. */
export { ClientPool, versionTable, type ClientPoolOptions } from "./client-pool.ts";
export { ClientPipeline } from "./client-pipeline.ts";
export type { ClientEvent, ClientPipelineEvent, ClientPoolEvent } from "./client-events.ts";
export { command, script, type CommandSpec, type PipelineSpec } from "./pipeline-spec.ts";
export { ServerPool, type ServerPoolOptions } from "./server-pool.ts";
export { ServerPipeline } from "./server-pipeline.ts";
export type { ServerEvent } from "./server-events.ts";
export type { PoolEndOptions, PoolLimits } from "./pool-end.ts";
export { BUILD, PROTOCOL_VERSION, PS_VERSION, SERIALIZATION_VERSION } from "./protocol-version.ts";
export { EMPTY_GUID, normaliseGuid } from "./guid.ts";
export { DEFAULT_FRAGMENT_SIZE, FRAGMENT_HEADER_LENGTH, Fragmenter, Reassembler, type ReassemblerOptions } from "./fragment.ts";
export { decodeEnvelope, encodeEnvelope, MESSAGE_HEADER_LENGTH, type Envelope } from "./message.ts";
export { MESSAGES, messageName, type MessageName, type MessageRow, type PoolState } from "./message-types.ts";
export { BodyCodec, type BodyOptions, type MessageBodies } from "./message-body.ts";
export * from "./messages/enumeration.ts";
export type { SessionCapability } from "./messages/capability.ts";
export type { Command, CommandArgument, CreatePipeline, MergeFlags } from "./messages/create-pipeline.ts";
export {
  decodeCommandCount,
  decodeCommandMetadata,
  encodeCommandCount,
  encodeCommandMetadata,
  IMPORTABLE_COMMANDS,
  type CommandMetadata,
  type CommandMetadataQuery,
  type ParameterMetadata,
} from "./messages/command-metadata.ts";
export { errorRecord, exceptionObject, faultRecord, pipelineStopped, type ErrorDescription } from "./messages/error-record.ts";
export { decodeErrorRecord, encodeErrorRecord } from "./messages/record.ts";
export type { ErrorCategoryInfo, ErrorRecord, InformationalRecord, InformationRecord, ProgressRecord } from "./messages/record.ts";
export type { InvocationDetails } from "./messages/invocation.ts";
export { PIPELINE_STATES, type PipelineStateName, type PipelineStateInfo } from "./messages/pipeline.ts";
export type { ConnectRunspacePool, InitRunspacePool, RunspaceAvailability, UserEvent } from "./messages/runspace-pool.ts";
export { NO_HOST, RUNSPACE_HOST, type HostDefaultData, type HostInfo } from "./host/host-info.ts";
export {
  HOST_METHODS,
  NO_ANSWER,
  wantsAnswer,
  type HostArguments,
  type HostCall,
  type HostMethodName,
  type HostMethodRow,
  type HostResponse,
  type HostResult,
} from "./host/host-methods.ts";
export { HOST_TYPES, type HostType, type HostTypeName, type HostValue } from "./host/host-values.ts";
export type {
  BufferCell,
  ChoiceDescription,
  Coordinates,
  Credential,
  FieldDescription,
  HostArray,
  KeyInfo,
  Rectangle,
  Size,
} from "./host/host-values.ts";
export type { SessionKeySource } from "./session-key.ts";

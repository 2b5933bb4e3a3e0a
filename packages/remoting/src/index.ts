/** PowerShell remoting: see README.md. */
export * from "./objects/index.ts";
export type { ClientAction, InboundStream, ServerAction } from "./carrier.ts";
export * from "./client.ts";
export { answerCall, PLAIN_HOST, type Host, type HostCallContext, type HostMethods, type HostOutcome } from "./host.ts";
export type { PipelineOutput, PipelineRequest, Runspace, RunspaceHandler, SessionContext } from "./server/runspace.ts";

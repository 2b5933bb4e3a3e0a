/** PowerShell remoting: see README.md. */
export * from "./objects/index.ts";
export type { ClientAction, InboundStream, ServerAction } from "./carrier.ts";

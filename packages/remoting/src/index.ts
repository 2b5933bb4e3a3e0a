/** PowerShell remoting: see README.md. */
export * from "./objects/index.ts";
export type { ClientAction, InboundStream, ServerAction } from "./carrier.ts";
export * from "./client.ts";
export * from "./server.ts";
export { generateHostKey, hostKeyFingerprint } from "./edge/ssh-host-key.ts";
export { connectSocket, listenSocket } from "./edge/socket.ts";
export type { ByteLink } from "./edge/byte-link.ts";
export { answerCall, PLAIN_HOST, type Host, type HostCallContext, type HostMethods, type HostOutcome } from "./host.ts";

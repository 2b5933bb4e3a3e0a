/**
 * WS-Management (DSP0226) with Microsoft's shells ([MS-WSMV]) at both ends, pure: requests, answers, events and times,
 * no socket. `ClientShell` and `ServerDispatch` carry a PSRP pool; `Caller` asks single questions.
 */
export {
  Caller,
  LARGE_ENVELOPE,
  SMALL_ENVELOPE,
  type CallerOptions,
  type CallTarget,
  type HttpAnswer,
  type WsmanRequest,
} from "./caller.ts";
export { ClientShell, type ClientShellEvent, type ClientShellOptions } from "./client-shell.ts";
export { type SessionState } from "./client-session.ts";
export { OPERATIONS, operationOf, type Answers, type OperationName, type Requests } from "./operation.ts";
export { ServerDispatch, type ServerOptions } from "./server-dispatch.ts";
export {
  type CloseReason,
  type ServerAnswer,
  type ServerEvent,
  type ServerIdentity,
  type ServerRequest,
  type ShellRequest,
  type WinrsAction,
  type WinrsOutput,
} from "./server-event.ts";
export { type CommandDescription } from "./body/enumeration.ts";
export { type ShellDescription } from "./body/shell.ts";
export { type WsmanOption } from "./soap/envelope.ts";
export { RESOURCE, SOAP_CONTENT_TYPE } from "./soap/namespaces.ts";
export { openMessage, sealMessage, sealProtocolOf, type SealedMessage, type Sealer, type SealProtocol } from "./encryption.ts";
export { WinrsClient, type WinrsClientOptions, type WinrsCommand, type WinrsEvent } from "./winrs.ts";

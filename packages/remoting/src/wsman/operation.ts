/**
 * The operations of WS-Management that a shell needs, one row each: action, action of the answer, and both bodies in
 * both directions (DSP0226 7 to 9 for transfer and enumeration, [MS-WSMV] 3.1.4 and 3.1.4.5 ff. for shells).
 *
 * The rows know nothing of sessions or time; `client-shell.ts` and `server-dispatch.ts` stand on them.
 */
import { Fault } from "@tieline/fault";
import * as command from "./body/command.ts";
import * as enumeration from "./body/enumeration.ts";
import * as identify from "./body/identify.ts";
import * as shell from "./body/shell.ts";
import { IDENTIFY_DRAFT, NS } from "./soap/namespaces.ts";
import type { XmlElement } from "./soap/xml-reader.ts";
import type { XmlPiece } from "./soap/xml-writer.ts";

/** No body, or nothing in it that matters. */
export type Nothing = Record<string, never>;

/** What each operation asks. */
export interface Requests {
  identify: Nothing;
  create: shell.ShellCreation;
  command: command.CommandLine;
  send: command.SendBody;
  receive: command.ReceiveBody;
  signal: command.SignalBody;
  delete: Nothing;
  disconnect: shell.DisconnectBody;
  reconnect: Nothing;
  connect: shell.ConnectBody;
  enumerate: enumeration.EnumerateBody;
  pull: enumeration.PullBody;
  release: enumeration.ReleaseBody;
  get: Nothing;
}

/** What each operation is answered with. */
export interface Answers {
  identify: identify.Identity;
  create: shell.ShellCreated;
  command: command.CommandStarted;
  send: Nothing;
  receive: command.ReceiveAnswer;
  signal: Nothing;
  delete: Nothing;
  disconnect: Nothing;
  reconnect: Nothing;
  connect: shell.ConnectAnswer;
  enumerate: enumeration.EnumerateAnswer;
  pull: enumeration.EnumerateAnswer;
  release: Nothing;
  get: enumeration.Resource;
}

export type OperationName = keyof Requests;

export interface OperationRow<K extends OperationName> {
  /** Empty for Identify, which has no addressing headers. */
  action: string;
  answerAction: string;
  encode(request: Requests[K]): XmlPiece[];
  /** @throws wsman-schema-invalid */
  decode(body: readonly XmlElement[]): Requests[K];
  encodeAnswer(answer: Answers[K]): XmlPiece[];
  /** @throws wsman-answer-invalid, wsman-stream-invalid */
  decodeAnswer(body: readonly XmlElement[]): Answers[K];
}

const nothing = { encode: (): XmlPiece[] => [], decode: (): Nothing => ({}) };
const nothingBack = { encodeAnswer: (): XmlPiece[] => [], decodeAnswer: (): Nothing => ({}) };
const emptyElementBack = (tag: string) => ({ encodeAnswer: (): XmlPiece[] => [`<${tag}/>`], decodeAnswer: (): Nothing => ({}) });

function transfer(name: string): { action: string; answerAction: string } {
  return { action: `${NS.x}/${name}`, answerAction: `${NS.x}/${name}Response` };
}

function shellAction(name: string): { action: string; answerAction: string } {
  return { action: `${NS.rsp}/${name}`, answerAction: `${NS.rsp}/${name}Response` };
}

function enumerationAction(name: string): { action: string; answerAction: string } {
  return { action: `${NS.n}/${name}`, answerAction: `${NS.n}/${name}Response` };
}

export const OPERATIONS: { readonly [K in OperationName]: OperationRow<K> } = {
  identify: { action: "", answerAction: "", ...identify.IDENTIFY },
  create: { ...transfer("Create"), ...shell.CREATE },
  command: { ...shellAction("Command"), ...command.COMMAND },
  send: { ...shellAction("Send"), ...command.SEND, ...emptyElementBack("rsp:SendResponse") },
  receive: { ...shellAction("Receive"), ...command.RECEIVE },
  signal: { ...shellAction("Signal"), ...command.SIGNALLING, ...emptyElementBack("rsp:SignalResponse") },
  delete: { ...transfer("Delete"), ...nothing, ...nothingBack },
  disconnect: { ...shellAction("Disconnect"), ...shell.DISCONNECT, ...nothingBack },
  reconnect: { ...shellAction("Reconnect"), ...nothing, ...nothingBack },
  connect: { ...shellAction("Connect"), ...shell.CONNECT },
  enumerate: { ...enumerationAction("Enumerate"), ...enumeration.ENUMERATE },
  pull: { ...enumerationAction("Pull"), ...enumeration.PULL },
  release: { ...enumerationAction("Release"), ...enumeration.RELEASE, ...nothingBack },
  get: { ...transfer("Get"), ...nothing, ...enumeration.GET },
};

const BY_ACTION: ReadonlyMap<string, OperationName> = new Map(
  (Object.entries(OPERATIONS) as [OperationName, { action: string }][]).flatMap(([name, { action }]) =>
    action === "" ? [] : [[action, name]],
  ),
);

/**
 * Which operation a request asks for.
 *
 * @throws wsman-header-missing, wsman-action-unsupported
 */
export function operationOf(action: string | undefined, body: readonly XmlElement[]): OperationName {
  const [first] = body;
  if (first?.name === "Identify" && (first.ns === NS.wsmid || first.ns === IDENTIFY_DRAFT)) return "identify";
  if (action === undefined) throw new Fault("wsman-header-missing", { header: "Action" });
  const name = BY_ACTION.get(action);
  if (name === undefined) throw new Fault("wsman-action-unsupported", { action: action.slice(0, 200) });
  return name;
}

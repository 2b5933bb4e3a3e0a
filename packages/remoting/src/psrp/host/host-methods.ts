/**
 * The methods of a host that a server may call, one row each ([MS-PSRP] 2.2.3.17): the number that travels, the part of the
 * host it belongs to, what it takes and what it gives. A method that gives nothing is not answered.
 */
import { Fault } from "@tieline/fault";
import { PsObject, type PsValue } from "../../objects/index.ts";
import * as property from "../messages/property.ts";
import { decodeErrorRecord, encodeErrorRecord, type ErrorRecord } from "../messages/record.ts";
import { HOST_TYPES, type HostType, type HostTypeName, type HostValue } from "./host-values.ts";

export interface HostMethodRow {
  id: number;
  /** The part of the host. */
  on:
    | "PSHost"
    | "PSHostUserInterface"
    | "PSHostRawUserInterface"
    | "IHostSupportsInteractiveSession"
    | "IHostUISupportsMultipleChoiceSelection";
  takes: readonly HostTypeName[];
  gives: HostTypeName | "void";
}

/** ConsoleColor, ReadKeyOptions, PSCredentialTypes and PSCredentialUIOptions travel as their numbers: `int`. */
export const HOST_METHODS = {
  GetName: { id: 1, on: "PSHost", takes: [], gives: "string" },
  GetVersion: { id: 2, on: "PSHost", takes: [], gives: "version" },
  GetInstanceId: { id: 3, on: "PSHost", takes: [], gives: "guid" },
  GetCurrentCulture: { id: 4, on: "PSHost", takes: [], gives: "culture" },
  GetCurrentUICulture: { id: 5, on: "PSHost", takes: [], gives: "culture" },
  SetShouldExit: { id: 6, on: "PSHost", takes: ["int"], gives: "void" },
  EnterNestedPrompt: { id: 7, on: "PSHost", takes: [], gives: "void" },
  ExitNestedPrompt: { id: 8, on: "PSHost", takes: [], gives: "void" },
  NotifyBeginApplication: { id: 9, on: "PSHost", takes: [], gives: "void" },
  NotifyEndApplication: { id: 10, on: "PSHost", takes: [], gives: "void" },
  ReadLine: { id: 11, on: "PSHostUserInterface", takes: [], gives: "string" },
  ReadLineAsSecureString: { id: 12, on: "PSHostUserInterface", takes: [], gives: "secureString" },
  Write1: { id: 13, on: "PSHostUserInterface", takes: ["string"], gives: "void" },
  Write2: { id: 14, on: "PSHostUserInterface", takes: ["int", "int", "string"], gives: "void" },
  WriteLine1: { id: 15, on: "PSHostUserInterface", takes: [], gives: "void" },
  WriteLine2: { id: 16, on: "PSHostUserInterface", takes: ["string"], gives: "void" },
  WriteLine3: { id: 17, on: "PSHostUserInterface", takes: ["int", "int", "string"], gives: "void" },
  WriteErrorLine: { id: 18, on: "PSHostUserInterface", takes: ["string"], gives: "void" },
  WriteDebugLine: { id: 19, on: "PSHostUserInterface", takes: ["string"], gives: "void" },
  WriteProgress: { id: 20, on: "PSHostUserInterface", takes: ["long", "progressRecord"], gives: "void" },
  WriteVerboseLine: { id: 21, on: "PSHostUserInterface", takes: ["string"], gives: "void" },
  WriteWarningLine: { id: 22, on: "PSHostUserInterface", takes: ["string"], gives: "void" },
  Prompt: { id: 23, on: "PSHostUserInterface", takes: ["string", "string", "fieldDescriptions"], gives: "answers" },
  PromptForCredential1: { id: 24, on: "PSHostUserInterface", takes: ["string", "string", "string", "string"], gives: "credential" },
  PromptForCredential2: {
    id: 25,
    on: "PSHostUserInterface",
    takes: ["string", "string", "string", "string", "int", "int"],
    gives: "credential",
  },
  PromptForChoice: { id: 26, on: "PSHostUserInterface", takes: ["string", "string", "choiceDescriptions", "int"], gives: "int" },
  GetForegroundColor: { id: 27, on: "PSHostRawUserInterface", takes: [], gives: "int" },
  SetForegroundColor: { id: 28, on: "PSHostRawUserInterface", takes: ["int"], gives: "void" },
  GetBackgroundColor: { id: 29, on: "PSHostRawUserInterface", takes: [], gives: "int" },
  SetBackgroundColor: { id: 30, on: "PSHostRawUserInterface", takes: ["int"], gives: "void" },
  GetCursorPosition: { id: 31, on: "PSHostRawUserInterface", takes: [], gives: "coordinates" },
  SetCursorPosition: { id: 32, on: "PSHostRawUserInterface", takes: ["coordinates"], gives: "void" },
  GetWindowPosition: { id: 33, on: "PSHostRawUserInterface", takes: [], gives: "coordinates" },
  SetWindowPosition: { id: 34, on: "PSHostRawUserInterface", takes: ["coordinates"], gives: "void" },
  GetCursorSize: { id: 35, on: "PSHostRawUserInterface", takes: [], gives: "int" },
  SetCursorSize: { id: 36, on: "PSHostRawUserInterface", takes: ["int"], gives: "void" },
  GetBufferSize: { id: 37, on: "PSHostRawUserInterface", takes: [], gives: "size" },
  SetBufferSize: { id: 38, on: "PSHostRawUserInterface", takes: ["size"], gives: "void" },
  GetWindowSize: { id: 39, on: "PSHostRawUserInterface", takes: [], gives: "size" },
  SetWindowSize: { id: 40, on: "PSHostRawUserInterface", takes: ["size"], gives: "void" },
  GetWindowTitle: { id: 41, on: "PSHostRawUserInterface", takes: [], gives: "string" },
  SetWindowTitle: { id: 42, on: "PSHostRawUserInterface", takes: ["string"], gives: "void" },
  GetMaxWindowSize: { id: 43, on: "PSHostRawUserInterface", takes: [], gives: "size" },
  GetMaxPhysicalWindowSize: { id: 44, on: "PSHostRawUserInterface", takes: [], gives: "size" },
  GetKeyAvailable: { id: 45, on: "PSHostRawUserInterface", takes: [], gives: "bool" },
  ReadKey: { id: 46, on: "PSHostRawUserInterface", takes: ["int"], gives: "keyInfo" },
  FlushInputBuffer: { id: 47, on: "PSHostRawUserInterface", takes: [], gives: "void" },
  SetBufferContents1: { id: 48, on: "PSHostRawUserInterface", takes: ["rectangle", "bufferCell"], gives: "void" },
  SetBufferContents2: { id: 49, on: "PSHostRawUserInterface", takes: ["coordinates", "bufferCells"], gives: "void" },
  GetBufferContents: { id: 50, on: "PSHostRawUserInterface", takes: ["rectangle"], gives: "bufferCells" },
  ScrollBufferContents: {
    id: 51,
    on: "PSHostRawUserInterface",
    takes: ["rectangle", "coordinates", "rectangle", "bufferCell"],
    gives: "void",
  },
  PushRunspace: { id: 52, on: "IHostSupportsInteractiveSession", takes: ["runspace"], gives: "void" },
  PopRunspace: { id: 53, on: "IHostSupportsInteractiveSession", takes: [], gives: "void" },
  GetIsRunspacePushed: { id: 54, on: "IHostSupportsInteractiveSession", takes: [], gives: "bool" },
  GetRunspace: { id: 55, on: "IHostSupportsInteractiveSession", takes: [], gives: "runspace" },
  PromptForChoiceMultipleSelection: {
    id: 56,
    on: "IHostUISupportsMultipleChoiceSelection",
    takes: ["string", "string", "choiceDescriptions", "choices"],
    gives: "integers",
  },
} as const satisfies Record<string, HostMethodRow>;

export type HostMethodName = keyof typeof HOST_METHODS;

/** The arguments of a method, in order. */
export type HostArguments<M extends HostMethodName> = ArgumentsOf<(typeof HOST_METHODS)[M]["takes"]>;
type ArgumentsOf<T extends readonly HostTypeName[]> = { -readonly [I in keyof T]: HostValue<T[I]> };

/** What a method gives back. */
export type HostResult<M extends HostMethodName> = (typeof HOST_METHODS)[M]["gives"] extends HostTypeName
  ? HostValue<(typeof HOST_METHODS)[M]["gives"]>
  : undefined;

const BY_ID = new Map<number, HostMethodName>(
  (Object.entries(HOST_METHODS) as [HostMethodName, HostMethodRow][]).map(([name, row]) => [row.id, name]),
);

/** The number of a call that wants no answer. */
export const NO_ANSWER = -100n;

/** A call of the server ([MS-PSRP] 2.2.2.15, 2.2.2.27). Narrow on `method` to know `arguments`. */
export type HostCall = { [M in HostMethodName]: { call: bigint; method: M; arguments: HostArguments<M> } }[HostMethodName];

/** True where the server waits for an answer. */
export function wantsAnswer(method: HostMethodName): boolean {
  return HOST_METHODS[method].gives !== "void";
}

const METHOD_ID = ["System.Management.Automation.Remoting.RemoteHostMethodId", "System.Enum", "System.ValueType", "System.Object"];

function methodObject(method: HostMethodName): PsObject {
  return new PsObject({ typeNames: METHOD_ID, text: method, base: HOST_METHODS[method].id });
}

function methodOf(object: PsObject): HostMethodName {
  const id = property.int(object, "mi");
  const method = BY_ID.get(id);
  if (method === undefined) throw new Fault("host-method-unknown", { method: id });
  return method;
}

export function encodeHostCall(call: HostCall): PsObject {
  const row: HostMethodRow = HOST_METHODS[call.method];
  const given = call.arguments as readonly unknown[];
  if (given.length !== row.takes.length)
    throw new Fault("host-data-unsupported", { type: `${call.method} with ${given.length} arguments` });
  const encoded = row.takes.map((type, i) => (HOST_TYPES[type] as HostType<unknown>).encode(given[i]));
  return property.bag({ ci: call.call, mi: methodObject(call.method), mp: property.arrayList(encoded) });
}

export function decodeHostCall(value: PsValue): HostCall {
  const object = property.asObject(value);
  const method = methodOf(object);
  const row: HostMethodRow = HOST_METHODS[method];
  const given = property.list(object, "mp");
  if (given.length !== row.takes.length) throw new Fault("host-data-invalid", { what: `A call with ${given.length} arguments`, method });
  const decoded = row.takes.map((type, i) => (HOST_TYPES[type] as HostType<unknown>).decode(given[i] as PsValue, method));
  return { call: property.long(object, "ci"), method, arguments: decoded } as unknown as HostCall;
}

/** An answer ([MS-PSRP] 2.2.2.16, 2.2.2.28): a value, or the error that the host raised. A value of null or undefined is left out, as PowerShell does. */
export type HostResponse = {
  [M in HostMethodName]: { call: bigint; method: M; value?: HostResult<M> | null; error?: ErrorRecord };
}[HostMethodName];

export function encodeHostResponse(response: HostResponse): PsObject {
  const { gives }: HostMethodRow = HOST_METHODS[response.method];
  const { value } = response;
  return property.bag({
    mr: value === undefined || value === null || gives === "void" ? undefined : (HOST_TYPES[gives] as HostType<unknown>).encode(value),
    me: response.error === undefined ? undefined : encodeErrorRecord(response.error, true),
    ci: response.call,
    mi: methodObject(response.method),
  });
}

export function decodeHostResponse(value: PsValue): HostResponse {
  const object = property.asObject(value);
  const method = methodOf(object);
  const { gives }: HostMethodRow = HOST_METHODS[method];
  const result = object.get("mr");
  const error = object.get("me");
  return {
    call: property.long(object, "ci"),
    method,
    ...(result === undefined || result === null || gives === "void"
      ? {}
      : { value: (HOST_TYPES[gives] as HostType<unknown>).decode(result, method) }),
    ...(error === undefined || error === null ? {} : { error: decodeErrorRecord(error) }),
  } as HostResponse;
}

/** The messages that make, size, connect and describe a pool ([MS-PSRP] 2.2.2.2 to 2.2.2.9, 2.2.2.11 to 2.2.2.13, 2.2.2.28 to 2.2.2.31). */
import { DateTime, Guid, PsDictionary, type PsObject, type PsValue } from "../../objects/index.ts";
import { decodeHostInfo, encodeHostInfo, type HostInfo } from "../host/host-info.ts";
import { APARTMENT_STATE, enumObject, THREAD_OPTIONS } from "./enumeration.ts";
import { EMPTY_GUID } from "../guid.ts";
import * as property from "./property.ts";
import { decodeErrorRecord, encodeErrorRecord, type ErrorRecord } from "./record.ts";

/** INIT_RUNSPACEPOOL. */
export interface InitRunspacePool {
  minRunspaces: number;
  maxRunspaces: number;
  /** Default 0, UseNewThread 1, ReuseThread 2, UseCurrentThread 3. */
  threadOptions: number;
  /** STA 0, MTA 1, Unknown 2. */
  apartmentState: number;
  /** $PSSenderInfo.ApplicationArguments at the server; null for none. */
  applicationArguments: PsDictionary | null;
  hostInfo: HostInfo;
}

export function encodeInitRunspacePool(init: InitRunspacePool): PsObject {
  return property.bag({
    MinRunspaces: init.minRunspaces,
    MaxRunspaces: init.maxRunspaces,
    PSThreadOptions: enumObject(THREAD_OPTIONS, init.threadOptions),
    ApartmentState: enumObject(APARTMENT_STATE, init.apartmentState),
    ApplicationArguments: init.applicationArguments === null ? null : property.primitiveDictionary(init.applicationArguments),
    HostInfo: encodeHostInfo(init.hostInfo),
  });
}

export function decodeInitRunspacePool(value: PsValue): InitRunspacePool {
  const object = property.asObject(value);
  return {
    minRunspaces: property.int(object, "MinRunspaces"),
    maxRunspaces: property.int(object, "MaxRunspaces"),
    threadOptions: property.int(object, "PSThreadOptions"),
    apartmentState: property.int(object, "ApartmentState"),
    applicationArguments:
      property.required(object, "ApplicationArguments") === null ? null : plain(property.dictionary(object, "ApplicationArguments")),
    hostInfo: decodeHostInfo(property.object(object, "HostInfo")),
  };
}

/** A copy in which dictionaries inside are bare too, so that they are looked up without ado. */
function plain(entries: PsDictionary): PsDictionary {
  const copy = new PsDictionary();
  for (const [key, value] of entries) {
    const inner = property.unwrap(value);
    copy.entries.push([key, inner instanceof PsDictionary ? plain(inner) : value]);
  }
  return copy;
}

/** CONNECT_RUNSPACEPOOL: the numbers may be left out. */
export interface ConnectRunspacePool {
  minRunspaces?: number;
  maxRunspaces?: number;
}

/** Without numbers the data is an empty text, as PowerShell sends it. */
export function encodeConnectRunspacePool(connect: ConnectRunspacePool): PsValue {
  if (connect.minRunspaces === undefined && connect.maxRunspaces === undefined) return "";
  return property.bag({ MinRunspaces: connect.minRunspaces, MaxRunspaces: connect.maxRunspaces });
}

export function decodeConnectRunspacePool(value: PsValue): ConnectRunspacePool {
  if (value === null || typeof value === "string") return {};
  const object = property.asObject(value);
  const connect: ConnectRunspacePool = {};
  if (object.has("MinRunspaces")) connect.minRunspaces = property.int(object, "MinRunspaces");
  if (object.has("MaxRunspaces")) connect.maxRunspaces = property.int(object, "MaxRunspaces");
  return connect;
}

/** RUNSPACEPOOL_INIT_DATA: what a client that connects learns of the pool. */
export interface RunspacePoolInitData {
  minRunspaces: number;
  maxRunspaces: number;
}

export function encodeRunspacePoolInitData(data: RunspacePoolInitData): PsObject {
  return property.bag({ MinRunspaces: data.minRunspaces, MaxRunspaces: data.maxRunspaces });
}

export function decodeRunspacePoolInitData(value: PsValue): RunspacePoolInitData {
  const object = property.asObject(value);
  return { minRunspaces: property.int(object, "MinRunspaces"), maxRunspaces: property.int(object, "MaxRunspaces") };
}

/** SET_MAX_RUNSPACES, SET_MIN_RUNSPACES. */
export interface SetRunspaces {
  count: number;
  call: bigint;
}

export function encodeSetRunspaces(which: "MaxRunspaces" | "MinRunspaces", set: SetRunspaces): PsObject {
  return property.bag({ [which]: set.count, ci: set.call });
}

export function decodeSetRunspaces(which: "MaxRunspaces" | "MinRunspaces", value: PsValue): SetRunspaces {
  const object = property.asObject(value);
  return { count: property.int(object, which), call: property.long(object, "ci") };
}

/** GET_AVAILABLE_RUNSPACES, RESET_RUNSPACE_STATE: nothing but the number of the call. */
export interface PoolCall {
  call: bigint;
}

export function encodePoolCall(call: PoolCall): PsObject {
  return property.bag({ ci: call.call });
}

export function decodePoolCall(value: PsValue): PoolCall {
  return { call: property.long(property.asObject(value), "ci") };
}

/** RUNSPACE_AVAILABILITY: the answer to the calls above, yes or no or the number of free runspaces. */
export interface RunspaceAvailability {
  call: bigint;
  result: boolean | number;
}

export function encodeRunspaceAvailability(answer: RunspaceAvailability): PsObject {
  return property.bag({ SetMinMaxRunspacesResponse: answer.result, ci: answer.call });
}

export function decodeRunspaceAvailability(value: PsValue): RunspaceAvailability {
  const object = property.asObject(value);
  const result = property.unwrap(property.required(object, "SetMinMaxRunspacesResponse"));
  return {
    result:
      typeof result === "boolean"
        ? result
        : typeof result === "bigint"
          ? Number(result)
          : property.int(object, "SetMinMaxRunspacesResponse"),
    call: property.long(object, "ci"),
  };
}

/** RUNSPACEPOOL_STATE; only Opened 2, Closed 3, Closing 4 and Broken 5 are seen on the wire. */
export interface RunspacePoolStateInfo {
  state: number;
  error?: ErrorRecord;
}

export function encodeRunspacePoolState(info: RunspacePoolStateInfo): PsObject {
  return property.bag({
    RunspaceState: info.state,
    ExceptionAsErrorRecord: info.error === undefined ? undefined : encodeErrorRecord(info.error),
  });
}

export function decodeRunspacePoolState(value: PsValue): RunspacePoolStateInfo {
  const object = property.asObject(value);
  const error = object.get("ExceptionAsErrorRecord");
  return {
    state: property.int(object, "RunspaceState"),
    ...(error === undefined || error === null ? {} : { error: decodeErrorRecord(error) }),
  };
}

/** APPLICATION_PRIVATE_DATA: what the server tells of itself (PSVersionTable, ImplicitRemoting, the debugger's modes); null for nothing. */
export interface ApplicationPrivateData {
  data: PsDictionary | null;
}

export function encodeApplicationPrivateData(message: ApplicationPrivateData): PsObject {
  return property.bag({ ApplicationPrivateData: message.data === null ? null : property.primitiveDictionary(message.data) });
}

export function decodeApplicationPrivateData(value: PsValue): ApplicationPrivateData {
  const object = property.asObject(value);
  return {
    data:
      property.required(object, "ApplicationPrivateData") === null ? null : plain(property.dictionary(object, "ApplicationPrivateData")),
  };
}

/** USER_EVENT: an event of the server's runspace that was forwarded. */
export interface UserEvent {
  identifier: number;
  sourceIdentifier: string;
  timeGenerated: DateTime;
  sender: PsValue;
  /** The arguments, as a list or array object. */
  sourceArguments: PsValue;
  messageData: PsValue;
  computerName: string | null;
  runspaceId: string;
}

export function encodeUserEvent(event: UserEvent): PsObject {
  return property.bag({
    "PSEventArgs.EventIdentifier": event.identifier,
    "PSEventArgs.SourceIdentifier": event.sourceIdentifier,
    "PSEventArgs.TimeGenerated": event.timeGenerated,
    "PSEventArgs.Sender": event.sender,
    "PSEventArgs.SourceArgs": event.sourceArguments,
    "PSEventArgs.MessageData": event.messageData,
    "PSEventArgs.ComputerName": event.computerName,
    "PSEventArgs.RunspaceId": new Guid(event.runspaceId),
  });
}

export function decodeUserEvent(value: PsValue): UserEvent {
  const object = property.asObject(value);
  const time = property.unwrap(property.required(object, "PSEventArgs.TimeGenerated"));
  const runspace = property.unwrap(property.required(object, "PSEventArgs.RunspaceId"));
  return {
    identifier: property.int(object, "PSEventArgs.EventIdentifier"),
    sourceIdentifier: property.text(object, "PSEventArgs.SourceIdentifier"),
    timeGenerated: time instanceof DateTime ? time : new DateTime(0n, "Unspecified"),
    sender: object.get("PSEventArgs.Sender") ?? null,
    sourceArguments: object.get("PSEventArgs.SourceArgs") ?? null,
    messageData: object.get("PSEventArgs.MessageData") ?? null,
    computerName: property.optionalText(object, "PSEventArgs.ComputerName"),
    runspaceId: runspace instanceof Guid ? runspace.text : EMPTY_GUID,
  };
}

/** PUBLIC_KEY: base64 of a CAPI PUBLICKEYBLOB. */
export interface PublicKey {
  key: string;
}

export function encodePublicKey(message: PublicKey): PsObject {
  return property.bag({ PublicKey: message.key });
}

export function decodePublicKey(value: PsValue): PublicKey {
  return { key: property.text(property.asObject(value), "PublicKey") };
}

/** ENCRYPTED_SESSION_KEY: base64 of a CAPI SIMPLEBLOB. */
export interface EncryptedSessionKey {
  key: string;
}

export function encodeEncryptedSessionKey(message: EncryptedSessionKey): PsObject {
  return property.bag({ EncryptedSessionKey: message.key });
}

export function decodeEncryptedSessionKey(value: PsValue): EncryptedSessionKey {
  return { key: property.text(property.asObject(value), "EncryptedSessionKey") };
}

/**
 * What each message means: one row a message joins its name with the typed form of its data and the two functions
 * that read and write it. `PIPELINE_INPUT` and `PIPELINE_OUTPUT` carry any value.
 */
import { Fault } from "@tieline/fault";
import { Deserializer, encode, type SecureStringCodec } from "../clixml/index.ts";
import type { PsValue } from "../objects/index.ts";
import {
  decodeHostCall,
  decodeHostResponse,
  encodeHostCall,
  encodeHostResponse,
  type HostCall,
  type HostResponse,
} from "./host/host-methods.ts";
import { MESSAGES, type MessageName } from "./message-types.ts";
import { decodeSessionCapability, encodeSessionCapability, type SessionCapability } from "./messages/capability.ts";
import { decodeCommandMetadataQuery, encodeCommandMetadataQuery, type CommandMetadataQuery } from "./messages/command-metadata.ts";
import { decodeCreatePipeline, encodeCreatePipeline, type CreatePipeline } from "./messages/create-pipeline.ts";
import { decodePipelineState, encodePipelineState, type PipelineStateInfo } from "./messages/pipeline.ts";
import {
  decodeErrorRecord,
  decodeInformation,
  decodeInformational,
  decodeProgress,
  encodeErrorRecord,
  encodeInformation,
  encodeInformational,
  encodeProgress,
  type ErrorRecord,
  type InformationalRecord,
  type InformationRecord,
  type ProgressRecord,
} from "./messages/record.ts";
import * as pool from "./messages/runspace-pool.ts";

/** The typed form of each message's data. */
export interface MessageBodies {
  SESSION_CAPABILITY: SessionCapability;
  INIT_RUNSPACEPOOL: pool.InitRunspacePool;
  PUBLIC_KEY: pool.PublicKey;
  ENCRYPTED_SESSION_KEY: pool.EncryptedSessionKey;
  PUBLIC_KEY_REQUEST: undefined;
  CONNECT_RUNSPACEPOOL: pool.ConnectRunspacePool;
  SET_MAX_RUNSPACES: pool.SetRunspaces;
  SET_MIN_RUNSPACES: pool.SetRunspaces;
  RUNSPACE_AVAILABILITY: pool.RunspaceAvailability;
  RUNSPACEPOOL_STATE: pool.RunspacePoolStateInfo;
  CREATE_PIPELINE: CreatePipeline;
  GET_AVAILABLE_RUNSPACES: pool.PoolCall;
  USER_EVENT: pool.UserEvent;
  APPLICATION_PRIVATE_DATA: pool.ApplicationPrivateData;
  GET_COMMAND_METADATA: CommandMetadataQuery;
  RUNSPACEPOOL_INIT_DATA: pool.RunspacePoolInitData;
  RESET_RUNSPACE_STATE: pool.PoolCall;
  RUNSPACEPOOL_HOST_CALL: HostCall;
  RUNSPACEPOOL_HOST_RESPONSE: HostResponse;
  PIPELINE_INPUT: PsValue;
  END_OF_PIPELINE_INPUT: undefined;
  PIPELINE_OUTPUT: PsValue;
  ERROR_RECORD: ErrorRecord;
  PIPELINE_STATE: PipelineStateInfo;
  DEBUG_RECORD: InformationalRecord;
  VERBOSE_RECORD: InformationalRecord;
  WARNING_RECORD: InformationalRecord;
  PROGRESS_RECORD: ProgressRecord;
  INFORMATION_RECORD: InformationRecord;
  PIPELINE_HOST_CALL: HostCall;
  PIPELINE_HOST_RESPONSE: HostResponse;
}

interface Codec<T> {
  encode(body: T): PsValue | undefined;
  decode(value: PsValue): T;
}

/** Any value; $null is a message without data. */
const any: Codec<PsValue> = { encode: (value) => value ?? undefined, decode: (value) => value };
const poolCall: Codec<pool.PoolCall> = { encode: pool.encodePoolCall, decode: pool.decodePoolCall };
const hostCall: Codec<HostCall> = { encode: encodeHostCall, decode: decodeHostCall };
const hostResponse: Codec<HostResponse> = { encode: encodeHostResponse, decode: decodeHostResponse };
const informational = (kind: "warning" | "verbose" | "debug"): Codec<InformationalRecord> => ({
  encode: (record) => encodeInformational(kind, record),
  decode: decodeInformational,
});
const setRunspaces = (which: "MaxRunspaces" | "MinRunspaces"): Codec<pool.SetRunspaces> => ({
  encode: (set) => pool.encodeSetRunspaces(which, set),
  decode: (value) => pool.decodeSetRunspaces(which, value),
});

const CODECS: { readonly [N in MessageName]: Codec<MessageBodies[N]> } = {
  SESSION_CAPABILITY: { encode: encodeSessionCapability, decode: decodeSessionCapability },
  INIT_RUNSPACEPOOL: { encode: pool.encodeInitRunspacePool, decode: pool.decodeInitRunspacePool },
  PUBLIC_KEY: { encode: pool.encodePublicKey, decode: pool.decodePublicKey },
  ENCRYPTED_SESSION_KEY: { encode: pool.encodeEncryptedSessionKey, decode: pool.decodeEncryptedSessionKey },
  PUBLIC_KEY_REQUEST: { encode: () => "", decode: () => undefined },
  CONNECT_RUNSPACEPOOL: { encode: pool.encodeConnectRunspacePool, decode: pool.decodeConnectRunspacePool },
  SET_MAX_RUNSPACES: setRunspaces("MaxRunspaces"),
  SET_MIN_RUNSPACES: setRunspaces("MinRunspaces"),
  RUNSPACE_AVAILABILITY: { encode: pool.encodeRunspaceAvailability, decode: pool.decodeRunspaceAvailability },
  RUNSPACEPOOL_STATE: { encode: pool.encodeRunspacePoolState, decode: pool.decodeRunspacePoolState },
  CREATE_PIPELINE: { encode: encodeCreatePipeline, decode: decodeCreatePipeline },
  GET_AVAILABLE_RUNSPACES: poolCall,
  USER_EVENT: { encode: pool.encodeUserEvent, decode: pool.decodeUserEvent },
  APPLICATION_PRIVATE_DATA: { encode: pool.encodeApplicationPrivateData, decode: pool.decodeApplicationPrivateData },
  GET_COMMAND_METADATA: { encode: encodeCommandMetadataQuery, decode: decodeCommandMetadataQuery },
  RUNSPACEPOOL_INIT_DATA: { encode: pool.encodeRunspacePoolInitData, decode: pool.decodeRunspacePoolInitData },
  RESET_RUNSPACE_STATE: poolCall,
  RUNSPACEPOOL_HOST_CALL: hostCall,
  RUNSPACEPOOL_HOST_RESPONSE: hostResponse,
  PIPELINE_INPUT: any,
  END_OF_PIPELINE_INPUT: { encode: () => undefined, decode: () => undefined },
  PIPELINE_OUTPUT: any,
  ERROR_RECORD: { encode: (record) => encodeErrorRecord(record), decode: decodeErrorRecord },
  PIPELINE_STATE: { encode: encodePipelineState, decode: decodePipelineState },
  DEBUG_RECORD: informational("debug"),
  VERBOSE_RECORD: informational("verbose"),
  WARNING_RECORD: informational("warning"),
  PROGRESS_RECORD: { encode: encodeProgress, decode: decodeProgress },
  INFORMATION_RECORD: { encode: encodeInformation, decode: decodeInformation },
  PIPELINE_HOST_CALL: hostCall,
  PIPELINE_HOST_RESPONSE: hostResponse,
};

/** Levels that the protocol's own structures keep; the depth of users' values is theirs. */
const PROTOCOL_DEPTH = 50;
const NO_DATA = new Uint8Array(0);

export interface BodyOptions {
  /** Turns secrets into text and back; without it a message with a SecureString is a fault. */
  secureString?: SecureStringCodec | undefined;
  /** Whether type names stay as the sender wrote them; false gives them the prefix `Deserialized.`. */
  rawTypeNames?: boolean | undefined;
  /** Whether script blocks stay script blocks; PowerShell's own ends make strings of them. */
  scriptBlocks?: boolean | undefined;
  /** Levels of adapted properties that users' values keep; remoting's is 1. */
  depth?: number | undefined;
}

/** Reads and writes the data of messages, in the typed form. Keeps what it learns of names and shapes from one message to the next. */
export class BodyCodec {
  readonly #options: BodyOptions;
  #deserializer: Deserializer | undefined;

  constructor(options: BodyOptions = {}) {
    this.#options = options;
  }

  /** Forgets what it learned; nothing is lost but the time to learn it again. */
  rest(): void {
    this.#deserializer = undefined;
  }

  /** The data of a message, as UTF-8 CLIXML. */
  encode<N extends MessageName>(name: N, body: MessageBodies[N]): Uint8Array {
    const value = CODECS[name].encode(body);
    if (value === undefined) return NO_DATA;
    const depth = name === "PIPELINE_OUTPUT" || name === "PIPELINE_INPUT" ? this.#options.depth : PROTOCOL_DEPTH;
    return encode(value, { secureString: this.#options.secureString, ...(depth === undefined ? {} : { depth }) });
  }

  /** The typed form of a message's data. Throws `property-missing`, `property-type`, `message-body-type`, and CLIXML's faults. */
  decode<N extends MessageName>(name: N, data: Uint8Array): MessageBodies[N] {
    if (data.length === 0) {
      if (!("empty" in MESSAGES[name])) throw new Fault("message-body-type", { actual: "null" });
      return CODECS[name].decode(null);
    }
    const { secureString, rawTypeNames = false, scriptBlocks = false } = this.#options;
    this.#deserializer ??= new Deserializer({ secureString, deserializedPrefix: !rawTypeNames, scriptBlocks });
    return CODECS[name].decode(this.#deserializer.read(data));
  }
}

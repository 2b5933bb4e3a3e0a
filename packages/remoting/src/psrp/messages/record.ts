/**
 * What a pipeline says beside its output: errors ([MS-PSRP] 2.2.3.15), warnings, verbose and debug texts (2.2.2.22 to
 * 2.2.2.24, 2.2.3.15), progress (2.2.2.25) and information (2.2.2.26).
 */
import { DateTime, PsObject, UInt32, type PsValue } from "../../objects/index.ts";
import { enumObject, PROGRESS_RECORD_TYPE } from "./enumeration.ts";
import { decodeInvocation, encodeInvocation, type InvocationDetails } from "./invocation.ts";
import * as property from "./property.ts";

/** The category of an error; `category` indexes `ERROR_CATEGORIES`. */
export interface ErrorCategoryInfo {
  category: number;
  activity: string | null;
  reason: string | null;
  targetName: string | null;
  targetType: string | null;
  /** `ObjectNotFound: (x:String) [Get-Item], ItemNotFoundException`: composed by the sender. */
  message: string | null;
}

/** An ErrorRecord of either end. */
export interface ErrorRecord {
  /** What `ToString()` of the record gave: the message. */
  text: string;
  /** The exception, as an object with Message, InnerException, ... */
  exception: PsValue;
  targetObject: PsValue;
  fullyQualifiedErrorId: string | null;
  category: ErrorCategoryInfo;
  /** ErrorDetails: what the author of the command wants to be read instead of the exception's message. */
  details?: { message: string | null; recommendedAction: string | null };
  /** InvocationInfo as a plain object, or null. */
  invocation: PsValue;
  /** InvocationInfo field by field; there when the client asked for it by its stream options. */
  extended?: InvocationDetails;
  /** The ids of the objects that were in the pipeline; together with `extended`. */
  pipelineIterationInfo?: PsValue;
  scriptStackTrace?: string;
  /** Further properties that the sender's type data added (PSMessageDetails). */
  notes?: readonly (readonly [name: string, value: PsValue])[];
}

const ERROR_TYPES = ["System.Management.Automation.ErrorRecord", "System.Object"];
/** Those that a field of ErrorRecord stands for; everything else but InvocationInfo_* is a note. */
const ERROR_PROPERTIES = new Set(
  [
    "Exception",
    "TargetObject",
    "FullyQualifiedErrorId",
    "InvocationInfo",
    "ErrorCategory_Category",
    "ErrorCategory_Activity",
    "ErrorCategory_Reason",
    "ErrorCategory_TargetName",
    "ErrorCategory_TargetType",
    "ErrorCategory_Message",
    "ErrorDetails_Message",
    "ErrorDetails_RecommendedAction",
    "ErrorDetails_ScriptStackTrace",
    "SerializeExtendedInfo",
    "SerializeExtent",
    "PipelineIterationInfo",
  ].map((name) => name.toLowerCase()),
);
const DETAIL = /^(InvocationInfo|CommandInfo|ScriptExtent)_/i;

/** `bare` leaves out type names and text, as PowerShell does in the answers of hosts. */
export function encodeErrorRecord(record: ErrorRecord, bare = false): PsObject {
  const object = bare ? new PsObject() : new PsObject({ typeNames: ERROR_TYPES, text: record.text });
  object.set("Exception", record.exception);
  object.set("TargetObject", record.targetObject);
  object.set("FullyQualifiedErrorId", record.fullyQualifiedErrorId);
  object.set("InvocationInfo", record.invocation);
  object.set("ErrorCategory_Category", record.category.category);
  object.set("ErrorCategory_Activity", record.category.activity);
  object.set("ErrorCategory_Reason", record.category.reason);
  object.set("ErrorCategory_TargetName", record.category.targetName);
  object.set("ErrorCategory_TargetType", record.category.targetType);
  object.set("ErrorCategory_Message", record.category.message);
  if (record.details !== undefined) {
    object.set("ErrorDetails_Message", record.details.message);
    object.set("ErrorDetails_RecommendedAction", record.details.recommendedAction);
  }
  object.set("SerializeExtendedInfo", record.extended !== undefined);
  if (record.extended !== undefined) {
    encodeInvocation(record.extended, object);
    object.set("PipelineIterationInfo", record.pipelineIterationInfo ?? null);
  }
  if (record.scriptStackTrace !== undefined) object.set("ErrorDetails_ScriptStackTrace", record.scriptStackTrace);
  for (const [name, value] of record.notes ?? []) object.set(name, value);
  return object;
}

export function decodeErrorRecord(value: PsValue): ErrorRecord {
  const object = property.asObject(value);
  const record: ErrorRecord = {
    text: object.text ?? messageOf(object),
    exception: property.required(object, "Exception"),
    targetObject: property.required(object, "TargetObject"),
    fullyQualifiedErrorId: property.nullableText(object, "FullyQualifiedErrorId"),
    category: {
      category: property.int(object, "ErrorCategory_Category"),
      activity: property.optionalText(object, "ErrorCategory_Activity"),
      reason: property.optionalText(object, "ErrorCategory_Reason"),
      targetName: property.optionalText(object, "ErrorCategory_TargetName"),
      targetType: property.optionalText(object, "ErrorCategory_TargetType"),
      message: property.optionalText(object, "ErrorCategory_Message"),
    },
    invocation: object.get("InvocationInfo") ?? null,
  };
  if (object.has("ErrorDetails_Message") || object.has("ErrorDetails_RecommendedAction")) {
    record.details = {
      message: property.optionalText(object, "ErrorDetails_Message"),
      recommendedAction: property.optionalText(object, "ErrorDetails_RecommendedAction"),
    };
  }
  if (object.has("SerializeExtendedInfo") && property.bool(object, "SerializeExtendedInfo")) {
    record.extended = decodeInvocation(object);
    record.pipelineIterationInfo = object.get("PipelineIterationInfo") ?? null;
  }
  const trace = property.optionalText(object, "ErrorDetails_ScriptStackTrace");
  if (trace !== null) record.scriptStackTrace = trace;
  const notes = [...object.properties()].filter(([name]) => !ERROR_PROPERTIES.has(name.toLowerCase()) && !DETAIL.test(name));
  if (notes.length > 0) record.notes = notes;
  return record;
}

/** What a record without a text of its own says. */
function messageOf(object: PsObject): string {
  const details = object.get("ErrorDetails_Message");
  if (typeof details === "string") return details;
  const exception = object.get("Exception");
  const message = exception instanceof PsObject ? exception.get("Message") : undefined;
  return typeof message === "string" ? message : "";
}

/** A warning, verbose or debug text. */
export interface InformationalRecord {
  message: string;
  /** Who wrote it; there when the client asked for it by its stream options. */
  extended?: InvocationDetails;
  pipelineIterationInfo?: PsValue;
}

export type InformationalKind = "warning" | "verbose" | "debug";
const INFORMATIONAL_TYPES: Readonly<Record<InformationalKind, readonly string[]>> = {
  warning: ["WarningRecord", "InformationalRecord"].map((name) => `System.Management.Automation.${name}`).concat("System.Object"),
  verbose: ["VerboseRecord", "InformationalRecord"].map((name) => `System.Management.Automation.${name}`).concat("System.Object"),
  debug: ["DebugRecord", "InformationalRecord"].map((name) => `System.Management.Automation.${name}`).concat("System.Object"),
};

export function encodeInformational(kind: InformationalKind, record: InformationalRecord): PsObject {
  const object = new PsObject({ typeNames: INFORMATIONAL_TYPES[kind], text: record.message });
  object.set("InformationalRecord_Message", record.message);
  object.set("InformationalRecord_SerializeInvocationInfo", record.extended !== undefined);
  if (record.extended !== undefined) {
    encodeInvocation(record.extended, object);
    object.set("InformationalRecord_PipelineIterationInfo", record.pipelineIterationInfo ?? null);
  }
  return object;
}

export function decodeInformational(value: PsValue): InformationalRecord {
  const object = property.asObject(value);
  const record: InformationalRecord = { message: property.text(object, "InformationalRecord_Message") };
  if (property.bool(object, "InformationalRecord_SerializeInvocationInfo")) {
    record.extended = decodeInvocation(object);
    record.pipelineIterationInfo = object.get("InformationalRecord_PipelineIterationInfo") ?? null;
  }
  return record;
}

export interface ProgressRecord {
  activity: string;
  activityId: number;
  statusDescription: string | null;
  currentOperation: string | null;
  /** -1 for none. */
  parentActivityId: number;
  /** 0 to 100, or -1 where it is not known. */
  percentComplete: number;
  completed: boolean;
  /** -1 where it is not known. */
  secondsRemaining: number;
}

export function encodeProgress(record: ProgressRecord): PsObject {
  return property.bag({
    Activity: record.activity,
    ActivityId: record.activityId,
    StatusDescription: record.statusDescription,
    CurrentOperation: record.currentOperation,
    ParentActivityId: record.parentActivityId,
    PercentComplete: record.percentComplete,
    Type: enumObject(PROGRESS_RECORD_TYPE, record.completed ? 1 : 0),
    SecondsRemaining: record.secondsRemaining,
  });
}

export function decodeProgress(value: PsValue): ProgressRecord {
  const object = property.asObject(value);
  return {
    activity: property.text(object, "Activity"),
    activityId: property.int(object, "ActivityId"),
    statusDescription: property.nullableText(object, "StatusDescription"),
    currentOperation: property.nullableText(object, "CurrentOperation"),
    parentActivityId: property.int(object, "ParentActivityId"),
    percentComplete: property.int(object, "PercentComplete"),
    completed: property.int(object, "Type") === 1,
    secondsRemaining: property.int(object, "SecondsRemaining"),
  };
}

export interface InformationRecord {
  /** Any value; what Write-Host says is an object of the type HostInformationMessage. */
  messageData: PsValue;
  source: string | null;
  timeGenerated: DateTime;
  tags: readonly string[];
  user: string | null;
  computer: string | null;
  processId: number;
  nativeThreadId: number;
  managedThreadId: number;
}

const STRING_LIST = [
  "System.Collections.Generic.List`1[[System.String, System.Private.CoreLib, Version=10.0.0.0, Culture=neutral, PublicKeyToken=7cec85d7bea7798e]]",
  "System.Object",
];

export function encodeInformation(record: InformationRecord): PsObject {
  const tags = property.arrayList(record.tags);
  tags.typeNames = STRING_LIST;
  return property.bag({
    MessageData: record.messageData,
    Source: record.source,
    TimeGenerated: record.timeGenerated,
    Tags: tags,
    User: record.user,
    Computer: record.computer,
    ProcessId: new UInt32(record.processId),
    NativeThreadId: new UInt32(record.nativeThreadId),
    ManagedThreadId: new UInt32(record.managedThreadId),
  });
}

function count(object: PsObject, name: string): number {
  const value = property.unwrap(object.get(name) ?? null);
  return value instanceof UInt32 ? value.value : typeof value === "number" ? value : 0;
}

export function decodeInformation(value: PsValue): InformationRecord {
  const object = property.asObject(value);
  const time = property.unwrap(property.required(object, "TimeGenerated"));
  return {
    messageData: property.required(object, "MessageData"),
    source: property.optionalText(object, "Source"),
    timeGenerated: time instanceof DateTime ? time : new DateTime(0n, "Unspecified"),
    tags: property.list(object, "Tags").map(String),
    user: property.optionalText(object, "User"),
    computer: property.optionalText(object, "Computer"),
    processId: count(object, "ProcessId"),
    nativeThreadId: count(object, "NativeThreadId"),
    managedThreadId: count(object, "ManagedThreadId"),
  };
}

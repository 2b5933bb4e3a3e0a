/** Records as objects: for merged streams, variables, and the error that a client is sent ([MS-PSRP] 2.2.3.15). */
import { PsDictionary, PsList, PsObject, type PsValue } from "@tieline/remoting/objects";
import type { InformationRecord } from "../cmdlet/context.ts";
import { errorCategoryNumber } from "@tieline/remoting/objects";
import type { ErrorRecord, InvocationInfo } from "./error-record.ts";
import type { Exception } from "./exception.ts";
import { shorten } from "./target.ts";

const HRESULT_EXCEPTION = -2146233088;
const HRESULT_SYSTEM = -2146233087;
const HRESULTS: readonly (readonly [type: string, code: number])[] = [
  ["System.InvalidOperationException", -2146233079],
  ["System.InvalidCastException", -2147467262],
  ["System.ArgumentException", -2147024809],
  ["System.UnauthorizedAccessException", -2147024891],
  ["System.NotSupportedException", -2146233067],
  ["System.SystemException", HRESULT_SYSTEM],
];

function exceptionText(of: Exception): string {
  const own = `${of.typeNames[0] ?? "System.Exception"}: ${of.message}`;
  return of.inner === undefined ? own : `${own}\n ---> ${exceptionText(of.inner)}`;
}

const OVERRIDES = {
  /** Types that declare Message themselves: it then comes before what RuntimeException declares. */
  message: ["System.Management.Automation.ParameterBindingException", "System.Management.Automation.ParseException"],
  record: ["System.Management.Automation.CommandNotFoundException"],
} as const;

/**
 * An exception as PowerShell serialises it: the most derived type's properties first, then those of its bases. What is
 * .NET's own (TargetSite, Source, StackTrace) is empty: no stack ever leaves.
 */
export function exceptionObject(of: Exception, thrown = false): PsObject {
  const object = new PsObject({ typeNames: [...of.typeNames, "System.Object"], text: exceptionText(of) });
  const put = (name: string, value: PsValue): unknown => object.set(name, value, "adapted");
  const has = (types: readonly string[]): boolean => types.some((type) => of.typeNames.includes(type));
  const isRuntime = has(["System.Management.Automation.RuntimeException"]);
  const isBinding = has(["System.Management.Automation.ParameterBindingException"]);
  if (has(OVERRIDES.record)) put("ErrorRecord", of.message);
  if (isBinding) put("Message", of.message);
  for (const [name, value] of Object.entries(of.properties ?? {})) put(name, value);
  if (isBinding) {
    put("Line", 0n);
    put("Offset", 0n);
    put("CommandInvocation", "System.Management.Automation.InvocationInfo");
  }
  if (has(OVERRIDES.message)) put("Message", of.message);
  if (isRuntime) {
    put("ErrorRecord", of.message);
    put("WasThrownFromThrowStatement", thrown);
  }
  put("TargetSite", null);
  put("Message", of.message);
  put("Data", new PsObject({ typeNames: ["System.Collections.ListDictionaryInternal", "System.Object"], base: new PsDictionary() }));
  put("InnerException", of.inner === undefined ? null : exceptionObject(of.inner));
  put("HelpLink", null);
  put("Source", null);
  put("HResult", HRESULTS.find(([type]) => of.typeNames.includes(type))?.[1] ?? HRESULT_EXCEPTION);
  put("StackTrace", null);
  return object;
}

const CORE = "System.Private.CoreLib, Version=10.0.0.0, Culture=neutral, PublicKeyToken=7cec85d7bea7798e";
const BOUND_TYPES = [`System.Collections.Generic.Dictionary\`2[[System.String, ${CORE}],[System.Object, ${CORE}]]`, "System.Object"];
const UNBOUND_TYPES = [`System.Collections.Generic.List\`1[[System.Object, ${CORE}]]`, "System.Object"];

/** InvocationInfo as an object inside the record. */
export function invocationObject(info: InvocationInfo | undefined, historyId = 0n): PsObject | null {
  if (info === undefined) return null;
  const object = new PsObject({
    typeNames: ["System.Management.Automation.InvocationInfo", "System.Object"],
    text: "System.Management.Automation.InvocationInfo",
  });
  const put = (name: string, value: PsValue): unknown => object.set(name, value, "adapted");
  put("MyCommand", info.command);
  // Arguments stay here: they may be secret.
  put("BoundParameters", new PsObject({ typeNames: BOUND_TYPES, base: new PsDictionary() }));
  put("UnboundArguments", new PsObject({ typeNames: UNBOUND_TYPES, base: new PsList() }));
  put("ScriptLineNumber", 0);
  put("OffsetInLine", 0);
  put("HistoryId", historyId);
  put("ScriptName", "");
  put("Line", "");
  put("Statement", "");
  put("PositionMessage", "");
  put("PSScriptRoot", "");
  put("PSCommandPath", null);
  put("InvocationName", info.invocationName);
  // Zero and false in this place, whatever the pipeline: that is what PowerShell's records say.
  put("PipelineLength", 0);
  put("PipelinePosition", 0);
  put("ExpectingInput", false);
  put("CommandOrigin", "Internal");
  put("DisplayScriptPosition", null);
  return object;
}

/** An error record in the fields of the wire; the endpoint passes it to the pool as it is. */
export interface RecordOnWire {
  text: string;
  exception: PsValue;
  targetObject: PsValue;
  fullyQualifiedErrorId: string;
  category: { category: number; activity: string; reason: string; targetName: string; targetType: string; message: string };
  details?: { message: string | null; recommendedAction: string | null };
  invocation: PsValue;
}

/** @param historyId the number of the request within the session, as far as the endpoint counts them */
export function recordOnWire(record: ErrorRecord, historyId = 0n): RecordOnWire {
  return {
    text: record.message,
    // A stock client raises an error (instead of writing it) only where it was thrown.
    exception: exceptionObject(record.exception, record.thrown),
    targetObject: record.target ?? null,
    fullyQualifiedErrorId: record.fullyQualifiedId,
    category: {
      category: errorCategoryNumber(record.category),
      activity: record.activity,
      reason: record.reason,
      targetName: shorten(record.targetName),
      targetType: record.targetType,
      message: record.categoryText,
    },
    ...(record.recommendedAction === undefined
      ? {}
      : { details: { message: record.message, recommendedAction: record.recommendedAction } }),
    invocation: invocationObject(record.invocation, historyId),
  };
}

/** The record as an object of the output, for `2>&1` and -ErrorVariable. */
export function errorObject(record: ErrorRecord): PsObject {
  const wire = recordOnWire(record);
  return new PsObject({ typeNames: ["System.Management.Automation.ErrorRecord", "System.Object"], text: record.message })
    .set("Exception", wire.exception)
    .set("TargetObject", wire.targetObject)
    .set("FullyQualifiedErrorId", wire.fullyQualifiedErrorId)
    .set("InvocationInfo", wire.invocation)
    .set("ErrorCategory_Category", wire.category.category)
    .set("ErrorCategory_Activity", wire.category.activity)
    .set("ErrorCategory_Reason", wire.category.reason)
    .set("ErrorCategory_TargetName", wire.category.targetName)
    .set("ErrorCategory_TargetType", wire.category.targetType)
    .set("ErrorCategory_Message", wire.category.message)
    .set("SerializeExtendedInfo", false);
}

const INFORMATIONAL = { warning: "WarningRecord", verbose: "VerboseRecord", debug: "DebugRecord" } as const;

export function textRecordObject(stream: keyof typeof INFORMATIONAL, text: string): PsObject {
  const automation = "System.Management.Automation";
  return new PsObject({ typeNames: [`${automation}.${INFORMATIONAL[stream]}`, `${automation}.InformationalRecord`, "System.Object"], text })
    .set("InformationalRecord_Message", text)
    .set("InformationalRecord_SerializeInvocationInfo", false);
}

export function informationObject(record: InformationRecord): PsObject {
  const text = typeof record.message === "string" ? record.message : String(record.message);
  return new PsObject({ typeNames: ["System.Management.Automation.InformationRecord", "System.Object"], text })
    .set("MessageData", record.message)
    .set("Source", record.source)
    .set("Tags", [...record.tags]);
}

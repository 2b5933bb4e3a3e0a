/**
 * InvocationInfo field by field, as it travels in error, warning, verbose and debug records when the client's stream
 * options ask for it ([MS-PSRP] 2.2.3.15.1). One table says the order and the names; the values pass as they are.
 */
import type { PsObject, PsValue } from "../../objects/index.ts";
import * as property from "./property.ts";

/** Who invoked what, where in which script. */
export interface InvocationDetails {
  boundParameters: PsValue;
  /** CommandOrigin: Runspace 0, Internal 1. */
  commandOrigin: PsValue;
  expectingInput: boolean;
  invocationName: string | null;
  line: string | null;
  offsetInLine: number;
  historyId: bigint;
  pipelineIterationInfo: PsValue;
  pipelineLength: number;
  pipelinePosition: number;
  scriptRoot: string | null;
  commandPath: string | null;
  positionMessage: string | null;
  scriptLineNumber: number;
  scriptName: string | null;
  unboundArguments: PsValue;
  /** The command itself, where it is known. */
  command?: { type: PsValue; definition: string | null; name: string | null; visibility: PsValue };
  /** The piece of script; there where SerializeExtent is set. */
  extent?: readonly (readonly [name: string, value: PsValue])[];
}

export function encodeInvocation(details: InvocationDetails, into: PsObject): void {
  into.set("InvocationInfo_BoundParameters", details.boundParameters);
  into.set("InvocationInfo_CommandOrigin", details.commandOrigin);
  into.set("InvocationInfo_ExpectingInput", details.expectingInput);
  into.set("InvocationInfo_InvocationName", details.invocationName);
  into.set("InvocationInfo_Line", details.line);
  into.set("InvocationInfo_OffsetInLine", details.offsetInLine);
  into.set("InvocationInfo_HistoryId", details.historyId);
  into.set("InvocationInfo_PipelineIterationInfo", details.pipelineIterationInfo);
  into.set("InvocationInfo_PipelineLength", details.pipelineLength);
  into.set("InvocationInfo_PipelinePosition", details.pipelinePosition);
  into.set("InvocationInfo_PSScriptRoot", details.scriptRoot);
  into.set("InvocationInfo_PSCommandPath", details.commandPath);
  into.set("InvocationInfo_PositionMessage", details.positionMessage);
  into.set("InvocationInfo_ScriptLineNumber", details.scriptLineNumber);
  into.set("InvocationInfo_ScriptName", details.scriptName);
  into.set("InvocationInfo_UnboundArguments", details.unboundArguments);
  for (const [name, value] of details.extent ?? []) into.set(name, value);
  into.set("SerializeExtent", details.extent !== undefined);
  if (details.command !== undefined) {
    into.set("CommandInfo_CommandType", details.command.type);
    into.set("CommandInfo_Definition", details.command.definition);
    into.set("CommandInfo_Name", details.command.name);
    into.set("CommandInfo_Visibility", details.command.visibility);
  }
}

export function decodeInvocation(object: PsObject): InvocationDetails {
  const any = (name: string): PsValue => object.get(`InvocationInfo_${name}`) ?? null;
  const text = (name: string): string | null => property.optionalText(object, `InvocationInfo_${name}`);
  const int = (name: string): number => property.int(object, `InvocationInfo_${name}`);
  const details: InvocationDetails = {
    boundParameters: any("BoundParameters"),
    commandOrigin: any("CommandOrigin"),
    expectingInput: property.bool(object, "InvocationInfo_ExpectingInput"),
    invocationName: text("InvocationName"),
    line: text("Line"),
    offsetInLine: int("OffsetInLine"),
    historyId: property.long(object, "InvocationInfo_HistoryId"),
    pipelineIterationInfo: any("PipelineIterationInfo"),
    pipelineLength: int("PipelineLength"),
    pipelinePosition: int("PipelinePosition"),
    scriptRoot: text("PSScriptRoot"),
    commandPath: text("PSCommandPath"),
    positionMessage: text("PositionMessage"),
    scriptLineNumber: int("ScriptLineNumber"),
    scriptName: text("ScriptName"),
    unboundArguments: any("UnboundArguments"),
  };
  if (object.has("SerializeExtent") && property.bool(object, "SerializeExtent")) {
    details.extent = [...object.properties()].filter(([name]) => /^ScriptExtent_/i.test(name));
  }
  if (object.has("CommandInfo_Name")) {
    details.command = {
      type: object.get("CommandInfo_CommandType") ?? null,
      definition: property.optionalText(object, "CommandInfo_Definition"),
      name: property.optionalText(object, "CommandInfo_Name"),
      visibility: object.get("CommandInfo_Visibility") ?? null,
    };
  }
  return details;
}

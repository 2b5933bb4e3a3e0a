/** CREATE_PIPELINE ([MS-PSRP] 2.2.2.10): the commands to run, as PowerShell's own structures (2.2.3.11 to 2.2.3.13). */
import type { PsObject, PsValue } from "../../objects/index.ts";
import { decodeHostInfo, encodeHostInfo, type HostInfo } from "../host/host-info.ts";
import { APARTMENT_STATE, enumObject, PIPELINE_RESULT_TYPES, REMOTE_STREAM_OPTIONS } from "./enumeration.ts";
import * as property from "./property.ts";

/** An argument; a name of null makes it positional. Proxies send `-Name:` where others send `Name`. */
export interface CommandArgument {
  name: string | null;
  value: PsValue;
}

/**
 * Where a command's streams go: numbers of PipelineResultTypes (None 0, Output 1, Error 2, ... Null 8). Which of the
 * later ones are there depends on the protocol version that the server announced: from 2.2 on all but information, from 2.3 on all.
 */
export interface MergeFlags {
  myResult: number;
  toResult: number;
  previousResults: number;
  error?: number;
  warning?: number;
  verbose?: number;
  debug?: number;
  information?: number;
}

export interface Command {
  /** The command's name, or script text. */
  text: string;
  isScript: boolean;
  useLocalScope: boolean | null;
  merge: MergeFlags;
  arguments: readonly CommandArgument[];
}

export interface CreatePipeline {
  /** One pipeline of commands each; more than one travel as ExtraCmds. */
  statements: readonly (readonly Command[])[];
  isNested: boolean;
  /** What history shows, or null for the commands themselves. */
  history: string | null;
  redirectShellErrorOutputPipe: boolean;
  /** False where PIPELINE_INPUT follows. */
  noInput: boolean;
  /** STA 0, MTA 1, Unknown 2. */
  apartmentState: number;
  /** Bits of REMOTE_STREAM_OPTIONS: which records carry InvocationInfo. */
  remoteStreamOptions: number;
  addToHistory: boolean;
  hostInfo: HostInfo;
}

const MERGE_FIELDS = [
  ["MergeMyResult", "myResult"],
  ["MergeToResult", "toResult"],
  ["MergePreviousResults", "previousResults"],
  ["MergeError", "error"],
  ["MergeWarning", "warning"],
  ["MergeVerbose", "verbose"],
  ["MergeDebug", "debug"],
  ["MergeInformation", "information"],
] as const satisfies readonly (readonly [string, keyof MergeFlags])[];
/** The first three are always there. */
const ALWAYS = 3;

function encodeCommand(command: Command): PsObject {
  const object = property.bag({ Cmd: command.text, IsScript: command.isScript, UseLocalScope: command.useLocalScope });
  for (const [name, field] of MERGE_FIELDS) {
    const value = command.merge[field];
    if (value !== undefined) object.set(name, enumObject(PIPELINE_RESULT_TYPES, value));
  }
  return object.set("Args", property.psObjectList(command.arguments.map(({ name, value }) => property.bag({ N: name, V: value }))));
}

function decodeCommand(value: PsValue): Command {
  const object = property.asObject(value);
  const merge: Partial<MergeFlags> = {};
  for (const [i, [name, field]] of MERGE_FIELDS.entries()) {
    if (i < ALWAYS || object.has(name)) merge[field] = property.int(object, name);
  }
  return {
    text: property.text(object, "Cmd"),
    isScript: property.bool(object, "IsScript"),
    useLocalScope: property.required(object, "UseLocalScope") === null ? null : property.bool(object, "UseLocalScope"),
    merge: merge as MergeFlags,
    arguments: property.list(object, "Args").map((item) => {
      const argument = property.asObject(item);
      return { name: property.nullableText(argument, "N"), value: property.required(argument, "V") };
    }),
  };
}

function encodeStatement(commands: readonly Command[]): PsObject {
  return property.psObjectList(commands.map(encodeCommand));
}

export function encodeCreatePipeline(message: CreatePipeline): PsObject {
  const { statements } = message;
  const first = statements[0] ?? [];
  const powerShell = property.bag({
    ExtraCmds:
      statements.length > 1
        ? property.psObjectList(statements.map((statement) => property.bag({ Cmds: encodeStatement(statement) })))
        : undefined,
    Cmds: encodeStatement(first),
    IsNested: message.isNested,
    History: message.history,
    RedirectShellErrorOutputPipe: message.redirectShellErrorOutputPipe,
  });
  return property.bag({
    PowerShell: powerShell,
    NoInput: message.noInput,
    ApartmentState: enumObject(APARTMENT_STATE, message.apartmentState),
    RemoteStreamOptions: enumObject(REMOTE_STREAM_OPTIONS, message.remoteStreamOptions),
    AddToHistory: message.addToHistory,
    HostInfo: encodeHostInfo(message.hostInfo),
    IsNested: message.isNested,
  });
}

export function decodeCreatePipeline(value: PsValue): CreatePipeline {
  const object = property.asObject(value);
  const powerShell = property.object(object, "PowerShell");
  const statement = (list: readonly PsValue[]): Command[] => list.map(decodeCommand);
  const extra = powerShell.has("ExtraCmds") && powerShell.get("ExtraCmds") !== null ? property.list(powerShell, "ExtraCmds") : [];
  return {
    statements:
      extra.length > 0
        ? extra.map((item) => statement(property.list(property.asObject(item), "Cmds")))
        : [statement(property.list(powerShell, "Cmds"))],
    // Older clients say it in one of the two places only.
    isNested:
      (powerShell.has("IsNested") && property.bool(powerShell, "IsNested")) ||
      (object.has("IsNested") && property.bool(object, "IsNested")),
    history: property.optionalText(powerShell, "History"),
    redirectShellErrorOutputPipe:
      powerShell.has("RedirectShellErrorOutputPipe") && property.bool(powerShell, "RedirectShellErrorOutputPipe"),
    noInput: property.bool(object, "NoInput"),
    apartmentState: property.int(object, "ApartmentState"),
    remoteStreamOptions: property.int(object, "RemoteStreamOptions"),
    addToHistory: property.bool(object, "AddToHistory"),
    hostInfo: decodeHostInfo(property.object(object, "HostInfo")),
  };
}

import { isFault } from "@tieline/fault";
import { describe, expect, it } from "vitest";
import { serialize } from "../clixml/index.ts";
import { DateTime, PsDictionary, PsObject, ScriptBlock, type PsValue } from "../objects/index.ts";
import { NO_HOST } from "./host/host-info.ts";
import { BodyCodec, type MessageBodies } from "./message-body.ts";
import { MESSAGES, type MessageName } from "./message-types.ts";
import { errorRecord } from "./messages/error-record.ts";
import { enumObject, enumText, COMMAND_TYPES, PIPELINE_RESULT_TYPES, REMOTE_STREAM_OPTIONS } from "./messages/enumeration.ts";
import { decodeErrorRecord, encodeErrorRecord, type ErrorRecord } from "./messages/record.ts";

const CODEC = new BodyCodec();
const TIME = new DateTime(638_000_000_000_000_000n, "Utc");

const INVOCATION = {
  boundParameters: PsDictionary.of({}),
  commandOrigin: 1,
  expectingInput: true,
  invocationName: "Get-X",
  line: "Get-X 1",
  offsetInLine: 3,
  historyId: 4n,
  pipelineIterationInfo: null,
  pipelineLength: 1,
  pipelinePosition: 1,
  scriptRoot: "",
  commandPath: null,
  positionMessage: "At line:1",
  scriptLineNumber: 1,
  scriptName: null,
  unboundArguments: null,
};

const ERROR: ErrorRecord = {
  ...errorRecord({
    message: "not there",
    id: "NotThere,Get-X",
    category: "ObjectNotFound",
    activity: "Get-X",
    targetName: "x",
    targetType: "String",
  }),
  details: { message: "look elsewhere", recommendedAction: null },
  scriptStackTrace: "at <ScriptBlock>, <No file>: line 1",
  extended: {
    ...INVOCATION,
    command: { type: 8, definition: "d", name: "Get-X", visibility: 0 },
    extent: [
      ["ScriptExtent_File", "a.ps1"],
      ["ScriptExtent_StartLineNumber", 1],
    ],
  },
  pipelineIterationInfo: null,
  notes: [["PSMessageDetails", null]],
};

/** A body of each message that says something in every field. */
const BODIES: { [N in MessageName]: MessageBodies[N] } = {
  SESSION_CAPABILITY: { protocolVersion: "2.3", psVersion: "2.0", serializationVersion: "1.1.0.1", timeZone: Uint8Array.of(1, 2) },
  INIT_RUNSPACEPOOL: {
    minRunspaces: 1,
    maxRunspaces: 3,
    threadOptions: 2,
    apartmentState: 1,
    applicationArguments: PsDictionary.of({ a: 1, b: PsDictionary.of({ c: "d" }) }),
    hostInfo: NO_HOST,
  },
  PUBLIC_KEY: { key: "AAAA" },
  ENCRYPTED_SESSION_KEY: { key: "BBBB" },
  PUBLIC_KEY_REQUEST: undefined,
  CONNECT_RUNSPACEPOOL: { minRunspaces: 1, maxRunspaces: 3 },
  SET_MAX_RUNSPACES: { count: 5, call: 1n },
  SET_MIN_RUNSPACES: { count: 2, call: 2n },
  RUNSPACE_AVAILABILITY: { call: 3n, result: true },
  RUNSPACEPOOL_STATE: { state: 5, error: ERROR },
  CREATE_PIPELINE: {
    statements: [
      [
        {
          text: "Get-X",
          isScript: false,
          useLocalScope: true,
          merge: { myResult: 2, toResult: 1, previousResults: 0, error: 1, warning: 0, verbose: 8, debug: 0, information: 1 },
          arguments: [
            { name: "-Id:", value: 1 },
            { name: null, value: "p" },
          ],
        },
      ],
      [{ text: "1", isScript: true, useLocalScope: null, merge: { myResult: 0, toResult: 0, previousResults: 0 }, arguments: [] }],
    ],
    isNested: true,
    history: "h",
    redirectShellErrorOutputPipe: true,
    noInput: false,
    apartmentState: 2,
    remoteStreamOptions: 15,
    addToHistory: true,
    hostInfo: { ...NO_HOST, isHostNull: false },
  },
  GET_AVAILABLE_RUNSPACES: { call: 7n },
  USER_EVENT: {
    identifier: 1,
    sourceIdentifier: "s",
    timeGenerated: TIME,
    sender: null,
    sourceArguments: null,
    messageData: "m",
    computerName: "c",
    runspaceId: "00112233-4455-6677-8899-aabbccddeeff",
  },
  APPLICATION_PRIVATE_DATA: { data: PsDictionary.of({ a: PsDictionary.of({ b: 1 }) }) },
  GET_COMMAND_METADATA: { names: ["Get-*"], commandTypes: 271, namespaces: ["M"], fullyQualifiedModules: null, argumentList: ["a"] },
  RUNSPACEPOOL_INIT_DATA: { minRunspaces: 1, maxRunspaces: 3 },
  RESET_RUNSPACE_STATE: { call: 8n },
  RUNSPACEPOOL_HOST_CALL: { call: 1n, method: "SetWindowSize", arguments: [{ width: 1, height: 2 }] },
  RUNSPACEPOOL_HOST_RESPONSE: { call: 1n, method: "ReadLine", value: "typed" },
  PIPELINE_INPUT: "in",
  END_OF_PIPELINE_INPUT: undefined,
  PIPELINE_OUTPUT: 5,
  ERROR_RECORD: ERROR,
  PIPELINE_STATE: { state: 5, error: ERROR },
  DEBUG_RECORD: { message: "d" },
  VERBOSE_RECORD: { message: "v", extended: INVOCATION, pipelineIterationInfo: null },
  WARNING_RECORD: { message: "w" },
  PROGRESS_RECORD: {
    activity: "a",
    activityId: 1,
    statusDescription: "s",
    currentOperation: "o",
    parentActivityId: 2,
    percentComplete: 3,
    completed: true,
    secondsRemaining: 4,
  },
  INFORMATION_RECORD: {
    messageData: "i",
    source: "s",
    timeGenerated: TIME,
    tags: ["t"],
    user: "u",
    computer: "c",
    processId: 1,
    nativeThreadId: 2,
    managedThreadId: 3,
  },
  PIPELINE_HOST_CALL: { call: -100n, method: "WriteLine3", arguments: [1, 2, "x"] },
  PIPELINE_HOST_RESPONSE: { call: 1n, method: "PromptForChoice", value: 2 },
};

/** Properties without which PowerShell's decoder fails; the first is enough for the others' sake. */
const REQUIRED: Partial<Record<MessageName, readonly string[]>> = {
  SESSION_CAPABILITY: ["protocolversion", "PSVersion", "SerializationVersion"],
  INIT_RUNSPACEPOOL: ["MinRunspaces", "MaxRunspaces", "PSThreadOptions", "ApartmentState", "ApplicationArguments", "HostInfo"],
  PUBLIC_KEY: ["PublicKey"],
  ENCRYPTED_SESSION_KEY: ["EncryptedSessionKey"],
  SET_MAX_RUNSPACES: ["MaxRunspaces", "ci"],
  SET_MIN_RUNSPACES: ["MinRunspaces", "ci"],
  RUNSPACE_AVAILABILITY: ["SetMinMaxRunspacesResponse", "ci"],
  RUNSPACEPOOL_STATE: ["RunspaceState"],
  CREATE_PIPELINE: ["PowerShell", "NoInput", "ApartmentState", "RemoteStreamOptions", "AddToHistory", "HostInfo"],
  GET_AVAILABLE_RUNSPACES: ["ci"],
  USER_EVENT: ["PSEventArgs.EventIdentifier", "PSEventArgs.SourceIdentifier", "PSEventArgs.TimeGenerated", "PSEventArgs.RunspaceId"],
  APPLICATION_PRIVATE_DATA: ["ApplicationPrivateData"],
  GET_COMMAND_METADATA: ["CommandType"],
  RUNSPACEPOOL_INIT_DATA: ["MinRunspaces", "MaxRunspaces"],
  RESET_RUNSPACE_STATE: ["ci"],
  RUNSPACEPOOL_HOST_CALL: ["ci", "mi", "mp"],
  RUNSPACEPOOL_HOST_RESPONSE: ["ci", "mi"],
  ERROR_RECORD: ["Exception", "TargetObject", "FullyQualifiedErrorId", "ErrorCategory_Category"],
  PIPELINE_STATE: ["PipelineState"],
  DEBUG_RECORD: ["InformationalRecord_Message", "InformationalRecord_SerializeInvocationInfo"],
  VERBOSE_RECORD: ["InformationalRecord_Message", "InvocationInfo_HistoryId", "InvocationInfo_PipelineLength"],
  WARNING_RECORD: ["InformationalRecord_Message"],
  PROGRESS_RECORD: [
    "Activity",
    "ActivityId",
    "StatusDescription",
    "CurrentOperation",
    "ParentActivityId",
    "PercentComplete",
    "Type",
    "SecondsRemaining",
  ],
  INFORMATION_RECORD: ["MessageData", "TimeGenerated", "Tags"],
  PIPELINE_HOST_CALL: ["ci", "mi", "mp"],
  PIPELINE_HOST_RESPONSE: ["ci", "mi"],
};

const NAMES = Object.keys(MESSAGES) as MessageName[];

function shown(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null, (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part))) as unknown;
}

function code(act: () => unknown): string {
  try {
    act();
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

function text(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}

describe("bodies of messages ([MS-PSRP] 2.2.2)", () => {
  it.each(NAMES)("%s keeps every field", (name) => {
    expect(shown(CODEC.decode(name, CODEC.encode(name, BODIES[name] as never)))).toEqual(shown(BODIES[name]));
  });

  it.each(Object.entries(REQUIRED) as [MessageName, readonly string[]][])("%s is refused without %j", (name, properties) => {
    const written = text(CODEC.encode(name, BODIES[name] as never));
    for (const property of properties) {
      const renamed = written.replace(`N="${property}"`, 'N="Other"');
      expect(renamed).not.toBe(written);
      expect(
        code(() => CODEC.decode(name, new TextEncoder().encode(renamed))),
        property,
      ).toBe("property-missing");
    }
  });

  it.each(NAMES.filter((name) => REQUIRED[name] !== undefined))("%s is refused where it is no object or nothing", (name) => {
    const data = new TextEncoder();
    expect(code(() => CODEC.decode(name, data.encode("<I32>1</I32>")))).toBe("message-body-type");
    expect(code(() => CODEC.decode(name, new Uint8Array(0)))).toBe("message-body-type");
  });

  it.each([
    ["PIPELINE_STATE", "<I32", "<I64", "</I32>", "</I64>"],
    ["RUNSPACE_AVAILABILITY", '<I64 N="ci">3</I64>', '<S N="ci">3</S>', "", ""],
    ["SESSION_CAPABILITY", '<Version N="PSVersion">2.0</Version>', '<S N="PSVersion">2.0</S>', "", ""],
    ["CREATE_PIPELINE", '<B N="NoInput">false</B>', '<S N="NoInput">false</S>', "", ""],
  ] as const)("%s is refused where a property has another type", (name, from, to, fromEnd, toEnd) => {
    const body = name === "PIPELINE_STATE" ? { state: 4 } : BODIES[name];
    const written = text(CODEC.encode(name, body as never));
    const changed = written.replace(from, to).replace(fromEnd, toEnd);
    expect(changed).not.toBe(written);
    expect(code(() => CODEC.decode(name, new TextEncoder().encode(changed)))).toBe("property-type");
  });

  it("have the forms that are not objects: an empty text for PUBLIC_KEY_REQUEST and a plain CONNECT_RUNSPACEPOOL, nothing for the end of input and $null", () => {
    expect(text(CODEC.encode("PUBLIC_KEY_REQUEST", undefined))).toBe("<S></S>");
    expect(text(CODEC.encode("CONNECT_RUNSPACEPOOL", {}))).toBe("<S></S>");
    expect(CODEC.decode("CONNECT_RUNSPACEPOOL", new TextEncoder().encode("<S />"))).toEqual({});
    expect(CODEC.encode("END_OF_PIPELINE_INPUT", undefined)).toHaveLength(0);
    expect(CODEC.encode("PIPELINE_OUTPUT", null)).toHaveLength(0);
    expect(CODEC.decode("PIPELINE_INPUT", new Uint8Array(0))).toBeNull();
  });

  it("name no types of protocol structures, and mark users' types as deserialized", () => {
    const codec = new BodyCodec();
    const value = PsObject.of({ a: 1 }, ["My.Type", "System.Object"]);
    const read = codec.decode("PIPELINE_OUTPUT", codec.encode("PIPELINE_OUTPUT", value)) as PsObject;
    expect(read.typeNames).toEqual(["Deserialized.My.Type", "Deserialized.System.Object"]);
    const raw = new BodyCodec({ rawTypeNames: true });
    expect((raw.decode("PIPELINE_OUTPUT", codec.encode("PIPELINE_OUTPUT", value)) as PsObject).typeNames).toEqual([
      "My.Type",
      "System.Object",
    ]);
  });

  it("make strings of script blocks as PowerShell does, or keep them", () => {
    const written = CODEC.encode("PIPELINE_INPUT", new ScriptBlock(" $_ "));
    expect(CODEC.decode("PIPELINE_INPUT", written)).toBe(" $_ ");
    expect(new BodyCodec({ scriptBlocks: true }).decode("PIPELINE_INPUT", written)).toEqual(new ScriptBlock(" $_ "));
  });
});

describe("error records ([MS-PSRP] 2.2.3.15)", () => {
  it("are composed with the category's message that PowerShell shows", () => {
    expect(ERROR.category.message).toBe("ObjectNotFound: (x:String) [Get-X], RuntimeException");
  });

  it("put the script's extent before its flag, and notes last", () => {
    const names = encodeErrorRecord(ERROR).names();
    expect(names.indexOf("ScriptExtent_File")).toBeLessThan(names.indexOf("SerializeExtent"));
    expect(names.at(-1)).toBe("PSMessageDetails");
  });

  it("take their text from the details or the exception where they have none of their own", () => {
    const bare = encodeErrorRecord(ERROR, true);
    expect(serialize(bare)).not.toContain("<ToString>not there");
    expect(decodeErrorRecord(bare).text).toBe("look elsewhere");
    const { details: _, ...plain } = ERROR;
    expect(decodeErrorRecord(encodeErrorRecord(plain, true)).text).toBe("not there");
  });
});

describe("enumerations ([MS-PSRP] 2.2.5.2.7)", () => {
  it.each([
    [COMMAND_TYPES, 271, "Alias, Function, Filter, Cmdlet, Configuration"],
    [COMMAND_TYPES, 383, "All"],
    [COMMAND_TYPES, 1, "Alias"],
    [COMMAND_TYPES, 1024, "1024"],
    [REMOTE_STREAM_OPTIONS, 0, "0"],
    [REMOTE_STREAM_OPTIONS, 15, "AddInvocationInfo"],
    [REMOTE_STREAM_OPTIONS, 3, "AddInvocationInfoToErrorRecord, AddInvocationInfoToWarningRecord"],
    [PIPELINE_RESULT_TYPES, 0, "None"],
    [PIPELINE_RESULT_TYPES, 12, "12"],
  ])("%# show %i as .NET does", (enumeration, value, expected) => {
    expect(enumText(enumeration, value)).toBe(expected);
    const object: PsObject = enumObject(enumeration, value);
    expect([object.base as PsValue, object.text, object.typeNames[1]]).toEqual([value, expected, "System.Enum"]);
  });
});

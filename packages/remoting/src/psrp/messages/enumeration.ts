/** Enumerations on the wire: the type's name, the value's text and its number ([MS-PSRP] 2.2.5.2.7). One table each. */
import { PsObject } from "../../objects/index.ts";

export interface Enumeration {
  typeName: string;
  /** True where values are combined bit by bit. */
  flags?: true;
  values: Readonly<Record<string, number>>;
}

const AUTOMATION = "System.Management.Automation";

/** [MS-PSRP] 2.2.3.5. */
export const APARTMENT_STATE = {
  typeName: "System.Threading.ApartmentState",
  values: { STA: 0, MTA: 1, Unknown: 2 },
} as const satisfies Enumeration;

/** [MS-PSRP] 2.2.3.6. */
export const THREAD_OPTIONS = {
  typeName: `${AUTOMATION}.Runspaces.PSThreadOptions`,
  values: { Default: 0, UseNewThread: 1, ReuseThread: 2, UseCurrentThread: 3 },
} as const satisfies Enumeration;

/** [MS-PSRP] 2.2.3.8. */
export const REMOTE_STREAM_OPTIONS = {
  typeName: `${AUTOMATION}.RemoteStreamOptions`,
  flags: true,
  values: {
    AddInvocationInfoToErrorRecord: 1,
    AddInvocationInfoToWarningRecord: 2,
    AddInvocationInfoToDebugRecord: 4,
    AddInvocationInfoToVerboseRecord: 8,
    AddInvocationInfo: 15,
  },
} as const satisfies Enumeration;

/** [MS-PSRP] 2.2.3.31. */
export const PIPELINE_RESULT_TYPES = {
  typeName: `${AUTOMATION}.Runspaces.PipelineResultTypes`,
  values: { None: 0, Output: 1, Error: 2, Warning: 3, Verbose: 4, Debug: 5, Information: 6, All: 7, Null: 8 },
} as const satisfies Enumeration;

/** [MS-PSRP] 2.2.3.19. */
export const COMMAND_TYPES = {
  typeName: `${AUTOMATION}.CommandTypes`,
  flags: true,
  values: { Alias: 1, Function: 2, Filter: 4, Cmdlet: 8, ExternalScript: 16, Application: 32, Script: 64, Configuration: 256, All: 383 },
} as const satisfies Enumeration;

/** [MS-PSRP] 2.2.5.1.25. */
export const PROGRESS_RECORD_TYPE = {
  typeName: `${AUTOMATION}.ProgressRecordType`,
  values: { Processing: 0, Completed: 1 },
} as const satisfies Enumeration;

/** [MS-PSRP] 2.2.3.30. */
export const COMMAND_ORIGIN = {
  typeName: `${AUTOMATION}.CommandOrigin`,
  values: { Runspace: 0, Internal: 1 },
} as const satisfies Enumeration;

/** Whether a command may be called from outside. */
export const COMMAND_VISIBILITY = {
  typeName: `${AUTOMATION}.SessionStateEntryVisibility`,
  values: { Public: 0, Private: 1 },
} as const satisfies Enumeration;

/** The text that .NET gives for the value: its name, the names of its bits, or the number. */
export function enumText(enumeration: Enumeration, value: number): string {
  const named = Object.entries(enumeration.values).find(([, number]) => number === value);
  if (named !== undefined) return named[0];
  if (enumeration.flags !== true || value === 0) return String(value);
  let rest = value;
  const names: string[] = [];
  for (const [name, bits] of Object.entries(enumeration.values).sort((a, b) => b[1] - a[1])) {
    if (bits === 0 || (rest & bits) !== bits) continue;
    rest &= ~bits;
    names.unshift(name);
  }
  return rest === 0 ? names.join(", ") : String(value);
}

/** The value as an object of the wire. */
export function enumObject(enumeration: Enumeration, value: number): PsObject {
  return new PsObject({
    typeNames: [enumeration.typeName, "System.Enum", "System.ValueType", "System.Object"],
    text: enumText(enumeration, value),
    base: value,
  });
}

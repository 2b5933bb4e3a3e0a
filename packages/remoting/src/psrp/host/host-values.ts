/**
 * The values that host methods take and give, one row a type: how it is written and read ([MS-PSRP] 2.2.6.1).
 *
 * PowerShell writes a class of its own as the names of its fields, leaving out those that are null; an enumeration as its
 * number; a collection as an ArrayList; an array as its elements and its lengths.
 */
import { Fault } from "@tieline/fault";
import { Char, Guid, PsDictionary, PsObject, SecureString, Version, type PsValue } from "../../objects/index.ts";
import * as property from "../messages/property.ts";
import { decodeProgress, encodeProgress, type ProgressRecord } from "../messages/record.ts";

export interface Coordinates {
  x: number;
  y: number;
}
export interface Size {
  width: number;
  height: number;
}
export interface Rectangle {
  left: number;
  top: number;
  right: number;
  bottom: number;
}
export interface BufferCell {
  /** One UTF-16 unit. */
  character: string;
  foregroundColor: number;
  backgroundColor: number;
  /** Complete 0, Leading 1, Trailing 2. */
  bufferCellType: number;
}
export interface KeyInfo {
  virtualKeyCode: number;
  /** One UTF-16 unit. */
  character: string;
  controlKeyState: number;
  keyDown: boolean;
}
/** A question of Prompt. */
export interface FieldDescription {
  name: string;
  label: string;
  parameterTypeName: string;
  parameterTypeFullName: string;
  parameterAssemblyFullName: string;
  helpMessage: string;
  isMandatory: boolean;
  defaultValue?: PsValue;
  modifiedByRemotingProtocol: boolean;
  isFromRemoteHost: boolean;
}
/** A possible answer of PromptForChoice; `&` stands before the letter to type. */
export interface ChoiceDescription {
  label: string;
  helpMessage: string;
}
/** A .NET array with its lengths in each dimension, elements row by row. */
export interface HostArray<T> {
  lengths: readonly number[];
  elements: readonly T[];
}
export interface Credential {
  userName: string;
  password: SecureString;
}

/** How one type travels. `method` names the host method in faults. */
export interface HostType<T> {
  encode(value: T): PsValue;
  decode(value: PsValue, method: string): T;
}

function invalid(what: string, method: string): Fault {
  return new Fault("host-data-invalid", { what, method });
}

function scalar<T extends PsValue>(what: string, accepts: (value: PsValue) => value is T): HostType<T> {
  return {
    encode: (value) => {
      if (!accepts(value)) throw new Fault("host-data-unsupported", { type: what });
      return value;
    },
    decode: (value, method) => {
      const inner = property.unwrap(value);
      if (!accepts(inner)) throw invalid(what, method);
      return inner;
    },
  };
}

function nullable<T>(type: HostType<T>): HostType<T | null> {
  return {
    encode: (value) => (value === null ? null : type.encode(value)),
    decode: (value, method) => (value === null ? null : type.decode(value, method)),
  };
}

const isString = (value: PsValue): value is string => typeof value === "string";
const isInt = (value: PsValue): value is number => typeof value === "number" && Number.isInteger(value);
const isBool = (value: PsValue): value is boolean => typeof value === "boolean";

const string = scalar("System.String", isString);
const int = scalar("System.Int32", isInt);
const bool = scalar("System.Boolean", isBool);
const long: HostType<bigint> = {
  encode: (value) => value,
  decode: (value, method) => {
    const inner = property.unwrap(value);
    if (typeof inner === "bigint") return inner;
    if (isInt(inner)) return BigInt(inner);
    throw invalid("System.Int64", method);
  },
};
const char: HostType<string> = {
  encode: (value) => new Char(value),
  decode: (value, method) => {
    const inner = property.unwrap(value);
    if (inner instanceof Char) return inner.toString();
    throw invalid("System.Char", method);
  },
};

/** A class or structure: its fields in the order of their declaration; `optional` ones may be missing. */
function fields<T>(
  what: string,
  table: { readonly [K in keyof T]-?: HostType<NonNullable<T[K]>> },
  optional: readonly (keyof T)[] = [],
): HostType<T> {
  const rows = Object.entries(table) as [keyof T & string, HostType<unknown>][];
  return {
    encode: (value) => {
      const object = new PsObject();
      for (const [name, type] of rows) if (value[name] !== undefined && value[name] !== null) object.set(name, type.encode(value[name]));
      return object;
    },
    decode: (value, method) => {
      if (!(value instanceof PsObject)) throw invalid(what, method);
      const read: Record<string, unknown> = {};
      for (const [name, type] of rows) {
        const field = value.get(name);
        if (field !== undefined && field !== null) read[name] = type.decode(field, method);
        else if (!optional.includes(name)) throw invalid(`${what}.${name}`, method);
      }
      return read as T;
    },
  };
}

function collection<T>(what: string, element: HostType<T>): HostType<readonly T[]> {
  return {
    encode: (value) => property.arrayList(value.map((item) => element.encode(item))),
    decode: (value, method) => {
      const found = property.items(value);
      if (found === undefined) throw invalid(what, method);
      return found.map((item) => element.decode(item, method));
    },
  };
}

function array<T>(what: string, element: HostType<T>): HostType<HostArray<T>> {
  return {
    encode: (value) =>
      property.bag({
        mae: property.arrayList(value.elements.map((item) => element.encode(item))),
        mal: property.typedArray("System.Int32", value.lengths),
      }),
    decode: (value, method) => {
      if (!(value instanceof PsObject)) throw invalid(what, method);
      const elements = property.items(value.get("mae") ?? null);
      const lengths = property.items(value.get("mal") ?? null);
      if (elements === undefined || lengths === undefined || !lengths.every(isInt)) throw invalid(what, method);
      if (lengths.reduce((product, length) => product * length, 1) !== elements.length) throw invalid(what, method);
      return { lengths, elements: elements.map((item) => element.decode(item, method)) };
    },
  };
}

const coordinates = fields<Coordinates>("Coordinates", { x: int, y: int });
const size = fields<Size>("Size", { width: int, height: int });
const rectangle = fields<Rectangle>("Rectangle", { left: int, top: int, right: int, bottom: int });
const bufferCell = fields<BufferCell>("BufferCell", { character: char, foregroundColor: int, backgroundColor: int, bufferCellType: int });
const keyInfo = fields<KeyInfo>("KeyInfo", { virtualKeyCode: int, character: char, controlKeyState: int, keyDown: bool });
const choice = fields<ChoiceDescription>("ChoiceDescription", { label: string, helpMessage: string }, ["helpMessage"]);

const any: HostType<PsValue> = { encode: (value) => value, decode: (value) => value };

const FIELD_BEFORE = fields<Omit<FieldDescription, "modifiedByRemotingProtocol" | "isFromRemoteHost">>(
  "FieldDescription",
  {
    name: string,
    label: string,
    parameterTypeName: string,
    parameterTypeFullName: string,
    parameterAssemblyFullName: string,
    helpMessage: string,
    isMandatory: bool,
    defaultValue: any as HostType<NonNullable<PsValue>>,
  },
  ["label", "parameterTypeName", "parameterTypeFullName", "parameterAssemblyFullName", "helpMessage", "isMandatory", "defaultValue"],
);

/** Attributes never travel: `metadata` is an empty list. */
const fieldDescription: HostType<FieldDescription> = {
  encode: (value) => {
    const object = FIELD_BEFORE.encode(value) as PsObject;
    object.set("metadata", property.arrayList([]));
    object.set("modifiedByRemotingProtocol", value.modifiedByRemotingProtocol);
    object.set("isFromRemoteHost", value.isFromRemoteHost);
    return object;
  },
  decode: (value, method) => {
    const read = FIELD_BEFORE.decode(value, method);
    const object = value as PsObject;
    return {
      ...read,
      label: read.label ?? "",
      parameterTypeName: read.parameterTypeName ?? "String",
      parameterTypeFullName: read.parameterTypeFullName ?? "System.String",
      parameterAssemblyFullName: read.parameterAssemblyFullName ?? "",
      helpMessage: read.helpMessage ?? "",
      isMandatory: read.isMandatory ?? false,
      modifiedByRemotingProtocol: object.get("modifiedByRemotingProtocol") === true,
      isFromRemoteHost: object.get("isFromRemoteHost") === true,
    };
  },
};

const credential: HostType<Credential> = {
  encode: (value) =>
    new PsObject({
      typeNames: ["System.Management.Automation.PSCredential", "System.Object"],
      text: "System.Management.Automation.PSCredential",
    })
      .set("UserName", value.userName, "adapted")
      .set("Password", value.password, "adapted"),
  decode: (value, method) => {
    if (!(value instanceof PsObject)) throw invalid("PSCredential", method);
    const userName = property.unwrap(value.get("UserName") ?? null);
    const password = property.unwrap(value.get("Password") ?? null);
    if (!isString(userName) || !(password instanceof SecureString)) throw invalid("PSCredential", method);
    return { userName, password };
  },
};

/** The answers of Prompt, by the names of the fields. */
const answers: HostType<PsDictionary> = {
  encode: (value) => property.hashtable(value),
  decode: (value, method) => {
    const inner = property.unwrap(value);
    if (!(inner instanceof PsDictionary)) throw invalid("System.Collections.Hashtable", method);
    return inner;
  },
};

const progressRecord: HostType<ProgressRecord> = { encode: encodeProgress, decode: (value) => decodeProgress(value) };

/**
 * The choices that PromptForChoiceMultipleSelection starts with. PowerShell's server writes them as an array, which
 * PowerShell's own client cannot read; as a list every client can. Numbers alone are therefore written as a list.
 */
const choices: HostType<readonly number[] | HostArray<number>> = {
  encode: (value) => ("lengths" in value ? array("System.Int32[]", int).encode(value) : collection("list", int).encode(value)),
  decode: (value, method) =>
    value instanceof PsObject && value.has("mae")
      ? array("System.Int32[]", int).decode(value, method)
      : collection("System.Collections.ArrayList", int).decode(value, method),
};

const unsupported: HostType<never> = {
  encode: () => {
    throw new Fault("host-data-unsupported", { type: "System.Management.Automation.Runspaces.Runspace" });
  },
  decode: (_, method) => {
    throw invalid("a runspace", method);
  },
};

/** Every type that a host method names. */
export const HOST_TYPES = {
  string: nullable(string),
  int,
  long,
  bool,
  /** CultureInfo as its name. */
  culture: string,
  version: scalar("System.Version", (value: PsValue): value is Version => value instanceof Version),
  guid: scalar("System.Guid", (value: PsValue): value is Guid => value instanceof Guid),
  secureString: nullable(scalar("System.Security.SecureString", (value: PsValue): value is SecureString => value instanceof SecureString)),
  credential: nullable(credential),
  coordinates,
  size,
  rectangle,
  bufferCell,
  bufferCells: array("BufferCell[,]", bufferCell),
  keyInfo,
  progressRecord,
  fieldDescriptions: collection("Collection of FieldDescription", fieldDescription),
  choiceDescriptions: collection("Collection of ChoiceDescription", choice),
  choices,
  integers: collection("Collection of System.Int32", int),
  answers,
  runspace: unsupported,
} as const;

export type HostTypeName = keyof typeof HOST_TYPES;
/** What a row of `HOST_TYPES` stands for in this library. */
export type HostValue<N extends HostTypeName> = ReturnType<(typeof HOST_TYPES)[N]["decode"]>;

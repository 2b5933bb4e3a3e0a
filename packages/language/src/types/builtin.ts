/** The types that a declaration may name, and what each becomes in TypeScript. */
import {
  Char,
  Guid,
  PsDictionary,
  PsObject,
  ScriptBlock,
  SecureString,
  Uri,
  Version,
  type Byte,
  type DateTime,
  type Decimal,
  type Double,
  type Int16,
  type PsValue,
  type SByte,
  type Single,
  type TimeSpan,
  type UInt16,
  type UInt32,
  type UInt64,
} from "@tieline/remoting/objects";
import { DATE_TIME, TIME_SPAN } from "./moments.ts";
import { BYTE, DECIMAL, DOUBLE, INT16, INT32, INT64, SBYTE, SINGLE, UINT16, UINT32, UINT64, numberOf } from "./numbers.ts";
import { ConversionError, cannotConvert, cannotParse, type ParameterType } from "./parameter-type.ts";
import { namedText, textOf } from "./text.ts";
import { baseOf, elementsOf, typeNameOf } from "./type-name.ts";

/** The TypeScript type of a built-in type's values. */
export interface TypeOf {
  string: string;
  switch: boolean;
  bool: boolean;
  int: number;
  uint: UInt32;
  long: bigint;
  ulong: UInt64;
  short: Int16;
  ushort: UInt16;
  byte: Byte;
  sbyte: SByte;
  double: Double;
  float: Single;
  decimal: Decimal;
  char: Char;
  guid: Guid;
  uri: Uri;
  datetime: DateTime;
  timespan: TimeSpan;
  version: Version;
  securestring: SecureString;
  pscredential: PsObject;
  hashtable: PsDictionary;
  scriptblock: string;
  object: PsValue;
  psobject: PsValue;
}

export type BuiltinName = keyof TypeOf;
/** A built-in type, an array of it (`string[]`) or one that may be null (`int?`). */
export type TypeName = BuiltinName | `${BuiltinName}[]` | `${BuiltinName}?`;

/** What a parameter declared with type `T` holds. */
export type ValueOf<T> =
  T extends ParameterType<infer V>
    ? V
    : T extends `${infer B}[]`
      ? B extends BuiltinName
        ? readonly TypeOf[B][]
        : PsValue
      : T extends `${infer B}?`
        ? B extends BuiltinName
          ? TypeOf[B] | null
          : PsValue
        : T extends BuiltinName
          ? TypeOf[T]
          : PsValue;

const STRING: ParameterType<string> = {
  name: "System.String",
  shown: "string",
  accepts: (value) => typeof baseOf(value) === "string",
  convert: (value) => textOf(value),
};

/** PowerShell converts only Boolean values and numbers to a Boolean argument, never texts. */
const BOOL: ParameterType<boolean> = {
  name: "System.Boolean",
  shown: "bool",
  accepts: (value) => typeof baseOf(value) === "boolean",
  convert(value) {
    const present = switchValue(value);
    if (present !== undefined) return present;
    const number = numberOf(value);
    if (number !== undefined) return Number(number) !== 0;
    throw new ConversionError(
      `Cannot convert value "${typeNameOf(baseOf(value)) || "null"}" to type "System.Boolean". Boolean parameters accept only Boolean values and numbers, such as $True, $False, 1 or 0.`,
    );
  },
};

const SWITCH: ParameterType<boolean> = {
  name: "System.Management.Automation.SwitchParameter",
  shown: "switch",
  isSwitch: true,
  accepts: (value) => switchValue(value) !== undefined,
  convert(value) {
    const present = switchValue(value);
    if (present !== undefined) return present;
    throw cannotConvert(namedText(value), typeNameOf(value), "System.Management.Automation.SwitchParameter");
  },
};

/** A Boolean, or a SwitchParameter object (live or deserialised). */
export function switchValue(value: PsValue): boolean | undefined {
  const base = baseOf(value);
  if (typeof base === "boolean") return base;
  if (value instanceof PsObject && value.has("IsPresent")) {
    const present = value.get("IsPresent");
    if (typeof present === "boolean") return present;
  }
  return undefined;
}

const CHAR: ParameterType<Char> = {
  name: "System.Char",
  shown: "char",
  accepts: (value) => baseOf(value) instanceof Char,
  convert(value) {
    const base = baseOf(value);
    if (base instanceof Char) return base;
    if (typeof base === "number" && Number.isInteger(base) && base >= 0 && base <= 65535) return new Char(base);
    if (typeof base === "string") {
      if (base.length === 1) return new Char(base);
      throw cannotParse(base, this.name, "String must be exactly one character long.");
    }
    throw cannotParse(textOf(value), this.name, "Value was either too large or too small for a character.");
  },
};

const GUID: ParameterType<Guid> = {
  name: "System.Guid",
  shown: "guid",
  accepts: (value) => baseOf(value) instanceof Guid,
  convert(value) {
    const base = baseOf(value);
    if (base instanceof Guid) return base;
    if (typeof base !== "string") throw cannotConvert(namedText(value), typeNameOf(value), this.name);
    const found = parseGuid(base);
    if (found === undefined) throw cannotParse(base, this.name, "Unrecognized Guid format.");
    return found;
  },
};

/** A GUID in any of .NET's common forms (with dashes, braces or parentheses, or bare digits), or undefined. */
export function parseGuid(text: string): Guid | undefined {
  const hex = /^\s*(?:\{([0-9a-f-]{36})\}|\(([0-9a-f-]{36})\)|([0-9a-f-]{36})|([0-9a-f]{32}))\s*$/i.exec(text);
  if (hex === null) return undefined;
  const digits = (hex[1] ?? hex[2] ?? hex[3] ?? hex[4] ?? "").toLowerCase();
  if (digits.length === 32) return new Guid(digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"));
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(digits) ? new Guid(digits) : undefined;
}

const URI: ParameterType<Uri> = {
  name: "System.Uri",
  shown: "uri",
  accepts: (value) => baseOf(value) instanceof Uri,
  convert(value) {
    const base = baseOf(value);
    return base instanceof Uri ? base : new Uri(textOf(value));
  },
};

const VERSION: ParameterType<Version> = {
  name: "System.Version",
  shown: "version",
  accepts: (value) => baseOf(value) instanceof Version,
  convert(value) {
    const base = baseOf(value);
    if (base instanceof Version) return base;
    const text = textOf(value).trim();
    const parts = text.split(".");
    if (parts.length < 2 || parts.length > 4)
      throw cannotParse(text, this.name, "Version string portion was too short or too long. (Parameter 'input')");
    if (parts.some((part) => /^\s*\d+\s*$/.test(part) && Number(part) > 2147483647))
      throw cannotParse(text, this.name, "Value was either too large or too small for an Int32.");
    for (const part of parts) {
      if (!/^\s*\d{1,10}\s*$/.test(part)) throw cannotParse(text, this.name, `The input string '${part}' was not in a correct format.`);
    }
    return new Version(parts.map((part) => String(Number(part))).join("."));
  },
};

const SECURE_STRING: ParameterType<SecureString> = {
  name: "System.Security.SecureString",
  shown: "securestring",
  accepts: (value) => baseOf(value) instanceof SecureString,
  convert(value) {
    const base = baseOf(value);
    if (base instanceof SecureString) return base;
    throw new ConversionError(`Cannot convert the value of type "${typeNameOf(value)}" to type "System.Security.SecureString".`);
  },
};

const CREDENTIAL: ParameterType<PsObject> = {
  name: "System.Management.Automation.PSCredential",
  shown: "pscredential",
  accepts: (value) => value instanceof PsObject && value.isType("System.Management.Automation.PSCredential"),
  convert(value) {
    if (value instanceof PsObject && this.accepts(value)) return value;
    throw new ConversionError(
      `Cannot convert the value of type "${typeNameOf(value)}" to type "System.Management.Automation.PSCredential".`,
    );
  },
};

const HASHTABLE: ParameterType<PsDictionary> = {
  name: "System.Collections.Hashtable",
  shown: "hashtable",
  accepts: (value) => baseOf(value) instanceof PsDictionary,
  convert(value) {
    const base = baseOf(value);
    if (base instanceof PsDictionary) return base;
    throw cannotConvert(namedText(value), typeNameOf(value), this.name);
  },
};

/** A script block is never run here: its text is what counts, as for -Filter { ... }. */
const SCRIPT_BLOCK: ParameterType<string> = {
  name: "System.Management.Automation.ScriptBlock",
  shown: "scriptblock",
  accepts: (value) => baseOf(value) instanceof ScriptBlock,
  convert(value) {
    const base = baseOf(value);
    if (base instanceof ScriptBlock) return base.text;
    // A stock client sends a script block as a text when it comes through a proxy; we take both.
    if (typeof base === "string") return base;
    throw cannotConvert(namedText(value), typeNameOf(value), this.name);
  },
};

const OBJECT: ParameterType = { name: "System.Object", shown: "Object", accepts: () => true, convert: (value) => value };
const PSOBJECT: ParameterType = {
  name: "System.Management.Automation.PSObject",
  shown: "psobject",
  accepts: () => true,
  convert: (value) => value,
};

const BUILTIN: { readonly [N in BuiltinName]: ParameterType<TypeOf[N]> } = {
  string: STRING,
  switch: SWITCH,
  bool: BOOL,
  int: INT32,
  uint: UINT32,
  long: INT64,
  ulong: UINT64,
  short: INT16,
  ushort: UINT16,
  byte: BYTE,
  sbyte: SBYTE,
  double: DOUBLE,
  float: SINGLE,
  decimal: DECIMAL,
  char: CHAR,
  guid: GUID,
  uri: URI,
  datetime: DATE_TIME,
  timespan: TIME_SPAN,
  version: VERSION,
  securestring: SECURE_STRING,
  pscredential: CREDENTIAL,
  hashtable: HASHTABLE,
  scriptblock: SCRIPT_BLOCK,
  object: OBJECT,
  psobject: PSOBJECT,
};

/** An array: a single value becomes an array of one. */
export function arrayOf<T extends PsValue>(element: ParameterType<T>): ParameterType<readonly T[]> {
  const name = `${element.name}[]`;
  return {
    name,
    shown: `${element.shown}[]`,
    element,
    ...(element.values === undefined ? {} : { values: element.values }),
    accepts: (value) =>
      elementsOf(value)?.every((item) => element.accepts(item)) ?? (value instanceof Uint8Array && name === "System.Byte[]"),
    convert(value) {
      if (value instanceof Uint8Array) return Array.from(value, (byte) => element.convert(byte));
      const items = elementsOf(value);
      if (items !== undefined) return items.map((item) => element.convert(item));
      try {
        return [element.convert(value)];
      } catch (error) {
        if (error instanceof ConversionError) throw cannotParse(textOf(value), name, error.message);
        throw error;
      }
    },
  };
}

/** A type that also takes $null. */
export function nullable<T extends PsValue>(type: ParameterType<T>): ParameterType<T | null> {
  return {
    name: `System.Nullable\`1[[${type.name}]]`,
    shown: type.shown,
    ...(type.values === undefined ? {} : { values: type.values }),
    accepts: (value) => value === null || type.accepts(value),
    convert: (value) => (value === null ? null : type.convert(value)),
  };
}

/**
 * A type of its own name that is carried as text: identities (`UserIdParameter`), host names (`Fqdn`), policy names.
 * `check` may refuse a text with a reason.
 */
export function textType(name: string, check?: (text: string) => string | undefined): ParameterType<string> {
  return {
    name,
    shown: name.slice(name.lastIndexOf(".") + 1),
    accepts: (value) => value instanceof PsObject && value.isType(name),
    convert(value) {
      // An object that is piped in stands for its identity.
      const source = value instanceof PsObject && value.base === undefined ? (value.get("Identity") ?? value) : value;
      const text = textOf(source);
      const reason = check?.(text);
      if (reason !== undefined) throw cannotParse(text, name, reason);
      return text;
    },
  };
}

/** `Unlimited`, or a number: what -ResultSize and its kind take. */
export function unlimitedType(
  name: string,
  inner: ParameterType<number> | ParameterType<UInt32> = INT32,
): ParameterType<number | "Unlimited"> {
  return {
    name,
    shown: "Unlimited",
    accepts: () => false,
    convert(value) {
      const text = textOf(value).trim();
      if (text.toLowerCase() === "unlimited") return "Unlimited";
      return Number(inner.convert(baseOf(value)));
    },
  };
}

const MADE = new Map<string, ParameterType>();

/** The type of a declaration's name, or the type itself. */
export function resolveType(type: TypeName | ParameterType): ParameterType {
  if (typeof type !== "string") return type;
  const known = (BUILTIN as Record<string, ParameterType | undefined>)[type];
  if (known !== undefined) return known;
  let made = MADE.get(type);
  if (made === undefined) {
    const inner = BUILTIN[type.replace(/\[\]$|\?$/, "") as BuiltinName] as ParameterType;
    made = type.endsWith("?") ? nullable(inner) : arrayOf(inner);
    MADE.set(type, made);
  }
  return made;
}

/** True for the two types that take any value as it is. */
export function isAnyType(type: ParameterType): boolean {
  return type === OBJECT || type === PSOBJECT;
}

/** A list that a caller may keep: PsList or array, as an array. */
export function listOf(value: PsValue): readonly PsValue[] {
  return value === null ? [] : (elementsOf(value) ?? [value]);
}

/** A command's parameters as JSON Schema (2020-12), for the HTTP API's document and the console's forms. */
import type { Cmdlet } from "./cmdlet.ts";
import { isHiddenCommon } from "./common-parameters.ts";
import { inSet, type Parameter } from "./parameter.ts";
import type { ParameterType } from "../types/parameter-type.ts";

export type JsonSchema = { readonly [key: string]: unknown };

const NUMBERS: Readonly<Record<string, readonly [min: number, max: number] | undefined>> = {
  "System.Byte": [0, 255],
  "System.Int16": [-32768, 32767],
  "System.UInt16": [0, 65535],
  "System.Int32": [-2147483648, 2147483647],
  "System.UInt32": [0, 4294967295],
};

const FORMATS: Readonly<Record<string, string | undefined>> = {
  "System.Guid": "uuid",
  "System.Uri": "uri",
  "System.DateTime": "date-time",
};

function typeSchema(type: ParameterType): JsonSchema {
  if (type.element !== undefined) return { type: "array", items: typeSchema(type.element) };
  if (type.values !== undefined) return { type: "string", enum: type.values };
  if (type.isSwitch === true || type.name === "System.Boolean") return { type: "boolean" };
  const range = NUMBERS[type.name];
  if (range !== undefined) return { type: "integer", minimum: range[0], maximum: range[1] };
  // Larger numbers lose digits in JSON; they travel as text.
  if (/^System\.U?Int64$/.test(type.name)) return { type: "string", pattern: "^-?[0-9]+$" };
  if (/^System\.(?:Double|Single|Decimal)$/.test(type.name)) return { type: "number" };
  if (type.name === "System.Collections.Hashtable") return { type: "object" };
  if (type.name === "System.Object" || type.name === "System.Management.Automation.PSObject") return {};
  const format = FORMATS[type.name];
  return { type: "string", ...(format === undefined ? {} : { format }) };
}

function parameterSchema(parameter: Parameter): JsonSchema {
  const { validate, type } = parameter;
  const own = typeSchema(type.element ?? type);
  const limits = {
    ...(validate?.set === undefined ? {} : { enum: validate.set }),
    ...(validate?.range === undefined ? {} : { minimum: validate.range[0], maximum: validate.range[1] }),
    ...(validate?.length === undefined ? {} : { minLength: validate.length[0], maxLength: validate.length[1] }),
    ...(validate?.pattern === undefined ? {} : { pattern: validate.pattern.source }),
    ...(validate?.notNullOrEmpty === true && own["type"] === "string" ? { minLength: 1 } : {}),
  };
  const described = parameter.help === "" ? {} : { description: parameter.help };
  if (type.element === undefined) return { ...own, ...limits, ...described };
  const count = validate?.count === undefined ? {} : { minItems: validate.count[0], maxItems: validate.count[1] };
  return { type: "array", items: { ...own, ...limits }, ...count, ...described };
}

/** The object of all arguments; with several sets, one alternative a set says what it needs. */
export function argumentsSchema(cmdlet: Cmdlet): JsonSchema {
  const shown = cmdlet.parameters.filter((parameter) => !parameter.hidden && !isHiddenCommon(parameter));
  const needs = cmdlet.sets.map((set) => ({
    title: set,
    required: shown.filter((parameter) => inSet(parameter, set)?.mandatory === true).map(({ name }) => name),
  }));
  return {
    type: "object",
    properties: Object.fromEntries(shown.map((parameter) => [parameter.name, parameterSchema(parameter)])),
    additionalProperties: false,
    ...(needs.length === 1 ? { required: needs[0]?.required ?? [] } : { anyOf: needs }),
  };
}

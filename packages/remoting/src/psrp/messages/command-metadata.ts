/**
 * GET_COMMAND_METADATA ([MS-PSRP] 2.2.2.14) and its answer: one output with the number of commands (2.2.3.21), then one
 * output for each (2.2.3.22). A client of PowerShell needs Count; Name and CommandType of a command; and Name, IsDynamic
 * and SwitchParameter of a parameter; the rest is for people.
 */
import { PsDictionary, PsObject, Uri, type PsValue } from "../../objects/index.ts";
import { COMMAND_TYPES, enumObject } from "./enumeration.ts";
import * as property from "./property.ts";

/** What the client wants to know of. */
export interface CommandMetadataQuery {
  /** Names with wildcards; null for all. */
  names: readonly string[] | null;
  /** Bits of COMMAND_TYPES. */
  commandTypes: number;
  /** Modules; null for all. */
  namespaces: readonly string[] | null;
  fullyQualifiedModules: readonly PsValue[] | null;
  argumentList: readonly PsValue[] | null;
}

/** Alias, Function, Filter, Cmdlet, Configuration: what Import-PSSession asks for. */
export const IMPORTABLE_COMMANDS = 271;

function optionalArray(elementType: string, values: readonly PsValue[] | null): PsObject | null {
  return values === null ? null : property.typedArray(elementType, values);
}

export function encodeCommandMetadataQuery(query: CommandMetadataQuery): PsObject {
  return property.bag({
    Name: optionalArray("System.String", query.names),
    CommandType: enumObject(COMMAND_TYPES, query.commandTypes),
    Namespace: optionalArray("System.String", query.namespaces),
    FullyQualifiedModule: optionalArray("Microsoft.PowerShell.Commands.ModuleSpecification", query.fullyQualifiedModules),
    ArgumentList: optionalArray("System.Object", query.argumentList),
  });
}

export function decodeCommandMetadataQuery(value: PsValue): CommandMetadataQuery {
  const object = property.asObject(value);
  const array = (name: string): readonly PsValue[] | null => {
    const given = object.get(name);
    return given === undefined || given === null ? null : property.list(object, name);
  };
  return {
    names: array("Name")?.map(String) ?? null,
    commandTypes: property.int(object, "CommandType"),
    namespaces: array("Namespace")?.map(String) ?? null,
    fullyQualifiedModules: array("FullyQualifiedModule"),
    argumentList: array("ArgumentList"),
  };
}

export interface ParameterMetadata {
  name: string;
  /** The .NET type's full name. */
  parameterType: string;
  aliases: readonly string[];
  isDynamic: boolean;
  switchParameter: boolean;
}

export interface CommandMetadata {
  name: string;
  /** The module's name; "" for none. */
  namespace: string;
  helpUri: string;
  /** One of the COMMAND_TYPES. */
  commandType: number;
  /** What an alias stands for. */
  resolvedCommandName: string | null;
  outputTypes: readonly string[];
  /** null where they are not known: then the client makes a proxy without parameters. */
  parameters: readonly ParameterMetadata[] | null;
}

const SMA = "System.Management.Automation, Version=7.6.0.500, Culture=neutral, PublicKeyToken=31bf3856ad364e35";
const CORE = "System.Private.CoreLib, Version=10.0.0.0, Culture=neutral, PublicKeyToken=7cec85d7bea7798e";
const CUSTOM = ["System.Management.Automation.PSCustomObject", "System.Object"];
const COUNT_TYPES = ["Selected.Microsoft.PowerShell.Commands.GenericMeasureInfo", ...CUSTOM];
const OUTPUT_TYPES = [
  `System.Collections.ObjectModel.ReadOnlyCollection\`1[[System.Management.Automation.PSTypeName, ${SMA}]]`,
  "System.Object",
];
const PARAMETERS_TYPES = [
  `System.Collections.Generic.Dictionary\`2[[System.String, ${CORE}],[System.Management.Automation.ParameterMetadata, ${SMA}]]`,
  "System.Object",
];
const ALIASES_TYPES = [`System.Collections.ObjectModel.Collection\`1[[System.String, ${CORE}]]`, "System.Object"];
const PARAMETER = "System.Management.Automation.ParameterMetadata";
/** The class behind each type of command. */
const INFO_CLASS: Readonly<Record<number, string>> = {
  1: "AliasInfo",
  2: "FunctionInfo",
  4: "FilterInfo",
  8: "CmdletInfo",
  256: "ConfigurationInfo",
};

/** The first output of the answer. */
export function encodeCommandCount(count: number): PsObject {
  return PsObject.of({ Count: count }, COUNT_TYPES);
}

export function decodeCommandCount(value: PsValue): number {
  return property.int(property.asObject(value), "Count");
}

function listOf(typeNames: readonly string[], values: readonly string[]): PsObject {
  const list = property.arrayList(values);
  list.typeNames = typeNames;
  return list;
}

function encodeParameter(parameter: ParameterMetadata): PsObject {
  return new PsObject({ typeNames: [PARAMETER, "System.Object"], text: PARAMETER })
    .set("Name", parameter.name, "adapted")
    .set("ParameterType", parameter.parameterType, "adapted")
    .set("Aliases", listOf(ALIASES_TYPES, parameter.aliases), "adapted")
    .set("IsDynamic", parameter.isDynamic, "adapted")
    .set("SwitchParameter", parameter.switchParameter, "adapted");
}

/** Each of the further outputs. */
export function encodeCommandMetadata(command: CommandMetadata): PsObject {
  const parameters =
    command.parameters === null
      ? null
      : new PsObject({
          typeNames: PARAMETERS_TYPES,
          base: new PsDictionary(command.parameters.map((parameter): [PsValue, PsValue] => [parameter.name, encodeParameter(parameter)])),
        });
  return PsObject.of(
    {
      Name: command.name,
      Namespace: command.namespace,
      HelpUri: command.helpUri,
      CommandType: enumObject(COMMAND_TYPES, command.commandType),
      ResolvedCommandName: command.resolvedCommandName,
      OutputType: listOf(OUTPUT_TYPES, command.outputTypes),
      Parameters: parameters,
    },
    [`Selected.System.Management.Automation.${INFO_CLASS[command.commandType] ?? "CommandInfo"}`, ...CUSTOM],
  );
}

export function decodeCommandMetadata(value: PsValue): CommandMetadata {
  const object = property.asObject(value);
  const strings = (from: PsObject, name: string): string[] => property.items(from.get(name) ?? null)?.map(String) ?? [];
  const url = property.unwrap(object.get("HelpUri") ?? null);
  const parameters = object.get("Parameters") ?? null;
  return {
    name: property.text(object, "Name"),
    namespace: property.optionalText(object, "Namespace") ?? "",
    helpUri: url instanceof Uri || typeof url === "string" ? String(url) : "",
    commandType: property.int(object, "CommandType"),
    resolvedCommandName: property.optionalText(object, "ResolvedCommandName"),
    outputTypes: strings(object, "OutputType"),
    parameters:
      parameters === null
        ? null
        : property.dictionary(object, "Parameters").entries.map(([, item]) => {
            const parameter = property.asObject(item);
            return {
              name: property.text(parameter, "Name"),
              parameterType: property.optionalText(parameter, "ParameterType") ?? "System.Object",
              aliases: strings(parameter, "Aliases"),
              isDynamic: property.bool(parameter, "IsDynamic"),
              switchParameter: property.bool(parameter, "SwitchParameter"),
            };
          }),
  };
}

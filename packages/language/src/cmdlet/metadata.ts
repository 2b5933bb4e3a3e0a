/**
 * What GET_COMMAND_METADATA tells of a command ([MS-PSRP] 2.2.2.14, 2.2.3.22): from the declaration, once, and kept with
 * it. The common parameters are one shared list, so that 450 commands cost little more than their own parameters.
 */
import { PsDictionary, PsObject, type PsValue } from "@tieline/remoting/objects";
import type { Catalogue } from "./catalogue.ts";
import type { Cmdlet } from "./cmdlet.ts";
import type { Parameter } from "./parameter.ts";
import { setSyntax } from "./syntax.ts";

export interface ParameterMetadata {
  readonly name: string;
  readonly parameterType: string;
  readonly aliases: readonly string[];
  readonly isDynamic: boolean;
  readonly switchParameter: boolean;
}

export interface CommandMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly helpUri: string;
  /** CommandTypes: Alias 1, Function 2, Cmdlet 8. */
  readonly commandType: number;
  readonly resolvedCommandName: string | null;
  readonly outputTypes: readonly string[];
  readonly parameters: readonly ParameterMetadata[] | null;
}

const ALIAS = 1;
const FUNCTION = 2;
const CMDLET = 8;

export function commandTypeNumber(cmdlet: Cmdlet): number {
  return cmdlet.kind === "Function" ? FUNCTION : CMDLET;
}

const PARAMETERS = new WeakMap<Parameter, ParameterMetadata>();
const COMMANDS = new WeakMap<Cmdlet, CommandMetadata>();

function parameterMetadata(parameter: Parameter): ParameterMetadata {
  let made = PARAMETERS.get(parameter);
  if (made === undefined) {
    made = {
      name: parameter.name,
      parameterType: parameter.type.name,
      aliases: parameter.aliases,
      isDynamic: false,
      switchParameter: parameter.type.isSwitch === true,
    };
    PARAMETERS.set(parameter, made);
  }
  return made;
}

export function commandMetadata(cmdlet: Cmdlet): CommandMetadata {
  let made = COMMANDS.get(cmdlet);
  if (made === undefined) {
    made = {
      name: cmdlet.name,
      namespace: cmdlet.declaration.module ?? "",
      helpUri: cmdlet.declaration.helpUri ?? "",
      commandType: commandTypeNumber(cmdlet),
      resolvedCommandName: null,
      outputTypes: (cmdlet.declaration.output ?? []).map(({ typeName }) => typeName),
      parameters: cmdlet.parameters.map(parameterMetadata),
    };
    COMMANDS.set(cmdlet, made);
  }
  return made;
}

function aliasMetadata(alias: string, cmdlet: Cmdlet): CommandMetadata {
  return { ...commandMetadata(cmdlet), name: alias, helpUri: "", commandType: ALIAS, resolvedCommandName: cmdlet.name, outputTypes: [] };
}

/** What a client asks for; bits of CommandTypes, patterns of names and modules (none: all). */
export interface MetadataQuery {
  readonly names: readonly string[] | null;
  readonly commandTypes: number;
  readonly namespaces: readonly string[] | null;
}

/** The answer, in the order of names; a name that is not there is left out, as PowerShell leaves it out. */
export function queryMetadata(catalogue: Catalogue, query: MetadataQuery): readonly CommandMetadata[] {
  const patterns = query.names === null || query.names.length === 0 ? ["*"] : query.names;
  const modules = query.namespaces ?? [];
  const wanted = catalogue
    .match(patterns)
    .filter(
      (cmdlet) =>
        modules.length === 0 || modules.some((module) => module.toLowerCase() === (cmdlet.declaration.module ?? "").toLowerCase()),
    );
  const visible = wanted.filter((cmdlet) => cmdlet.declaration.hidden !== true);
  const found = visible.filter((cmdlet) => (query.commandTypes & commandTypeNumber(cmdlet)) !== 0).map(commandMetadata);
  if ((query.commandTypes & ALIAS) === 0) return found;
  const aliases = visible.flatMap((cmdlet) => catalogue.aliasesMatching(cmdlet, patterns).map((alias) => aliasMetadata(alias, cmdlet)));
  return [...found, ...aliases];
}

const LIST = ["System.Collections.ObjectModel.ReadOnlyCollection`1[[System.Management.Automation.PSTypeName]]", "System.Object"];
const PARAMETER_METADATA = "System.Management.Automation.ParameterMetadata";

/** The object that Get-Command puts out: FunctionInfo or CmdletInfo, with the properties that clients ask it for. */
export function commandInfo(cmdlet: Cmdlet): PsObject {
  const kind = `${cmdlet.kind}Info`;
  const object = new PsObject({
    typeNames: [`System.Management.Automation.${kind}`, "System.Management.Automation.CommandInfo", "System.Object"],
    text: cmdlet.name,
  });
  const put = (name: string, value: PsValue): unknown => object.set(name, value, "adapted");
  const syntax = cmdlet.sets.map((set) => setSyntax(cmdlet, set));
  if (cmdlet.kind === "Function") put("CmdletBinding", true);
  put("DefaultParameterSet", cmdlet.defaultSet ?? null);
  put("Definition", `\n${syntax.map((line) => `${cmdlet.name} ${line}\n`).join("\n")}`);
  put("Options", "None");
  put("Description", cmdlet.declaration.synopsis);
  put("Verb", cmdlet.verb);
  put("Noun", cmdlet.noun);
  put("HelpFile", null);
  put("OutputType", new PsObject({ typeNames: LIST, base: (cmdlet.declaration.output ?? []).map(({ typeName }) => typeName) }));
  put("Name", cmdlet.name);
  put("CommandType", cmdlet.kind);
  put("Source", cmdlet.declaration.module ?? "");
  put("Version", null);
  put("Visibility", "Public");
  put("ModuleName", cmdlet.declaration.module ?? "");
  put("Module", null);
  put("RemotingCapability", "PowerShell");
  put(
    "Parameters",
    new PsDictionary(cmdlet.parameters.map((parameter): [PsValue, PsValue] => [parameter.name, parameterObject(parameter)])),
  );
  put("ParameterSets", syntax);
  object.set("Namespace", cmdlet.declaration.module ?? "");
  object.set("HelpUri", cmdlet.declaration.helpUri ?? "");
  return object;
}

const PARAMETER_OBJECTS = new WeakMap<Parameter, PsObject>();

function parameterObject(parameter: Parameter): PsObject {
  let made = PARAMETER_OBJECTS.get(parameter);
  if (made === undefined) {
    made = new PsObject({ typeNames: [PARAMETER_METADATA, "System.Object"], text: PARAMETER_METADATA })
      .set("Name", parameter.name, "adapted")
      .set("ParameterType", parameter.type.name, "adapted")
      .set("Aliases", [...parameter.aliases], "adapted")
      .set("IsDynamic", false, "adapted")
      .set("SwitchParameter", parameter.type.isSwitch === true, "adapted");
    PARAMETER_OBJECTS.set(parameter, made);
  }
  return made;
}

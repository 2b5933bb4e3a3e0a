/** Help of a command, made from its declaration: as the object that PowerShell's own views show, and as text. */
import { PsObject, type PsValue } from "@tieline/remoting/objects";
import type { Cmdlet } from "./cmdlet.ts";
import { isHiddenCommon } from "./common-parameters.ts";
import { inSet, type Parameter, type ParameterInSet } from "./parameter.ts";
import { parametersInSet, syntaxOf } from "./syntax.ts";

export type HelpDetail = "normal" | "detailed" | "full" | "examples";

const VIEWS: Readonly<Record<HelpDetail, readonly string[]>> = {
  normal: ["MamlCommandHelpInfo"],
  detailed: ["MamlCommandHelpInfo#DetailedView", "MamlCommandHelpInfo"],
  full: ["MamlCommandHelpInfo#FullView", "MamlCommandHelpInfo"],
  examples: ["MamlCommandHelpInfo#ExamplesView", "MamlCommandHelpInfo"],
};

function bag(properties: Readonly<Record<string, PsValue>>, typeName?: string): PsObject {
  return PsObject.of(properties, [
    ...(typeName === undefined ? [] : [typeName]),
    "System.Management.Automation.PSCustomObject",
    "System.Object",
  ]);
}

function paragraphs(text: string): PsValue[] {
  return text === "" ? [] : text.split("\n\n").map((Text) => bag({ Text }, "MamlParaTextItem"));
}

function ownParameters(cmdlet: Cmdlet): Parameter[] {
  return cmdlet.parameters.filter((parameter) => !parameter.hidden && !isHiddenCommon(parameter));
}

function pipelineInput(flags: readonly ParameterInSet[]): string {
  const ways = [
    ...(flags.some((set) => set.fromPipeline) ? ["ByValue"] : []),
    ...(flags.some((set) => set.fromPipelineByPropertyName) ? ["ByPropertyName"] : []),
  ];
  return ways.length === 0 ? "false" : `true (${ways.join(", ")})`;
}

function parameterHelp(parameter: Parameter, flags: readonly ParameterInSet[]): PsObject {
  const position = flags.find((set) => set.position !== undefined)?.position;
  return bag(
    {
      name: parameter.name,
      description: paragraphs(parameter.help),
      required: String(flags.some((set) => set.mandatory)),
      pipelineInput: pipelineInput(flags),
      position: position === undefined ? "named" : String(position),
      globbing: "false",
      aliases: parameter.aliases.length === 0 ? "none" : parameter.aliases.join(", "),
      defaultValue: parameter.default ?? "None",
      type: bag({ name: parameter.type.shown }, "MamlCommandHelpInfo#type"),
      parameterValue: parameter.type.isSwitch === true ? null : parameter.type.shown,
    },
    "MamlCommandHelpInfo#parameter",
  );
}

export function helpObject(cmdlet: Cmdlet, detail: HelpDetail = "normal"): PsObject {
  const { declaration } = cmdlet;
  const all = ownParameters(cmdlet).map((parameter) => parameterHelp(parameter, [...parameter.sets.values()]));
  const examples = (declaration.examples ?? []).map((example, i) =>
    bag(
      {
        title: `-------------------------- EXAMPLE ${i + 1} --------------------------`,
        code: example.code,
        remarks: paragraphs(example.remarks),
      },
      "MamlCommandHelpInfo#example",
    ),
  );
  return PsObject.of(
    {
      details: bag(
        { name: cmdlet.name, noun: cmdlet.noun, verb: cmdlet.verb, description: paragraphs(declaration.synopsis) },
        "MamlCommandHelpInfo#details",
      ),
      description: paragraphs(declaration.description ?? declaration.synopsis),
      Syntax: bag(
        {
          syntaxItem: cmdlet.sets.map((set) =>
            bag(
              {
                name: cmdlet.name,
                CommonParameters: true,
                parameter: parametersInSet(cmdlet, set).map(([parameter, flags]) => parameterHelp(parameter, [flags])),
              },
              "MamlCommandHelpInfo#syntaxItem",
            ),
          ),
        },
        "MamlCommandHelpInfo#syntax",
      ),
      parameters: bag({ parameter: all }, "MamlCommandHelpInfo#parameters"),
      inputTypes: bag({ inputType: inputTypes(cmdlet).map((name) => bag({ type: bag({ name }) })) }, "MamlCommandHelpInfo#inputTypes"),
      returnValues: bag(
        { returnValue: (declaration.output ?? []).map(({ typeName }) => bag({ type: bag({ name: typeName }) })) },
        "MamlCommandHelpInfo#returnValues",
      ),
      examples: examples.length === 0 ? null : bag({ example: examples }, "MamlCommandHelpInfo#examples"),
      relatedLinks: bag(
        { navigationLink: (declaration.related ?? []).map((linkText) => bag({ linkText, uri: "" })) },
        "MamlCommandHelpInfo#relatedLinks",
      ),
      aliases: cmdlet.aliases.length === 0 ? "None" : cmdlet.aliases.join("\n"),
      CommonParameters: true,
      Name: cmdlet.name,
      Category: cmdlet.kind,
      Synopsis: declaration.synopsis,
      Component: null,
      Role: null,
      Functionality: null,
      ModuleName: declaration.module ?? "",
    },
    [...VIEWS[detail], "HelpInfo", "System.Object"],
  );
}

function inputTypes(cmdlet: Cmdlet): string[] {
  const names = cmdlet.parameters
    .filter((parameter) => cmdlet.sets.some((set) => inSet(parameter, set)?.fromPipeline === true))
    .map(({ type }) => type.name);
  return names.length === 0 ? ["None"] : [...new Set(names)];
}

/** A line of the list that Get-Help gives for a pattern. */
export function helpSummary(cmdlet: Cmdlet): PsObject {
  return PsObject.of(
    { Name: cmdlet.name, Category: cmdlet.kind, ModuleName: cmdlet.declaration.module ?? "", Synopsis: cmdlet.declaration.synopsis },
    ["HelpInfoShort", "System.Object"],
  );
}

/** Help as plain text, for a terminal and for documents. */
export function helpText(cmdlet: Cmdlet, detail: HelpDetail = "normal"): string {
  const { declaration } = cmdlet;
  const indent = (text: string): string =>
    text
      .split("\n")
      .map((line) => (line === "" ? "" : `    ${line}`))
      .join("\n");
  const sections: [string, string][] = [["NAME", cmdlet.name]];
  sections.push(["SYNOPSIS", declaration.synopsis]);
  if (detail !== "examples") {
    sections.push(["SYNTAX", syntaxOf(cmdlet).join("\n\n")]);
    sections.push(["DESCRIPTION", declaration.description ?? declaration.synopsis]);
  }
  if (detail === "detailed" || detail === "full")
    sections.push([
      "PARAMETERS",
      ownParameters(cmdlet)
        .map((parameter) => parameterText(parameter, detail))
        .join("\n\n"),
    ]);
  if (detail === "full") {
    sections.push(["INPUTS", inputTypes(cmdlet).join("\n")]);
    sections.push(["OUTPUTS", (declaration.output ?? []).map(({ typeName }) => typeName).join("\n")]);
  }
  if (detail !== "normal" && (declaration.examples ?? []).length > 0) {
    sections.push(["EXAMPLES", (declaration.examples ?? []).map(({ code, remarks }, i) => `${i + 1}. ${code}\n\n${remarks}`).join("\n\n")]);
  }
  if ((declaration.related ?? []).length > 0 && detail !== "examples") sections.push(["RELATED", (declaration.related ?? []).join("\n")]);
  return `${sections.map(([head, body]) => `${head}\n${indent(body)}`).join("\n\n")}\n`;
}

function parameterText(parameter: Parameter, detail: HelpDetail): string {
  const head = parameter.type.isSwitch === true ? `-${parameter.name}` : `-${parameter.name} <${parameter.type.shown}>`;
  const lines = [head, ...parameter.help.split("\n").map((line) => `    ${line}`)];
  if (parameter.type.values !== undefined) lines.push(`    One of: ${parameter.type.values.join(", ")}`);
  if (parameter.validate?.set !== undefined) lines.push(`    One of: ${parameter.validate.set.join(", ")}`);
  if (detail === "full") {
    const flags = [...parameter.sets.values()];
    const position = flags.find((set) => set.position !== undefined)?.position;
    lines.push(
      "",
      `    Required?                    ${String(flags.some((set) => set.mandatory))}`,
      `    Position?                    ${position === undefined ? "named" : String(position)}`,
      `    Default value                ${parameter.default ?? "None"}`,
      `    Accept pipeline input?       ${pipelineInput(flags)}`,
      `    Aliases                      ${parameter.aliases.length === 0 ? "none" : parameter.aliases.join(", ")}`,
    );
  }
  return lines.join("\n");
}

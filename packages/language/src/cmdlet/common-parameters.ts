/** The parameters that every command has, in PowerShell's order; a client refuses to import a cmdlet that lacks one. */
import { enumType } from "../types/enumeration.ts";
import { compileParameter, type Parameter, type ParameterDeclaration } from "./parameter.ts";

export const ACTION_PREFERENCE = enumType("System.Management.Automation.ActionPreference", [
  "SilentlyContinue",
  "Stop",
  "Continue",
  "Inquire",
  "Ignore",
  "Suspend",
  "Break",
]);

export type ActionPreference = "SilentlyContinue" | "Stop" | "Continue" | "Inquire" | "Ignore" | "Suspend" | "Break";

const COMMON: Readonly<Record<string, ParameterDeclaration>> = {
  Verbose: { type: "switch", aliases: ["vb"], help: "Shows what the command does, step by step." },
  Debug: { type: "switch", aliases: ["db"], help: "Shows messages for whoever maintains the command." },
  ErrorAction: { type: ACTION_PREFERENCE, aliases: ["ea"], help: "What to do when an error occurs that need not end the command." },
  WarningAction: { type: ACTION_PREFERENCE, aliases: ["wa"], help: "What to do with warnings." },
  InformationAction: { type: ACTION_PREFERENCE, aliases: ["infa"], help: "What to do with informational messages." },
  ProgressAction: { type: ACTION_PREFERENCE, aliases: ["proga"], help: "What to do with progress messages." },
  ErrorVariable: { type: "string", aliases: ["ev"], help: "Name of the variable that also receives the errors." },
  WarningVariable: { type: "string", aliases: ["wv"], help: "Name of the variable that also receives the warnings." },
  InformationVariable: { type: "string", aliases: ["iv"], help: "Name of the variable that also receives informational messages." },
  OutVariable: { type: "string", aliases: ["ov"], help: "Name of the variable that also receives the output." },
  OutBuffer: {
    type: "int",
    aliases: ["ob"],
    validate: { range: [0, 2147483647] },
    help: "How many objects are gathered before they are passed on.",
  },
  PipelineVariable: { type: "string", aliases: ["pv"], help: "Name of the variable that holds the current object for later commands." },
};

const SHOULD_PROCESS: Readonly<Record<string, ParameterDeclaration>> = {
  WhatIf: { type: "switch", aliases: ["wi"], help: "Shows what would happen, and changes nothing." },
  Confirm: { type: "switch", aliases: ["cf"], help: "Asks before each change." },
};

const compile = (table: Readonly<Record<string, ParameterDeclaration>>): readonly Parameter[] =>
  Object.entries(table).map(([name, declaration]) => compileParameter(name, declaration, true));

/** Compiled once and shared by all commands. */
export const COMMON_PARAMETERS: readonly Parameter[] = compile(COMMON);
export const SHOULD_PROCESS_PARAMETERS: readonly Parameter[] = compile(SHOULD_PROCESS);

/** For `[<CommonParameters>]` in a line of syntax: -WhatIf and -Confirm are shown, these are not. */
const HIDDEN_IN_SYNTAX: ReadonlySet<string> = new Set(COMMON_PARAMETERS.map((parameter) => parameter.name));

export function isHiddenCommon(parameter: Parameter): boolean {
  return parameter.common && HIDDEN_IN_SYNTAX.has(parameter.name);
}

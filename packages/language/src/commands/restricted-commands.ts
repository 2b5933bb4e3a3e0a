/** The commands that every session without language has, beside those of its roles. */
import type { Cmdlet } from "../cmdlet/cmdlet.ts";
import { getCommand } from "./get-command.ts";
import { getHelp } from "./get-help.ts";
import { measureObject } from "./measure-object.ts";
import { selectObject, strictSelectObject } from "./select-object.ts";
import { clearHost, exitPSSession, getFormatData, outDefault, outString } from "./session-commands.ts";
import { sortObject } from "./sort-object.ts";
import { whereObject } from "./where-object.ts";

export interface RestrictedCommandOptions {
  /** Select-Object as PowerShell's own restricted endpoint has it: -Property out of a fixed list. */
  strictSelectObject?: boolean;
  /** Where-Object, Sort-Object and Out-String as well (true by default); not listed, so that nobody imports them over their own. */
  more?: boolean;
}

/** The eight of a restricted endpoint, and those of ours that need no script either. */
export function restrictedCommands({ strictSelectObject: strict = false, more = true }: RestrictedCommandOptions = {}): Cmdlet[] {
  return [
    clearHost,
    exitPSSession,
    getCommand,
    getFormatData,
    getHelp,
    measureObject,
    outDefault,
    strict ? strictSelectObject : selectObject,
    ...(more ? [outString, sortObject, whereObject] : []),
  ];
}

/** The lines of syntax of a command, one a parameter set, as Get-Command -Syntax prints them. */
import type { Cmdlet } from "./cmdlet.ts";
import { isHiddenCommon } from "./common-parameters.ts";
import { inSet, type Parameter, type ParameterInSet } from "./parameter.ts";

/** A parameter in a set, in the order of the syntax: positional ones first, then mandatory ones, then the rest as declared. */
export function parametersInSet(cmdlet: Cmdlet, set: string): [Parameter, ParameterInSet][] {
  const all = cmdlet.parameters.flatMap((parameter): [Parameter, ParameterInSet][] => {
    const flags = inSet(parameter, set);
    return flags === undefined || parameter.hidden || isHiddenCommon(parameter) ? [] : [[parameter, flags]];
  });
  const rank = ([, flags]: [Parameter, ParameterInSet]): number => (flags.position !== undefined ? 0 : flags.mandatory ? 1 : 2);
  return all.toSorted((a, b) => rank(a) - rank(b) || (a[1].position ?? 0) - (b[1].position ?? 0));
}

/** `[-Name] <string>`, in brackets where it may be left out. */
export function parameterSyntax(parameter: Parameter, flags: ParameterInSet): string {
  const name = flags.position === undefined ? `-${parameter.name}` : `[-${parameter.name}]`;
  const whole = parameter.type.isSwitch === true ? name : `${name} <${parameter.type.shown}>`;
  return flags.mandatory ? whole : `[${whole}]`;
}

/**
 * The parameters of a set in one line, without the command's name.
 *
 * @example
 * ```ts
 * setSyntax(cmdlet, "__AllParameterSets"); // "[-Name] <string> [-Force] [<CommonParameters>]"
 * ```
 */
export function setSyntax(cmdlet: Cmdlet, set: string): string {
  return [...parametersInSet(cmdlet, set).map(([parameter, flags]) => parameterSyntax(parameter, flags)), "[<CommonParameters>]"].join(" ");
}

/** The lines, the default set first. */
export function syntaxOf(cmdlet: Cmdlet): readonly string[] {
  const sets = [...cmdlet.sets].toSorted((a, b) => Number(b === cmdlet.defaultSet) - Number(a === cmdlet.defaultSet));
  return sets.map((set) => `${cmdlet.name} ${setSyntax(cmdlet, set)}`);
}

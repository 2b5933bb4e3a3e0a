/** Completion at the end of a line: names of commands, of parameters, and values where the declaration knows them. */
import { wildcard } from "../types/wildcard.ts";
import { isDash } from "../types/characters.ts";
import type { Cmdlet } from "./cmdlet.ts";
import type { CommandLookup } from "./context.ts";
import { isHiddenCommon } from "./common-parameters.ts";
import type { Parameter } from "./parameter.ts";

export interface Completion {
  /** What stands in the place of the last word. */
  readonly text: string;
  /** A line about it. */
  readonly help: string;
}

/**
 * Completes the last of the words of one command; an empty last word asks for everything.
 *
 * @example
 * ```ts
 * complete(catalogue, ["Get-CsOnlineUser", "-Id"]); // [{ text: "-Identity", help: "..." }]
 * ```
 */
export function complete(commands: CommandLookup, words: readonly string[]): readonly Completion[] {
  const last = words.at(-1) ?? "";
  if (words.length <= 1) {
    return commands
      .match([`${escaped(last)}*`])
      .filter(({ declaration }) => declaration.hidden !== true)
      .map(({ name, declaration }) => ({ text: name, help: declaration.synopsis }));
  }
  const command = commands.find(words[0] as string);
  if (command === undefined) return [];
  const before = words.at(-2) as string;
  const named = words.length > 2 && isDash(before[0] ?? "") ? command.parametersNamed(before.slice(1).replace(/:$/, "")) : [];
  if (named.length === 1 && (named[0] as Parameter).type.isSwitch !== true) return values(named[0] as Parameter, last);
  if (last === "" || isDash(last[0] as string)) return parameterNames(command, last.slice(1), words);
  return [];
}

function parameterNames(command: Cmdlet, begun: string, words: readonly string[]): Completion[] {
  const used = new Set(
    words
      .slice(1, -1)
      .filter((word) => isDash(word[0] ?? ""))
      .flatMap((word) => command.parametersNamed(word.slice(1).replace(/:.*$/, ""))),
  );
  const pattern = wildcard(`${escaped(begun)}*`);
  return command.parameters
    .filter((parameter) => !parameter.hidden && !used.has(parameter) && pattern.matches(parameter.name))
    .toSorted((a, b) => Number(isHiddenCommon(a)) - Number(isHiddenCommon(b)))
    .map(({ name, help }) => ({ text: `-${name}`, help }));
}

function values(parameter: Parameter, begun: string): Completion[] {
  const known = parameter.validate?.set ?? parameter.type.values ?? (parameter.type.name === "System.Boolean" ? ["$true", "$false"] : []);
  const pattern = wildcard(`${escaped(begun)}*`);
  return known.filter((value) => pattern.matches(value)).map((text) => ({ text, help: parameter.help }));
}

/** A text as a pattern that matches itself. */
function escaped(text: string): string {
  return text.replaceAll(/[*?[\]`]/g, "`$&");
}

/** Completion: from the tree of commands itself, and the cmdlets' names where one is due. */
import type { Command } from "commander";
import { onlineCatalogue, poolCatalogue } from "@tieline/server";
import { EXIT } from "../exit-code.ts";
import type { CommonOptions, Surroundings } from "../invocation.ts";
import { SCRIPTS, type Shell } from "../shells.ts";

export async function completion(_options: CommonOptions, { stdout }: Surroundings, shell: Shell): Promise<number> {
  stdout.write(SCRIPTS[shell]);
  return EXIT.ok;
}

export async function complete(_options: CommonOptions, { stdout, program }: Surroundings, words: readonly string[]): Promise<number> {
  if (program === undefined) return EXIT.failure;
  stdout.write(
    candidates(program, words)
      .map((word) => `${word}\n`)
      .join(""),
  );
  return EXIT.ok;
}

function optionOf(command: Command, word: string): Command["options"][number] | undefined {
  return command.options.find((option) => option.short === word || option.long === word);
}

/** What may stand in the place of the last word. */
export function candidates(program: Command, words: readonly string[]): string[] {
  const last = words.at(-1) ?? "";
  let command = program;
  let operands = 0;
  let open: string | undefined;
  for (const word of words.slice(0, -1)) {
    const wanted = open;
    open = undefined;
    if (wanted !== undefined) continue;
    const option = word.startsWith("-") ? optionOf(command, word) : undefined;
    if (option !== undefined) open = option.isBoolean() ? undefined : word;
    else {
      const next = command.commands.find((each) => each.name() === word);
      if (next !== undefined && operands === 0) command = next;
      else operands += 1;
    }
  }
  const begins = (word: string): boolean => word.toLowerCase().startsWith(last.toLowerCase());
  if (open !== undefined) return (optionOf(command, open)?.argChoices ?? []).filter(begins);
  if (command.name() === "invoke" && operands > 0) return [];
  const names = command.commands.filter((each) => !each.name().startsWith("_")).map((each) => each.name());
  const choices = command.registeredArguments[operands]?.argChoices ?? [];
  const cmdlets =
    command.name() === "invoke" && !last.startsWith("-")
      ? [onlineCatalogue(), poolCatalogue()].flatMap((c) => c.all().map((each) => each.name))
      : [];
  const options = last.startsWith("-") ? command.options.map((each) => each.long ?? "").filter((each) => each !== "") : [];
  return [...new Set([...names, ...choices, ...cmdlets, ...options])].filter(begins).sort();
}

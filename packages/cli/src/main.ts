/**
 * `tieline`: arguments in, an action out. Commands are declared in program/ with their help; an action is loaded
 * when it runs, so that the command line starts fast.
 */
import { Command, CommanderError, Help, Option } from "commander";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { reportFault } from "./fault-report.ts";
import type { CommonOptions, Surroundings } from "./invocation.ts";
import { declareAccount } from "./program/account.ts";
import { declareCompletion } from "./program/completion.ts";
import { declareDiagnosis } from "./program/diagnosis.ts";
import { declareDiscovery } from "./program/discovery.ts";
import { declareModule } from "./program/module.ts";
import { declareMoves } from "./program/moves.ts";
import type { Declare, Run } from "./program/options.ts";
import { declareService } from "./program/service.ts";
import { declareSessions } from "./program/sessions.ts";
import { styleFor } from "./style.ts";

/** In the order in which the help lists them. */
const COMMANDS: readonly Declare[] = [
  declareService,
  declareSessions,
  declareMoves,
  declareAccount,
  declareDiscovery,
  declareDiagnosis,
  declareModule,
  declareCompletion,
];

/** Runs the command line and gives the exit code. Nothing but commands' results goes to stdout. */
export async function main(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  let code: number = EXIT.ok;
  const program: Command = build(
    (load) =>
      async (...args: unknown[]) => {
        const command = args.at(-1) as Command;
        const operands = args.slice(0, -2);
        const options = command.optsWithGlobals<CommonOptions>();
        try {
          const action = (await load()) as unknown as (
            options: unknown,
            surroundings: Surroundings,
            ...operands: unknown[]
          ) => Promise<number>;
          code = await action(options, { ...surroundings, program }, ...operands);
        } catch (error) {
          const stage = (error as { stage?: string }).stage;
          code = exitCodeOf(
            reportFault(error, surroundings.stderr, options.output, styleFor(surroundings.stderr, surroundings.environment), stage),
          );
        }
      },
    surroundings,
  );
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return code;
}

/** An option that may be repeated, and was not, has no default worth a word. */
function described(option: Option): string {
  const isList = Array.isArray(option.defaultValue);
  return new Help().optionDescription(isList ? Object.assign(new Option(option.flags), option, { defaultValue: undefined }) : option);
}

/** The tree of commands. */
function build(run: Run, surroundings: Surroundings): Command {
  const program = new Command("tieline")
    .description("Remote PowerShell for Skype for Business estates, from any machine.")
    .version("0.1.0", "-V, --version")
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ optionDescription: described });
  program.configureOutput({
    writeOut: (text) => void surroundings.stdout.write(text),
    writeErr: (text) => void surroundings.stderr.write(text),
  });
  for (const declare of COMMANDS) declare(program, run);
  return program;
}

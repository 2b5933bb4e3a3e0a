/** `completion`, and the hidden command that its scripts call. */
import { Argument } from "commander";
import { SHELLS } from "../shells.ts";
import { examples, type Action, type Declare } from "./options.ts";

export const declareCompletion: Declare = (program, run) => {
  examples(
    program
      .command("completion")
      .addArgument(new Argument("<shell>", "the shell").choices([...SHELLS]))
      .description("print a shell's completion script")
      .action(run(async () => (await import("../commands/completion.ts")).completion as Action)),
    "tieline completion bash > /etc/bash_completion.d/tieline",
    "tieline completion fish | source",
  );
  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .passThroughOptions()
    .allowUnknownOption()
    .action(run(async () => (await import("../commands/completion.ts")).complete as Action));
};

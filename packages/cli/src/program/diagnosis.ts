/** Commands that find out what is wrong: `doctor`, `explain`. */
import { common, examples, type Action, type Declare } from "./options.ts";

export const declareDiagnosis: Declare = (program, run) => {
  examples(
    common(program.command("explain").argument("[text...]", "the error's text; `-` or nothing: read from a pipe"))
      .description("tell what an error means, where on the way it happened, and what to do; works without a network")
      .action(run(async () => (await import("../commands/explain.ts")).explain as Action)),
    'tieline explain "The maximum number of concurrent shells for this user has been exceeded."',
    "tieline explain AADSTS50076",
    "pbpaste | tieline explain -",
  );
};

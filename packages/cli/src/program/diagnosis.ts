/** Commands that find out what is wrong: `doctor`, `explain`. */
import { common, connecting, examples, wholeNumber, type Action, type Declare } from "./options.ts";

export const declareDiagnosis: Declare = (program, run) => {
  examples(
    connecting(program.command("doctor").argument("[subject]", "an account (name@domain), a domain, or the address of an endpoint"))
      .description(
        "look at each layer between this machine and a session, and say what is wrong and what to do; changes nothing, asks nothing",
      )
      .option("--user <name>", "who signs in: name@domain (or TIELINE_USER)")
      .option("--json", "the same as -o json")
      .option("--check-timeout <seconds>", "how long one check may take", wholeNumber, 20)
      .option("--timeout <seconds>", "how long all of them may take", wholeNumber, 120)
      .action(run(async () => (await import("../commands/doctor.ts")).doctor as Action)),
    "tieline doctor admin@contoso.com",
    "tieline doctor contoso.com -o json",
    "tieline doctor https://admin0a.online.lync.com/OcsPowershellOAuth",
  );

  examples(
    common(program.command("explain").argument("[text...]", "the error's text; `-` or nothing: read from a pipe"))
      .description("tell what an error means, where on the way it happened, and what to do; works without a network")
      .action(run(async () => (await import("../commands/explain.ts")).explain as Action)),
    'tieline explain "The maximum number of concurrent shells for this user has been exceeded."',
    "tieline explain AADSTS50076",
    "pbpaste | tieline explain -",
  );
};

/** `discover`: the way from a domain to its endpoint. */
import { connecting, examples, type Action, type Declare } from "./options.ts";

export const declareDiscovery: Declare = (program, run) => {
  examples(
    connecting(program.command("discover").argument("[domain]", "a domain, or a user of it (or TIELINE_USER)"))
      .description("show how a domain leads to its remote PowerShell endpoint, hop by hop, and what that asks of a caller")
      .option("--override-desired-link <token>", "another link of the domain's document, e.g. External/Autodiscover")
      .action(run(async () => (await import("../commands/discover.ts")).discover as Action)),
    "tieline discover contoso.com",
    "tieline discover hybrid.contoso.com --lab",
    "tieline discover contoso.com -o json --query '[0].TargetUri'",
  );
};

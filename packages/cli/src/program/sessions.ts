/** Commands that connect: `connect`, `invoke`, `sessions`. */
import { connecting, examples, type Action, type Declare } from "./options.ts";

export const declareSessions: Declare = (program, run) => {
  examples(
    connecting(
      program.command("connect").argument("[user]", "who signs in: name@domain").description("open a session, and type cmdlets into it"),
    )
      .option("--keep <name>", "leave the session open under this name for other commands")
      .action(run(async () => (await import("../commands/connect.ts")).connect as Action)),
    "tieline connect admin@contoso.com",
    "tieline connect admin@contoso.com --lab --keep work",
    "tieline connect administrator@contoso.local --lab --target-uri https://pool01.contoso.local/OcsPowershell",
  );

  examples(
    connecting(
      program
        .command("invoke")
        .argument("<cmdlet>", "a cmdlet, or a whole pipeline in quotes")
        .argument("[parameters...]", "its parameters, as in PowerShell"),
    )
      .description("run a cmdlet and print what it puts out; options of tieline stand before the cmdlet")
      .option("--user <name>", "who signs in: name@domain (or TIELINE_USER)")
      .option("--session <name>", "use a session that was kept")
      .passThroughOptions()
      .action(run(async () => (await import("../commands/invoke.ts")).invoke as Action)),
    "tieline invoke --user admin@contoso.com Get-CsOnlineUser -Identity alice",
    "tieline invoke --session work -o csv 'Get-CsOnlineUser -ResultSize 5 | Select-Object DisplayName, SipAddress'",
  );

  const sessions = program.command("sessions").description("sessions of yours at the service, and those that were kept");
  examples(
    connecting(sessions.command("list").argument("[user]", "who asks: name@domain"))
      .description("list them")
      .action(run(async () => (await import("../commands/sessions.ts")).list as Action)),
    "tieline sessions list admin@contoso.com",
  );
  examples(
    connecting(sessions.command("close").argument("[id...]", "ids or names, or `all`"))
      .description("close them")
      .option("--abandoned", "those that ended processes of this machine have left behind")
      .option("--user <name>", "who asks: name@domain (or TIELINE_USER)")
      .action(run(async () => (await import("../commands/sessions.ts")).close as Action)),
    "tieline sessions close --user admin@contoso.com all",
    "tieline sessions close --abandoned",
  );
};

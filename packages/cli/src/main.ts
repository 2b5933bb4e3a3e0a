/**
 * `tieline`: arguments in, an action out. Each command is declared here in one place with its help; its action is loaded
 * when it runs, so that the command line starts fast.
 */
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { reportFault } from "./fault-report.ts";
import type { CommonOptions, Surroundings } from "./invocation.ts";
import { FORMATS } from "./output/printer.ts";
import { SHELLS } from "./shells.ts";
import { styleFor } from "./style.ts";

type Action = (options: never, surroundings: Surroundings, ...operands: never[]) => Promise<number>;

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

/** The tree of commands. `run` wraps the loader of an action. */
function build(run: (load: () => Promise<Action>) => (...args: unknown[]) => Promise<void>, surroundings: Surroundings): Command {
  const program = new Command("tieline")
    .description("Remote PowerShell for Skype for Business estates, from any machine.")
    .version("0.1.0", "-V, --version")
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .exitOverride();
  program.configureOutput({
    writeOut: (text) => void surroundings.stdout.write(text),
    writeErr: (text) => void surroundings.stderr.write(text),
  });
  const examples = (command: Command, ...lines: string[]): Command =>
    command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}`);

  examples(
    program
      .command("up")
      .description("start a lab: a service with two tenants and a pool, on loopback ports, below one data folder")
      .option("--data <folder>", "where everything of the lab is kept (default: the user's data folder)")
      .option("--users <number>", "people of the first tenant, made up when the lab is new", wholeNumber, 40)
      .option("--port <name=port>", "a port for a listener: online-https, online-http, online-ssh, pool-https, pool-http", collect, [])
      .option("--database-url <url>", "a PostgreSQL server instead of the file: postgres://user@host/database")
      .option("--database-password-file <file>", "its password (or PGPASSWORD in the environment)")
      .option("--shells-per-user <number>", "sessions an administrator may hold", wholeNumber, 3)
      .option("--shells-per-tenant <number>", "sessions a tenant may hold", wholeNumber, 20)
      .option("--keytab <file>", "keys of HTTP/pool01.contoso.local, for Kerberos at the pool")
      .option("--lifetime-minutes <number>", "a session's longest life", wholeNumber, 60)
      .action(run(async () => (await import("./commands/up.ts")).up as Action)),
    "tieline up",
    "tieline up --data ./lab --users 10000 --port online-https=8443",
  );

  examples(
    connecting(
      program.command("connect").argument("[user]", "who signs in: name@domain").description("open a session, and type cmdlets into it"),
    )
      .option("--keep <name>", "leave the session open under this name for other commands")
      .action(run(async () => (await import("./commands/connect.ts")).connect as Action)),
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
      .action(run(async () => (await import("./commands/invoke.ts")).invoke as Action)),
    "tieline invoke --user admin@contoso.com Get-CsOnlineUser -Identity alice",
    "tieline invoke --session work -o csv 'Get-CsOnlineUser -ResultSize 5 | Select-Object DisplayName, SipAddress'",
  );

  const sessions = program.command("sessions").description("sessions of yours at the service, and those that were kept");
  examples(
    connecting(sessions.command("list").argument("[user]", "who asks: name@domain"))
      .description("list them")
      .action(run(async () => (await import("./commands/sessions.ts")).list as Action)),
    "tieline sessions list admin@contoso.com",
  );
  examples(
    connecting(sessions.command("close").argument("<id...>", "ids or names, or `all`"))
      .description("close them")
      .option("--user <name>", "who asks: name@domain (or TIELINE_USER)")
      .action(run(async () => (await import("./commands/sessions.ts")).close as Action)),
    "tieline sessions close --user admin@contoso.com all",
  );

  examples(
    common(program.command("import"))
      .argument("<file>", "a CSV file with the columns of Get-CsOnlineUser | Export-Csv")
      .description("import users into a tenant of a stopped service: all of the file, or nothing")
      .requiredOption("--tenant <domain>", "the tenant, by one of its domains")
      .option("--data <folder>", "the service's data folder")
      .option("--database-url <url>", "its PostgreSQL server, if it has one")
      .option("--database-password-file <file>", "the server's password")
      .option("--what-if", "check the file and change nothing")
      .action(run(async () => (await import("./commands/import.ts")).importUsers as Action)),
    "tieline import users.csv --tenant contoso.com --what-if",
  );

  examples(
    program
      .command("completion")
      .addArgument(new Argument("<shell>", "the shell").choices([...SHELLS]))
      .description("print a shell's completion script")
      .action(run(async () => (await import("./commands/completion.ts")).completion as Action)),
    "tieline completion bash > /etc/bash_completion.d/tieline",
    "tieline completion fish | source",
  );
  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .passThroughOptions()
    .allowUnknownOption()
    .action(run(async () => (await import("./commands/completion.ts")).complete as Action));
  return program;
}

function connecting(command: Command): Command {
  return common(command)
    .option("--override-admin-domain <domain>", "the tenant's domain, where it is not the user's")
    .option("--override-discovery-uri <uri>", "where discovery begins, instead of the lyncdiscover names")
    .option("--target-uri <uri>", "the endpoint itself; skips discovery")
    .addOption(
      new Option("--authentication <mechanism>", "how to sign in")
        .choices(["default", "basic", "negotiate", "ntlm", "kerberos", "certificate"])
        .default("default"),
    )
    .option("--password-file <file>", "the password (or TIELINE_PASSWORD, or TIELINE_TOKEN for a token; else it is asked for)")
    .option("--certificate-file <file>", "a client certificate (PEM, or .pfx; its passphrase in TIELINE_PASSPHRASE)")
    .option("--key-file <file>", "the certificate's private key (PEM), where it is in a file of its own")
    .option("--connect-to <host:port:address:port>", "where a name lives, as in curl; may be repeated", collect, [])
    .option("--ca-file <file>", "an authority to trust (PEM); may be repeated", collect, [])
    .option("--insecure", "do not check certificates; for tests only")
    .option("--proxy <url>", "an HTTP proxy (or HTTPS_PROXY); `none` for none")
    .option("--open-timeout <seconds>", "how long connecting may take", wholeNumber, 60)
    .option("--lab", "names, authority and accounts of the lab on this machine")
    .option("--data <folder>", "the folder of that lab, where it is not the default one");
}

/** What every command has. */
function common(command: Command): Command {
  return command
    .addOption(new Option("-o, --output <format>", "how results are written (table on a terminal, json otherwise)").choices([...FORMATS]))
    .option("--query <expression>", "JMESPath over the results")
    .option("-v, --verbose", "print the stages of the connection, and what cmdlets say");
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

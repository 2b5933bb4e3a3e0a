/** What the declarations of commands share: options of every command, of those that connect, and examples in the help. */
import { SIGN_IN_WAYS } from "../sign-in-ways.ts";
import { InvalidArgumentError, Option, type Command } from "commander";
import type { Surroundings } from "../invocation.ts";
import { FORMATS } from "../output/printer.ts";

export type Action = (options: never, surroundings: Surroundings, ...operands: never[]) => Promise<number>;

/** Wraps the loader of an action, so that a command's code is loaded when it runs. */
export type Run = (load: () => Promise<Action>) => (...args: unknown[]) => Promise<void>;

/** Declares some commands on the program, with their help. */
export type Declare = (program: Command, run: Run) => void;

export function examples(command: Command, ...lines: string[]): Command {
  return command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}`);
}

/** What every command has that connects. */
export function connecting(command: Command): Command {
  return common(command)
    .optionsGroup("Where to connect:")
    .option("--override-admin-domain <domain>", "the tenant's domain, where it is not the user's")
    .option("--override-discovery-uri <uri>", "where discovery begins, instead of the lyncdiscover names")
    .option("--target-uri <uri>", "the endpoint itself; skips discovery")
    .option("--teams-environment-name <name>", "the cloud where discovery begins: TeamsGCCH, TeamsDOD, TeamsChina")
    .option("--allow-redirection", "follow the endpoint to another host, with the credentials")
    .optionsGroup("Signing in:")
    .addOption(
      new Option("--sign-in <way>", "how a token is got (default: by what is given; else a browser, or a device code)").choices([
        ...SIGN_IN_WAYS,
      ]),
    )
    .option("--tenant <id>", "the account's tenant: a domain or its id, where it is not the user's domain")
    .option("--profile <name>", "whose default account signs in where none is named (or TIELINE_PROFILE)")
    .option("--password-file <file>", "the password (or TIELINE_PASSWORD, or TIELINE_TOKEN for a token; else it is asked for)")
    .option("--client-id <id>", "an application of yours; its certificate or secret then signs in without a person")
    .option(
      "--certificate-file <file>",
      "a client certificate, or with --client-id the application's (PEM, or .pfx; its passphrase in TIELINE_PASSPHRASE)",
    )
    .option("--key-file <file>", "the certificate's private key (PEM), where it is in a file of its own")
    .option("--client-secret-file <file>", "the application's secret (or TIELINE_CLIENT_SECRET)")
    .option("--federated-token-file <file>", "the token that stands for the application's secret (or AZURE_FEDERATED_TOKEN_FILE)")
    .option("--override-access-token-resource-uri <uri>", "what the token is for, where it is not the endpoint's address")
    .addOption(
      new Option("--authentication <mechanism>", "what is shown to the endpoint")
        .choices(["default", "basic", "negotiate", "ntlm", "kerberos", "certificate"])
        .default("default", "what its challenge asks for"),
    )
    .optionsGroup("Network and trust:")
    .option("--connect-to <host:port:address:port>", "where a name lives, as in curl; may be repeated", collect, [])
    .option("--dns-server <address:port>", "a name server instead of this machine's; may be repeated", collect, [])
    .option("--ca-file <file>", "an authority to trust (PEM); may be repeated", collect, [])
    .option("--insecure", "do not check certificates; for tests only")
    .option("--open-timeout <seconds>", "how long connecting may take", wholeNumber, 60)
    .optionsGroup("Proxy:")
    .option(
      "--proxy <proxy>",
      "http://, https:// or socks5://HOST:PORT; none, system, environment, auto[=SCRIPT], wpad (default: the environment's, else the desktop's)",
    )
    .addOption(
      new Option("--proxy-auth <mechanism>", "how to log on to the proxy, where it should not choose").choices([
        "basic",
        "digest",
        "ntlm",
        "negotiate",
      ]),
    )
    .option("--proxy-user <name>", "who logs on to the proxy (or TIELINE_PROXY_USER)")
    .option("--proxy-password-file <file>", "the password for the proxy (or TIELINE_PROXY_PASSWORD)")
    .optionsGroup("Session:")
    .option("--session-option <name=value>", "a setting of New-PSSessionOption; may be repeated", collect, [])
    .option("--no-reconnection", "let the session end with its first shell, instead of signing in again before its lifetime is over")
    .optionsGroup("A lab on this machine:")
    .option("--lab", "its names, its authority, its accounts")
    .option("--data <folder>", "the folder of that lab, where it is not the default one")
    .optionsGroup("Options:");
}

/** What every command has. */
export function common(command: Command): Command {
  return command
    .addOption(new Option("-o, --output <format>", "how results are written (table on a terminal, json otherwise)").choices([...FORMATS]))
    .option("--query <expression>", "JMESPath over the results")
    .option("-v, --verbose", "print the stages of the connection, and what cmdlets say");
}

/** For an option that may be repeated. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

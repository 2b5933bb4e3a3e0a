/** A new password or passphrase: from a file, the environment, or twice at the prompt; never from the command line. */
import { Fault } from "@tieline/fault";
import type { Surroundings } from "./invocation.ts";
import { readSecretFile } from "./secret-file.ts";
import { TerminalHost } from "./terminal-host.ts";

export interface SecretSources {
  file: string | undefined;
  /** The variable of the environment that may hold it. */
  variable: string;
  /** What is asked at the prompt, as in "Password of admin@contoso.com". */
  question: string;
  /** Asked a second time, since it is new. */
  isNew: boolean;
}

/** @throws Fault `file-unreadable`, `usage` where nobody sits at a terminal or the two do not agree */
export async function secretFrom(sources: SecretSources, around: Surroundings): Promise<string> {
  const given = firstLineOf(sources.file) ?? around.environment[sources.variable];
  if (given !== undefined && given !== "") return given;
  if (!around.stdin.isTTY || !around.stderr.isTTY) {
    throw new Fault("usage", {
      what: `${sources.question}: it was not given, and nobody sits at a terminal.`,
      hint: `Name a file with the option for it, or set ${sources.variable}.`,
    });
  }
  const host = new TerminalHost(around);
  const secret = await host.askSecret(sources.question);
  if (sources.isNew && (await host.askSecret(`${sources.question}, once more`)) !== secret)
    throw new Fault("usage", { what: "The two do not agree.", hint: "Run the command again." });
  return secret;
}

function firstLineOf(path: string | undefined): string | undefined {
  return path === undefined ? undefined : (readSecretFile(path).split(/\r?\n/, 1)[0] ?? "");
}

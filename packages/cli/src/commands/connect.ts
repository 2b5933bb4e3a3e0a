/** `tieline connect`: the four stages before the user's eyes, then a prompt for cmdlets; or a session that is kept. */
import { createInterface } from "node:readline";
import { asFault, Fault } from "@tieline/fault";
import { KEPT_IDLE_MS, type LastingConnection } from "@tieline/connector";
import { EXIT } from "../exit-code.ts";
import { reportFault } from "../fault-report.ts";
import type { ConnectionOptions, Surroundings } from "../invocation.ts";
import { printerFor } from "../printer-for.ts";
import { styleFor } from "../style.ts";
import { PsObject } from "@tieline/remoting/objects";
import type { TerminalHost } from "../terminal-host.ts";
import { runText } from "./invoke.ts";
import { keptSessions, open, sourceFor } from "./session-source.ts";

export interface ConnectOptions extends ConnectionOptions {
  keep?: string;
}

export async function connect(options: ConnectOptions, around: Surroundings, user: string | undefined): Promise<number> {
  // The stages are what this command is about: they are printed whether asked for or not.
  const source = sourceFor({ ...options, verbose: true }, user, around);
  const connection = await open(source);
  try {
    await row(connection, options, around);
    if (options.keep !== undefined) {
      await keep(connection, options.keep, source.wish.user ?? "", around);
      return EXIT.ok;
    }
    if (around.stdin.isTTY) return await prompt(connection, source.terminal, options, around);
    return await fromStdin(connection, source.terminal, options, around);
  } finally {
    if (options.keep === undefined || connection.session.state === "opened") await connection.session.close();
  }
}

/** The line that Get-PSSession prints. */
async function row({ session, progress }: LastingConnection, options: ConnectOptions, around: Surroundings): Promise<void> {
  const printer = printerFor(options, around);
  await printer.add(
    PsObject.of({
      Id: session.id,
      Name: "SfBPowerShellSession",
      ComputerName: progress.targetUri?.hostname ?? "",
      State: "Opened",
      ConfigurationName: "Microsoft.PowerShell",
      Availability: "Available",
    }),
  );
  await printer.end();
}

async function keep({ session, progress }: LastingConnection, name: string, user: string, around: Surroundings): Promise<void> {
  await session.disconnect({ idleTimeoutMs: KEPT_IDLE_MS });
  keptSessions(around.environment).keep({
    name,
    id: session.id,
    uri: progress.targetUri?.href ?? "",
    user,
    since: new Date().toISOString(),
  });
  around.stderr.write(`The session is kept as "${name}": use it with --session ${name}, close it with tieline sessions close ${name}.\n`);
}

/** A prompt as Enter-PSSession has it. */
async function prompt(
  connection: LastingConnection,
  terminal: TerminalHost,
  options: ConnectOptions,
  around: Surroundings,
): Promise<number> {
  const style = styleFor(around.stderr, around.environment);
  around.stderr.write(`${style.dim("Type cmdlets, as in PowerShell; exit or Ctrl-D leaves, Ctrl-C stops what runs.")}\n`);
  const names = (await connection.session.commandMetadata()).map((command) => command.name);
  const history: string[] = [];
  for (;;) {
    const text = (await readLine(`[${connection.progress.targetUri?.hostname}]: PS> `, names, history, around))?.trim();
    if (text === undefined || /^(exit|quit|Exit-PSSession)$/i.test(text)) return EXIT.ok;
    if (text === "" || text.startsWith("#")) continue;
    {
      using scope = around.interruptible?.();
      await one(
        connection,
        terminal,
        text,
        options,
        scope === undefined ? around : { ...around, signal: AbortSignal.any([around.signal, scope.signal]) },
      );
    }
    if (connection.session.state !== "opened") {
      throw (
        connection.session.fault ??
        new Fault("connection-lost", { host: connection.progress.targetUri?.host ?? "?", reason: "the session is over" })
      );
    }
  }
}

/** One line with history and completion; undefined at its end. A reader of its own each time, so that the session's own questions find the terminal free. */
function readLine(question: string, names: readonly string[], history: string[], around: Surroundings): Promise<string | undefined> {
  return new Promise((resolve) => {
    const lines = createInterface({
      input: around.stdin,
      output: around.stderr,
      history,
      completer: (line: string): [string[], string] => {
        const word = /[^\s|]*$/.exec(line)?.[0] ?? "";
        return [names.filter((name) => name.toLowerCase().startsWith(word.toLowerCase())), word];
      },
    });
    lines.on("history", (lately: string[]) => history.splice(0, history.length, ...lately));
    // Ctrl-C at the prompt throws the line away, as in every shell.
    lines.on("SIGINT", () => lines.write(null, { ctrl: true, name: "u" }));
    let typed: string | undefined;
    lines.once("line", (line: string) => {
      typed = line;
      lines.close();
    });
    const onAbort = (): void => {
      // Its terminal may be gone, and then it cannot be closed.
      resolve(undefined);
      lines.close();
    };
    around.signal.addEventListener("abort", onAbort, { once: true });
    lines.once("close", () => {
      around.signal.removeEventListener("abort", onAbort);
      if (typed === undefined) around.stderr.write("\n");
      resolve(typed);
    });
    lines.setPrompt(question);
    lines.prompt();
  });
}

async function one(
  connection: LastingConnection,
  terminal: TerminalHost,
  text: string,
  options: ConnectOptions,
  around: Surroundings,
): Promise<number> {
  try {
    return await runText(connection.session, terminal, ` ${text}`, [], options, around);
  } catch (error) {
    // What was typed wrongly, or stopped, ends the line and not the session.
    if (connection.session.state !== "opened") throw error;
    reportFault(asFault(error), around.stderr, options.output, styleFor(around.stderr, around.environment));
    return EXIT.failure;
  }
}

/** Cmdlets from a pipe, a line each; the first that fails ends it. */
async function fromStdin(
  connection: LastingConnection,
  terminal: TerminalHost,
  options: ConnectOptions,
  around: Surroundings,
): Promise<number> {
  const lines = createInterface({ input: around.stdin });
  for await (const line of lines) {
    const text = line.trim();
    if (text === "" || text.startsWith("#")) continue;
    const code = await runText(connection.session, terminal, ` ${text}`, [], options, around);
    if (code !== EXIT.ok) return code;
  }
  return EXIT.ok;
}

/** Runs a pipeline of the session and prints it: results on stdout, the other streams on stderr. */
import { PowerShellError, type RemoteSession } from "@tieline/connector";
import type { Surroundings } from "./invocation.ts";
import type { Printer } from "./output/printer.ts";
import { printable } from "./output/width.ts";
import { styleFor } from "./style.ts";
import type { TerminalHost } from "./terminal-host.ts";

export type Statements = Parameters<RemoteSession["run"]>[0]["statements"];

/** Where a pipeline's streams go. */
export interface PipelineScreen {
  printer: Printer;
  terminal: TerminalHost;
  verbose: boolean;
}

export interface PipelineEnd {
  /** Errors that were written; the pipeline went on. */
  errors: number;
  /** The error that ended it. */
  terminated: boolean;
  fullyQualifiedErrorId?: string;
}

export async function printPipeline(
  session: RemoteSession,
  statements: Statements,
  screen: PipelineScreen,
  around: Surroundings,
): Promise<PipelineEnd> {
  const { printer, terminal, verbose } = screen;
  const style = styleFor(around.stderr, around.environment);
  const end: PipelineEnd = { errors: 0, terminated: false };
  const say = (text: string): void => {
    terminal.clearProgress();
    around.stderr.write(`${text}\n`);
  };
  try {
    for await (const item of session.run({ statements }, { signal: around.signal })) {
      switch (item.stream) {
        case "output":
          terminal.clearProgress();
          await printer.add(item.value);
          break;
        case "error":
          end.errors += 1;
          say(errorText(item.record.text, item.record.category.message, item.record.fullyQualifiedErrorId, style.error));
          break;
        case "warning":
          say(`${style.warning("WARNING:")} ${printable(item.record.message)}`);
          break;
        case "verbose":
          if (verbose) say(`${style.dim("VERBOSE:")} ${printable(item.record.message)}`);
          break;
        case "debug":
          if (verbose) say(`${style.dim("DEBUG:")} ${printable(item.record.message)}`);
          break;
        default:
          // Progress and information reach the terminal as calls of the host.
          break;
      }
    }
  } catch (error) {
    if (!(error instanceof PowerShellError)) throw error;
    end.terminated = true;
    end.errors += 1;
    end.fullyQualifiedErrorId = error.fullyQualifiedErrorId;
    say(errorText(error.message, error.record.category.message, error.fullyQualifiedErrorId, style.error));
  } finally {
    terminal.clearProgress();
    await printer.end();
  }
  return end;
}

/** As PowerShell's NormalView prints it, without the position that a command line does not have. */
function errorText(message: string, category: string | null, id: string | null, paint: (text: string) => string): string {
  const lines = [paint(printable(message))];
  if (category !== null && category !== "") lines.push(paint(`    + CategoryInfo          : ${printable(category)}`));
  if (id !== null && id !== "") lines.push(paint(`    + FullyQualifiedErrorId : ${printable(id)}`));
  return lines.join("\n");
}

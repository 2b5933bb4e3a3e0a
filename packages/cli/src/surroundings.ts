/** The process as its commands see it; Ctrl-C once ends in order, twice at once. */
import { asFault, Fault } from "@tieline/fault";
import { EXIT } from "./exit-code.ts";
import { faultReport } from "./fault-report.ts";
import type { Surroundings } from "./invocation.ts";
import { styleFor } from "./style.ts";

const ONE_SIGNAL_MS = 300;

export function surroundingsOf(proc: NodeJS.Process): Surroundings {
  const whole = new AbortController();
  let line: AbortController | undefined;
  let lastMs = -Infinity;
  const interrupt = (signal: NodeJS.Signals): void => {
    // One keystroke may come twice: from the terminal, and handed on by the program that started us.
    const again = performance.now() - lastMs > ONE_SIGNAL_MS;
    lastMs = performance.now();
    const target = signal === "SIGINT" && line !== undefined && !line.signal.aborted ? line : whole;
    if (!target.signal.aborted) target.abort(new Fault("interrupted"));
    else if (again && signal === "SIGINT") proc.exit(EXIT.interrupted);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) proc.on(signal, interrupt);
  // A terminal that was closed must not keep the session from being closed too.
  for (const stream of [proc.stdin, proc.stderr]) stream.on("error", () => whole.abort(new Fault("interrupted")));
  // Readline throws out of an event when its terminal is gone; whatever else comes this way must close the session too.
  proc.on("uncaughtException", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EIO" && error.code !== "EPIPE") proc.stderr.write(faultReport(asFault(error), styleFor(proc.stderr, proc.env)));
    proc.exitCode = EXIT.failure;
    whole.abort(new Fault("interrupted", {}, { cause: error }));
  });
  // A reader that went away (`| head`) is no error.
  proc.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exitCode = EXIT.ok;
    whole.abort(new Fault("interrupted"));
  });
  return {
    stdin: proc.stdin,
    stdout: proc.stdout,
    stderr: proc.stderr,
    environment: proc.env,
    signal: whole.signal,
    interrupt: () => interrupt("SIGINT"),
    interruptible: () => {
      const mine = new AbortController();
      line = mine;
      return { signal: mine.signal, [Symbol.dispose]: () => void (line === mine && (line = undefined)) };
    },
  };
}

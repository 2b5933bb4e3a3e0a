/** The process as its commands see it; Ctrl-C once ends in order, twice at once. */
import { Fault } from "@tieline/fault";
import { EXIT } from "./exit-code.ts";
import type { Surroundings } from "./invocation.ts";

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
    else if (again) proc.exit(EXIT.interrupted);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) proc.on(signal, interrupt);
  // A terminal that was closed must not keep the session from being closed too.
  proc.stderr.on("error", () => whole.abort(new Fault("interrupted")));
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

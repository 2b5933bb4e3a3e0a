/** The process as its commands see it; Ctrl-C once ends in order, twice at once. */
import { Fault } from "@tieline/fault";
import { EXIT } from "./exit-code.ts";
import type { Surroundings } from "./invocation.ts";

export function surroundingsOf(proc: NodeJS.Process): Surroundings {
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    proc.on(signal, () => {
      if (abort.signal.aborted) proc.exit(EXIT.interrupted);
      abort.abort(new Fault("interrupted"));
    });
  }
  // A reader that went away (`| head`) is no error.
  proc.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") proc.exit(EXIT.ok);
    throw error;
  });
  return { stdin: proc.stdin, stdout: proc.stdout, stderr: proc.stderr, environment: proc.env, signal: abort.signal };
}

/** The service's log: JSON lines in the data folder, secrets left out by name as a second line of defence. */
import { join } from "node:path";
import pino, { type Logger } from "pino";

const SECRETS = [
  "password",
  "token",
  "authorization",
  "secret",
  "key",
  "*.password",
  "*.token",
  "*.authorization",
  "*.secret",
  "headers.authorization",
];

export interface ServiceLog extends Disposable {
  readonly logger: Logger;
  /** Undefined where it goes to stdout. */
  readonly path: string | undefined;
}

/** In the folder, or on stdout for a service manager that keeps it. */
export function openLog(folder: string, name: string, where: "file" | "stdout" = "file"): ServiceLog {
  const path = where === "file" ? join(folder, `${name}.log`) : undefined;
  const destination = pino.destination(
    path === undefined ? { dest: 1, sync: true } : { dest: path, mkdir: true, mode: 0o600, sync: true, append: true },
  );
  const logger = pino(
    { base: { service: name }, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths: SECRETS, censor: "***" } },
    destination,
  );
  return { logger, path, [Symbol.dispose]: () => destination.flushSync() };
}

/** A local PowerShell as the other end: `pwsh -s` speaks the out-of-process framing on its standard streams. */
import { spawn } from "node:child_process";
import { Fault } from "@tieline/fault";
import { readFrom, within, writeTo, type ByteLink } from "./byte-link.ts";

export interface ChildProcessOptions {
  /** The program, by path or by name. */
  command: string;
  /** Default: what makes PowerShell a server on its standard streams and keeps profiles from printing. */
  args?: readonly string[];
  cwd?: string;
  /** Variables beside those of this process. */
  env?: Readonly<Record<string, string>>;
  /** How long the program may take to end by itself. Default 5,000. */
  closeTimeoutMs?: number;
  /** Standard error, as it comes; also kept, for the fault. */
  onStandardError?: (text: string) => void;
}

export const POWERSHELL_SERVER_ARGS: readonly string[] = ["-s", "-NoLogo", "-NoProfile"];

/** How much of standard error a fault may quote. */
const TAIL = 500;

/** @throws Fault `process-start-failed` */
export async function startProcess(options: ChildProcessOptions): Promise<ByteLink> {
  const child = spawn(options.command, options.args ?? POWERSHELL_SERVER_ARGS, {
    stdio: ["pipe", "pipe", "pipe"],
    windowsHide: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: { ...process.env, ...options.env } }),
  });
  let tail = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    tail = (tail + text).slice(-TAIL);
    options.onStandardError?.(text);
  });
  // A write into a program that has ended is told by `reason`, not by an event that nobody hears.
  child.stdin.on("error", () => undefined);
  const exited = new Promise<string>((resolve) => {
    child.once("close", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error: NodeJS.ErrnoException) =>
      reject(new Fault("process-start-failed", { command: options.command, reason: error.code ?? error.message }, { cause: error })),
    );
  });
  return {
    input: readFrom(child.stdout),
    write: (bytes) => writeTo(child.stdin, bytes),
    close: async () => {
      child.stdin.end();
      child.stdout.resume();
      if (!(await within(exited, options.closeTimeoutMs ?? 5000))) child.kill("SIGKILL");
      await exited;
    },
    destroy: () => {
      child.stdin.destroy();
      child.kill("SIGKILL");
    },
    reason: async () => {
      const how = await exited;
      const said = tail.trim().replace(/\s+/g, " ");
      return new Fault("process-ended", { reason: said === "" ? how : `${how}: ${said}` });
    },
  };
}

/** Where a command's streams go when they are merged or thrown away ([MS-PSRP] 2.2.3.12, PipelineResultTypes). */
import type { MergeFlags } from "./structured-command.ts";

export type StreamTarget = "own" | "output" | "nowhere";

export interface StreamTargets {
  readonly error: StreamTarget;
  readonly warning: StreamTarget;
  readonly verbose: StreamTarget;
  readonly debug: StreamTarget;
  readonly information: StreamTarget;
}

const OUTPUT = 1;
const ERROR = 2;
const ALL = 7;
const NULL = 8;

const OWN: StreamTargets = { error: "own", warning: "own", verbose: "own", debug: "own", information: "own" };

export function mergesOf(flags: MergeFlags | undefined): StreamTargets {
  if (flags === undefined) return OWN;
  const target = (given: number | undefined): StreamTarget => (given === OUTPUT ? "output" : given === NULL ? "nowhere" : "own");
  // Protocol 2.1 knows only "my errors" (or all) to the output.
  const mine = flags.myResult === ALL || flags.myResult === ERROR ? target(flags.toResult) : "own";
  const all = flags.myResult === ALL ? mine : "own";
  const of = (given: number | undefined, before: StreamTarget): StreamTarget => (target(given) === "own" ? before : target(given));
  return {
    error: of(flags.error, mine),
    warning: of(flags.warning, all),
    verbose: of(flags.verbose, all),
    debug: of(flags.debug, all),
    information: of(flags.information, all),
  };
}

/** Whether a command takes the errors of the commands before it as its input. */
export function claimsErrors(flags: MergeFlags | undefined): boolean {
  return ((flags?.previousResults ?? 0) & ERROR) !== 0;
}

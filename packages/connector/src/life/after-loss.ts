/**
 * What becomes of a pipeline whose session was lost, as a table. A command that may have had an effect is never repeated;
 * one that reads may be, as long as nobody has seen any of its output.
 */
import { isFault } from "@tieline/fault";

export interface LostPipeline {
  /** Its command may have reached the service. */
  sent: boolean;
  /** Output and errors that its reader has been given. */
  handedOut: number;
  /** None of its commands changes anything. */
  readOnly: boolean;
  /** Objects were taken from its input, which cannot be given a second time. */
  inputTaken: boolean;
  /** The caller asked for a repetition from the start, and throws away what came before. */
  fromStart: boolean;
}

export type AfterLoss = "send" | "repeat" | "report";

type Row = readonly [
  sent: boolean,
  readOnly: boolean | undefined,
  seen: boolean | undefined,
  input: boolean | undefined,
  fromStart: boolean | undefined,
  becomes: AfterLoss,
];
/** The first row that fits holds, `undefined` fits both; what fits none is reported. */
const TABLE: readonly Row[] = [
  [false, undefined, false, false, undefined, "send"],
  [true, true, false, false, undefined, "repeat"],
  [true, true, true, false, true, "repeat"],
];

export function afterLoss({ sent, readOnly, handedOut, inputTaken, fromStart }: LostPipeline): AfterLoss {
  const facts = [sent, readOnly, handedOut > 0, inputTaken, fromStart];
  const row = TABLE.find((each) => facts.every((fact, i) => each[i] === undefined || each[i] === fact));
  return row?.[5] ?? "report";
}

/** Cmdlets that change nothing, by their verb; the commands of PowerShell itself that only shape objects are among them. */
const READS = /^(?:Get|Find|Test|Search|Measure|Select|Where|Sort|Group|Format|ConvertTo|Compare)-[A-Za-z]+$/i;

export function isReadOnly(command: { text: string; isScript?: boolean }): boolean {
  return command.isScript !== true && READS.test(command.text);
}

const LOST: ReadonlySet<string> = new Set([
  "connection-lost",
  "connection-refused",
  "connection-timeout",
  "network-unreachable",
  "name-unknown",
  "proxy-refused",
  "http-status",
  "session-lifetime-over",
  "session-closed",
  "service-stopping",
  "wsman-shutting-down",
  "wsman-shell-not-found",
  "wsman-shell-closed",
  "wsman-command-not-found",
  "wsman-operation-aborted",
  "wsman-shell-disconnected",
  "wsman-shell-in-use",
  "runspace-pool-state",
]);

/** The session ended under a pipeline, or the way to it; and not the pipeline by itself. */
export function isLoss(error: unknown): boolean {
  return isFault(error) && LOST.has(error.code);
}

/** What a new attempt may cure, some time later. */
export function isOutage(error: unknown): boolean {
  if (!isFault(error)) return false;
  if (error.is("http-status")) return Number(error.fields.status) >= 500;
  return error.layer === "network" || error.layer === "name" || error.is("service-stopping") || error.is("wsman-shutting-down");
}

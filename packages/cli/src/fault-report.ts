/** A fault as a person reads it on stderr: what, why, what to do; the same as data with `-o json`. */
import { asFault, type Fault } from "@tieline/fault";
import type { Format } from "./output/printer.ts";
import type { Style } from "./style.ts";
import { printable } from "./output/width.ts";

export function faultReport(fault: Fault, style: Style, stage?: string): string {
  const lines = [`${style.error("error")} ${style.dim(fault.code)}: ${printable(fault.message)}`];
  if (stage !== undefined) lines.push(`  ${style.dim("stage:")} ${stage}`);
  const { causes = [] } = fault.entry;
  const saidMore = fault.said !== undefined && !fault.message.includes(fault.said);
  if (fault.why !== undefined) lines.push(`  ${style.dim("cause:")} ${printable(fault.why)}`);
  // Words from below are nearer than what may have been.
  else if (!saidMore)
    causes.forEach(({ cause }, i) => lines.push(`  ${style.dim(causes.length === 1 ? "cause:" : `cause ${i + 1}:`)} ${printable(cause)}`));
  if (saidMore) lines.push(`  ${style.dim("said: ")} ${printable(fault.said)}`);
  lines.push(`  ${style.dim("cure: ")} ${printable(fault.cure)}`);
  return `${lines.join("\n")}\n`;
}

export function reportFault(error: unknown, to: NodeJS.WritableStream, format: Format | undefined, style: Style, stage?: string): Fault {
  const fault = asFault(error);
  if (format === "json" || format === "jsonl")
    to.write(`${JSON.stringify({ error: { ...fault.toJSON(), ...(stage === undefined ? {} : { stage }) } })}\n`);
  else to.write(faultReport(fault, style, stage));
  return fault;
}

/** A fault as a finding of a check. */
import type { Fault } from "@tieline/fault";
import type { Finding } from "./move.ts";

export function findingOf(severity: Finding["severity"], fault: Fault): Finding {
  const fields = fault.fields as Record<string, string | number>;
  return {
    severity,
    code: fault.code,
    fields,
    text: fault.why === undefined ? fault.message : `${fault.message} ${fault.why}`,
    cure: fault.cure,
  };
}

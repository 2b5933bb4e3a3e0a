/** A fault as a finding of a check, and back. */
import { CATALOGUE, Fault, type FaultCode } from "@tieline/fault";
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

/** The fault that the other site told; one that is not known here is its text. */
export function faultOf({ code, fields, text }: Pick<Finding, "code" | "fields" | "text">): Fault {
  if (Object.hasOwn(CATALOGUE, code)) return new Fault(code as FaultCode, fields as never);
  return new Fault("hosted-migration-fault", { number: "?", description: text });
}

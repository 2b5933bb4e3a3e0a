/** What a check of the doctor finds, as data. */
import { Fault, isFault, type FaultCode, type Layer } from "@tieline/fault";

/** `info` is worth knowing and needs nothing done; `skipped` says why nothing was looked at. */
export type Verdict = "ok" | "info" | "warning" | "error" | "skipped";

export interface Remark {
  verdict: Verdict;
  /** What was looked at, where a check looks at several: a host, a record. */
  subject?: string;
  /** Names the exit code of an error. */
  layer: Layer;
  text: string;
  /** What was seen, a line each; never a secret. */
  evidence: readonly string[];
  cause?: string;
  cure?: string;
  code?: FaultCode;
}

export interface Finding extends Remark {
  check: string;
  durationMs: number;
}

export function ok(layer: Layer, text: string, evidence: readonly string[] = []): Remark {
  return { verdict: "ok", layer, text, evidence };
}

export function skipped(layer: Layer, reason: string, cure?: string): Remark {
  return { verdict: "skipped", layer, text: reason, evidence: [], ...(cure === undefined ? {} : { cure }) };
}

/** A fault as a remark: its own words, cause and cure. */
export function failed(error: unknown, evidence: readonly string[] = [], verdict: Verdict = "error"): Remark {
  const fault = isFault(error) ? error : new Fault("internal", { what: error instanceof Error ? error.name : typeof error });
  const cause = fault.why ?? fault.entry.causes?.[0]?.cause;
  return {
    verdict,
    layer: fault.layer,
    text: fault.message,
    evidence:
      fault.said === undefined || fault.said.startsWith(fault.message) ? evidence : [...evidence, `said: ${fault.said.slice(0, 500)}`],
    ...(cause === undefined ? {} : { cause }),
    cure: fault.cure,
    code: fault.code,
  };
}

const RANK: Readonly<Record<Verdict, number>> = { ok: 0, skipped: 1, info: 2, warning: 3, error: 4 };

/** The gravest finding, the earliest of equals; undefined where there is none. */
export function worst<T extends Remark>(findings: readonly T[]): T | undefined {
  return findings.reduce<T | undefined>(
    (grave, each) => (grave === undefined || RANK[each.verdict] > RANK[grave.verdict] ? each : grave),
    undefined,
  );
}

/**
 * The doctor: each layer between this machine and an open session, looked at in order. Checks that do not need each
 * other run at once; one that fails keeps none from running, but what cannot be looked at any more is said to be skipped,
 * with the reason. Nothing is changed: one session is opened and closed where there is a credential at hand.
 */
import { Fault, type Layer } from "@tieline/fault";
import { NameServer } from "@tieline/net";
import type { Surroundings } from "../connect.ts";
import type { Wish } from "../stage.ts";
import { CHECKS } from "./checks.ts";
import type { Check, Examination, Learnt } from "./examination.ts";
import { failed, skipped, worst, type Finding, type Verdict } from "./finding.ts";
import type { Subject } from "./subject.ts";

export interface DoctorOptions {
  subject: Subject;
  /** How to sign in; its `credential` must not prompt unless the user asked for that. */
  wish: Wish;
  surroundings: Surroundings;
  /** For one check. Default 20,000. */
  checkTimeoutMs?: number;
  /** For all together. Default 120,000. */
  timeoutMs?: number;
  /** Milliseconds since 1970; default the machine's clock. */
  nowMs?: () => number;
  /** Told of each check's findings, in the order of the list. */
  onFindings?: (findings: readonly Finding[]) => void;
  checks?: readonly Check[];
}

export interface Diagnosis {
  findings: readonly Finding[];
  verdict: Verdict;
}

/** @throws Fault `interrupted`; whatever else is wrong is a finding */
export async function examine(options: DoctorOptions): Promise<Diagnosis> {
  const { surroundings, subject, checks = CHECKS, checkTimeoutMs = 20_000, timeoutMs = 120_000 } = options;
  const now = surroundings.now ?? (() => performance.now());
  const learnt: Learnt = { hops: [], clocks: [], ...(subject.targetUri === undefined ? {} : { targetUri: subject.targetUri }) };
  const whole = AbortSignal.timeout(timeoutMs);
  const running = new Map<string, Promise<readonly Finding[]>>();
  const run = async (check: Check): Promise<readonly Finding[]> => {
    // All are on their way before the first one looks at the others.
    await Promise.resolve();
    await Promise.all(check.after.flatMap((name) => running.get(name) ?? []));
    const startedMs = now();
    // Deferred to its turn: the time of a check that waits for others has not begun.
    const late = AbortSignal.timeout(checkTimeoutMs);
    const signal = AbortSignal.any([whole, late, ...(surroundings.signal === undefined ? [] : [surroundings.signal])]);
    const examination: Examination = {
      subject,
      wish: options.wish,
      dialler: surroundings.dialler,
      nameServer: surroundings.dialler.nameServer ?? NameServer.system(),
      signal,
      now,
      nowMs: options.nowMs ?? (() => Date.now()),
      learnt,
    };
    const remarks = await inTime(check, examination, Math.round(checkTimeoutMs / 1000));
    const durationMs = Math.round(now() - startedMs);
    return remarks.map((remark) => ({ check: check.name, ...remark, durationMs }));
  };
  for (const check of checks) running.set(check.name, run(check));
  const findings: Finding[] = [];
  for (const check of checks) {
    const of = ((await running.get(check.name)) ?? []).map((finding) => unlessTold(finding, findings));
    if (surroundings.signal?.aborted === true) throw new Fault("interrupted");
    options.onFindings?.(of);
    findings.push(...of);
  }
  return { findings, verdict: worst(findings)?.verdict ?? "ok" };
}

/** The checks of the ways there; what they have told, later ones that go the same way need not tell again. */
const OF_THE_WAY: Partial<Record<Layer, string>> = { network: "tcp", name: "tcp", tls: "tls", proxy: "proxy" };

function unlessTold(finding: Finding, before: readonly Finding[]): Finding {
  const by = OF_THE_WAY[finding.layer];
  const teller = before.find(({ check, verdict }) => check === by && verdict === "error");
  // Discovery has a trace to show, and the time of a check is its own matter.
  const own = finding.check === by || finding.check === "discovery" || finding.code === "doctor-check-late";
  if (finding.verdict !== "error" || teller === undefined || own) return finding;
  const { check, layer, durationMs } = finding;
  return { check, durationMs, ...skipped(layer, `It could not be reached: see ${by}.`) };
}

/** A check that ignores its signal is left behind; its findings would come too late. */
async function inTime(check: Check, examination: Examination, seconds: number): ReturnType<Check["run"]> {
  const { signal } = examination;
  let onAbort: (() => void) | undefined;
  const late = new Promise<never>((_, reject) => {
    onAbort = () => reject(new Fault("doctor-check-late", { check: check.title, seconds }));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([check.run(examination), late]);
  } catch (error) {
    // Whatever was cut short by the limit is told as that.
    return [failed(signal.aborted ? new Fault("doctor-check-late", { check: check.title, seconds }) : error)];
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
  }
}

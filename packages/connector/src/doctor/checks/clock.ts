/** This machine's clock against those that answered: tokens and certificates are refused when it is wrong. */
import type { ClockSample } from "../clock-sample.ts";
import type { Check } from "../examination.ts";
import { ok, skipped, type Remark } from "../finding.ts";

/** Authorities and endpoints allow about five minutes. */
const ALLOWED_MS = 5 * 60_000;
const NOTICED_MS = 60_000;

export const clock: Check = {
  name: "clock",
  title: "Clock",
  after: ["discovery", "mechanisms", "authority"],
  run: ({ learnt, nowMs }) => Promise.resolve([judgeClock(learnt.clocks, nowMs())]),
};

/** The median decides: one server with a wrong clock is not this machine's fault, and is named. */
export function judgeClock(samples: readonly ClockSample[], nowMs: number): Remark {
  if (samples.length === 0) return skipped("authentication", "No server answered with the time.");
  const sorted = samples.map(({ aheadMs }) => aheadMs).toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] as number;
  const evidence = [
    `this machine: ${new Date(nowMs).toISOString()}`,
    ...[...new Map(samples.map((each) => [each.host, each])).values()].map(
      ({ host, aheadMs }) => `${host}: ${new Date(nowMs + aheadMs).toISOString()} (${seconds(aheadMs)})`,
    ),
  ];
  const off = Math.abs(middle);
  if (off <= NOTICED_MS) return ok("authentication", "This machine's clock agrees with the servers'.", evidence);
  return {
    verdict: off > ALLOWED_MS ? "error" : "warning",
    layer: "authentication",
    text: `This machine's clock and the servers' are ${Math.round(off / 60_000)} min apart (${middle > 0 ? "behind" : "ahead of"} them).`,
    evidence,
    cause:
      "The clock of this machine or of the service is not set by a time server; more than five minutes apart, tokens are refused as not yet valid or lapsed.",
    cure: "Set this machine's clock (timedatectl set-ntp true; w32tm /resync); if it is right, tell the service's operator.",
  };
}

function seconds(ms: number): string {
  return `${ms >= 0 ? "+" : "-"}${Math.round(Math.abs(ms) / 1000)} s`;
}

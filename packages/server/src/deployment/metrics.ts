/** What a deployment counts, in the form that Prometheus reads. Names and labels are bounded: no user, no address. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { EndpointEvent } from "../admin/index.ts";

export interface Measured {
  /** Sessions that are open now. */
  sessions: () => number;
  /** Milliseconds since 1970. */
  certificateEndsMs: () => number;
}

export class Metrics {
  readonly registry = new Registry();
  readonly #opened: Counter;
  readonly #refused: Counter<"code">;
  readonly #cmdlets: Histogram<"cmdlet" | "outcome">;
  readonly #signIns: Counter<"outcome">;

  constructor(measured: Measured) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry, prefix: "tieline_" });
    this.#gauge("tieline_sessions_open", "Remote PowerShell sessions that are open now", () => measured.sessions());
    this.#gauge("tieline_certificate_not_after_seconds", "When the certificate in use lapses, in seconds since 1970", () =>
      Math.floor(measured.certificateEndsMs() / 1000),
    );
    this.#opened = new Counter({ name: "tieline_sessions_opened_total", help: "Sessions that were opened", registers });
    this.#refused = new Counter({
      name: "tieline_sessions_refused_total",
      help: "Sessions that were refused, by the fault's code",
      labelNames: ["code"],
      registers,
    });
    this.#cmdlets = new Histogram({
      name: "tieline_cmdlet_duration_seconds",
      help: "How long cmdlets took, by name and outcome",
      labelNames: ["cmdlet", "outcome"],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    });
    this.#signIns = new Counter({
      name: "tieline_sign_ins_refused_total",
      help: "Sign-ins that were refused",
      labelNames: ["outcome"],
      registers,
    });
  }

  observe(event: EndpointEvent): void {
    switch (event.kind) {
      case "session-opened":
        return this.#opened.inc();
      case "session-refused":
        return this.#refused.inc({ code: event.code });
      case "cmdlet":
        return this.#cmdlets.observe({ cmdlet: event.name, outcome: event.outcome }, event.durationMs / 1000);
      case "sign-in-refused":
        return this.#signIns.inc({ outcome: "refused" });
    }
  }

  #gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [], collect: () => gauge.set(read()) });
    this.registry.registerMetric(gauge);
  }
}

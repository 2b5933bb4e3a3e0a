/**
 * One site of a lab in a process of its own: its argument is a `SiteProcessOptions` as JSON. It says one line once it
 * serves, ends in order when its input ends or on SIGTERM, and can be killed at any moment.
 */
import type { SiteKind } from "../site.ts";
import { startLab } from "./lab.ts";
import type { Ports } from "./places.ts";

export interface SiteProcessOptions {
  folder: string;
  site: SiteKind;
  users: number;
  contacts?: number | undefined;
  ports: Ports;
  databaseUrl?: string | undefined;
}

/** What it says when it serves. */
export interface SiteProcessReady {
  ready: SiteKind;
}

const { site, ...options } = JSON.parse(process.argv[2] ?? "") as SiteProcessOptions;
const lab = await startLab({ ...options, only: site, limits: { perUser: 100_000, perTenant: 100_000, budget: "off" } });
const end = (): void => void lab[Symbol.asyncDispose]().then(() => process.exit(0));
process.once("SIGTERM", end);
process.stdin.once("end", end).resume();
process.stdout.write(`${JSON.stringify({ ready: site } satisfies SiteProcessReady)}\n`);

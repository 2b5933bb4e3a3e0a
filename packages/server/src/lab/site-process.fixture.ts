/**
 * One site of a lab in a process of its own: its argument is a `SiteProcessOptions` as JSON. It says one line once it
 * serves, ends in order when its input ends or on SIGTERM, and can be killed at any moment. A pool moves whom a line of its
 * input names, and says how that went.
 */
import { createInterface } from "node:readline";
import { join } from "node:path";
import { isFault } from "@tieline/fault";
import type { Dialler } from "@tieline/net";
import type { HybridSettings } from "../hybrid.ts";
import type { MoveOptions } from "../migration/index.ts";
import type { SiteKind } from "../site.ts";
import { LabAuthority } from "./authority.ts";
import { FaultyWay } from "./faulty-way.fixture.ts";
import { labDialler } from "./hybrid.ts";
import { startLab } from "./lab.ts";
import type { Ports } from "./places.ts";

export interface SiteProcessOptions {
  folder: string;
  site: SiteKind;
  users: number;
  contacts?: number | undefined;
  ports: Ports;
  databaseUrl?: string | undefined;
  /** How moves are worked on, where otherwise than in a lab; of a pool. */
  pace?: MovesPace | undefined;
  /** Kills itself at a step of a move: `switch:before`. */
  dieAt?: string | undefined;
  /** Breaks the way to the service when a step is reached first, until the order `mend`; of a pool. */
  breakAt?: { at: string; how: "cut" | "lose-reply" } | undefined;
}

/** How many users of batches at a time, and when those of the dead are taken over. */
export type MovesPace = Pick<HybridSettings, "batchConcurrency" | "batchLeaseMs" | "leaseMs" | "settleEveryMs">;

/** A line of its input. */
export interface MoveOrder {
  id: number;
  sipAddress: string;
  target: string;
  options?: MoveOptions;
  credential: { user: string; password: string };
}

/** What it says of an order. */
export interface MoveReport {
  id: number;
  /** `done`, or the fault's code. */
  code: string;
  /** Open moves after whatever was to be settled. */
  open?: number;
}

/** What it says when it serves. */
export interface SiteProcessReady {
  ready: SiteKind;
}

const { site, dieAt, breakAt, pace = {}, ...options } = JSON.parse(process.argv[2] ?? "") as SiteProcessOptions;
const way = breakAt === undefined ? undefined : await FaultyWay.open(options.ports["online-https"]);
// It breaks once: the moves after that find a whole way.
let isBroken = false;
const lab = await startLab({
  ...options,
  only: site,
  limits: { perUser: 100_000, perTenant: 100_000, budget: "off" },
  hybrid: { ...pace, ...(way === undefined ? {} : { dialler: await diallerBy(way), timeoutMs: 5_000 }) },
  reached: (step, when) => {
    const at = `${step}:${when}`;
    if (dieAt === at) process.kill(process.pid, "SIGKILL");
    if (breakAt?.at !== at || isBroken) return;
    isBroken = true;
    if (breakAt.how === "cut") way?.cut();
    else way?.loseReply();
  },
});
const end = (): void => void lab[Symbol.asyncDispose]().then(() => process.exit(0));
process.once("SIGTERM", end);
const say = (line: SiteProcessReady | MoveReport): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
createInterface({ input: process.stdin })
  .on("line", (line) => void obey(JSON.parse(line) as MoveOrder | { id: number; settle: true } | { id: number; mend: true }))
  .on("close", end);
say({ ready: site });

async function diallerBy({ port }: FaultyWay): Promise<Dialler> {
  const authority = await LabAuthority.open(join(options.folder, "authority"), Date.now());
  return labDialler({ ...options.ports, "online-https": port }, authority);
}

async function obey(order: MoveOrder | { id: number; settle: true } | { id: number; mend: true }): Promise<void> {
  const { id } = order;
  if ("mend" in order) {
    way?.mend();
    return say({ id, code: "done" });
  }
  const migration = lab.sites.pool?.migration;
  if (migration === undefined) return say({ id, code: "no pool" });
  try {
    if ("settle" in order) return say({ id, code: "done", open: await migration.moves.settle() });
    const { sipAddress, target, credential } = order;
    const [deployment] = (await lab.sites.pool?.directory.tenants.list()) ?? [];
    if (deployment === undefined) return say({ id, code: "no deployment" });
    const { users } = lab.sites.pool?.directory.tenant(deployment.tenantId) ?? {};
    const [user] = (await users?.find((eb) => eb("sip_key", "=", sipAddress.toLowerCase()), 1)) ?? [];
    if (user === undefined) return say({ id, code: "no user" });
    await using hosted = await migration.openHosted({ url: "admin0a.online.lync.com" }, { kind: "credential", ...credential });
    await migration.moves.move({ user: user.objectId, target, options: order.options ?? {}, by: "walk" }, { hosted });
    return say({ id, code: "done" });
  } catch (error) {
    return say({ id, code: isFault(error) ? error.code : String(error) });
  }
}

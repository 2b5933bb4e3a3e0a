/** What a site has for moving users; cmdlets find it in their session. */
import type { BatchService } from "./batches/index.ts";
import type { OpenHosted } from "./hosted/hosted-session.ts";
import type { MoveEngine } from "./moves/move-engine.ts";
import type { SynchronisationService } from "./synchronisation/index.ts";
import type { DeploymentForest } from "./forest/index.ts";

/** Of a pool: it leads the moves. */
export interface Migration {
  readonly moves: MoveEngine;
  readonly openHosted: OpenHosted;
  readonly batches: BatchService;
  /** Where a tenant to synchronise to is configured. */
  readonly synchronisation: SynchronisationService | undefined;
  /** Where the deployment's users are in a forest of their own. */
  readonly forest: DeploymentForest | undefined;
  /** Keeps a report under this name where the deployment keeps them; gives the place. @throws Fault `report-name`, `report-unwritable` */
  writeReport(name: string, text: string): Promise<string>;
}

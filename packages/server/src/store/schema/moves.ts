/** Tables of step 8: moves between sites, as each site journals them. */

export interface MovesTable {
  tenant_id: string;
  move_id: string;
  /** This site's user; empty where a move was undone here before it had begun. */
  object_id: string;
  sip_key: string;
  /** The pool leads, the service follows. */
  role: "leader" | "follower";
  direction: "to-online" | "to-pool" | "between-pools";
  source: string;
  target: string;
  /** Of moves/machine.ts. */
  state: string;
  /** 1 until it is done or undone. */
  active: 0 | 1;
  /** JSON list of [step, ms]. */
  steps: string;
  /** JSON. */
  options: string;
  by_account: string;
  batch_id: string | null;
  /** The leader's way to the other site. */
  run_id: string | null;
  /** JSON. */
  outcome: string | null;
  fault_code: string | null;
  /** The process that is at it. */
  owner: string;
  lease_ms: number;
  started_ms: number;
  changed_ms: number;
}

/** A sign-in at the other site, with the ticket by which its moves can be settled later. */
export interface HostedRunsTable {
  tenant_id: string;
  run_id: string;
  url: string;
  ticket_sealed: string;
  created_ms: number;
  /** At the service; null in rows of before step 12. */
  hosted_tenant: string | null;
}

/** Where clients of a user are sent who was served here. */
export interface RedirectsTable {
  tenant_id: string;
  object_id: string;
  sip_key: string;
  target: string;
  since_ms: number;
}

export interface MovesSchema {
  moves: MovesTable;
  hosted_runs: HostedRunsTable;
  redirects: RedirectsTable;
}

/** Runs: a sign-in at the other site and the moves that it begins. What can settle them later is kept, sealed. */
import { Fault } from "@tieline/fault";
import type { Directory, TenantId } from "../../directory/index.ts";
import type { Vault } from "../../identity/index.ts";
import type { HostedLink } from "../hosted/hosted-client.ts";
import type { HostedRunsTable } from "../../store/index.ts";

export interface Run {
  runId: string;
  url: string;
  /** At the service; null where a version of before has begun the run. */
  hostedTenant: string | null;
  sealed: string;
  createdMs: number;
}

export class Runs {
  readonly #directory: Directory;
  readonly #tenant: TenantId;
  readonly #vault: Vault;
  readonly #newGuid: () => string;
  readonly #known = new WeakMap<HostedLink, Promise<string>>();

  constructor(directory: Directory, tenant: TenantId, vault: Vault, newGuid: () => string) {
    this.#directory = directory;
    this.#tenant = tenant;
    this.#vault = vault;
    this.#newGuid = newGuid;
  }

  /** The id of the session's run; written down before its first move. */
  of(link: HostedLink, nowMs: number): Promise<string> {
    let run = this.#known.get(link);
    if (run === undefined) {
      run = this.#add(link, nowMs);
      this.#known.set(link, run);
      run.catch(() => this.#known.delete(link));
    }
    return run;
  }

  async find(runId: string | null): Promise<Run | undefined> {
    if (runId === null) return undefined;
    const row = await this.#rows().where("run_id", "=", runId).executeTakeFirst();
    return row === undefined ? undefined : fromRow(row);
  }

  /** The newest run that began after this one, at the same address and with the same tenant. */
  async since({ url, hostedTenant, createdMs }: Run): Promise<Run | undefined> {
    if (hostedTenant === null) return undefined;
    const row = await this.#rows()
      .where("url", "=", url)
      .where("hosted_tenant", "=", hostedTenant)
      .where("created_ms", ">", createdMs)
      .orderBy("created_ms", "desc")
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? undefined : fromRow(row);
  }

  /** @throws Fault `hosted-ticket-refused` where it was sealed with a key that this pool has no more */
  ticketOf({ runId, sealed }: Run): string {
    try {
      return this.#vault.open(purpose(runId), sealed);
    } catch (cause) {
      throw new Fault("hosted-ticket-refused", { reason: "this pool cannot open what it has kept of it" }, { cause });
    }
  }

  #rows() {
    return this.#directory.db.selectFrom("hosted_runs").selectAll().where("tenant_id", "=", this.#tenant);
  }

  async #add({ url, ticket, tenantId }: HostedLink, nowMs: number): Promise<string> {
    const runId = this.#newGuid();
    const row: HostedRunsTable = {
      tenant_id: this.#tenant,
      run_id: runId,
      url,
      ticket_sealed: this.#vault.seal(purpose(runId), ticket),
      created_ms: nowMs,
      hosted_tenant: tenantId,
    };
    await this.#directory.db.insertInto("hosted_runs").values(row).execute();
    return runId;
  }
}

function fromRow(row: HostedRunsTable): Run {
  const { run_id: runId, url, hosted_tenant: hostedTenant, ticket_sealed: sealed, created_ms: createdMs } = row;
  return { runId, url, hostedTenant, sealed, createdMs };
}

function purpose(runId: string): string {
  return `ticket of run ${runId}`;
}

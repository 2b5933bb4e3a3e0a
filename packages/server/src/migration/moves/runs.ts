/** Runs: a sign-in at the other site and the moves that it begins. What can settle them later is kept, sealed. */
import type { Directory, TenantId } from "../../directory/index.ts";
import type { Vault } from "../../identity/index.ts";
import type { HostedLink } from "../hosted/hosted-client.ts";

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

  async find(runId: string | null): Promise<{ url: string; ticket: string } | undefined> {
    if (runId === null) return undefined;
    const row = await this.#directory.db
      .selectFrom("hosted_runs")
      .selectAll()
      .where("tenant_id", "=", this.#tenant)
      .where("run_id", "=", runId)
      .executeTakeFirst();
    return row === undefined ? undefined : { url: row.url, ticket: this.#vault.open(purpose(runId), row.ticket_sealed) };
  }

  async #add({ url, ticket }: HostedLink, nowMs: number): Promise<string> {
    const runId = this.#newGuid();
    const row = { tenant_id: this.#tenant, run_id: runId, url, ticket_sealed: this.#vault.seal(purpose(runId), ticket), created_ms: nowMs };
    await this.#directory.db.insertInto("hosted_runs").values(row).execute();
    return runId;
  }
}

function purpose(runId: string): string {
  return `ticket of run ${runId}`;
}

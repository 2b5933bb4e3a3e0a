/** The lab's directory in memory and sessions on it, for the tests of the cmdlets. */
import { Collected, command, Runspace, type Catalogue, type Outcome, type RunOptions, type StructuredCommand } from "@tieline/language";
import type { PsObject, PsValue } from "@tieline/remoting/objects";
import {
  accountId,
  createLabDeployment,
  createLabTenants,
  Directory,
  LAB_DEPLOYMENT,
  LAB_TENANTS,
  type TenantId,
} from "../directory/index.ts";
import { sqliteDialect, storeOver, type Store } from "../store/index.ts";
import { onlineCatalogue, poolCatalogue } from "./catalogues.ts";
import type { Federation } from "../identity/index.ts";
import type { CmdletSession } from "./session.ts";

export const NOW = Date.UTC(2020, 7, 5, 10);
export const [CONTOSO, FABRIKAM] = LAB_TENANTS.map((site) => site.tenant.tenantId) as [TenantId, TenantId];
export const DEPLOYMENT = LAB_DEPLOYMENT.tenant.tenantId;

export interface Lab {
  store: Store;
  directory: Directory;
  online: (tenant?: TenantId) => Shell;
  pool: () => Shell;
}

export interface Answer extends Collected {
  outcome: Outcome;
  /** The output as objects. */
  rows: PsObject[];
  /** Messages of errors, the terminating one last. */
  said: string[];
}

export type Shell = (...commands: StructuredCommand[]) => Promise<Answer>;

export async function openLab(users: number): Promise<Lab> {
  const store = await storeOver(sqliteDialect(":memory:"), "sqlite", NOW);
  const directory = Directory.of(store);
  const options = { users, nowMs: NOW, credentials: () => Promise.resolve({ passwordHash: null, ntHashSealed: null }) };
  await createLabTenants(directory, options);
  await createLabDeployment(directory, options);
  return {
    store,
    directory,
    online: (tenant = CONTOSO) => shell(directory, tenant, onlineCatalogue()),
    pool: () => shell(directory, DEPLOYMENT, poolCatalogue()),
  };
}

/** What an administrator of the tenant types. */
export function shell(directory: Directory, tenantId: TenantId, catalogue: Catalogue, federation?: Federation): Shell {
  let serial = 0;
  const session: CmdletSession = {
    tenantId,
    directory,
    caller: { accountId: accountId("00000000-0000-4000-8000-000000000001"), userPrincipalName: "admin@contoso.com", roles: [] },
    nowMs: () => NOW + 1000,
    federation,
    newGuid: () => `00000000-0000-4000-8000-${String((serial += 1)).padStart(12, "0")}`,
  };
  const runspace = new Runspace({ catalogue, session });
  return async (...commands) => {
    const sink = new Collected();
    const options: RunOptions = { sink };
    const outcome = await runspace.run([commands], options);
    const said = sink.errors.map((error) => error.message);
    if (outcome.state === "failed") said.push(outcome.error?.message ?? "failed");
    return Object.assign(sink, { outcome, rows: sink.objects as PsObject[], said });
  };
}

export { command };

/** The values of one property, in order. */
export function column(answer: Answer, name: string): (PsValue | undefined)[] {
  return answer.rows.map((row) => row.get(name));
}

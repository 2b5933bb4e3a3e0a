/** The lab's directory in memory and sessions on it, for the tests of the cmdlets. */
import { Collected, command, Runspace, type Catalogue, type Outcome, type RunOptions, type StructuredCommand } from "@tieline/language";
import { LogonGuard, SYSTEM_SOURCES } from "@tieline/auth";
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
import { IdentityService, type Federation } from "../identity/index.ts";
import { sqliteDialect, storeOver, type Store } from "../store/index.ts";
import { onlineCatalogue, poolCatalogue } from "./catalogues.ts";
import type { CmdletSession } from "./session.ts";

export const NOW = Date.UTC(2020, 7, 5, 10);
export const [CONTOSO, FABRIKAM] = LAB_TENANTS.map((site) => site.tenant.tenantId) as [TenantId, TenantId];
export const DEPLOYMENT = LAB_DEPLOYMENT.tenant.tenantId;

export interface Lab {
  store: Store;
  directory: Directory;
  identity: IdentityService;
  /** By its Global Administrator, or by another account of the lab. */
  online: (tenant?: TenantId, user?: string) => Shell;
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

export async function openLab(users: number, given?: Store): Promise<Lab> {
  const store = given ?? (await storeOver(sqliteDialect(":memory:"), "sqlite", NOW));
  const directory = Directory.of(store);
  const options = { users, nowMs: NOW, credentials: () => Promise.resolve({ passwordHash: null, ntHashSealed: null }) };
  await createLabTenants(directory, options);
  await createLabDeployment(directory, options);
  const identity = new IdentityService({
    host: "login.online.lync.com",
    aliases: [],
    endpointHosts: ["admin0a.online.lync.com"],
    siteKey: new Uint8Array(32).fill(7),
    db: store.db,
    directory,
    guard: new LogonGuard(),
    sources: { ...SYSTEM_SOURCES, nowMs: () => NOW + 1000 },
    pause: () => Promise.resolve(),
    log: { warn: () => undefined },
  });
  const facts = base(directory);
  return {
    store,
    directory,
    identity,
    online: (tenantId = CONTOSO, user) =>
      shellOver(async () => {
        const roles = ["Global Administrator"];
        const caller = user === undefined ? { ...ADMINISTRATOR, roles } : await directory.accounts.find(user);
        if (caller === undefined) throw new Error(`no account ${user ?? ""}`);
        return [{ ...facts, tenantId, caller, identity, federation: identity.federation }, onlineCatalogue().forRoles(caller.roles)];
      }),
    pool: () => shell(directory, DEPLOYMENT, poolCatalogue()),
  };
}

const ADMINISTRATOR = { accountId: accountId("00000000-0000-4000-8000-ffffffffffff"), userPrincipalName: "admin@contoso.com" };

function base(directory: Directory): Pick<CmdletSession, "directory" | "sessionId" | "nowMs" | "newGuid"> {
  let serial = 0;
  return {
    directory,
    sessionId: "own",
    nowMs: () => NOW + 1000,
    newGuid: () => `00000000-0000-4000-8000-${String((serial += 1)).padStart(12, "0")}`,
  };
}

/** What a Global Administrator of the tenant types. */
export function shell(directory: Directory, tenantId: TenantId, catalogue: Catalogue, federation?: Federation): Shell {
  const session = { ...base(directory), tenantId, federation, caller: { ...ADMINISTRATOR, roles: ["Global Administrator"] } };
  return shellOver(() => Promise.resolve([session, catalogue]));
}

function shellOver(open: () => Promise<[CmdletSession, Catalogue]>): Shell {
  return async (...commands) => {
    const [session, catalogue] = await open();
    const runspace = new Runspace({ catalogue, session });
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

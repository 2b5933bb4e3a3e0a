/** A tenant without users, and objects that a deployment would send it. */
import type { MoveState } from "./homing.ts";
import { createLabTenants, Directory, LAB_TENANTS, type ObjectId, type Tenant, type UserRecord } from "../../directory/index.ts";
import type { JsonRecord, Store } from "../../store/index.ts";
import type { Change, Result } from "./contract.ts";
import { InboundRuns } from "./inbound-runs.ts";

export const NOW = Date.UTC(2020, 7, 5, 10);
export const CONTOSO = (LAB_TENANTS[0] as (typeof LAB_TENANTS)[number]).tenant.tenantId;
export const ONLINE = "sipfed.online.lync.com";
export const POOL_ONLINE = "sippool0a01.infra.lync.com";

/** Service plans of Skype for Business and Teams. */
export const LICENSED = ["0feaeb32-d00e-4d66-bd5a-43b5b83db82c", "57ff2da0-773e-42df-b2af-ffb7a2317929"].map((planId) => ({
  planId,
  status: "Enabled" as const,
  assignedMs: 0,
}));

/** GUIDs that can be told apart: `…-<letter>-…<number>`. */
export function guids(letter: string): () => string {
  let serial = 0;
  return () => `${letter.repeat(8)}-0000-4000-8000-${String((serial += 1)).padStart(12, "0")}`;
}

export interface TestTenant {
  directory: Directory;
  tenant: Tenant;
  runs: InboundRuns;
  /** Who is being moved, or was. */
  moves: Map<string, MoveState>;
  clock: { nowMs: number };
  /** One batch of a run of its own. */
  send(...changes: Change[]): Promise<Result[]>;
  user(name: string): Promise<UserRecord | undefined>;
  add(name: string, more?: Partial<UserRecord>): Promise<UserRecord>;
}

/** Contoso, with nobody in it. */
export async function openTenant(store: Store): Promise<TestTenant> {
  const directory = Directory.of(store);
  const credentials = () => Promise.resolve({ passwordHash: null, ntHashSealed: null });
  await createLabTenants(directory, { users: 0, nowMs: NOW, credentials });
  const mine = directory.tenant(CONTOSO);
  for (const user of await mine.users.find((eb) => eb.lit(true))) await mine.users.remove(user.objectId);
  const tenant = (await directory.tenants.byId(CONTOSO)) as Tenant;
  const moves = new Map<string, MoveState>();
  const clock = { nowMs: NOW };
  const nextRun = guids("a");
  const nextUser = guids("c");
  const runs = new InboundRuns(
    {
      db: store.db,
      directory,
      movesOf: (_queries, _tenant, users) => Promise.resolve(new Map(users.map((id) => [id, moves.get(id) ?? "none"]))),
      nowMs: () => (clock.nowMs += 1),
      newGuid: guids("b"),
    },
    tenant,
  );
  const user = async (name: string): Promise<UserRecord | undefined> => (await mine.users.find((eb) => eb("upn_key", "=", name)))[0];
  return {
    directory,
    tenant,
    runs,
    moves,
    clock,
    user,
    async send(...changes) {
      const runId = nextRun();
      await runs.begin({ runId, kind: "delta", source: "contoso.local" }, "test");
      const { results } = await runs.take(runId, { sequence: 1, changes });
      await runs.finish(runId);
      return results;
    },
    async add(name, more = {}) {
      await mine.users.add([cloudUser(nextUser() as ObjectId, name, more)]);
      return (await user(name)) as UserRecord;
    },
  };
}

function cloudUser(objectId: ObjectId, name: string, more: Partial<UserRecord>): UserRecord {
  return {
    objectId,
    userPrincipalName: name,
    sipAddress: `sip:${name}`,
    displayName: name,
    accountName: name.replace(/@.*$/, ""),
    enabled: true,
    hostingProvider: ONLINE,
    registrarPool: POOL_ONLINE,
    interpretedUserType: "PureOnlineSfBUser",
    properties: {},
    policies: {},
    plans: LICENSED,
    createdMs: NOW,
    changedMs: NOW,
    ...more,
  };
}

/** Somebody of the deployment, homed there, as they travel. */
export function person(name: string, more: JsonRecord = {}, operation: Change["operation"] = "add"): Change {
  const upn = `${name}@contoso.com`;
  const attributes = {
    userPrincipalName: upn,
    displayName: name,
    sAMAccountName: name,
    "msRTCSIP-PrimaryUserAddress": `sip:${upn}`,
    "msRTCSIP-UserEnabled": true,
    "msRTCSIP-DeploymentLocator": "SRV:",
    proxyAddresses: [`SMTP:${upn}`, `sip:${upn}`],
    ...more,
  };
  return {
    operation,
    anchor: `anchor-of-${name}`,
    objectType: "User",
    attributes: Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null)) as Change["attributes"],
  };
}

export function outcomes(results: readonly Result[]): string[] {
  return results.map((result) => ("outcome" in result ? result.outcome : result.error.code));
}

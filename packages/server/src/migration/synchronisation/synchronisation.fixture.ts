/** A tenant without users, and objects that a deployment would send it. */
import { asFault } from "@tieline/fault";
import {
  createLabDeployment,
  createLabTenants,
  Directory,
  LAB_DEPLOYMENT,
  LAB_TENANTS,
  type ObjectId,
  type Tenant,
  type UserChanges,
  type UserRecord,
  type Users,
} from "../../directory/index.ts";
import type { JsonRecord, Store } from "../../store/index.ts";
import { BatchRequest, BeginRequest, type Change, type Result } from "./contract.ts";
import type { MoveState } from "./homing.ts";
import { InboundRuns } from "./inbound-runs.ts";
import type { ProvisioningWire } from "./provisioning-wire.ts";
import { Synchroniser, type SynchroniserOptions } from "./synchroniser.ts";

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
export async function openTenant(store: Store, { keepPeople = false } = {}): Promise<TestTenant> {
  const directory = Directory.of(store);
  const credentials = () => Promise.resolve({ passwordHash: null, ntHashSealed: null });
  await createLabTenants(directory, { users: 0, nowMs: NOW, credentials });
  const mine = directory.tenant(CONTOSO);
  if (!keepPeople) for (const user of await mine.users.find((eb) => eb.lit(true))) await mine.users.remove(user.objectId);
  const tenant = (await directory.tenants.byId(CONTOSO)) as Tenant;
  const moves = new Map<string, MoveState>();
  const clock = { nowMs: NOW };
  const nextRun = guids("a");
  const nextUser = guids("c");
  const runs = new InboundRuns(
    {
      db: store.db,
      directory,
      movesOf: (_queries, _tenant, users) =>
        Promise.resolve(new Map(users.map((id) => [id, { state: moves.get(id) ?? "none", changedMs: 0 }]))),
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

export const DEPLOYMENT = LAB_DEPLOYMENT.tenant.tenantId;

export interface TestDeployment {
  tenant: TestTenant;
  users: Users;
  /** What the wire does before a request: throws, or not. */
  before: (path: string, count: number) => Promise<void> | void;
  /** How long each pause was to be. */
  pauses: number[];
  /** Requests that went through. */
  requests: string[];
  logged: string[];
  /** A process of its own over the same database. */
  open(more?: Partial<SynchroniserOptions>): Promise<Synchroniser>;
  hire(name: string, more?: Partial<UserRecord>): Promise<ObjectId>;
  change(name: string, changes: UserChanges): Promise<void>;
  dismiss(name: string): Promise<void>;
}

/** Contoso's deployment, with nobody in it, and its tenant at the other end of a wire that is none. */
export async function openBoth(store: Store, options: { keepPeople?: boolean } = {}): Promise<TestDeployment> {
  const tenant = await openTenant(store, options);
  const { directory, clock } = tenant;
  const credentials = () => Promise.resolve({ passwordHash: null, ntHashSealed: null });
  await createLabDeployment(directory, { users: 0, nowMs: NOW, credentials });
  const { users } = directory.tenant(DEPLOYMENT);
  if (options.keepPeople !== true) for (const user of await users.find((eb) => eb.lit(true))) await users.remove(user.objectId);
  const nextUser = guids("d");
  const nextRun = guids("e");
  const idOf = async (name: string): Promise<ObjectId> => {
    const [user] = await users.find((eb) => eb("upn_key", "=", `${name}@contoso.com`));
    if (user === undefined) throw new Error(`nobody is called ${name}`);
    return user.objectId;
  };
  const both: TestDeployment = {
    tenant,
    users,
    before: () => undefined,
    pauses: [],
    requests: [],
    logged: [],
    open: (more = {}) =>
      Synchroniser.open({
        db: store.db,
        directory,
        deployment: DEPLOYMENT,
        tenant: "contoso.com",
        openWire: () => wireTo(both),
        nowMs: () => (clock.nowMs += 1),
        pause: (ms) => {
          both.pauses.push(ms);
          return Promise.resolve();
        },
        newGuid: nextRun,
        log: { warn: (facts, text) => void both.logged.push(`${text} ${JSON.stringify(facts)}`) },
        ...more,
      }),
    async hire(name, more = {}) {
      const objectId = nextUser() as ObjectId;
      await users.add([poolUser(objectId, name, { changedMs: (clock.nowMs += 1), ...more })]);
      return objectId;
    },
    async change(name, changes) {
      await users.update(await idOf(name), changes, (clock.nowMs += 1));
    },
    async dismiss(name) {
      await users.remove(await idOf(name));
    },
  };
  return both;
}

export function poolUser(objectId: ObjectId, name: string, more: Partial<UserRecord> = {}): UserRecord {
  const upn = `${name}@contoso.com`;
  return {
    objectId,
    userPrincipalName: upn,
    sipAddress: `sip:${upn}`,
    displayName: name,
    accountName: name,
    enabled: true,
    hostingProvider: "SRV:",
    registrarPool: "pool01.contoso.local",
    interpretedUserType: null,
    properties: { ProxyAddresses: [`SMTP:${upn}`, `sip:${upn}`], EnterpriseVoiceEnabled: false, FirstName: name },
    policies: {},
    plans: [],
    createdMs: NOW,
    changedMs: NOW,
    ...more,
  };
}

/** Straight to the tenant's runs, with nothing but the text between. */
function wireTo(both: TestDeployment): ProvisioningWire {
  let count = 0;
  return {
    host: "admin0a.online.lync.com",
    async send(_method, path, body) {
      count += 1;
      await both.before(path, count);
      const { runs } = both.tenant;
      const read = JSON.parse(JSON.stringify(body)) as never;
      const [, runId = "", verb] = /^\/runs\/([^/]+)\/(\w+)$/.exec(path) ?? [];
      try {
        const answer = await (verb === "batches"
          ? runs.take(runId, BatchRequest.parse(read))
          : verb === "finish"
            ? runs.finish(runId)
            : runs.begin(BeginRequest.parse(read), "test"));
        both.requests.push(verb ?? "begin");
        return { status: 200, body: Buffer.from(JSON.stringify(answer)) };
      } catch (error) {
        const fault = asFault(error);
        if (fault.is("internal")) throw error;
        return {
          status: fault.entry.http ?? 500,
          body: Buffer.from(JSON.stringify({ error: { code: fault.code, message: fault.message } })),
        };
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A deployment with users, and an engine that moves them within its one directory: for the tests of batches. */
import { SYSTEM_SOURCES } from "@tieline/auth";
import { Directory, LAB_DEPLOYMENT, objectId, type ObjectId, type UserRecord } from "../../directory/index.ts";
import { Vault } from "../../identity/index.ts";
import type { Store } from "../../store/index.ts";
import type { HostedAuthentication, HostedPlace, HostedSession } from "../hosted/hosted-session.ts";
import { ONLINE_TARGET, type Finding, type MoveOutcome, type MoveWish } from "../moves/move.ts";
import type { MoveCall, MoveEngine } from "../moves/move-engine.ts";
import { BatchService, type BatchServiceOptions } from "./batch-service.ts";
import { BatchWorker, type BatchWorkerOptions } from "./batch-worker.ts";
import { homeOf } from "./home.ts";
import type { Mail } from "./mail.ts";

export const TENANT = LAB_DEPLOYMENT.tenant.tenantId;
export const POOL = "pool01.contoso.local";
export const NOW = Date.UTC(2020, 7, 5, 10);
const NO_COUNTS = { contacts: 0, groups: 0, permissions: 0, delegates: 0, meetings: 0, forwarding: 0, policies: 0 };

/** `n` as a GUID. */
export function idOf(n: number): ObjectId {
  return objectId(`00000000-0000-4000-8000-${String(n).padStart(12, "0")}`);
}

export function person(n: number, changes: Partial<UserRecord> = {}): UserRecord {
  const name = `user${n}@contoso.com`;
  return {
    objectId: idOf(n),
    userPrincipalName: name,
    sipAddress: `sip:${name}`,
    displayName: `User ${n}`,
    accountName: `user${n}`,
    enabled: true,
    hostingProvider: "SRV:",
    registrarPool: POOL,
    interpretedUserType: null,
    properties: {},
    policies: {},
    plans: [],
    createdMs: NOW,
    changedMs: NOW,
    ...changes,
  };
}

/** Moves by changing the homing; each wish may first be made to fail. */
export class FakeEngine implements MoveEngine {
  readonly moved: MoveWish[] = [];
  /** Users under way at this moment, and the most that ever were. */
  busy = 0;
  most = 0;
  settles = 0;
  settling: (hosted: HostedSession | undefined) => Promise<void> = () => Promise.resolve();
  /** Thrown before anything is done. */
  before: (wish: MoveWish) => unknown = () => undefined;
  /** Waited for in the middle. */
  middle: (wish: MoveWish) => Promise<void> | undefined = () => undefined;
  findings = new Map<ObjectId, readonly Finding[]>();
  readonly #store: Store;
  readonly #nowMs: () => number;
  constructor(store: Store, nowMs: () => number) {
    this.#store = store;
    this.#nowMs = nowMs;
  }

  async move(wish: MoveWish, call: MoveCall): Promise<MoveOutcome> {
    this.busy += 1;
    this.most = Math.max(this.most, this.busy);
    try {
      const fault = this.before(wish);
      if (fault !== undefined) throw fault as Error;
      await this.middle(wish);
      return await this.end(wish, call);
    } finally {
      this.busy -= 1;
    }
  }

  /** Resolves when so many are under way in the engine. */
  async reached(busy: number): Promise<void> {
    while (this.busy < busy) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Changes the homing, as the last transaction of a move. */
  async end(wish: MoveWish, call: MoveCall): Promise<MoveOutcome> {
    return this.#store.transaction(async (trx) => {
      const users = new Directory(trx).tenant(TENANT).users;
      const user = await users.get(wish.user);
      const isOnline = wish.target === ONLINE_TARGET;
      await users.update(
        wish.user,
        { hostingProvider: isOnline ? ONLINE_TARGET : "SRV:", registrarPool: isOnline ? null : wish.target },
        this.#nowMs(),
      );
      const outcome: MoveOutcome = {
        moveId: `move-${this.moved.length + 1}`,
        direction: isOnline ? "to-online" : "to-pool",
        source: user === undefined ? "" : homeOf(user),
        target: wish.target,
        moved: { ...NO_COUNTS, contacts: 3 },
        leftPolicies: [],
        warnings: [],
        teamsUpgradeMode: isOnline ? "TeamsOnly" : null,
        durationMs: 5,
      };
      await call.alongside?.(trx, outcome);
      this.moved.push(wish);
      return outcome;
    });
  }

  check(): Promise<ReadonlyMap<ObjectId, readonly Finding[]>> {
    return Promise.resolve(this.findings);
  }

  async settle(hosted?: HostedSession): Promise<number> {
    this.settles += 1;
    await this.settling(hosted);
    return 0;
  }
}

export interface BatchLab {
  store: Store;
  directory: Directory;
  engine: FakeEngine;
  service: BatchService;
  clock: { nowMs: number };
  mails: Map<string, Mail>;
  /** How the other site was signed in to, each time. */
  opened: { place: HostedPlace; authentication: HostedAuthentication | undefined }[];
  hosted: { endsMs: number | undefined; open: number };
  worker: (options?: Partial<BatchWorkerOptions>) => BatchWorker;
  logged: string[];
  /** Rounds, the clock moving on, until the batch is worked on no longer. */
  work: (worker: BatchWorker, batch: string, stepMs?: number) => Promise<void>;
  states: (batch: string) => Promise<string[]>;
}

export const TOKEN = { authentication: { kind: "token", token: "secret-token" } } as const;

export async function batchLab(store: Store, users: readonly UserRecord[], changes: Partial<BatchServiceOptions> = {}): Promise<BatchLab> {
  const clock = { nowMs: NOW };
  const nowMs = (): number => clock.nowMs;
  const directory = Directory.of(store);
  await directory.tenants.add({ ...LAB_DEPLOYMENT.tenant, createdMs: NOW, changedMs: NOW });
  for (const domain of LAB_DEPLOYMENT.domains) await directory.tenants.addDomain(LAB_DEPLOYMENT.tenant, domain, NOW);
  const mine = directory.tenant(TENANT);
  await mine.pools.add({ identity: POOL, site: "Site:Redmond", computers: [], services: [] }, NOW);
  await mine.users.add(users);
  const engine = new FakeEngine(store, nowMs);
  const mails = new Map<string, Mail>();
  const opened: BatchLab["opened"] = [];
  const hosted: BatchLab["hosted"] = { endsMs: undefined, open: 0 };
  let guids = 0;
  const service = new BatchService({
    engine: store.engine,
    tenant: TENANT,
    directory,
    moves: engine,
    openHosted: (place, authentication) => {
      opened.push({ place, authentication });
      hosted.open += 1;
      const session: HostedSession = {
        url: place.url ?? "https://admin0a.online.lync.com/HostedMigration/hostedmigrationservice.svc",
        tenantId: TENANT,
        endsMs: hosted.endsMs,
        check: (_direction, wanted) => Promise.resolve(wanted.map(() => [])),
        [Symbol.asyncDispose]: () => {
          hosted.open -= 1;
          return Promise.resolve();
        },
      };
      return Promise.resolve(session);
    },
    vault: new Vault(new Uint8Array(32).fill(7), SYSTEM_SOURCES),
    mailer: {
      send: (mail) => {
        if (mails.has(mail.key)) throw new Error(`sent twice: ${mail.key}`);
        mails.set(mail.key, mail);
        return Promise.resolve();
      },
    },
    nowMs,
    newGuid: () => `00000000-0000-4000-9000-${String((guids += 1)).padStart(12, "0")}`,
    ...changes,
  });
  const logged: string[] = [];
  let workers = 0;
  const worker: BatchLab["worker"] = (options) =>
    new BatchWorker({
      service,
      workerId: `worker-${(workers += 1)}`,
      concurrency: 4,
      leaseMs: 60_000,
      idleMs: 0,
      pause: () => Promise.resolve(),
      random: () => 0.5,
      log: { info: (_fields, text) => void logged.push(text), warn: (_fields, text) => void logged.push(text) },
      ...options,
    });
  return {
    store,
    directory,
    engine,
    service,
    clock,
    mails,
    opened,
    hosted,
    worker,
    logged,
    async work(one, batch, stepMs = 1_000) {
      for (let rounds = 0; rounds < 500; rounds += 1) {
        await one.round();
        await one.settled();
        const { state } = await service.find(batch);
        if (state !== "Running" && state !== "Undoing") return;
        clock.nowMs += stepMs;
      }
      throw new Error("the batch does not end");
    },
    states: async (batch) => {
      const { batchId } = await service.find(batch);
      return (await service.page(batchId, { limit: 1_000 })).map((user) => user.state);
    },
  };
}

/** A batch of all these users, planned and not begun. */
export async function planned(lab: BatchLab, users: readonly UserRecord[], wish: Partial<Parameters<BatchService["create"]>[0]> = {}) {
  const batch = await lab.service.create({ name: "Pilots", target: ONLINE_TARGET, by: "admin@contoso.local", ...wish }, TOKEN);
  await lab.service.add(
    batch.batchId,
    users.map((user) => ({ identity: user.userPrincipalName, user })),
  );
  return lab.service.find(batch.batchId);
}

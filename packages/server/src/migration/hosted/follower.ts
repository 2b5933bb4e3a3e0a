/**
 * The service's half of a move: it takes a user with everything in one transaction, or freezes one and hands everything
 * out, and then waits to be told. Whatever is told twice changes nothing the second time.
 */
import { Fault } from "@tieline/fault";
import {
  serviceGivesUp,
  serviceTakes,
  type Directory,
  type ObjectId,
  type Tenant,
  type TenantDirectory,
  type TenantId,
  type UserRecord,
} from "../../directory/index.ts";
import type { Json, Queries } from "../../store/index.ts";
import { MoveJournal, type MoveRow } from "../moves/journal.ts";
import { settled, type FollowerState } from "../moves/machine.ts";
import type { Finding } from "../moves/move.ts";
import { findingOf } from "../moves/finding.ts";
import { digestToMove, NO_USER_DATA, parseUserData, requireSame, UserDataStore, type CounterpartsOf } from "../user-data/index.ts";
import type { AnswerOf, RequestOf } from "./contract.ts";
import type { HostedUser } from "./hosted-session.ts";
import { hasPlan, refusals, teamsModeAfter, type Question } from "./requirements.ts";

export interface FollowerOptions {
  directory: Directory;
  /** Which policies the tenant has, by family. */
  counterparts: (tenant: TenantId) => Promise<CounterpartsOf>;
  nowMs: () => number;
  /** Told before and after each of its transactions: for tests that kill. */
  reached?: ((step: FollowerStep, when: "before" | "after") => void) | undefined;
}

export type FollowerStep = "import" | "freeze" | "commit" | "abort";

/** Where neither the licences nor the policies of a user are asked for. */
const BARE = { without: { policies: true, plans: true } } as const;

const USER_GONE = "move-user-gone";

/** What of a move the journal remembers for its settling. */
interface Remembered {
  [name: string]: Json;
  leftPolicies: string[];
  /** The policies that the user had here before. */
  policiesBefore: Record<string, string>;
  hasEnterpriseVoice: boolean;
  lineUri: string | null;
  teamsMode: string;
  digest: string;
}

export class Follower {
  readonly #options: FollowerOptions;
  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** What a move of each would be refused for; nothing changes. */
  async check(tenant: Tenant, { direction, users, options }: RequestOf<"check">): Promise<Finding[][]> {
    const mine = this.#options.directory.tenant(tenant.tenantId);
    const found = await bySipAddress(mine, users);
    const sharedAddressSpace = await sharesAddressSpace(mine);
    const counterparts = await this.#options.counterparts(tenant.tenantId);
    return users.map((there) => {
      const here = found.get(there.sipAddress.toLowerCase());
      if (here === undefined) return [findingOf("error", new Fault("move-not-provisioned"))];
      const errors = refusals({ direction, there, here, sharedAddressSpace, options }).map((fault) => findingOf("error", fault));
      const { left } = counterparts(there.policies ?? {});
      if (direction === "to-pool" || left.length === 0) return errors;
      const policies = new Fault("move-policies-left", { user: there.sipAddress, policies: left.join(", ") });
      return [...errors, findingOf("warning", policies)];
    });
  }

  /** @throws Fault of `requirements.ts`, `move-in-progress`, `move-undone`, `move-data-differs`, `user-data-invalid` */
  async import(tenant: Tenant, request: RequestOf<"import">): Promise<AnswerOf<"import">> {
    const { moveId, user: there, source, proxy, options, by } = request;
    const sent = parseUserData(request.data);
    const now = this.#options.nowMs();
    const counterparts = await this.#options.counterparts(tenant.tenantId);
    return this.#inside("import", tenant.tenantId, async (mine, journal, queries) => {
      const before = await journal.get(moveId);
      if (before !== undefined) return repeated(before);
      const here = await this.#judged(mine, { direction: "to-online", there, options });
      const { kept, left } = counterparts(sent.policies);
      // What an administrator has granted here ahead of the move stands.
      const data = { ...(options.force === true ? NO_USER_DATA : sent), policies: { ...kept, ...here.policies } };
      const store = new UserDataStore(queries, tenant.tenantId);
      await store.write(here.objectId, data, now, { moved: true });
      const arrived = await store.read(here.objectId);
      requireSame(there.sipAddress, data, arrived);
      const outcome: Remembered = {
        leftPolicies: [...left],
        policiesBefore: { ...here.policies },
        hasEnterpriseVoice: there.hasEnterpriseVoice && (options.bypassEnterpriseVoiceCheck !== true || hasPlan(here, "MCOEV")),
        lineUri: there.lineUri,
        teamsMode: teamsModeAfter(here, options),
        digest: digestToMove(arrived),
      };
      await journal.begin(
        {
          moveId,
          objectId: here.objectId,
          sipAddress: there.sipAddress,
          role: "follower",
          direction: "to-online",
          source,
          target: proxy,
          state: "imported",
          by,
          options,
          outcome,
        },
        now,
      );
      return answerOf(outcome);
    });
  }

  /** @throws Fault of `requirements.ts`, `move-in-progress`, `move-undone` */
  async freeze(tenant: Tenant, { moveId, user: there, target, options, by }: RequestOf<"freeze">): Promise<AnswerOf<"freeze">> {
    const now = this.#options.nowMs();
    return this.#inside("freeze", tenant.tenantId, async (mine, journal, queries) => {
      const before = await journal.get(moveId);
      if (before !== undefined && before.state !== "frozen") throw undone(before);
      const here = before === undefined ? await this.#judged(mine, { direction: "to-pool", there, options }) : undefined;
      const objectId = before?.objectId ?? (here as UserRecord).objectId;
      if (before === undefined) {
        const move = { moveId, objectId, sipAddress: there.sipAddress, source: here?.hostingProvider ?? "", target, by, options };
        await journal.begin({ ...move, role: "follower", direction: "to-pool", state: "frozen" }, now);
      }
      const data = await new UserDataStore(queries, tenant.tenantId).read(objectId);
      return { data, digest: digestToMove(data) };
    });
  }

  /** @throws Fault `move-contradiction` */
  async settle(tenant: Tenant, order: "commit" | "abort", moveId: string, sipAddress = ""): Promise<AnswerOf<"commit">> {
    const now = this.#options.nowMs();
    return this.#inside(order, tenant.tenantId, async (mine, journal, queries) => {
      const row = await journal.get(moveId);
      const next = settled(row?.state as FollowerState | undefined, order);
      if (next === "contradiction") throw new Fault("move-contradiction", { order, state: row?.state ?? "unknown" });
      if (row === undefined) {
        // So that a request that is still on its way finds the move undone.
        const move = { moveId, objectId: "" as ObjectId, sipAddress, source: "", target: "", by: "", active: false };
        await journal.begin({ ...move, role: "follower", direction: "to-online", state: next }, now);
        return { state: next };
      }
      if (row.state === next) return ended(order, next, row.faultCode);
      const store = new UserDataStore(queries, tenant.tenantId);
      // Who is committed changes, and is held; who is undone is as before.
      const here = await (order === "commit" ? mine.users.hold(row.objectId, now, BARE) : mine.users.get(row.objectId, BARE));
      if (here !== undefined) {
        if (order === "commit") await commit(mine, store, tenant, row, here, now);
        else if (row.state === "imported")
          await store.write(row.objectId, { ...NO_USER_DATA, policies: (row.outcome as Remembered).policiesBefore }, now);
      } else await store.remove(row.objectId);
      const faultCode = here === undefined ? USER_GONE : null;
      await journal.advance(row, next, now, { active: false, faultCode });
      return ended(order, next, faultCode);
    });
  }

  async #judged(mine: TenantDirectory, question: Omit<Question, "here" | "sharedAddressSpace">): Promise<UserRecord> {
    // What is judged must hold until the end of the transaction.
    const here = await mine.users.holdBySipAddress(question.there.sipAddress, this.#options.nowMs());
    if (here === undefined) throw new Fault("move-not-provisioned");
    const [refusal] = refusals({ ...question, here, sharedAddressSpace: await sharesAddressSpace(mine) });
    if (refusal !== undefined) throw refusal;
    return here;
  }

  async #inside<T>(
    step: FollowerStep,
    tenant: TenantId,
    work: (mine: TenantDirectory, journal: MoveJournal, queries: Queries) => Promise<T>,
  ): Promise<T> {
    const { directory, reached } = this.#options;
    reached?.(step, "before");
    const result = await directory.transaction((inside, queries) => work(inside.tenant(tenant), new MoveJournal(queries, tenant), queries));
    reached?.(step, "after");
    return result;
  }
}

async function commit(
  mine: TenantDirectory,
  store: UserDataStore,
  tenant: Tenant,
  row: MoveRow,
  here: UserRecord,
  now: number,
): Promise<void> {
  if (row.direction === "to-online") {
    const { hasEnterpriseVoice, lineUri, teamsMode } = row.outcome as Remembered;
    await mine.users.rewrite(here, serviceTakes(tenant, row.target, { hasEnterpriseVoice, lineUri }, teamsMode), now);
    return;
  }
  await mine.users.rewrite(here, serviceGivesUp(here), now);
  // The policies stay granted: they are the tenant's, and hold again when the user comes back.
  await store.remove(row.objectId);
}

function repeated(row: MoveRow): AnswerOf<"import"> {
  if (row.state === "undone") throw undone(row);
  return answerOf(row.outcome as Remembered);
}

function answerOf({ digest, leftPolicies, teamsMode }: Remembered): AnswerOf<"import"> {
  return { digest, leftPolicies, teamsUpgradeMode: teamsMode };
}

/** Of whoever is gone the pool is to know where it has decided: however often it asks, it is told. */
function ended(order: "commit" | "abort", state: string, faultCode: string | null): AnswerOf<"commit"> {
  return order === "commit" && faultCode === USER_GONE ? { state, userGone: true } : { state };
}

function undone(row: MoveRow): Fault {
  return new Fault("move-undone", { user: row.sipAddress });
}

/** Set-CsTenantFederationConfiguration -SharedSipAddressSpace. */
async function sharesAddressSpace(mine: TenantDirectory): Promise<boolean> {
  return (await mine.settings.get("TenantFederationConfiguration"))?.settings["SharedSipAddressSpace"] === true;
}

async function bySipAddress(mine: TenantDirectory, users: readonly HostedUser[]): Promise<Map<string, UserRecord>> {
  const keys = users.map((user) => user.sipAddress.toLowerCase());
  if (keys.length === 0) return new Map();
  const found = await mine.users.find((eb) => eb("sip_key", "in", keys), keys.length);
  return new Map(found.map((user) => [(user.sipAddress ?? "").toLowerCase(), user]));
}

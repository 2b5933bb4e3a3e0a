/**
 * A pool's cmdlets for batches of moves, as functions: parameters in, data out. What a cmdlet refuses is a Fault, the
 * catalogue's own where its text is known.
 */
import { Fault, recognise } from "@tieline/fault";
import { PowerShellError } from "@tieline/remoting";
import { PsObject, SecureString, type PsValue } from "@tieline/remoting/objects";
import type { RemoteSession } from "../life/remote-session.ts";
import {
  readAdded,
  readBatch,
  readCounters,
  readMovedUser,
  readPreflightFinding,
  type AddedUsers,
  type Batch,
  type HomedCounters,
  type MovedUser,
  type MoveState,
  type PreflightFinding,
} from "./batch.ts";

/** What is used of a session. */
export type MoveSession = Pick<RemoteSession, "invoke">;

/** How the pool signs in to the online side; nothing where it does so by itself. */
export interface OnlineAccess {
  hostedMigrationUrl?: string;
  accessToken?: string;
  credential?: { user: string; password: string };
}

export interface BatchWish {
  name: string;
  target: string;
  concurrentMoves?: number;
  waveSize?: number;
  ratePerMinute?: number;
  /** `20:00-06:00`. */
  window?: string;
  timeZone?: string;
  mailTemplate?: string;
  force?: boolean;
  bypassAudioConferencingCheck?: boolean;
  bypassEnterpriseVoiceCheck?: boolean;
  moveToTeams?: boolean;
  includeRooms?: boolean;
}

/** As many users as one call of Add-TielineMoveBatchUser takes. */
export const USERS_A_CALL = 1000;

type Arguments = Record<string, PsValue | undefined>;
type InvokeOptions = NonNullable<Parameters<RemoteSession["invoke"]>[2]>;
type ErrorText = Pick<PowerShellError["record"], "text" | "details" | "fullyQualifiedErrorId">;

export interface MoveCmdletsOptions {
  signal?: AbortSignal;
  /** Warnings, and errors beside which a cmdlet has done the rest. */
  tell?: (severity: "warning" | "error", text: string) => void;
}

export class MoveCmdlets {
  readonly #session: MoveSession;
  readonly #host: string;
  readonly #options: MoveCmdletsOptions;
  #errors = 0;

  /** @param host how the pool is called in faults */
  constructor(session: MoveSession, host: string, options: MoveCmdletsOptions = {}) {
    this.#session = session;
    this.#host = host;
    this.#options = options;
  }

  /** Errors so far beside which the cmdlets have done the rest. */
  get errors(): number {
    return this.#errors;
  }

  /** New-TielineMoveBatch. */
  async create(wish: BatchWish, access: OnlineAccess = {}): Promise<Batch> {
    const { name, target } = wish;
    const switches: Arguments = {
      Force: wish.force,
      BypassAudioConferencingCheck: wish.bypassAudioConferencingCheck,
      BypassEnterpriseVoiceCheck: wish.bypassEnterpriseVoiceCheck,
      MoveToTeams: wish.moveToTeams,
      IncludeRooms: wish.includeRooms,
    };
    return this.#batch("New-TielineMoveBatch", {
      Name: name,
      Target: target,
      ConcurrentMoves: wish.concurrentMoves,
      WaveSize: wish.waveSize,
      RatePerMinute: wish.ratePerMinute,
      Window: wish.window,
      TimeZone: wish.timeZone,
      MailTemplate: wish.mailTemplate,
      ...Object.fromEntries(Object.entries(switches).filter(([, on]) => on === true)),
      ...accessParameters(access),
    });
  }

  /** Add-TielineMoveBatchUser, up to 1000 a call. */
  async add(batch: string, users: readonly string[]): Promise<AddedUsers> {
    return readAdded(await this.#one("Add-TielineMoveBatchUser", { Batch: batch, User: [...users] }));
  }

  async addByFilter(batch: string, filter: string): Promise<AddedUsers> {
    return readAdded(await this.#one("Add-TielineMoveBatchUser", { Batch: batch, Filter: filter }));
  }

  /** Test-TielineMoveBatch. */
  async *check(batch: string): AsyncGenerator<PreflightFinding, void, undefined> {
    for await (const value of this.#run("Test-TielineMoveBatch", { Batch: batch })) yield readPreflightFinding(value);
  }

  start(batch: string, access: OnlineAccess = {}): Promise<Batch> {
    return this.#batch("Start-TielineMoveBatch", { Batch: batch, ...accessParameters(access) });
  }

  suspend(batch: string): Promise<Batch> {
    return this.#batch("Suspend-TielineMoveBatch", { Batch: batch });
  }

  resume(batch: string, access: OnlineAccess = {}): Promise<Batch> {
    return this.#batch("Resume-TielineMoveBatch", { Batch: batch, ...accessParameters(access) });
  }

  /** Stop-TielineMoveBatch: moves under way end as they do, the others never begin. */
  stop(batch: string): Promise<Batch> {
    return this.#batch("Stop-TielineMoveBatch", { Batch: batch });
  }

  /** All of the batch, or the users named. */
  undo(batch: string, users: readonly string[], access: OnlineAccess = {}): Promise<Batch> {
    return this.#batch("Undo-TielineMoveBatch", {
      Batch: batch,
      ...(users.length === 0 ? {} : { User: [...users] }),
      ...accessParameters(access),
    });
  }

  async remove(batch: string): Promise<void> {
    for await (const _ of this.#run("Remove-TielineMoveBatch", { Batch: batch, Confirm: false })) continue;
  }

  get(batch: string): Promise<Batch> {
    return this.#batch("Get-TielineMoveBatch", { Batch: batch });
  }

  async list(): Promise<Batch[]> {
    const batches: Batch[] = [];
    for await (const value of this.#run("Get-TielineMoveBatch", {})) batches.push(readBatch(value));
    return batches;
  }

  /** @param choice since: a change number; only later changes are given */
  async *users(
    batch: string,
    choice: { state?: MoveState; since?: number; resultSize?: number } = {},
  ): AsyncGenerator<MovedUser, void, undefined> {
    const parameters = { Batch: batch, State: choice.state, Since: choice.since, ResultSize: choice.resultSize };
    for await (const value of this.#run("Get-TielineMoveBatchUser", parameters)) yield readMovedUser(value);
  }

  async counters(): Promise<HomedCounters> {
    return readCounters(await this.#one("Get-TielineMoveCounter", {}));
  }

  /** Start-ADSyncSyncCycle, to its end. @returns what it put out: `RunResult` is `success` where the tenant refused nothing */
  cycle(policy: "Delta" | "Initial"): Promise<PsObject> {
    return this.#one("Start-ADSyncSyncCycle", { PolicyType: policy });
  }

  /** Get-ADSyncScheduler. */
  scheduler(): Promise<PsObject> {
    return this.#one("Get-ADSyncScheduler", {});
  }

  async #batch(cmdlet: string, parameters: Arguments): Promise<Batch> {
    return readBatch(await this.#one(cmdlet, parameters));
  }

  async #one(cmdlet: string, parameters: Arguments): Promise<PsObject> {
    let found: PsValue = null;
    for await (const value of this.#run(cmdlet, parameters)) found = value;
    if (!(found instanceof PsObject))
      throw new Fault("move-cmdlet-refused", {
        cmdlet,
        reason: "it put nothing out.",
        advice: "Look with Get-TielineMoveBatch how the batch stands.",
      });
    return found;
  }

  async *#run(cmdlet: string, parameters: Arguments): AsyncGenerator<PsValue, void, undefined> {
    const given = Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
    const { signal, tell } = this.#options;
    const errors: ErrorText[] = [];
    const onRecord: InvokeOptions["onRecord"] = (record) => {
      if (record.stream === "error") errors.push(record.record);
      else if (record.stream === "warning") tell?.("warning", record.record.message);
    };
    let count = 0;
    try {
      for await (const value of this.#session.invoke(cmdlet, given, { onRecord, ...(signal === undefined ? {} : { signal }) })) {
        count += 1;
        yield value;
      }
    } catch (error) {
      throw error instanceof PowerShellError ? this.#fault(cmdlet, error.record, error) : error;
    }
    const [first] = errors;
    if (first === undefined) return;
    if (count === 0) throw this.#fault(cmdlet, first);
    this.#errors += errors.length;
    for (const error of errors) tell?.("error", error.details?.message ?? error.text);
  }

  /** The catalogue's own where the text is known. */
  #fault(cmdlet: string, record: ErrorText, cause?: unknown): Fault {
    const reason = record.details?.message ?? record.text;
    if (record.fullyQualifiedErrorId?.startsWith("CommandNotFoundException") === true)
      return new Fault("move-cmdlet-missing", { host: this.#host, cmdlet }, { cause, said: reason });
    const known = recognise({ text: reason });
    if (known !== undefined) return known;
    const advice = record.details?.recommendedAction ?? "`tieline explain` may know more of these words.";
    return new Fault("move-cmdlet-refused", { cmdlet, reason, advice }, { cause });
  }
}

function accessParameters({ hostedMigrationUrl, accessToken, credential }: OnlineAccess): Arguments {
  return {
    HostedMigrationOverrideUrl: hostedMigrationUrl,
    ...(accessToken === undefined ? {} : { AccessTokens: [accessToken] }),
    ...(credential === undefined ? {} : { Credential: credentialObject(credential) }),
  };
}

/** The password travels under the session's own key. */
function credentialObject({ user, password }: { user: string; password: string }): PsObject {
  return new PsObject({ typeNames: ["System.Management.Automation.PSCredential", "System.Object"] })
    .set("UserName", user, "adapted")
    .set("Password", new SecureString(password), "adapted");
}

/**
 * A pool's cmdlets for batches of moves, as functions: parameters in, data out. What a cmdlet refuses is a Fault, the
 * catalogue's own where its text is known.
 */
import { Fault, isFault, recognise } from "@tieline/fault";
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

type Parameters = Record<string, PsValue | undefined>;

export class MoveCmdlets {
  readonly #session: MoveSession;
  readonly #host: string;
  readonly #signal: AbortSignal | undefined;

  /** @param host how the pool is called in faults */
  constructor(session: MoveSession, host: string, signal?: AbortSignal) {
    this.#session = session;
    this.#host = host;
    this.#signal = signal;
  }

  /** New-TielineMoveBatch. */
  async create(wish: BatchWish, access: OnlineAccess = {}): Promise<Batch> {
    const { name, target } = wish;
    const switches: Parameters = {
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

  async #batch(cmdlet: string, parameters: Parameters): Promise<Batch> {
    return readBatch(await this.#one(cmdlet, parameters));
  }

  async #one(cmdlet: string, parameters: Parameters): Promise<PsValue> {
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

  async *#run(cmdlet: string, parameters: Parameters): AsyncGenerator<PsValue, void, undefined> {
    const given = Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
    try {
      yield* this.#session.invoke(cmdlet, given, this.#signal === undefined ? {} : { signal: this.#signal });
    } catch (error) {
      throw this.#fault(cmdlet, error);
    }
  }

  #fault(cmdlet: string, error: unknown): unknown {
    if (!(error instanceof PowerShellError) || isFault(error)) return error;
    if (error.fullyQualifiedErrorId.startsWith("CommandNotFoundException"))
      return new Fault("move-cmdlet-missing", { host: this.#host, cmdlet }, { cause: error, said: error.message });
    const known = recognise({ text: error.message });
    if (known !== undefined) return known;
    const advice = error.record.details?.recommendedAction ?? "`tieline explain` may know more of these words.";
    return new Fault("move-cmdlet-refused", { cmdlet, reason: error.message, advice }, { cause: error });
  }
}

function accessParameters({ hostedMigrationUrl, accessToken, credential }: OnlineAccess): Parameters {
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

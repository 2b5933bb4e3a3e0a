/** A pool's cmdlets for batches, made of arrays: users move when time passes. For tests of whoever calls them. */
import { PowerShellError } from "@tieline/remoting";
import { DateTime, PsObject, type PsValue } from "@tieline/remoting/objects";
import type { MoveSession } from "./move-cmdlets.ts";

export const STARTED_MS = Date.UTC(2026, 2, 2, 9);

interface FakeUser {
  identity: string;
  state: string;
  code?: string;
  change: number;
}

/** What was called, and with what. */
export interface Call {
  cmdlet: string;
  parameters: Record<string, PsValue>;
}

export class FakePool implements MoveSession {
  readonly calls: Call[] = [];
  readonly users: FakeUser[] = [];
  state = "Planned";
  reason: string | null = null;
  /** Users who move at each look at the batch. */
  pace = 2;
  /** Who fails, with which code. */
  fails: Readonly<Record<string, string>> = {};
  /** Nobody knows them. */
  unknown: readonly string[] = [];
  /** The sign-in ends when so many have moved. */
  signInEndsAfter: number | undefined;
  /** Cmdlets that this account may not run, or that are not there. */
  missing: readonly string[] = [];
  /** Cmdlets that refuse, with their text. */
  refuses: Readonly<Record<string, string>> = {};
  /** Errors that cmdlets write when they have done the rest. */
  writes: Readonly<Record<string, readonly string[]>> = {};
  /** Of a cycle of synchronisation. */
  runResult = "success";
  #name = "";
  #target = "";
  #change = 0;

  async *invoke(
    cmdlet: string,
    parameters: Readonly<Record<string, unknown>> = {},
    { onRecord }: NonNullable<Parameters<MoveSession["invoke"]>[2]> = {},
  ): AsyncGenerator<PsValue, void> {
    const given = parameters as Record<string, PsValue>;
    this.calls.push({ cmdlet, parameters: given });
    if (this.missing.includes(cmdlet)) throw refusal("CommandNotFoundException", `The term '${cmdlet}' is not recognized.`);
    const words = this.refuses[cmdlet];
    if (words !== undefined) throw refusal(`Refused,${cmdlet}`, words);
    yield* this.#answer(cmdlet, given);
    for (const text of this.writes[cmdlet] ?? []) onRecord?.({ stream: "error", record: refusal("Written", text).record });
  }

  /** Parameters of the calls of a cmdlet. */
  of(cmdlet: string): Record<string, PsValue>[] {
    return this.calls.filter((call) => call.cmdlet === cmdlet).map(({ parameters }) => parameters);
  }

  *#answer(cmdlet: string, given: Record<string, PsValue>): Generator<PsValue, void> {
    switch (cmdlet) {
      case "New-TielineMoveBatch":
        this.#name = given["Name"] as string;
        this.#target = given["Target"] as string;
        return yield this.#batch();
      case "Add-TielineMoveBatchUser":
        return yield this.#add((given["User"] as string[] | undefined) ?? ["sip:filtered1@contoso.com", "sip:filtered2@contoso.com"]);
      case "Test-TielineMoveBatch":
        for (const user of this.users) {
          const code = this.fails[user.identity];
          if (code !== undefined) yield finding(user.identity, code);
        }
        return undefined;
      case "Start-TielineMoveBatch":
      case "Resume-TielineMoveBatch":
        this.state = "Running";
        this.reason = null;
        return yield this.#batch();
      case "Suspend-TielineMoveBatch":
        this.state = "Suspended";
        return yield this.#batch();
      case "Stop-TielineMoveBatch":
        this.state = "Cancelled";
        return yield this.#batch();
      case "Undo-TielineMoveBatch":
        for (const user of this.users) if (user.state === "Moved") this.#set(user, "Undone");
        this.state = "Undone";
        return yield this.#batch();
      case "Get-TielineMoveBatch": {
        if (this.#name === "") return undefined;
        const shown = this.#batch();
        this.#pass();
        return yield shown;
      }
      case "Get-TielineMoveBatchUser":
        for (const user of this.users) if (this.#isWanted(user, given)) yield this.#user(user);
        return undefined;
      case "Get-TielineMoveCounter":
        return yield this.#counters();
      case "Start-ADSyncSyncCycle":
        return yield PsObject.of({ Result: "Success", RunResult: this.runResult });
      case "Get-ADSyncScheduler":
        return yield PsObject.of({ SyncCycleEnabled: true, NextSyncCyclePolicyType: "Delta", SyncCycleInProgress: false });
      default:
        return undefined;
    }
  }

  #isWanted(user: FakeUser, { State, Since }: Record<string, PsValue>): boolean {
    return (State === undefined || user.state === State) && user.change > Number(Since ?? 0);
  }

  #add(users: readonly string[]): PsObject {
    const known = users.filter((user) => !this.unknown.includes(user));
    for (const identity of known) this.users.push({ identity, state: "Waiting", change: ++this.#change });
    return PsObject.of({ Added: known.length, Duplicates: 0, NotFound: users.filter((user) => this.unknown.includes(user)) });
  }

  /** A moment of work. */
  #pass(): void {
    if (this.state !== "Running") return;
    const waiting = this.users.filter(({ state }) => state === "Waiting").slice(0, this.pace);
    for (const user of waiting) {
      const code = this.fails[user.identity];
      if (code !== undefined) user.code = code;
      this.#set(user, code === undefined ? "Moved" : "Failed");
    }
    const moved = this.#count("Moved");
    if (this.signInEndsAfter !== undefined && moved >= this.signInEndsAfter && this.#count("Waiting") > 0) {
      this.signInEndsAfter = undefined;
      this.state = "Suspended";
      this.reason = "The sign-in to the online side has ended.";
    } else if (this.#count("Waiting") === 0) this.state = this.#count("Failed") > 0 ? "CompletedWithErrors" : "Completed";
  }

  #set(user: FakeUser, state: string): void {
    user.state = state;
    user.change = ++this.#change;
  }

  #count(state: string): number {
    return this.users.filter((user) => user.state === state).length;
  }

  #batch(): PsObject {
    const count = (state: string): number => this.#count(state);
    return PsObject.of({
      BatchId: "0d7a4c35-0000-4000-8000-000000000001",
      Name: this.#name,
      State: this.state,
      Reason: this.reason,
      Target: this.#target,
      Users: this.users.length,
      Waiting: count("Waiting"),
      Moving: count("Moving"),
      Moved: count("Moved"),
      Failed: count("Failed"),
      Skipped: count("Skipped"),
      Undone: count("Undone"),
      RatePerMinute: 7080,
      SecondsLeft: count("Waiting") * 60,
      Wave: 1,
      Waves: 1,
      CreatedBy: "CONTOSO\\administrator",
      CreatedAt: DateTime.fromDate(new Date(STARTED_MS)),
      StartedAt: this.state === "Planned" ? null : DateTime.fromDate(new Date(STARTED_MS)),
      FinishedAt: null,
    });
  }

  #user(user: FakeUser): PsObject {
    const number = this.users.indexOf(user) + 1;
    const isDone = user.state === "Moved" || user.state === "Undone";
    const from = STARTED_MS + number * 1000;
    return PsObject.of({
      Sequence: number,
      Identity: user.identity,
      DisplayName: `User ${number}`,
      SipAddress: user.identity,
      State: user.state,
      Homed: user.state === "Moved" ? "Online" : "pool01.contoso.local",
      Wave: 1,
      Attempts: user.state === "Waiting" ? 0 : 1,
      Code: user.code ?? null,
      Text: user.code === undefined ? null : `HostedMigration fault: ${user.code}`,
      Cure: user.code === undefined ? null : "Assign a licence.",
      TeamsUpgradeMode: isDone ? "TeamsOnly" : null,
      Contacts: isDone ? 50 : null,
      Meetings: isDone ? 2 : null,
      LeftPolicies: isDone && number % 3 === 0 ? ["ClientPolicy:Tag:Sales"] : [],
      StartedAt: user.state === "Waiting" ? null : DateTime.fromDate(new Date(from)),
      FinishedAt: user.state === "Waiting" ? null : DateTime.fromDate(new Date(from + 700 + (number % 10) * 90)),
      DurationMs: user.state === "Waiting" ? null : 700 + (number % 10) * 90,
      ChangeNumber: user.change,
    });
  }

  #counters(): PsObject {
    return PsObject.of({
      UsersHomedOnline: 3 + this.#count("Moved"),
      UsersHomedOnPremises: 37 - this.#count("Moved"),
      UsersSyncedAndHomedOnline: 1 + this.#count("Moved"),
      UsersNotEnabled: 2,
      ActiveMoves: 0,
    });
  }
}

function finding(identity: string, code: string): PsObject {
  return PsObject.of({
    Identity: identity,
    DisplayName: identity,
    SipAddress: identity,
    Severity: "Error",
    Code: code,
    Text: `${identity} has no licence.`,
    Cure: "Assign a licence.",
  });
}

function refusal(id: string, message: string): PowerShellError {
  const record = { text: message, fullyQualifiedErrorId: id, category: { message: "" } };
  return new PowerShellError([record as unknown as PowerShellError["record"]], true);
}

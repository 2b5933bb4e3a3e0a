/**
 * Who gets a session when there are fewer than callers: three a user and twenty a tenant. Idle ones are used again by the
 * same account, tenant and endpoint; whoever finds none free waits in line, until his time is over or he gives up.
 */
import { Fault } from "@tieline/fault";
import { SYSTEM_CLOCK, type LifeClock } from "./clock.ts";
import type { RemoteSession } from "./remote-session.ts";

/** Whose session, for what. */
export interface SessionKey {
  account: string;
  tenant: string;
  endpoint: string;
}

export interface BrokerOptions {
  /** Default 3. */
  perUser?: number;
  /** Default 20. */
  perTenant?: number;
  /** How long a caller waits for a seat. Default 300,000. */
  waitMs?: number;
  clock?: LifeClock;
}

export interface BorrowOptions {
  signal?: AbortSignal;
  waitMs?: number;
  /** Told how many are in line before him, at first and when that changes. */
  onWait?: (before: number) => void;
}

/** A session for one caller. Give it back or discard it, once. */
export interface Borrowed {
  session: RemoteSession;
  /** For others to use. */
  giveBack(): void;
  /** Closes it; for one that is of no more use. */
  discard(): Promise<void>;
}

type Make = () => Promise<RemoteSession>;

interface Seat {
  user: string;
  tenant: string;
  session: RemoteSession | undefined;
  idle: boolean;
  /** What must be closed before this one is opened. */
  after?: Promise<void> | undefined;
}

interface Waiter {
  user: string;
  tenant: string;
  take: (seat: Seat | { reuse: Seat }) => void;
  refuse: (fault: Fault) => void;
  moved: (before: number) => void;
}

export class ShellBroker implements AsyncDisposable {
  readonly #perUser: number;
  readonly #perTenant: number;
  readonly #waitMs: number;
  readonly #clock: LifeClock;
  readonly #seats = new Set<Seat>();
  readonly #line: Waiter[] = [];
  #closed = false;

  constructor({ perUser = 3, perTenant = 20, waitMs = 300_000, clock = SYSTEM_CLOCK }: BrokerOptions = {}) {
    this.#perUser = perUser;
    this.#perTenant = perTenant;
    this.#waitMs = waitMs;
    this.#clock = clock;
  }

  /** Callers in line. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Sessions that are open or being opened. */
  get seats(): number {
    return this.#seats.size;
  }

  /**
   * An idle session of this key, or a new one as soon as there is a seat.
   *
   * @throws Fault `shell-wait-timeout`; what `make` throws; the signal's reason
   */
  async borrow(key: SessionKey, make: Make, options: BorrowOptions = {}): Promise<Borrowed> {
    if (this.#closed) throw new Fault("session-superseded");
    const user = [key.account, key.tenant, key.endpoint].join("\n").toLowerCase();
    const tenant = [key.tenant, key.endpoint].join("\n").toLowerCase();
    const found = await this.#seat(user, tenant, options);
    if ("reuse" in found) return this.#lend(found.reuse);
    try {
      await found.after;
      found.session = await make();
    } catch (error) {
      this.#free(found);
      throw error;
    }
    // The whole was closed while this one was opened.
    if (!this.#seats.has(found)) {
      await found.session.close();
      throw new Fault("session-superseded");
    }
    return this.#lend(found);
  }

  /** Closes every session, borrowed or not; those in line are told. */
  async close(): Promise<void> {
    this.#closed = true;
    const seats = [...this.#seats];
    this.#seats.clear();
    for (const waiter of this.#line.slice()) waiter.refuse(new Fault("session-superseded"));
    await Promise.all(seats.map(async (seat) => seat.session?.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #seat(user: string, tenant: string, { signal, waitMs = this.#waitMs, onWait }: BorrowOptions): Promise<Seat | { reuse: Seat }> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error);
      const leave = (): void => {
        lift();
        signal?.removeEventListener("abort", onAbort);
        const at = this.#line.indexOf(waiter);
        if (at < 0) return;
        this.#line.splice(at, 1);
        this.#line.forEach((other, before) => before >= at && other.moved(before));
      };
      const onAbort = (): void => {
        leave();
        reject(signal?.reason as Error);
      };
      const waiter: Waiter = {
        user,
        tenant,
        take(seat) {
          leave();
          resolve(seat);
        },
        refuse(fault) {
          leave();
          reject(fault);
        },
        moved: (before) => onWait?.(before),
      };
      const lift = this.#clock.after(waitMs, () => {
        const waiting = this.#line.length;
        leave();
        reject(new Fault("shell-wait-timeout", { seconds: Math.round(waitMs / 1000), limit: this.#perUser, waiting }));
      });
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#line.push(waiter);
      this.#turn();
      const before = this.#line.indexOf(waiter);
      if (before >= 0) onWait?.(before);
    });
  }

  /** First come, first served; whoever has a seat of his own need not wait for the line of another account. */
  #turn(): void {
    for (const waiter of this.#line.slice()) {
      const found = this.#find(waiter);
      if (found !== undefined) waiter.take(found);
    }
  }

  #find({ user, tenant }: Waiter): Seat | { reuse: Seat } | undefined {
    const idle = [...this.#seats].filter((seat) => seat.idle);
    for (const seat of idle) {
      if (seat.user !== user) continue;
      if (seat.session?.state === "opened") {
        seat.idle = false;
        return { reuse: seat };
      }
      void this.#drop(seat);
    }
    let after: Promise<void> | undefined;
    const count = (of: (seat: Seat) => boolean): number => [...this.#seats].filter(of).length;
    if (count((seat) => seat.user === user) >= this.#perUser) return undefined;
    if (count((seat) => seat.tenant === tenant) >= this.#perTenant) {
      // An idle session of a colleague makes room for work.
      const other = idle.find((seat) => seat.tenant === tenant && this.#seats.has(seat));
      if (other === undefined) return undefined;
      after = this.#drop(other);
    }
    const seat: Seat = { user, tenant, session: undefined, idle: false, after };
    this.#seats.add(seat);
    return seat;
  }

  #lend(seat: Seat): Borrowed {
    let held = true;
    const once = (then: () => void): void => {
      if (!held) return;
      held = false;
      then();
    };
    return {
      session: seat.session as RemoteSession,
      giveBack: () =>
        once(() => {
          seat.idle = true;
          this.#turn();
        }),
      discard: async () => {
        if (!held) return;
        held = false;
        await seat.session?.close();
        this.#free(seat);
      },
    };
  }

  #drop(seat: Seat): Promise<void> | undefined {
    this.#seats.delete(seat);
    return seat.session?.close();
  }

  #free(seat: Seat): void {
    this.#seats.delete(seat);
    this.#turn();
  }
}

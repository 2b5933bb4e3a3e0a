/** The hosted migration service as the pool has it: found once, signed in to once, and asked for each user. */
import type { Sources } from "@tieline/auth";
import { Fault, isFault } from "@tieline/fault";
import type { Dialler } from "@tieline/net";
import { findingOf } from "../moves/finding.ts";
import type { Finding, MoveOptions } from "../moves/move.ts";
import type { AnswerOf, Operation, RequestOf } from "./contract.ts";
import { findHosted } from "./hosted-place.ts";
import type { HostedAuthentication, HostedPlace, HostedSession, HostedUser } from "./hosted-session.ts";
import { signInTo, type SignedIn } from "./hosted-sign-in.ts";
import { HostedWire } from "./hosted-wire.ts";

/** What the leader of a move needs beside. */
export interface HostedLink extends HostedSession {
  /** What open moves can be settled with when this session is gone. */
  readonly ticket: string;
  import(request: Omit<RequestOf<"import">, "by">): Promise<AnswerOf<"import">>;
  freeze(request: Omit<RequestOf<"freeze">, "by">): Promise<AnswerOf<"freeze">>;
  settle(order: "commit" | "abort", moveId: string, sipAddress: string): Promise<AnswerOf<"commit">>;
}

export interface HostedClientOptions {
  dialler: Dialler;
  sources: Sources;
  /** Milliseconds on a monotonous clock. */
  now: () => number;
  /** The deployment's name, for the service's journal. */
  deployment: string;
  /** The deployment's own application, for whoever gives no sign-in of their own. */
  application?: HostedAuthentication | undefined;
  /** For one answer. Default 30,000. */
  timeoutMs?: number;
}

/** Clocks may differ so much before it is worth a word; tokens allow 300 s. */
const CLOCK_LIMIT_MS = 120_000;

class HostedClient implements HostedLink {
  readonly url: string;
  readonly tenantId: string;
  readonly ticket: string;
  readonly #wire: HostedWire;
  readonly #renew: () => Promise<SignedIn>;
  #signedIn: SignedIn;
  readonly #options: HostedClientOptions;
  #renewing: Promise<SignedIn> | undefined;

  constructor(
    wire: HostedWire,
    signedIn: SignedIn,
    renew: () => Promise<SignedIn>,
    { ticket, tenantId }: AnswerOf<"ticket">,
    options: HostedClientOptions,
  ) {
    this.url = wire.url.href;
    this.#wire = wire;
    this.#signedIn = signedIn;
    this.#renew = renew;
    this.ticket = ticket;
    this.tenantId = tenantId;
    this.#options = options;
  }

  get endsMs(): number | undefined {
    return this.#signedIn.endsMs;
  }

  async check(direction: "to-online" | "to-pool", users: readonly HostedUser[], options: MoveOptions): Promise<Finding[][]> {
    const { findings } = await this.#call("check", { direction, users: [...users], options });
    const aheadMs = this.#wire.clockAheadMs ?? 0;
    if (Math.abs(aheadMs) < CLOCK_LIMIT_MS) return findings;
    const clocks = new Fault("move-clocks-apart", { host: this.#wire.url.host, seconds: Math.round(Math.abs(aheadMs) / 1000) });
    return findings.map((each) => [...each, findingOf("warning", clocks)]);
  }

  import(request: Omit<RequestOf<"import">, "by">): Promise<AnswerOf<"import">> {
    return this.#call("import", { ...request, by: "" });
  }

  freeze(request: Omit<RequestOf<"freeze">, "by">): Promise<AnswerOf<"freeze">> {
    return this.#call("freeze", { ...request, by: "" });
  }

  settle(order: "commit" | "abort", moveId: string, sipAddress: string): Promise<AnswerOf<"commit">> {
    return settleBy(this.#wire, this.ticket, order, moveId, sipAddress);
  }

  async #call<O extends Operation>(operation: O, body: RequestOf<O>): Promise<AnswerOf<O>> {
    const before = this.#signedIn;
    if (before.renewAtMs <= this.#options.sources.nowMs()) await this.#again(before);
    try {
      return await this.#wire.call(operation, body, `Bearer ${this.#signedIn.token}`);
    } catch (error) {
      if (!isFault(error) || error.code !== "access-token-refused" || this.#signedIn.endsMs !== undefined) throw error;
      await this.#again(this.#signedIn);
      return this.#wire.call(operation, body, `Bearer ${this.#signedIn.token}`);
    }
  }

  /** Many moves find the token ended at the same moment: one asks for another. */
  async #again(ended: SignedIn): Promise<void> {
    if (this.#signedIn !== ended) return;
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined));
    this.#signedIn = await this.#renewing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#wire[Symbol.asyncDispose]();
  }
}

/** @throws Fault `move-credential-missing`, `hosted-place-unknown`, `move-challenge-unexpected`, of sign-in and transport */
export async function openHostedClient(
  place: HostedPlace,
  given: HostedAuthentication | undefined,
  options: HostedClientOptions,
): Promise<HostedLink> {
  const { dialler, sources, now } = options;
  const authentication = given ?? options.application;
  if (authentication === undefined) throw new Fault("move-credential-missing", { target: place.url ?? place.adminDomain ?? "the service" });
  const url = await findHosted(place, authentication, { dialler, now });
  const wire = new HostedWire(url, { dialler, ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }) });
  try {
    const renew = (): Promise<SignedIn> => signInTo(url, authentication, { dialler, sources });
    const signedIn = await renew();
    const opened = await wire.call("ticket", { deployment: options.deployment }, `Bearer ${signedIn.token}`);
    return new HostedClient(wire, signedIn, renew, opened, options);
  } catch (error) {
    await wire[Symbol.asyncDispose]();
    throw error;
  }
}

/** Tells the follower how a move ended; told twice, nothing happens. @throws Fault as `HostedWire.call` */
export async function settleBy(
  wire: HostedWire,
  ticket: string,
  order: "commit" | "abort",
  moveId: string,
  sipAddress: string,
): Promise<AnswerOf<"commit">> {
  const authorization = `Ticket ${ticket}`;
  return order === "commit" ? wire.call("commit", { moveId }, authorization) : wire.call("abort", { moveId, sipAddress }, authorization);
}

/** @throws Fault `internal` for a session that was not opened here */
export function linkOf(session: HostedSession): HostedLink {
  if (!("ticket" in session && "import" in session)) throw new Fault("internal", { what: "a session without a link" });
  return session as HostedLink;
}

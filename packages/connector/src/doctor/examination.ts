/** What the checks share: whom to ask about, how to reach it, and what the earlier ones have learnt. */
import type { TargetChallenge } from "@tieline/auth";
import type { Hop } from "@tieline/discovery";
import type { Dialler, NameServer } from "@tieline/net";
import type { WsmanTransport } from "@tieline/remoting";
import type { Credential, Wish } from "../stage.ts";
import type { ClockSample } from "./clock-sample.ts";
import type { Remark } from "./finding.ts";
import type { Subject } from "./subject.ts";

/** Filled by the checks as they run; read by those that come after them. */
export interface Learnt {
  hops: readonly Hop[];
  targetUri?: URL;
  challenge?: TargetChallenge;
  clocks: ClockSample[];
  credential?: Credential;
  modernSignInOff?: boolean;
  transport?: WsmanTransport;
  /** What opening a session failed with. */
  refusal?: unknown;
  /** What a session that was opened told. */
  session?: { commands: number; modernAuthentication?: string };
}

export interface Examination {
  readonly subject: Subject;
  readonly dialler: Dialler;
  readonly nameServer: NameServer;
  /** How to sign in, without a person: `credential` must not prompt. */
  readonly wish: Wish;
  /** Aborted when the check's time is over. */
  readonly signal: AbortSignal;
  /** A clock that only goes forward. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly learnt: Learnt;
}

export interface Check {
  readonly name: string;
  /** In a few words, for the table. */
  readonly title: string;
  /** Checks that must be over before this one begins, whatever they found. */
  readonly after: readonly string[];
  run(examination: Examination): Promise<readonly Remark[]>;
}

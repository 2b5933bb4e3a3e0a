/** Again after a while, where a fault is of the kind that passes; the while doubles. */
import { isFault, type Fault, type Layer } from "@tieline/fault";

export interface RetryRule {
  attempts: number;
  /** Before the second attempt. */
  firstMs: number;
  longestMs: number;
}

export const DEFAULT_RETRY: RetryRule = { attempts: 6, firstMs: 1000, longestMs: 30_000 };

/** Waits; ends at once, with the signal's reason, where it is aborted. */
export type Pause = (ms: number, signal?: AbortSignal) => Promise<void>;

const PASSING: readonly Layer[] = ["network", "name", "proxy"];

/** Faults of the network pass; those of certificates, of sign-in and of what was sent do not. */
export function isTransient(error: unknown): error is Fault {
  return isFault(error) && !error.is("interrupted") && (PASSING.includes(error.layer) || error.is("connection-lost"));
}

/** What may be asked for after a while: overload, a gateway without a service, a service that starts. */
export function isTransientStatus(status: number): boolean {
  return [408, 429, 500, 502, 503, 504].includes(status);
}

/** How long to wait before this attempt, counted from 2. */
export function waitMs(rule: RetryRule, attempt: number, askedMs = 0): number {
  return Math.max(askedMs, Math.min(rule.longestMs, rule.firstMs * 2 ** (attempt - 2)));
}

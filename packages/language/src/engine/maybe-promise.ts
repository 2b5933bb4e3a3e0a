/**
 * Value or promise: a pipeline stays synchronous as long as nothing in it has to wait, so that ten thousand objects do
 * not cost ten thousand promises.
 */
import type { MaybePromise } from "../cmdlet/context.ts";

export function isPromise<T>(value: unknown): value is Promise<T> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** Goes on now where the value is there, later where it is promised. */
export function andThen<T, R>(value: MaybePromise<T>, goOn: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isPromise<T>(value) ? value.then(goOn) : goOn(value as T);
}

/** What the endpoint tells whoever counts: no name of a person, no address. */
import type { InvocationEnd, InvocationHook } from "@tieline/language";

export type EndpointEvent =
  | { kind: "session-opened" }
  /** `code`: the fault's. */
  | { kind: "session-refused"; code: string }
  | { kind: "sign-in-refused" }
  | { kind: "cmdlet"; name: string; outcome: "done" | "failed" | "stopped"; durationMs: number };

export function observingHook<Facts>(observe: (event: EndpointEvent) => void, nowMs: () => number): InvocationHook<Facts> {
  const started = new WeakMap<object, number>();
  return {
    before: (invocation) => void started.set(invocation, nowMs()),
    after: (invocation, end) =>
      observe({
        kind: "cmdlet",
        name: invocation.command.name,
        outcome: outcomeOf(end),
        durationMs: Math.max(0, nowMs() - (started.get(invocation) ?? nowMs())),
      }),
  };
}

function outcomeOf({ state, errors }: InvocationEnd): "done" | "failed" | "stopped" {
  if (state === "stopped") return "stopped";
  return state === "completed" && errors === 0 ? "done" : "failed";
}

import { expect, test } from "vitest";
import { demand, TRANSITIONS, type ClientKind, type Demand, type MfaEvent, type MfaState } from "./state.ts";

test.each<[MfaState, MfaEvent, MfaState]>([
  ["Disabled", "enable", "Enabled"],
  ["Disabled", "enforce", "Enforced"],
  ["Disabled", "registered", "Disabled"],
  ["Disabled", "reset", "Disabled"],
  ["Enabled", "registered", "Enforced"],
  ["Enabled", "enforce", "Enforced"],
  ["Enabled", "disable", "Disabled"],
  ["Enabled", "reset", "Enabled"],
  ["Enforced", "registered", "Enforced"],
  ["Enforced", "enable", "Enabled"],
  ["Enforced", "disable", "Disabled"],
  ["Enforced", "reset", "Enforced"],
])("%s --%s--> %s", (from, event, to) => {
  expect(TRANSITIONS[from][event]).toBe(to);
});

test.each<[MfaState, boolean, boolean, ClientKind, Demand]>([
  ["Disabled", true, false, "browser", "none"],
  ["Disabled", false, false, "legacy", "none"],
  ["Enabled", false, false, "browser", "register"],
  ["Enabled", false, false, "program", "register"],
  ["Enabled", false, false, "legacy", "none"],
  ["Enabled", true, false, "legacy", "app-password"],
  ["Enforced", false, false, "browser", "register"],
  ["Enforced", false, false, "legacy", "app-password"],
  ["Enforced", true, false, "browser", "verify"],
  ["Enforced", true, false, "program", "verify"],
  ["Enforced", true, true, "browser", "none"],
  ["Enforced", true, true, "program", "none"],
  ["Enforced", true, true, "legacy", "app-password"],
])("%s, registered %s, trusted %s: a %s client is asked for %s", (state, registered, trusted, client, asked) => {
  expect(demand({ state, registered, trusted }, client)).toBe(asked);
});

/** What may be sent again, and what never. */
import { expect, test } from "vitest";
import { Fault } from "@tieline/fault";
import { afterLoss, isLoss, isOutage, isReadOnly, type LostPipeline } from "./after-loss.ts";

const lost = (facts: Partial<LostPipeline>): string =>
  afterLoss({ sent: true, handedOut: 0, readOnly: false, inputTaken: false, fromStart: false, ...facts });

test.each<[string, Partial<LostPipeline>, string]>([
  ["what never left is sent", { sent: false }, "send"],
  ["what may have had an effect is reported", {}, "report"],
  ["also on request", { fromStart: true }, "report"],
  ["what only reads is repeated", { readOnly: true }, "repeat"],
  ["but not where its reader has seen some of it", { readOnly: true, handedOut: 1 }, "report"],
  ["unless he asked for that", { readOnly: true, handedOut: 1, fromStart: true }, "repeat"],
  ["input that was taken cannot be given again", { readOnly: true, inputTaken: true }, "report"],
  ["not even to what never left", { sent: false, inputTaken: true }, "report"],
])("%s", (_rule, facts, becomes) => {
  expect(lost(facts)).toBe(becomes);
});

test("every combination of what may have had an effect is reported", () => {
  for (let bits = 0; bits < 16; bits++) {
    const facts = { handedOut: bits & 1, inputTaken: (bits & 2) !== 0, fromStart: (bits & 4) !== 0 };
    expect(lost({ sent: true, readOnly: false, ...facts })).toBe("report");
  }
});

test.each([
  ["Get-CsOnlineUser", true],
  ["test-csonlinething", true],
  ["Find-CsThing", true],
  ["Select-Object", true],
  ["Set-CsUser", false],
  ["ForEach-Object", false],
  ["Invoke-Command", false],
  ["Get", false],
  ["Get-A; Remove-B", false],
])("%s only reads: %s", (text, reads) => {
  expect(isReadOnly({ text })).toBe(reads);
});

test("a script may do anything", () => {
  expect(isReadOnly({ text: "Get-Date", isScript: true })).toBe(false);
});

test("losses and outages are told apart from refusals", () => {
  expect(isLoss(new Fault("session-lifetime-over", { minutes: 60 }))).toBe(true);
  expect(isLoss(new Fault("shell-quota-user", { limit: 3 }))).toBe(false);
  expect(isLoss(new Error("x"))).toBe(false);
  expect(isOutage(new Fault("http-status", { host: "h", status: 503 }))).toBe(true);
  expect(isOutage(new Fault("http-status", { host: "h", status: 403 }))).toBe(false);
  expect(isOutage(new Fault("logon-failed", { user: "u" }))).toBe(false);
});

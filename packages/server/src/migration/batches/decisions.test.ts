/** The pure parts of a batch, as tables. */
import { Fault } from "@tieline/fault";
import { describe, expect, it } from "vitest";
import { NO_COUNTS, type BatchState } from "./batch.ts";
import { afterEvent, endState, type BatchEvent } from "./batch-state.ts";
import { checkTimeZone, isWithin, parseHours } from "./hours.ts";
import { fillMail } from "./mail.ts";
import { takeSlots } from "./rate.ts";
import { backoffMs, decide, DEFAULT_RETRY, faultKind, retryable } from "./retry.ts";
import { assignWaves, type Pair } from "./waves.ts";

describe("a batch's states", () => {
  const EVENTS = ["add", "start", "suspend", "resume", "stop", "undo", "remove"] as const;
  /** What each event, in that order, leads to; - refuses. */
  const TABLE: Readonly<Record<BatchState, string>> = {
    Planned: "Planned Running - - Cancelled - Planned",
    Running: "- Running Suspended Running Cancelled Undoing -",
    Suspended: "- - Suspended Running Cancelled Undoing -",
    Completed: "- - - - - Undoing Completed",
    CompletedWithErrors: "- - - Running - Undoing CompletedWithErrors",
    Cancelled: "- - - - Cancelled Undoing Cancelled",
    Undoing: "- - Suspended Undoing Cancelled Undoing -",
    Undone: "- - - - - - Undone",
  };
  const reached = (state: BatchState, event: Exclude<BatchEvent, "finish">, isUndoing = false): string => {
    try {
      return afterEvent({ name: "Pilots", state, isUndoing }, event);
    } catch (error) {
      expect(error).toMatchObject({ code: "batch-state", fields: { batch: "Pilots", state, event } });
      return "-";
    }
  };

  it.each(Object.entries(TABLE) as [BatchState, string][])(
    "%s: add, start, suspend, resume, stop, undo, remove lead to %s",
    (state, row) => {
      expect(EVENTS.map((event) => reached(state, event)).join(" ")).toBe(row);
    },
  );

  it("a way back that was suspended is resumed as such", () => {
    expect(reached("Suspended", "resume", true)).toBe("Undoing");
  });

  it.each([
    [{ moved: 3 }, false, 0, "Completed"],
    [{ moved: 2, skipped: 1 }, false, 0, "Completed"],
    [{ moved: 2, failed: 1 }, false, 0, "CompletedWithErrors"],
    [{ undone: 3 }, true, 0, "Undone"],
    [{ undone: 3, failed: 1 }, true, 0, "Undone"],
    [{ undone: 1, moved: 2 }, true, 0, "Completed"],
    [{ undone: 1, moved: 2 }, true, 1, "CompletedWithErrors"],
  ] as const)("ends with %j, undoing %s, stuck %i, as %s", (counts, isUndoing, stuck, state) => {
    expect(endState({ ...NO_COUNTS, ...counts }, isUndoing, stuck)).toBe(state);
  });
});

describe("what is done after a fault", () => {
  it.each([
    [new Fault("hosted-migration-licence"), "final"],
    [new Fault("hosted-migration-shared-address-space"), "final"],
    [new Fault("directory-insufficient-rights", { server: "dc1" }), "final"],
    [new Fault("move-not-provisioned"), "transient"],
    [new Fault("move-challenge-unexpected"), "site"],
    [new Fault("discovery-failed", { domain: "contoso.com", tried: "https://lyncdiscover.contoso.com: connection refused" }), "site"],
    [new Fault("connection-refused", { host: "admin0a.online.lync.com", port: 443 }), "site"],
    [new Fault("store-unreachable", { address: "db:5432", reason: "gone" }), "site"],
    [new Fault("store-full", { file: "pool.db" }), "disk"],
    [new Fault("batch-sign-in-ended", { batch: "Pilots", reason: "its time is over" }), "sign-in"],
    [new Error("a defect"), "final"],
    ["a text", "final"],
  ] as const)("%s is %s", (error, kind) => {
    expect(faultKind(error)).toBe(kind);
    expect(retryable(error)).toBe(kind !== "final" && kind !== "sign-in");
  });

  it.each([
    ["final", 1, 0, { what: "give-up" }],
    ["transient", 1, 0, { what: "again", afterMs: 1_500 }],
    ["transient", 3, 0, { what: "again", afterMs: 6_000 }],
    ["transient", 6, 0, { what: "give-up" }],
    ["site", 1, 4, { what: "again", afterMs: 1_500 }],
    ["site", 1, 5, { what: "pause", kind: "site" }],
    ["disk", 6, 5, { what: "pause", kind: "disk" }],
    ["disk", 6, 1, { what: "give-up" }],
    ["sign-in", 1, 0, { what: "pause", kind: "sign-in" }],
    ["unsettled", 40, 0, { what: "again", afterMs: 450_000 }],
    ["unsettled", 1, 5, { what: "pause", kind: "unsettled" }],
  ] as const)("%s, attempt %i, %i in a row: %j", (kind, attempts, streak, decision) => {
    expect(decide(kind, attempts, streak, 0.5)).toEqual(decision);
  });

  it("waits between half of the wait and all of it, and never longer than the longest", () => {
    expect([backoffMs(1, 0), backoffMs(1, 0.999)]).toEqual([1_000, 1_999]);
    expect(backoffMs(50, 0.999)).toBeLessThanOrEqual(DEFAULT_RETRY.longestMs);
  });
});

describe("the rate", () => {
  it("without a limit lets everybody begin", () => {
    expect(takeSlots(0, 0, 7, 1_000)).toEqual({ granted: 7, nextSlotMs: 0 });
  });

  it.each([1, 3, 60, 100, 600, 1_000, 6_000])("of %i a minute is never exceeded within any minute, and nearly reached", (rate) => {
    let next = 0;
    const begun: number[] = [];
    for (let now = 1_000_000; now < 1_000_000 + 5 * 60_000; now += 97) {
      const taken = takeSlots(rate, next, 16, now);
      next = taken.nextSlotMs;
      for (let i = 0; i < taken.granted; i += 1) begun.push(now);
    }
    for (const [i, from] of begun.entries()) {
      const within = begun.slice(i).findIndex((at) => at >= from + 60_000);
      if (within >= 0) expect(within).toBeLessThanOrEqual(rate);
    }
    expect(begun.length).toBeGreaterThan(rate * 4);
  });
});

describe("hours", () => {
  it.each([
    ["20:00-06:00", "UTC", Date.UTC(2020, 7, 5, 19, 59), false],
    ["20:00-06:00", "UTC", Date.UTC(2020, 7, 5, 20, 0), true],
    ["20:00-06:00", "UTC", Date.UTC(2020, 7, 6, 5, 59), true],
    ["20:00-06:00", "UTC", Date.UTC(2020, 7, 6, 6, 0), false],
    ["08:00-17:30", "UTC", Date.UTC(2020, 7, 6, 17, 29), true],
    ["08:00-17:30", "UTC", Date.UTC(2020, 7, 6, 17, 30), false],
    // Summer and winter time.
    ["20:00-06:00", "Europe/Berlin", Date.UTC(2020, 7, 5, 18, 0), true],
    ["20:00-06:00", "Europe/Berlin", Date.UTC(2020, 11, 5, 18, 0), false],
    ["20:00-06:00", "Asia/Kolkata", Date.UTC(2020, 7, 5, 14, 30), true],
    ["00:00-24:00", "UTC", Date.UTC(2020, 7, 5, 23, 59), true],
    [null, "UTC", 0, true],
  ])("%s in %s at %i: %s", (window, zone, nowMs, open) => {
    expect(isWithin(window, zone, nowMs)).toBe(open);
  });

  it.each(["", "20-06", "20:00", "25:00-06:00", "20:60-06:00", "20:00-20:00", "at night"])("refuses %j", (text) => {
    expect(() => parseHours(text)).toThrow(expect.objectContaining({ code: "batch-window" }) as Error);
  });

  it("refuses a zone that there is not", () => {
    expect(() => checkTimeZone("Europe/Atlantis")).toThrow(expect.objectContaining({ code: "batch-time-zone" }) as Error);
  });
});

describe("waves", () => {
  const users = (keys: string) => keys.split("").map((key, i) => ({ sequence: i + 1, key, isRoom: key === key.toUpperCase() }));
  const waves = (keys: string, size: number, pairs: Pair[] = []): string => {
    const assigned = assignWaves(users(keys), pairs, size);
    return users(keys)
      .map(({ sequence }) => assigned.get(sequence))
      .join("");
  };

  it.each([
    ["all in one without a size", "abcde", 0, [], "11111"],
    ["of a size, in order", "abcde", 2, [], "11223"],
    ["rooms behind all people", "aBcD", 0, [], "1212"],
    ["rooms in waves of their own", "aBcDe", 2, [], "13132"],
    ["a pair in one wave", "abcde", 2, [["a", "e"]], "12231"],
    [
      "a chain of pairs in one wave, larger than the size",
      "abcdef",
      2,
      [
        ["a", "d"],
        ["d", "f"],
      ],
      "122131",
    ],
    ["a pair with somebody who is not there", "abc", 2, [["a", "z"]], "112"],
    ["a room that is tied to a person with that person", "abC", 0, [["a", "C"]], "111"],
    ["a pair with oneself", "ab", 1, [["a", "a"]], "12"],
  ] as [string, string, number, Pair[], string][])("%s", (_title, keys, size, pairs, expected) => {
    expect(waves(keys, size, pairs)).toBe(expected);
  });

  it("are assigned to a hundred thousand in one long chain", () => {
    const many = Array.from({ length: 100_000 }, (_, i) => ({ sequence: i + 1, key: String(i), isRoom: false }));
    const pairs = many.slice(1).map((user, i): Pair => [user.key, String(i)]);
    expect(new Set(assignWaves(many, pairs, 100).values()).size).toBe(1);
    expect(new Set(assignWaves(many, [], 100).values()).size).toBe(1_000);
  });
});

describe("mail", () => {
  const FACTS = {
    DisplayName: "Ken {SipAddress}\r\nBcc: x",
    SipAddress: "ken@contoso.com",
    Target: "sipfed.online.lync.com",
    Date: "2020-08-05",
  };
  it("fills its four places once, and leaves other braces", () => {
    expect(fillMail("{DisplayName}|{SipAddress}|{Target}|{Date}|{Else}", { ...FACTS, DisplayName: "{Date}" })).toEqual({
      subject: "Your account was moved",
      text: "{Date}|ken@contoso.com|sipfed.online.lync.com|2020-08-05|{Else}",
    });
  });
  it("a subject is one line, whatever a name holds", () => {
    expect(fillMail("Subject: Hello {DisplayName}\n\nText", FACTS)).toEqual({ subject: "Hello Ken {SipAddress} Bcc: x", text: "Text" });
  });
});

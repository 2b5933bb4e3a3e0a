/**
 * What a hostile or broken world hands to a sign-in, seen from the command line: a clear fault with its stage each time,
 * no session left, and the next sign-in goes as if nothing had been. Each part's own tests go further into each of these.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chooseStore, diallerFor, newCsOnlineSession, TokenCache } from "@tieline/connector";
import type { BreakName } from "@tieline/server";
import { ADMIN, FoundingLab } from "./founding-lab.fixture.ts";

const DISCOVERING = "Discovering PowerShell endpoint URI";
const REQUESTING = "Requesting authentication token";
const INITIALIZING = "Initializing remote session";

let founding: FoundingLab;
beforeAll(() => {
  founding = new FoundingLab();
});
afterAll(() => founding?.[Symbol.asyncDispose]());

test.each<[what: string, broken: BreakName, code: string, stage: string, exit: number]>([
  ["a circle of redirects", "discovery-loop", "discovery-loop", DISCOVERING, 6],
  ["ten mebibytes in the place of a document", "discovery-huge", "discovery-failed", DISCOVERING, 6],
  ["a web page in the place of a document", "discovery-html", "discovery-failed", DISCOVERING, 6],
  ["a certificate that lapsed", "tls-expired", "discovery-failed", DISCOVERING, 6],
  ["a certificate that is not valid yet", "tls-not-yet-valid", "discovery-failed", DISCOVERING, 6],
  ["a token for somewhere else", "token-audience", "token-audience-invalid", REQUESTING, 4],
  ["an endpoint that is down", "wsman-503", "http-status", INITIALIZING, 1],
])("%s", async (_, broken, code, stage, exit) => {
  const lab = await founding.start([broken]);
  const ran = await founding.invoke(ADMIN);
  expect([ran.code, ran.out, ran.err]).toEqual([exit, "", expect.stringContaining(`error ${code}: `)]);
  expect(ran.err).toContain(`stage: ${stage}`);
  expect(ran.err).not.toMatch(/\n\s+at /);
  expect(lab.sessionCount()).toBe(0);
});

describe("in a whole lab", () => {
  beforeAll(() => founding.start());

  test("a device code that nobody finishes lapses, and nobody is signed in", async () => {
    const { lab } = founding;
    const dialler = diallerFor({
      connectTo: lab.description.names,
      caFiles: [join(lab.folder, lab.description.authority)],
      insecure: false,
      proxy: "none",
      environment: {},
    });
    const cache = new TokenCache(chooseStore({ TIELINE_TOKEN_CACHE: "memory" }, { wait: async () => undefined, nowMs: () => Date.now() }));
    let aheadMs = 0;
    const told: string[] = [];
    const signing = newCsOnlineSession(
      { UserName: ADMIN },
      {
        dialler,
        signIn: {
          way: "device-code",
          person: { attends: true, tell: (words) => void told.push(words) },
          cache: () => cache,
          sources: { nowMs: () => Date.now() + aheadMs, random: (length) => crypto.getRandomValues(new Uint8Array(length)) },
          wait: async (ms) => void (aheadMs += Math.max(ms, 60_000)),
        },
      },
    );
    await expect(signing).rejects.toMatchObject({ code: "device-code-lapsed", stage: REQUESTING });
    expect(told).toEqual([expect.stringMatching(/enter the code/)]);
    expect([lab.sessionCount(), cache.accounts()]).toEqual([0, []]);
  });

  test.each([
    ["who signs in", "accounts", [], "aadsts-90033"],
    ["who signs in, on the legacy way", "accounts", ["--sign-in", "legacy"], "aadsts-90033"],
    ["who signs in, at the endpoint itself", "accounts", ["--authentication", "basic"], "http-status"],
  ])("a database that loses %s in the middle: said, nothing half-done, and on it goes when it is back", async (_, table, words, code) => {
    founding.sql(`alter table ${table} rename to gone`);
    try {
      const ran = await founding.invoke(ADMIN, words);
      expect([ran.out, ran.err]).toEqual(["", expect.stringContaining(`error ${code}: `)]);
      expect(ran.code).not.toBe(0);
      expect(ran.err).not.toMatch(/no such table|select |\n\s+at /i);
      expect(founding.lab.sessionCount()).toBe(0);
    } finally {
      founding.sql(`alter table gone rename to ${table}`);
    }
    expect(await founding.invoke(ADMIN, words)).toMatchObject({ code: 0, err: "" });
  });
});

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

/** A token that says something, signed by nobody: it is refused before it leaves this machine. */
function token(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const audience = "https://admin0a.online.lync.com/OcsPowershellOAuth";
  return [part({ alg: "RS256" }), part({ aud: audience, upn: ADMIN, ...claims }), "c2VjcmV0"].join(".");
}

const minutesFromNow = (minutes: number): number => Math.floor(Date.now() / 1000) + minutes * 60;

test.each<[string, BreakName, object]>([
  ["ahead", "clock-behind", { exp: minutesFromNow(-5) }],
  ["behind", "clock-ahead", { nbf: minutesFromNow(8), exp: minutesFromNow(60) }],
])(
  "a clock of this machine that is ten minutes %s of the service's is named, not the token that it misjudges",
  async (_, broken, claims) => {
    await founding.start([broken]);
    const ran = await founding.invoke(ADMIN, [], { TIELINE_TOKEN: token(claims) });
    expect([ran.code, ran.err]).toEqual([4, expect.stringMatching(/error clock-wrong: The clock of this machine is wrong by 10 minutes/)]);
    expect(ran.err).toContain(`stage: ${REQUESTING}`);
    expect(ran.err).not.toContain("c2VjcmV0");
    const looked = await founding.doctor(ADMIN);
    expect([looked.code, looked.found]).toEqual([4, expect.stringContaining("10 min apart")]);
  },
);

describe("in a whole lab", () => {
  beforeAll(() => founding.start());

  test("a token of another tenant, or of another account, is shown to nobody", async () => {
    const tenant = "6a1c2b8e-5f0d-4c1a-9b7e-0a3d5e7f9c01";
    const other = { TIELINE_TOKEN: token({ tid: "99999999-2222-4333-8444-555555555555", exp: minutesFromNow(60) }) };
    const ran = await founding.invoke(ADMIN, ["--tenant", tenant], other);
    expect([ran.code, ran.err]).toEqual([4, expect.stringContaining("error token-other-tenant: ")]);
    const account = await founding.invoke("viewer@contoso.com", [], other);
    expect([account.code, account.err]).toEqual([4, expect.stringContaining("error token-other-account: ")]);
    // One that pretends to be the right one is refused by the endpoint.
    const forged = await founding.invoke(ADMIN, [], { TIELINE_TOKEN: token({ tid: tenant, exp: minutesFromNow(60) }) });
    expect([forged.code, forged.err]).toEqual([4, expect.stringContaining(`stage: ${INITIALIZING}`)]);
    expect([ran, account, forged].map(({ err }) => err).join("")).not.toContain("c2VjcmV0");
  });

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

/**
 * Founding document 001, Enabling MFA for PowerShell Sessions: what its author was told when a PSCredential was used for
 * such an account, and what its readers asked for and were not given: scheduled work in a tenant that asks second factors.
 */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chooseStore, diallerFor, newCsOnlineSession, TokenCache } from "@tieline/connector";
import type { PsObject } from "@tieline/remoting/objects";
import { FormBrowser } from "../form-browser.fixture.ts";
import { ADMIN, FoundingLab } from "./founding-lab.fixture.ts";

/** The lab's application. */
const AUTOMATION = "5f1a4a52-0c7e-4a57-9a41-7a1e11e00001";

let founding: FoundingLab;
beforeAll(async () => {
  founding = new FoundingLab();
  await founding.start(["second-factor"]);
});
afterAll(() => founding?.[Symbol.asyncDispose]());

test("a PSCredential is told that multi-factor authentication is needed to access the tenant", async () => {
  const { code, err } = await founding.invoke(ADMIN);
  expect([code, err]).toEqual([4, expect.stringContaining("you must use multi-factor authentication to access")]);
});

test("the password as it is, past the authority, opens nothing either", async () => {
  await founding.expectTold(await founding.invoke(ADMIN, ["--authentication", "basic"]), {
    code: "password-not-enough",
    text: `The account '${ADMIN}' has multi-factor authentication on, and a password alone opens no session.`,
    stage: "Initializing remote session",
    cure: /certificate or a workload identity/,
    exit: 4,
  });
});

test("scheduled work needs no person and no exception: an application signs in with its certificate", async () => {
  const file = (kind: string): string => join(founding.lab.folder, "authority", `automation.${kind}`);
  const { names, authority } = founding.lab.description;
  const there = ["--ca-file", join(founding.lab.folder, authority), ...names.flatMap((name) => ["--connect-to", name])];
  const application = ["--client-id", AUTOMATION, "--tenant", "contoso.com", "--certificate-file", file("crt"), "--key-file", file("key")];
  const words = ["invoke", ...there, ...application, "Get-CsTenant | Select-Object DisplayName"];
  for (const _run of ["first", "second"]) {
    const { code, out, err } = await founding.tieline(words);
    expect([code, JSON.parse(out), err]).toEqual([0, [{ DisplayName: "Contoso.com" }], ""]);
  }
});

/** What an authenticator app on a phone shows (RFC 6238), from the key that is typed into it. */
function appCode(typedKey: string, step: number): string {
  const letters = typedKey
    .replace(/[^A-Z2-7]/g, "")
    .split("")
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter));
  const bits = letters.map((value) => value.toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", key).update(counter).digest();
  return String((mac.readUInt32BE((mac.at(-1) as number) & 15) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, "0");
}

test("the document's way: enabled, set up in the browser at the next sign-in by an authenticator app, then a session by password and code", async () => {
  const lab = await founding.start();
  founding.sql(
    `insert into mfa_accounts (account_id, tenant_id, state, register_again, failed_count, messages, changed_ms)
     select account_id, tenant_id, 'Enabled', 0, 0, 0, 0 from accounts where upn = ?`,
    ADMIN,
  );
  const ca = readFileSync(join(lab.folder, lab.description.authority), "utf8");
  const password = lab.logins.find(({ user }) => user === ADMIN)?.password ?? "";
  const step = Math.floor(Date.now() / 30_000);
  let typedKey = "";
  /** Reads what is on the page, as the document's author did; the app's key is typed in once, and each code is used once. */
  const person = (codeStep: number) => (shown: { text: string }) => {
    const key = /class="key"[^>]*>([^<]+)</.exec(shown.text)?.[1];
    if (key !== undefined) typedKey = key;
    const press = /value="setup:code"/.test(shown.text) ? "setup:code" : undefined;
    const fill = { user: ADMIN, password, code: typedKey === "" ? "" : appCode(typedKey, codeStep) };
    return press === undefined ? { fill } : { fill, press };
  };
  const session = async (codeStep: number): Promise<unknown> => {
    const dialler = diallerFor({
      connectTo: lab.description.names,
      caFiles: [join(lab.folder, lab.description.authority)],
      insecure: false,
      proxy: "none",
      environment: {},
    });
    const cache = new TokenCache(chooseStore({ TIELINE_TOKEN_CACHE: "memory" }, { wait: async () => undefined, nowMs: () => Date.now() }));
    const open = async (address: URL): Promise<boolean> => {
      void new FormBrowser(ca).walk(address, person(codeStep)).catch(() => undefined);
      return true;
    };
    const { session: opened } = await newCsOnlineSession(
      { UserName: ADMIN },
      { dialler, signIn: { person: { attends: true, tell: () => undefined, open }, cache: () => cache } },
    );
    try {
      for await (const found of opened.invoke("Get-CsTenant")) return (found as PsObject).get("DisplayName");
      return undefined;
    } finally {
      await opened.close();
    }
  };
  expect(await session(step)).toBe("Contoso.com");
  expect(typedKey).not.toBe("");
  // Now it is enforced, for the password alone too, and the next code is asked for.
  await founding.expectTold(await founding.invoke(ADMIN), {
    code: "sign-in-needs-person",
    text: "you must use multi-factor authentication to access",
    stage: "Requesting authentication token",
    cure: /--sign-in certificate/,
    exit: 4,
    known: "aadsts-50076",
  });
  expect(await session(step + 1)).toBe("Contoso.com");
});

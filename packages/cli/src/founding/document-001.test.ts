/**
 * Founding document 001, Enabling MFA for PowerShell Sessions: what its author was told when a PSCredential was used for
 * such an account, and what its readers asked for and were not given: scheduled work in a tenant that asks second factors.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chooseStore, diallerFor, newCsOnlineSession, TokenCache } from "@tieline/connector";
import type { PsObject } from "@tieline/remoting/objects";
import { FormBrowser } from "../form-browser.fixture.ts";
import { AppPerson } from "./app-person.fixture.ts";
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

test("the document's way: enabled, set up in the browser at the next sign-in by an authenticator app, then a session by password and code", async () => {
  const lab = await founding.start();
  founding.enableSecondFactor(ADMIN);
  const ca = readFileSync(join(lab.folder, lab.description.authority), "utf8");
  const step = Math.floor(Date.now() / 30_000);
  const person = new AppPerson(ADMIN, lab.logins.find(({ user }) => user === ADMIN)?.password ?? "");
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
      void new FormBrowser(ca).walk(address, person.reads(codeStep)).catch(() => undefined);
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
  expect(person.typedKey).not.toBe("");
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

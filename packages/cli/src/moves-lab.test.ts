/** Moves between the lab's two sites from the command line: who signs in where, and what comes of it at both. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startLab, type RunningLab } from "@tieline/server";
import type { PsObject } from "@tieline/remoting/objects";
import { poolSide, withSites, type SiteOptions } from "./commands/move-sites.ts";
import { open, sourceFor } from "./commands/session-source.ts";
import type { Surroundings } from "./invocation.ts";

let folder: string;
let lab: RunningLab;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tieline-move-lab-"));
  lab = await startLab({ folder: join(folder, "lab"), users: 20 });
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function around(environment: Record<string, string> = {}): Surroundings {
  return {
    stdin: new PassThrough().end(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    environment: { XDG_STATE_HOME: join(folder, "state"), TIELINE_TOKEN_CACHE: "memory", ...environment },
    signal: new AbortController().signal,
  } as unknown as Surroundings;
}

const inLab = (more: Partial<SiteOptions> = {}): SiteOptions => ({ data: lab.folder, ...more });

test("the online account's token is for the hosted migration service, and opens it for the pool", async () => {
  await withSites(inLab({ onlineAccount: "admin@contoso.com" }), around(), async ({ access }) => {
    const { accessToken, hostedMigrationUrl } = (await access?.()) ?? {};
    expect(hostedMigrationUrl).toBe("https://admin0a.online.lync.com/HostedMigration/hostedmigrationservice.svc");
    const { session } = await open(sourceFor(...poolSide(inLab(), around())));
    await using _closed = { [Symbol.asyncDispose]: () => session.close() };
    const homes: unknown[] = [];
    for (const Target of ["sipfed.online.lync.com", "pool01.contoso.local"]) {
      const parameters = {
        Identity: "kenmyer@contoso.com",
        Target,
        AccessTokens: [accessToken ?? ""],
        HostedMigrationOverrideUrl: hostedMigrationUrl ?? "",
      };
      for await (const _ of session.invoke("Move-CsUser", { ...parameters, Confirm: false })) continue;
      for await (const user of session.invoke("Get-CsUser", { Identity: "kenmyer@contoso.com" }))
        homes.push((user as PsObject).get("HostingProvider"));
    }
    expect(homes.map(String)).toEqual(["sipfed.online.lync.com", "SRV:"]);
  });
});

test("where nobody was named, nothing is handed to the pool; the legacy way hands it the password", async () => {
  await withSites(inLab(), around(), async ({ access }) => expect(access).toBeUndefined());
  await withSites(inLab({ signIn: "legacy", onlineAccount: "admin@contoso.com" }), around(), async ({ access }) => {
    expect(await access?.()).toEqual({ credential: { kind: "password", user: "admin@contoso.com", password: expect.any(String) } });
  });
  await withSites(inLab({ hostedMigrationUrl: "https://admin0a.online.lync.com/x" }), around(), async ({ access }) => {
    expect(await access?.()).toEqual({ hostedMigrationUrl: "https://admin0a.online.lync.com/x" });
  });
});

/** Move-CsUser as administrators type it, on a pool beside a service: each parameter, each refusal, what is written where. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Collected, command, Runspace, type Host } from "@tieline/language";
import { postForm } from "@tieline/net";
import { PsObject, SecureString, type PsValue } from "@tieline/remoting/objects";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditHook } from "./admin/audit-hook.ts";
import { poolCatalogue } from "./cmdlets/catalogues.ts";
import type { CmdletSession } from "./cmdlets/session.ts";
import { accountId, LAB_DEPLOYMENT } from "./directory/index.ts";
import { PUBLIC_CLIENT_ID } from "./identity/index.ts";
import { ADMIN, giveData, ONLINE, openTestHybrid, POOL, type Hybrid } from "./hybrid.fixture.ts";
import type { Migration } from "./migration/index.ts";

const DEPLOYMENT = LAB_DEPLOYMENT.tenant.tenantId;
const SECOND = "pool02.contoso.local";
const SERVICE = "https://admin0a.online.lync.com/HostedMigration/hostedmigrationservice.svc";

let hybrid: Hybrid;
let reports: string;
let opened = 0;
const unaudited: unknown[] = [];
beforeAll(async () => {
  reports = join(mkdtempSync(join(tmpdir(), "tieline-reports-")), "reports");
  hybrid = await openTestHybrid(40, { reports });
});
afterAll(async () => {
  await hybrid[Symbol.asyncDispose]();
  rmSync(join(reports, ".."), { recursive: true, force: true });
});

interface Answer {
  rows: PsObject[];
  errors: { message: string; id: string; category: string; target: unknown }[];
  warnings: string[];
  verboses: string[];
  asked: string[];
  lines: string[];
}

interface Around {
  roles?: readonly string[];
  /** What somebody answers to each question; left out: nobody is there. */
  answers?: readonly number[];
  /** One that goes on from command to command. */
  session?: CmdletSession;
}

function newSession(roles: readonly string[] = ["CsAdministrator"]): CmdletSession {
  const { migration } = hybrid;
  const counted: Migration = {
    ...migration,
    openHosted: (...place) => {
      opened += 1;
      return migration.openHosted(...place);
    },
  };
  return {
    tenantId: DEPLOYMENT,
    directory: hybrid.pool.directory,
    caller: { accountId: accountId("00000000-0000-4000-8000-ffffffffffff"), userPrincipalName: "administrator@contoso.local", roles },
    nowMs: () => Date.now(),
    newGuid: () => crypto.randomUUID(),
    computer: POOL,
    migration: counted,
  };
}

/** `-Confirm:$false` unless the test is about questions. */
async function run(parameters: Record<string, PsValue>, { roles, answers, session = newSession(roles) }: Around = {}): Promise<Answer> {
  const [asked, lines]: [string[], string[]] = [[], []];
  let busy = false;
  const host = {
    writeLine: (text: string) => void lines.push(text),
    promptForChoice: async (_caption: string, message: string) => {
      // A host has one window: two questions at once would be one answer for both.
      if (busy) throw new Error("two questions at once");
      busy = true;
      await new Promise((resolve) => setImmediate(resolve));
      busy = false;
      asked.push(message);
      return answers?.[asked.length - 1] ?? 2;
    },
  } as unknown as Host;
  const sink = new Collected();
  const audit = auditHook({ session: "s", client: "::1", nowMs: () => Date.now(), failed: (error) => void unaudited.push(error) });
  const runspace = new Runspace({ catalogue: poolCatalogue().forRoles(session.caller.roles), session, hooks: [audit] });
  const withAnswer = answers === undefined && parameters["WhatIf"] === undefined ? { Confirm: false, ...parameters } : parameters;
  const all = { Verbose: true, ...withAnswer };
  const outcome = await runspace.run([[command("Move-CsUser", all)]], { sink, host });
  const errors = [...sink.errors, ...(outcome.state === "failed" && outcome.error !== undefined ? [outcome.error] : [])];
  return {
    rows: sink.objects as PsObject[],
    errors: errors.map((error) => ({ message: error.message, id: error.fullyQualifiedId, category: error.category, target: error.target })),
    warnings: sink.warnings,
    verboses: sink.verboses,
    asked,
    lines,
  };
}

const at = (account: string): string => `${account}@contoso.com`;

function credential(user = ADMIN, password = hybrid.secrets.password(ADMIN)): PsObject {
  const object = new PsObject({ typeNames: ["System.Management.Automation.PSCredential", "System.Object"] });
  object.set("UserName", user, "adapted");
  object.set("Password", new SecureString(password), "adapted");
  return object;
}

const signedIn = (): Record<string, PsValue> => ({ Credential: credential(), HostedMigrationOverrideUrl: SERVICE });

async function home(account: string): Promise<string | null> {
  return (await hybrid.user(at(account))).registrarPool;
}

async function tokenOf(): Promise<string> {
  const form = {
    grant_type: "password",
    client_id: PUBLIC_CLIENT_ID,
    resource: SERVICE,
    username: ADMIN,
    password: hybrid.secrets.password(ADMIN),
  };
  const answer = await postForm(hybrid.dialler, new URL("https://login.online.lync.com/contoso.com/oauth2/token"), form);
  return String((JSON.parse(new TextDecoder().decode(answer.body)) as Record<string, unknown>)["access_token"]);
}

describe("one user", () => {
  test("is moved, told of step by step, and given back on request only", async () => {
    await giveData(hybrid, at("kenmyer"));
    const there = await run({ Identity: at("kenmyer"), Target: ONLINE, ...signedIn() });
    expect([there.errors, there.rows]).toEqual([[], []]);
    expect(there.verboses.join("\n")).toMatch(
      /HostedMigrationOverrideUrl = 'https:\/\/admin0a[^]*Checking[^]*Freezing[^]*Switching[^]*2 contacts/,
    );
    const back = await run({ Identity: at("kenmyer"), Target: POOL, PassThru: true, ...signedIn() });
    expect(back.rows.map((row) => [row.get("SipAddress"), row.get("RegistrarPool")?.toString()])).toEqual([[`sip:${at("kenmyer")}`, POOL]]);
  });

  test("is refused with the vendor's text, under the vendor's id", async () => {
    const { errors } = await run({ Identity: at("nolicence"), Target: ONLINE, ...signedIn() });
    expect(errors).toEqual([
      {
        message: "HostedMigration fault: Error=(507), Description=(User must has an assigned license to use Skype for Business Online.)",
        id: "MoveError,Microsoft.Rtc.Management.AD.Cmdlets.MoveOcsUserCmdlet",
        category: "InvalidOperation",
        target: at("nolicence"),
      },
    ]);
    expect(await home("nolicence")).toBe(POOL);
  });

  test("that nobody knows, or a target that nobody knows, is told without a sign-in", async () => {
    const before = opened;
    const nobody = await run({ Identity: at("nobody"), Target: ONLINE });
    expect(nobody.errors[0]?.message).toContain(at("nobody"));
    const nowhere = await run({ Identity: at("kenmyer"), Target: "pool99.contoso.local" });
    expect(nowhere.errors[0]?.message).toContain("Nobody can be moved to pool99.contoso.local");
    const already = await run({ Identity: at("kenmyer"), Target: POOL });
    expect(already.errors[0]?.message).toContain("is homed on pool01.contoso.local already");
    const unfit = await run({ Identity: at("kenmyer"), Target: ONLINE, MoveConferenceData: true });
    expect(unfit.errors[0]?.message).toContain("-MoveConferenceData");
    expect(opened).toBe(before);
  });

  test.each([
    ["noev", "BypassEnterpriseVoiceCheck", "Error=(520)"],
    ["nomeetadv", "BypassAudioConferencingCheck", "Error=(521)"],
    ["ucs", "Force", "unified contact store"],
  ])("%s needs -%s", async (account, option, text) => {
    const without = await run({ Identity: at(account), Target: ONLINE, ...signedIn() });
    expect(without.errors[0]?.message).toContain(text);
    expect((await run({ Identity: at(account), Target: ONLINE, [option]: true, ...signedIn() })).errors).toEqual([]);
    expect(await home(account)).toBeNull();
    await run({ Identity: at(account), Target: POOL, Force: true, ...signedIn() });
  });

  test("-Force warns with counts, and -MoveToTeams ends in TeamsOnly", async () => {
    await giveData(hybrid, at("user"));
    const { warnings, verboses, errors } = await run({
      Identity: at("user"),
      Target: ONLINE,
      Force: true,
      MoveToTeams: true,
      ...signedIn(),
    });
    expect(errors).toEqual([]);
    expect(warnings.join()).toContain("-Force: 2 contacts, 1 meetings");
    expect(verboses.join()).toContain("TeamsOnly");
    await run({ Identity: at("user"), Target: POOL, ...signedIn() });
  });

  test("whose last move is decided, and whose ticket is refused, is settled first: then there is nothing to be done", async () => {
    hybrid.lose("request", "commit", 3);
    const { errors } = await run({ Identity: at("kenmyer"), Target: ONLINE, ...signedIn() });
    expect(errors[0]?.message).toContain("could not be ended");
    hybrid.lose("request", "commit", 0);
    await hybrid.pool.store.db.updateTable("hosted_runs").set({ ticket_sealed: "v1$AAAA" }).execute();
    expect(await hybrid.migration.moves.settle()).toBe(1);
    const again = await run({ Identity: at("kenmyer"), Target: ONLINE, ...signedIn() });
    expect(again.errors[0]?.message).toContain(`is homed on ${ONLINE} already`);
    expect(await hybrid.migration.moves.settle()).toBe(0);
    expect((await hybrid.onlineUser(at("kenmyer"))).registrarPool).not.toBeNull();
    expect((await run({ Identity: at("kenmyer"), Target: POOL, ...signedIn() })).errors).toEqual([]);
  });

  test("switches of the vendor that mean nothing here change nothing", async () => {
    const vain = { UseLegacyMode: true, IgnoreBackendStoreException: true, ProxyPool: POOL, DomainController: "dc01.contoso.local" };
    expect((await run({ Identity: at("kenmyer"), Target: SECOND, ...vain })).errors).toEqual([]);
    expect(await home("kenmyer")).toBe(SECOND);
    expect((await run({ Identity: at("kenmyer"), Target: POOL, MoveConferenceData: true })).errors).toEqual([]);
    expect(await home("kenmyer")).toBe(POOL);
  });
});

describe("whoever is asked", () => {
  test("-WhatIf says what would happen and changes nothing, not even a report", async () => {
    const { lines, errors } = await run({ Identity: at("kenmyer"), Target: ONLINE, WhatIf: true, Report: "whatif.csv" });
    expect(errors).toEqual([]);
    expect(lines).toEqual([`What if: Performing the operation "Move-CsUser to ${ONLINE}" on target "sip:${at("kenmyer")}".`]);
    expect(await home("kenmyer")).toBe(POOL);
    expect(existsSync(join(reports, "whatif.csv"))).toBe(false);
  });

  test("says no: nothing is done; yes: it is", async () => {
    const no = await run({ Identity: at("kenmyer"), Target: SECOND }, { answers: [2] });
    expect([no.asked.length, no.errors, await home("kenmyer")]).toEqual([1, [], POOL]);
    const yes = await run({ Identity: at("kenmyer"), Target: SECOND }, { answers: [0] });
    expect([yes.asked.length, await home("kenmyer")]).toEqual([1, SECOND]);
    await run({ Identity: at("kenmyer"), Target: POOL });
  });

  test("of a list is asked one question at a time, and not again after yes to all", async () => {
    const list = ["kenmyer", "user", "principal", "assistant"].map((each) => `sip:${at(each)}`).join(",");
    const all = await run({ UserList: list, Target: SECOND, ConcurrentMovesPerFE: 4 }, { answers: [0, 1] });
    expect([all.asked.length, all.errors]).toEqual([2, []]);
    expect(await Promise.all(["kenmyer", "user", "principal", "assistant"].map(home))).toEqual([SECOND, SECOND, SECOND, SECOND]);
    await run({ UserList: list, Target: POOL });
  });
});

describe("a list", () => {
  const LIST = ["kenmyer", "user", "principal", "nolicence", "nobody"].map((each) => `sip:${at(each)}`);

  test("is moved with one sign-in, its failures beside it, and a report of each", async () => {
    const before = opened;
    const list = `${LIST.join(",")}, ,"sip:${at("kenmyer")}";KENMYER@contoso.com`;
    const { errors, verboses } = await run({ UserList: list, Target: ONLINE, Report: "C:\\moves\\first wave.csv", ...signedIn() });
    expect(errors.map(({ message }) => message).toSorted()).toEqual([
      `Cannot find user in Active Directory with the following SIP URI: sip:${at("nobody")}`,
      expect.stringContaining("Error=(507)") as unknown,
    ]);
    expect(opened - before).toBe(1);
    expect(await Promise.all(["kenmyer", "user", "principal"].map(home))).toEqual([null, null, null]);
    expect(verboses.join("\n")).toContain(`Report: ${join(reports, "first wave.csv")}`);
    const lines = readFileSync(join(reports, "first wave.csv"), "utf8").trim().split("\r\n");
    expect(lines[0]).toContain('"SipAddress","DisplayName","Target","Result"');
    const results = lines.slice(1).map((line) => line.slice(1, -1).split('","'));
    expect(results.map(([sip, , , result]) => `${sip} ${result}`).toSorted()).toEqual(
      LIST.map((sip) => `${sip} ${/nolicence|nobody/.test(sip) ? "Failed" : "Moved"}`).toSorted(),
    );
    expect(lines.find((line) => line.includes("nolicence"))).toContain('"hosted-migration-licence"');
  });

  test("goes back through one session with one sign-in, also in several commands", async () => {
    const before = opened;
    const session = newSession();
    for (const each of ["kenmyer", "user", "principal"])
      expect((await run({ Identity: at(each), Target: POOL, ...signedIn() }, { session })).errors).toEqual([]);
    expect(opened - before).toBe(1);
    // Another administrator's sign-in is another one.
    await run({ Identity: at("kenmyer"), Target: ONLINE, ...signedIn(), Credential: credential(ADMIN, "wrong") }, { session });
    expect(opened - before).toBe(2);
    expect(await home("kenmyer")).toBe(POOL);
  });

  test("of nothing moves nobody", async () => {
    for (const list of [" ", ",", ";;\r\n"]) {
      const { errors, rows } = await run({ UserList: list, Target: SECOND, Report: "nobody.csv" });
      expect([errors, rows]).toEqual([[], []]);
    }
    expect(existsSync(join(reports, "nobody.csv"))).toBe(false);
  });

  test.each([0, -1, 65, 1.5e9])("is not moved %d at a time", async (many) => {
    const { errors } = await run({ UserList: `sip:${at("kenmyer")}`, Target: SECOND, ConcurrentMovesPerFE: many });
    expect(errors[0]?.id).toMatch(/^ParameterArgumentValidationError/);
    expect(await home("kenmyer")).toBe(POOL);
  });
});

describe("a report", () => {
  test.each(["..", ".", "", "a/..", "a\\..", "re|port.csv", "con:", "x\u0007.csv", "x".repeat(300)])(
    "named %j is refused before anybody is moved",
    async (name) => {
      const { errors } = await run({ Identity: at("kenmyer"), Target: SECOND, Report: name });
      expect(errors).toHaveLength(1);
      expect(await home("kenmyer")).toBe(POOL);
    },
  );

  test("never leaves its folder", async () => {
    for (const name of ["../../outside.csv", "/etc/outside.csv", "..\\outside.csv", "C:\\Users\\outside.csv"]) {
      await run({ Identity: at("kenmyer"), Target: SECOND, Report: name });
      await run({ Identity: at("kenmyer"), Target: POOL, Report: name });
    }
    expect(readdirSync(join(reports, ".."))).toEqual(["reports"]);
    expect(readdirSync(reports)).toContain("outside.csv");
  });

  test("that cannot be written is told; what was moved is moved", async () => {
    // A folder stands where the file should.
    mkdirSync(join(reports, "folder.csv"));
    const { errors } = await run({ Identity: at("kenmyer"), Target: SECOND, Report: "folder.csv" });
    expect(errors[0]?.message).toMatch(/cannot be written/);
    expect(errors[0]?.id).toBe("MoveError,Microsoft.Rtc.Management.AD.Cmdlets.MoveOcsUserCmdlet");
    expect(await home("kenmyer")).toBe(SECOND);
    await run({ Identity: at("kenmyer"), Target: POOL });
  });
});

describe("the sign-in", () => {
  test.each<Record<string, PsValue>>([{ UseOAuth: true }, { TenantAdminUserName: ADMIN }, { UseOAuth: true, TenantAdminUserName: ADMIN }])(
    "%j is refused in a remote session, with the machine and the way out",
    async (way) => {
      const { errors } = await run({ Identity: at("kenmyer"), Target: ONLINE, HostedMigrationOverrideUrl: SERVICE, ...way });
      expect(errors[0]?.message).toBe(
        `A remote session cannot sign in with -UseOAuth: the window would open on ${POOL}, where nobody sees it.`,
      );
      expect(errors[0]?.category).toBe("AuthenticationError");
    },
  );

  test("is missing where there is none, and no application of the deployment's own", async () => {
    const { errors } = await run({ Identity: at("kenmyer"), Target: ONLINE, HostedMigrationOverrideUrl: SERVICE });
    expect(errors[0]?.message).toContain("needs a sign-in to the online service, and none was given");
  });

  test.each(["", "Bearer ", "bearer  "])(
    "by a token from the client with %j in front of it moves, and the token counts before a password",
    async (prefix) => {
      const AccessTokens = [" ", `${prefix}${await tokenOf()}`];
      const wrong = credential(ADMIN, "wrong");
      const online = await run({ Identity: at("kenmyer"), Target: ONLINE, AccessTokens, Credential: wrong });
      expect(online.errors).toEqual([]);
      expect((await run({ Identity: at("kenmyer"), Target: POOL, AccessTokens, UseOAuth: true })).errors).toEqual([]);
    },
  );

  test("by a token of something else is refused, and the user stays", async () => {
    const { errors } = await run({
      Identity: at("kenmyer"),
      Target: ONLINE,
      AccessTokens: ["garbage"],
      HostedMigrationOverrideUrl: SERVICE,
    });
    expect(errors[0]?.category).toBe("AuthenticationError");
    expect(await home("kenmyer")).toBe(POOL);
  });

  test.each(["ftp://admin0a.online.lync.com", "https://user:secret@admin0a.online.lync.com", "nonsense address", "https://"])(
    "at %j is no hosted migration service",
    async (address) => {
      const { errors } = await run({
        Identity: at("kenmyer"),
        Target: ONLINE,
        Credential: credential(),
        HostedMigrationOverrideUrl: address,
      });
      expect(errors).toHaveLength(1);
      expect(errors[0]?.message).not.toContain(hybrid.secrets.password(ADMIN));
      expect(await home("kenmyer")).toBe(POOL);
    },
  );
});

describe("roles", () => {
  test("CsUserAdministrator moves between pools, and not across", async () => {
    const roles = ["CsUserAdministrator"];
    expect((await run({ Identity: at("kenmyer"), Target: SECOND }, { roles })).errors).toEqual([]);
    expect((await run({ Identity: at("kenmyer"), Target: POOL }, { roles })).errors).toEqual([]);
    const before = opened;
    const { errors } = await run({ Identity: at("kenmyer"), Target: ONLINE, ...signedIn() }, { roles });
    expect([errors[0]?.message, errors[0]?.category]).toEqual([
      "administrator@contoso.local may not move users between this deployment and the online service.",
      "PermissionDenied",
    ]);
    expect(opened).toBe(before);
  });

  test("CsServerAdministrator and CsUserAdministrator together move across", async () => {
    const roles = ["CsUserAdministrator", "CsServerAdministrator"];
    expect((await run({ Identity: at("kenmyer"), Target: ONLINE, ...signedIn() }, { roles })).errors).toEqual([]);
    expect((await run({ Identity: at("kenmyer"), Target: POOL, ...signedIn() }, { roles })).errors).toEqual([]);
  });

  test.each(["CsHelpDesk", "CsViewOnlyAdministrator"])("%s has no Move-CsUser", async (role) => {
    const { errors } = await run({ Identity: at("kenmyer"), Target: SECOND }, { roles: [role] });
    expect(errors[0]?.id).toMatch(/^CommandNotFoundException/);
    expect(await home("kenmyer")).toBe(POOL);
  });
});

test("the audit has every one of these commands, and of no secret more than three stars", async () => {
  const rows = await hybrid.pool.store.db.selectFrom("audit").selectAll().execute();
  const moves = rows.filter(({ cmdlet }) => cmdlet === "Move-CsUser");
  expect([unaudited, moves.length > 20]).toEqual([[], true]);
  const text = JSON.stringify(moves);
  expect(text).not.toContain(hybrid.secrets.password(ADMIN));
  expect(text).not.toMatch(/eyJ[\w-]+\./);
  expect(text).not.toContain("garbage");
  expect(text).not.toContain("user:secret");
  expect(text).toContain("***");
  expect(text).toContain("System.Management.Automation.PSCredential");
  expect(text).toContain("MoveError,Microsoft.Rtc.Management.AD.Cmdlets.MoveOcsUserCmdlet");
});

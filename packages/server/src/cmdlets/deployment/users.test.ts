import { Runspace, Collected, structureOrThrow } from "@tieline/language";
import { Fault } from "@tieline/fault";
import type { PsValue } from "@tieline/remoting/objects";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { accountId, objectId, type ObjectId, type UserRecord } from "../../directory/index.ts";
import type { DeploymentForest } from "../../migration/forest/index.ts";
import { MoveJournal, type Migration } from "../../migration/index.ts";
import { poolCatalogue } from "../catalogues.ts";
import { column, CONTOSO, DEPLOYMENT, NOW, openLab, type Answer, type Lab } from "../lab.fixture.ts";
import type { CmdletSession } from "../session.ts";
import { typed } from "./typed.fixture.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(60);
});
afterAll(() => lab.store.close());

const pool = (line: string, variables = {}): Promise<Answer> => typed(lab.pool(), line, variables);
const users = () => lab.directory.tenant(DEPLOYMENT).users;
const userOf = async (account: string): Promise<UserRecord> => {
  const [user] = await users().find((eb) => eb("account_key", "=", account), 1);
  if (user === undefined) throw new Error(`no user ${account}`);
  return user;
};

const NEWCOMER = objectId("00000000-0000-4000-8000-000000000abc");
/** Somebody of the directory who was never enabled. */
const newcomer = (more: Partial<UserRecord> = {}): UserRecord => ({
  objectId: NEWCOMER,
  userPrincipalName: "anna.bauer@contoso.com",
  sipAddress: null,
  displayName: "Anna Bauer",
  accountName: "abauer",
  enabled: false,
  hostingProvider: null,
  registrarPool: null,
  interpretedUserType: null,
  properties: {
    FirstName: "Anna",
    LastName: "Bauer",
    WindowsEmailAddress: "abauer@contoso.com",
    Department: "Sales",
    ProxyAddresses: ["SMTP:abauer@contoso.com"],
  },
  policies: {},
  plans: [],
  createdMs: NOW,
  changedMs: NOW,
  ...more,
});

describe("Enable-CsUser", () => {
  beforeEach(async () => {
    await users().remove(NEWCOMER);
    await users().add([newcomer()]);
  });

  it("homes somebody on a pool, and the deployment shows it", async () => {
    const answer = await pool(
      "Enable-CsUser -Identity CONTOSO\\abauer -RegistrarPool POOL01.contoso.local -SipAddress sip:anna@contoso.com",
    );
    expect([answer.said, answer.rows]).toEqual([[], []]);
    expect(await userOf("abauer")).toMatchObject({
      enabled: true,
      sipAddress: "sip:anna@contoso.com",
      hostingProvider: "SRV:",
      registrarPool: "pool01.contoso.local",
      properties: { ProxyAddresses: ["SMTP:abauer@contoso.com", "sip:anna@contoso.com"] },
    });
    expect(column(await pool("Get-CsUserPoolInfo sip:anna@contoso.com"), "PrimaryPoolPrimaryRegistrar")).toEqual([
      "Registrar:pool01.contoso.local",
    ]);
  });

  it("joins an account to its user online; the provider's alias names it too", async () => {
    const line = "Enable-CsUser abauer -SipAddress anna@contoso.com -HostingProvider SIPFED.online.lync.com -PassThru";
    const answer = await pool(line);
    expect(answer.said).toEqual([]);
    expect(answer.rows[0]?.typeNames[0]).toBe("Microsoft.Rtc.Management.ADConnect.Schema.ADUser");
    for (const [property, value] of Object.entries({
      SipAddress: "sip:anna@contoso.com",
      HostingProvider: "sipfed.online.lync.com",
      RegistrarPool: null,
      Enabled: true,
    })) {
      expect(column(answer, property), property).toEqual([value]);
      expect(column(await pool("Get-CsUser sip:anna@contoso.com"), property), property).toEqual([value]);
    }
    const [pools] = (await pool("Get-CsUserPoolInfo abauer")).rows;
    expect([pools?.get("PrimaryPoolPrimaryRegistrar"), pools?.get("HostingProvider")]).toEqual([null, "sipfed.online.lync.com"]);
  });

  it.each([
    ["-SipAddressType FirstLastName -SipDomain contoso.com", "sip:Anna.Bauer@contoso.com"],
    ["-SipAddressType EmailAddress", "sip:abauer@contoso.com"],
    ["-SipAddressType UserPrincipalName", "sip:anna.bauer@contoso.com"],
    ["-SipAddressType UserPrincipalName -SipDomain hybrid.contoso.com", "sip:anna.bauer@hybrid.contoso.com"],
    ["-SipAddressType SamAccountName -SipDomain contoso.com", "sip:abauer@contoso.com"],
  ])("makes the address of %s", async (parameters, sip) => {
    expect((await pool(`Enable-CsUser abauer -RegistrarPool pool01.contoso.local ${parameters}`)).said).toEqual([]);
    expect((await userOf("abauer")).sipAddress).toBe(sip);
  });

  it.each([
    ["-SipAddress sip:anna@contoso.com", "It was not said where the user is to be homed."],
    [
      "-SipAddress sip:anna@contoso.com -RegistrarPool pool01.contoso.local -HostingProviderProxyFqdn sipfed.online.lync.com",
      "-RegistrarPool and -HostingProviderProxyFqdn exclude each other: a user is homed in one place.",
    ],
    ["-RegistrarPool pool01.contoso.local", "The user's SIP address must be given in one of two ways."],
    [
      "-RegistrarPool pool01.contoso.local -SipAddress sip:a@contoso.com -SipAddressType EmailAddress",
      "The user's SIP address must be given in one of two ways.",
    ],
    ["-RegistrarPool pool01.contoso.local -SipAddressType SamAccountName", "A SIP address of the type SamAccountName needs a domain."],
    ["-RegistrarPool pool09.contoso.local -SipAddress sip:a@contoso.com", 'There is no pool "pool09.contoso.local" in this deployment.'],
    [
      "-RegistrarPool edge01.contoso.local -SipAddress sip:a@contoso.com",
      "The pool edge01.contoso.local has no registrar: no users can be homed there.",
    ],
    [
      "-RegistrarPool pool01.contoso.local -SipAddress sip:a@contoso.local",
      '"sip:a@contoso.local" is no SIP address here: SIP is not enabled in contoso.local.',
    ],
    [
      "-HostingProviderProxyFqdn sip.elsewhere.com -SipAddress sip:a@contoso.com",
      "No hosting provider of this deployment has the proxy sip.elsewhere.com.",
    ],
    ["-RegistrarPool pool01.contoso.local -SipAddress sip:alice@contoso.com", "Another user has the SIP address sip:alice@contoso.com."],
  ])("refuses %s", async (parameters, text) => {
    expect((await pool(`Enable-CsUser abauer ${parameters}`)).said).toEqual([text]);
    expect(await userOf("abauer")).toMatchObject({ enabled: false, sipAddress: null, hostingProvider: null });
  });

  it.each(["Enabled", "HostsOCSUsers", "EnabledSharedAddressSpace"])("homes nobody at a provider without %s", async (flag) => {
    const join = "Enable-CsUser abauer -SipAddress sip:anna@contoso.com -HostingProviderProxyFqdn sipfed.online.lync.com";
    await pool(`Set-CsHostingProvider LyncOnline -${flag} $false`);
    const answer = await pool(join);
    expect(answer.said).toEqual([
      `No users of this deployment can be homed at the hosting provider LyncOnline (sipfed.online.lync.com): it lacks ${flag}.`,
    ]);
    await pool(`Set-CsHostingProvider LyncOnline -${flag} $true`);
    expect((await pool(join)).said).toEqual([]);
  });

  it("writes the proxy as users have it, however the provider is spelt", async () => {
    const make = "-Enabled 1 -EnabledSharedAddressSpace 1 -HostsOCSUsers 1";
    await pool("Remove-CsHostingProvider LyncOnline");
    await pool(`New-CsHostingProvider LyncOnline -ProxyFqdn SipFed.Online.Lync.com ${make}`);
    const join = "Enable-CsUser abauer -SipAddress sip:anna@contoso.com -HostingProviderProxyFqdn sipfed.online.lync.com";
    expect((await pool(join)).said).toEqual([]);
    expect((await userOf("abauer")).hostingProvider).toBe("sipfed.online.lync.com");
    expect((await pool(join)).warnings).toHaveLength(1);
  });

  it("refuses an address that no directory holds", async () => {
    const address = `${"a".repeat(440)}@contoso.com`;
    const answer = await pool("Enable-CsUser abauer -RegistrarPool pool01.contoso.local -SipAddress $address", { address });
    expect(answer.said).toEqual([expect.stringMatching(/^"a{60}\.\.\." is no SIP address here: it is longer than 450 characters\.$/)]);
  });

  it("leaves as it is who is enabled so already, and refuses who is enabled elsewhere or in another way", async () => {
    const join = "Enable-CsUser abauer -SipAddress sip:anna@contoso.com -HostingProviderProxyFqdn sipfed.online.lync.com";
    await pool(join);
    const again = await pool(`${join} -PassThru`);
    expect([again.said, again.warnings, again.rows.length]).toEqual([
      [],
      ["abauer is already enabled as sip:anna@contoso.com and homed on sipfed.online.lync.com: nothing is changed."],
      1,
    ]);
    for (const other of [
      "-SipAddress sip:anna@contoso.com -RegistrarPool pool01.contoso.local",
      "-SipAddress sip:other@contoso.com -HostingProviderProxyFqdn sipfed.online.lync.com",
    ]) {
      expect((await pool(`Enable-CsUser abauer ${other}`)).said).toEqual([
        'The user "abauer" is enabled already, as sip:anna@contoso.com, and homed on sipfed.online.lync.com.',
      ]);
    }
    await pool("Set-CsUser abauer -Enabled $false");
    expect((await pool(join)).said[0]).toMatch(/is assigned, though not enabled, already/);
  });

  it("takes many by the pipeline, changes nothing under -WhatIf, and says who is not there", async () => {
    const enable = "Enable-CsUser -RegistrarPool pool01.contoso.local -SipAddressType EmailAddress";
    const find = 'Get-CsAdUser -Filter {Department -eq "Sales" -and SipAddress -eq $null}';
    expect(column(await pool(find), "SamAccountName")).toEqual(["abauer"]);
    await pool(`${find} | ${enable} -WhatIf`);
    expect((await userOf("abauer")).sipAddress).toBeNull();
    expect((await pool(`${find} | ${enable}`)).said).toEqual([]);
    expect((await pool(find)).rows).toEqual([]);
    expect((await pool(`${enable} -Identity nobody`)).said).toEqual(['Management object not found for identity "nobody".']);
    expect((await pool(`${enable} -Identity "Anna *"`)).said[0]).toMatch(/holds a wildcard/);
  });
});

describe("Disable-CsUser", () => {
  it("takes address, pool, telephone and policies away, and leaves where the user was homed", async () => {
    await users().remove(NEWCOMER);
    await users().add([newcomer()]);
    await pool("Enable-CsUser abauer -SipAddress sip:anna@contoso.com -RegistrarPool pool01.contoso.local");
    await pool("New-CsClientPolicy Sales");
    await pool("Grant-CsClientPolicy -Identity abauer -PolicyName Sales");
    await pool("Set-CsUser abauer -EnterpriseVoiceEnabled $true -LineURI tel:+14255550123 -HostedVoiceMail $true");
    expect(await userOf("abauer")).toMatchObject({ policies: { ClientPolicy: "Sales" }, properties: { LineURI: "tel:+14255550123" } });
    const answer = await pool("Disable-CsUser -Identity anna@contoso.com -PassThru");
    expect([answer.said, column(answer, "SipAddress"), column(answer, "Enabled")]).toEqual([[], [null], [false]]);
    const after = await userOf("abauer");
    expect(after).toMatchObject({ enabled: false, sipAddress: null, registrarPool: null, hostingProvider: "SRV:", policies: {} });
    expect(after.properties).toEqual({
      FirstName: "Anna",
      LastName: "Bauer",
      WindowsEmailAddress: "abauer@contoso.com",
      Department: "Sales",
      ProxyAddresses: ["SMTP:abauer@contoso.com"],
    });
  });

  it("of whoever is homed online leaves the proxy written, so that enabling there again joins them", async () => {
    await pool("Disable-CsUser bob@contoso.com");
    expect(await userOf("bob")).toMatchObject({ enabled: false, sipAddress: null, hostingProvider: "sipfed.online.lync.com" });
    expect((await pool("Enable-CsUser bob -SipAddress bob@contoso.com -HostingProvider sipfed.online.lync.com")).said).toEqual([]);
  });

  it("leaves nobody for Get-CsUser and the cmdlets that change users, and everybody for Get-CsAdUser", async () => {
    await pool("Disable-CsUser alice");
    for (const line of [
      "Get-CsUser alice",
      "Set-CsUser alice -Enabled $true",
      "Disable-CsUser alice",
      "Get-CsUserPoolInfo alice",
      "Grant-CsMobilityPolicy alice $null",
    ]) {
      expect((await pool(line)).said, line).toEqual(['Management object not found for identity "alice".']);
    }
    expect((await pool('Get-CsUser -Filter {SamAccountName -eq "alice"}')).rows).toEqual([]);
    expect((await pool('Get-CsUser "Alice J*"')).rows).toEqual([]);
    const everybody = await pool("Get-CsAdUser");
    expect(column(everybody, "SamAccountName")).toContain("alice");
    expect(everybody.rows[0]?.typeNames[0]).toBe("Microsoft.Rtc.Management.ADConnect.Schema.CSADUser");
    expect(column(await pool('Get-CsAdUser -LDAPFilter "(samAccountName=alice)"'), "Department")).toHaveLength(1);
    expect(column(await pool("Get-CsAdUser alice@contoso.com"), "SipAddress")).toEqual([null]);
    expect((await pool("Get-CsAdUser -ResultSize 2")).rows).toHaveLength(2);
  });
});

describe("Set-CsUser on a pool", () => {
  it("changes what is given; a new address takes the old one's place among the proxy addresses", async () => {
    const line = 'Set-CsUser "CONTOSO\\kenmyer" -SipAddress sip:ken@contoso.com -PrivateLine tel:+14255550199 -AudioVideoDisabled $true';
    expect((await pool(`${line} -ExchangeArchivingPolicy NoArchiving -LineServerURI sip:gw@contoso.com`)).said).toEqual([]);
    const ken = await userOf("kenmyer");
    expect(ken).toMatchObject({
      sipAddress: "sip:ken@contoso.com",
      registrarPool: "pool01.contoso.local",
      properties: { PrivateLine: "tel:+14255550199", AudioVideoDisabled: true, ExchangeArchivingPolicy: "NoArchiving" },
    });
    const addresses = ken.properties["ProxyAddresses"] as string[];
    expect(addresses.filter((address) => address.startsWith("sip:"))).toEqual(["sip:ken@contoso.com"]);
    expect(addresses.length).toBeGreaterThan(1);
  });

  it("refuses what it cannot take, and an address that somebody has", async () => {
    expect((await pool("Set-CsUser user -LineURI 4711")).said[0]).toMatch(/is no line URI/);
    expect((await pool("Set-CsUser user -SipAddress sip:user@fabrikam.com")).said[0]).toMatch(/SIP is not enabled in fabrikam\.com/);
    expect((await pool("Set-CsUser user -SipAddress sip:ken@contoso.com")).said).toEqual([
      "Another user has the SIP address sip:ken@contoso.com.",
    ]);
  });
});

describe("a user who is being moved", () => {
  it("is changed at neither site until that is over", async () => {
    const { objectId: user, userPrincipalName } = await userOf("principal");
    const moveId = "00000000-0000-4000-8000-0000000000aa";
    const facts = {
      moveId,
      objectId: user,
      sipAddress: "sip:principal@contoso.com",
      direction: "to-online",
      by: "mover@contoso.local",
    } as const;
    const sides = [
      [lab.pool(), DEPLOYMENT, "leader"],
      [lab.online(), CONTOSO, "follower"],
    ] as const;
    for (const [shell, tenant, role] of sides) {
      const journal = new MoveJournal(lab.store.db, tenant);
      const lines = ["Set-CsUser principal -LineURI tel:+14255550177", "Grant-CsMobilityPolicy principal -PolicyName $null"];
      if (role === "leader") lines.push("Disable-CsUser principal");
      await journal.begin({ ...facts, role, source: "pool01.contoso.local", target: "sipfed.online.lync.com", state: "frozen" }, NOW);
      for (const line of lines) {
        expect((await typed(shell, line)).said, line).toEqual([
          `The user ${userPrincipalName} is being moved already, since 2020-08-05T10:00:00.000Z by mover@contoso.local.`,
        ]);
      }
      const row = await journal.active(user);
      if (row === undefined) throw new Error("no move");
      await journal.advance(row, "undone", NOW, { active: false });
      for (const line of lines) expect((await typed(shell, line)).said, line).toEqual([]);
    }
  });
});

/** Remembers what it is told, and refuses whom it is told to refuse. */
class FakeForest implements Pick<DeploymentForest, "name" | "enqueue" | "publish" | "checkWritable"> {
  readonly name = "ldaps://dc1.contoso.local";
  readonly heard: string[] = [];
  refuses: Fault | undefined;
  /** What it says beforehand of a user, or of itself. */
  unwritable: Fault | undefined;
  checkWritable([user]: readonly ObjectId[]): Promise<ReadonlyMap<ObjectId, Fault>> {
    if (this.unwritable?.is("forest-unreachable") === true) return Promise.reject(this.unwritable);
    return Promise.resolve(new Map(this.unwritable === undefined || user === undefined ? [] : [[user, this.unwritable]]));
  }
  enqueue(_queries: unknown, user: ObjectId): Promise<void> {
    this.heard.push(`enqueue ${user}`);
    return Promise.resolve();
  }
  publish(published: readonly ObjectId[]): Promise<void> {
    this.heard.push(`publish ${published.join(" ")}`);
    return this.refuses === undefined ? Promise.resolve() : Promise.reject(this.refuses);
  }
}

describe("a forest behind the deployment", () => {
  const forest = new FakeForest();
  const run = async (line: string): Promise<{ said: string[]; rows: PsValue[] }> => {
    const session: CmdletSession = {
      tenantId: DEPLOYMENT,
      directory: lab.directory,
      caller: {
        accountId: accountId("00000000-0000-4000-8000-00000000000a"),
        userPrincipalName: "administrator@contoso.local",
        roles: ["CsAdministrator"],
      },
      nowMs: () => NOW,
      newGuid: () => "00000000-0000-4000-8000-00000000000b",
      migration: { forest } as unknown as Migration,
    };
    const sink = new Collected();
    const outcome = await new Runspace({ catalogue: poolCatalogue(), session }).run(structureOrThrow(line), { sink });
    return {
      said: [...sink.errors, ...(outcome.error === undefined ? [] : [outcome.error])].map(({ message }) => message),
      rows: sink.objects,
    };
  };
  beforeEach(async () => {
    forest.heard.length = 0;
    forest.refuses = undefined;
    forest.unwritable = undefined;
    await users().remove(NEWCOMER);
    await users().add([newcomer()]);
  });

  it("hears of each change of a user: noted with the change, then written", async () => {
    const told = [`enqueue ${NEWCOMER}`, `publish ${NEWCOMER}`];
    for (const line of [
      "Enable-CsUser abauer -SipAddress sip:anna@contoso.com -HostingProviderProxyFqdn sipfed.online.lync.com",
      "Set-CsUser abauer -LineURI tel:+14255550123",
      "Grant-CsMobilityPolicy abauer $null",
      "Disable-CsUser abauer",
    ]) {
      forest.heard.length = 0;
      expect((await run(line)).said, line).toEqual([]);
      expect(forest.heard, line).toEqual(told);
    }
  });

  it("is not told of what did not happen", async () => {
    await run("Enable-CsUser abauer -SipAddress sip:anna@contoso.com -RegistrarPool pool01.contoso.local -WhatIf");
    await run("Enable-CsUser abauer -SipAddress sip:ken@contoso.com -RegistrarPool pool01.contoso.local");
    await run("Disable-CsUser abauer");
    expect(forest.heard).toEqual([]);
  });

  it("is asked beforehand: whom it does not let us write is not changed here either", async () => {
    const before = await users().get(NEWCOMER);
    forest.unwritable = new Fault("directory-insufficient-rights", { server: "dc1.contoso.local" });
    for (const line of [
      "Enable-CsUser abauer -SipAddress sip:anna@contoso.com -RegistrarPool pool01.contoso.local",
      "Enable-CsUser abauer -SipAddress sip:anna@contoso.com -HostingProviderProxyFqdn sipfed.online.lync.com",
    ])
      expect((await run(line)).said, line).toEqual([expect.stringMatching(/^Active Directory operation failed on "dc1\.contoso\.local"/)]);
    expect(await users().get(NEWCOMER)).toEqual(before);
    expect(forest.heard).toEqual([]);
  });

  it("may be away: the change is made and waits", async () => {
    forest.unwritable = new Fault("forest-unreachable", { server: "dc1.contoso.local", reason: "off" });
    const { said } = await run("Enable-CsUser abauer -SipAddress sip:anna@contoso.com -RegistrarPool pool01.contoso.local");
    expect([said, (await users().get(NEWCOMER))?.sipAddress]).toEqual([[], "sip:anna@contoso.com"]);
    expect(forest.heard).toEqual([`enqueue ${NEWCOMER}`, `publish ${NEWCOMER}`]);
  });

  it("says itself what it refuses, and nothing is put out", async () => {
    forest.refuses = new Fault("directory-insufficient-rights", { server: "dc1.contoso.local" });
    const answer = await run("Enable-CsUser abauer -SipAddress sip:anna@contoso.com -RegistrarPool pool01.contoso.local -PassThru");
    expect(answer.rows).toEqual([]);
    expect(answer.said).toEqual([expect.stringMatching(/^Active Directory operation failed on "dc1\.contoso\.local"/)]);
  });
});

import { type DateTime, Guid, ScriptBlock, type PsObject, type PsValue } from "@tieline/remoting/objects";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONTOSO, column, command, FABRIKAM, openLab, type Lab } from "./lab.fixture.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(1200);
});
afterAll(() => lab.store.close());

const users = (named: Record<string, PsValue> = {}) => lab.online()(command("Get-CsOnlineUser", named));

describe("Get-CsOnlineUser", () => {
  it("shows all users of the tenant, by display name, with one shape", async () => {
    const answer = await users();
    expect(answer.said).toEqual([]);
    expect(answer.rows).toHaveLength(1200);
    const names = column(answer, "DisplayName").map((name) => (name as string).toLowerCase());
    expect(names).toEqual(names.toSorted((a, b) => (Buffer.from(a).toString("hex") < Buffer.from(b).toString("hex") ? -1 : 1)));
    expect(new Set(answer.rows.map((row) => row.shape("adapted"))).size).toBe(1);
    expect(column(await users(), "Identity")).toEqual(column(answer, "Identity"));
  });

  it("shows the properties of 2020, with identity, plans and dates in their types", async () => {
    const [alice] = (await users({ Identity: "alice@contoso.com" })).rows as [PsObject];
    expect(alice.typeNames[0]).toBe("Microsoft.Rtc.Management.ADConnect.Schema.ADOCOnlineUser");
    const guid = alice.get("ObjectId") as Guid;
    expect(guid).toBeInstanceOf(Guid);
    expect(alice.get("Identity")).toBe(`CN=${guid.text},OU=${CONTOSO},OU=OCS Tenants,DC=lync0a001,DC=local`);
    expect(String(alice)).toBe(alice.get("Identity"));
    expect(alice.get("sipaddress")).toBe("sip:alice@contoso.com");
    expect(alice.get("Enabled")).toBe(true);
    expect((alice.get("AssignedPlan") as string[]).join("")).toContain('ServicePlanId="0feaeb32-d00e-4d66-bd5a-43b5b83db82c"');
    expect((alice.get("WhenCreated") as DateTime).toString()).toMatch(/^20(17|18|19|20)-.*Z$/);
    expect(alice.names().length).toBeGreaterThan(150);
  });

  it.each([["sip:alice@contoso.com"], ["alice@contoso.com"], ["Alice Jones"], ["alice"], ["Alice J*"]])("finds %s", async (identity) => {
    expect(column(await users({ Identity: identity }), "SamAccountName")).toEqual(["alice"]);
  });

  it("says by name whom it does not find, and nothing for a pattern", async () => {
    const answer = await users({ Identity: "nobody@contoso.com" });
    expect(answer.outcome.state).toBe("completed");
    expect(answer.said).toEqual(['Management object not found for identity "nobody@contoso.com".']);
    expect(answer.errors[0]).toMatchObject({ fullyQualifiedId: "UserNotFound,Get-CsOnlineUser", category: "ObjectNotFound" });
    expect((await users({ Identity: "Zzz*" })).said).toEqual([]);
  });

  it("never finds a user of another tenant", async () => {
    const [other] = (await lab.online(FABRIKAM)(command("Get-CsOnlineUser", { Identity: "alice" }))).rows as [PsObject];
    for (const property of ["Identity", "ObjectId", "UserPrincipalName", "SipAddress"]) {
      const answer = await users({ Identity: other.get(property) as PsValue });
      expect(answer.rows, property).toEqual([]);
    }
    const answer = await users({ Filter: `UserPrincipalName -like "*@fabrikam.com" -or TenantId -eq "${FABRIKAM}"` });
    expect(answer.rows).toEqual([]);
  });

  it("takes ResultSize: a number, 0, Unlimited; refuses others", async () => {
    const all = column(await users(), "Identity");
    for (const size of [1, 7, 500, 501, 1199]) expect(column(await users({ ResultSize: size }), "Identity")).toEqual(all.slice(0, size));
    expect((await users({ ResultSize: 0 })).rows).toEqual([]);
    expect((await users({ ResultSize: "unlimited" })).rows).toHaveLength(1200);
    expect((await users({ ResultSize: "3" })).rows).toHaveLength(3);
    for (const bad of [-1, "many", 2147483648n]) {
      const answer = await users({ ResultSize: bad });
      expect(answer.outcome.state, String(bad)).toBe("failed");
      expect(answer.said[0]).toMatch(/ResultSize/);
    }
  });

  it("filters by text and by script block", async () => {
    const text = 'Department -eq "Sales" -and Enabled -eq $true';
    const expected = (await users()).rows.filter((row) => row.get("Department") === "Sales" && row.get("Enabled") === true);
    expect(expected.length).toBeGreaterThan(10);
    for (const filter of [text, new ScriptBlock(text), `{${text}}`]) {
      expect((await users({ Filter: filter })).rows.map(String)).toEqual(expected.map(String));
    }
    expect((await users({ Filter: text, ResultSize: 5 })).rows.map(String)).toEqual(expected.slice(0, 5).map(String));
    expect((await users({ Filter: text, Identity: "alice" })).rows.length).toBeLessThanOrEqual(1);
  });

  it("refuses a filter that it does not understand, and properties that are not there", async () => {
    const wrong = await users({ Filter: "Department -matches x" });
    expect(wrong.outcome.state).toBe("failed");
    expect(wrong.said[0]).toMatch(/^The filter cannot be understood at character 12/);
    const unknown = await users({ Filter: 'Departement -eq "Sales"' });
    expect(unknown.said).toEqual(["The filter names a property that these objects do not have: Departement (at character 1)."]);
  });

  it("filters by LDAP, and not by both at once", async () => {
    const expected = column(await users({ Filter: 'Department -eq "Sales" -and City -like "R*"' }), "Identity");
    expect(expected.length).toBeGreaterThan(0);
    expect(column(await users({ LdapFilter: "(&(department=Sales)(l=R*))" }), "Identity")).toEqual(expected);
    expect(column(await users({ LdapFilter: "!(department=Sales)" }), "Identity").length).toBe(
      1200 - column(await users({ LdapFilter: "department=Sales" }), "Identity").length,
    );
    expect((await users({ LdapFilter: "(department=Sales" })).said[0]).toMatch(/closing parenthesis/);
    expect((await users({ LdapFilter: "(x=1)", Filter: "City -eq 'x'" })).said).toEqual(["-Filter and -LdapFilter exclude each other."]);
  });

  it("shows by homing: OnModernServer, its alias, UnassignedUser, OnOfficeCommunicationServer", async () => {
    const homed = (await users({ OnModernServer: true })).rows;
    expect(homed.every((row) => row.get("RegistrarPool") === "sippool0a01.infra.lync.com")).toBe(true);
    expect((await users({ OnLyncServer: true })).rows).toHaveLength(homed.length);
    const unassigned = (await users({ UnassignedUser: true })).rows;
    expect(unassigned.every((row) => row.get("RegistrarPool") === null && row.get("Enabled") === true)).toBe(true);
    expect(unassigned.length).toBeGreaterThan(0);
    expect((await users({ OnOfficeCommunicationServer: true })).rows).toEqual([]);
  });

  it("takes the unit of its own tenant for -OU and refuses others", async () => {
    expect((await users({ OU: `OU=${CONTOSO},OU=OCS Tenants,DC=lync0a001,DC=local`, ResultSize: 2 })).rows).toHaveLength(2);
    expect((await users({ OU: CONTOSO, ResultSize: 2 })).rows).toHaveLength(2);
    expect((await users({ OU: `OU=${FABRIKAM},OU=OCS Tenants,DC=lync0a001,DC=local` })).said[0]).toMatch(/no organizational unit/);
  });

  it("leaves policies out with -SkipUserPolicies, also where the filter looks at them", async () => {
    await lab.online()(command("Grant-CsClientPolicy", { Identity: "bob", PolicyName: "ClientPolicyNoIMURL" }));
    const filter = 'ClientPolicy -eq "ClientPolicyNoIMURL"';
    expect(column(await users({ Filter: filter }), "ClientPolicy")).toEqual(["ClientPolicyNoIMURL"]);
    expect(column(await users({ Filter: filter, SkipUserPolicies: true }), "ClientPolicy")).toEqual([null]);
  });

  it("takes the parameters that change nothing here and refuses what is not declared", async () => {
    expect((await users({ DomainController: "dc01.contoso.local", ResultSize: 1 })).rows).toHaveLength(1);
    expect((await users({ DomainController: "not a host" })).outcome.state).toBe("failed");
    expect((await users({ Nonsense: 1 })).said[0]).toMatch(/Nonsense/);
  });
});

describe("Set-CsUser", () => {
  const set = (named: Record<string, PsValue>) => lab.online()(command("Set-CsUser", { Identity: "pilar@contoso.com", ...named }));
  const pilar = async (property: string) => (await users({ Identity: "pilar" })).rows[0]?.get(property);

  it("changes what is given and puts nothing out unless asked", async () => {
    const answer = await set({ LineURI: "tel:+14255550123;ext=23", EnterpriseVoiceEnabled: true });
    expect(answer.said).toEqual([]);
    expect(answer.rows).toEqual([]);
    expect(await pilar("LineURI")).toBe("tel:+14255550123;ext=23");
    expect(await pilar("EnterpriseVoiceEnabled")).toBe(true);
    const shown = await set({ LineURI: null, PassThru: true });
    expect(column(shown, "LineURI")).toEqual([null]);
    expect(await pilar("EnterpriseVoiceEnabled")).toBe(true);
  });

  it("takes users from the pipeline, as objects and by name", async () => {
    const answer = await lab.online()(
      command("Get-CsOnlineUser", { Filter: 'City -eq "Dublin"', ResultSize: 3 }),
      command("Set-CsUser", { AudioVideoDisabled: true, PassThru: true }),
    );
    expect(answer.said).toEqual([]);
    expect(column(answer, "AudioVideoDisabled")).toEqual([true, true, true]);
  });

  it("goes on with the next user after one that is not there", async () => {
    const shell = lab.online();
    const answers = [
      await shell(command("Set-CsUser", { Identity: "nobody", Enabled: true })),
      await shell(command("Set-CsUser", { Identity: "Ken *", Enabled: true })),
    ];
    expect(answers.flatMap((answer) => answer.said)).toEqual([
      'Management object not found for identity "nobody".',
      'The identity "Ken *" holds a wildcard; a change is made to one user at a time.',
    ]);
    expect(answers.map((answer) => answer.outcome.state)).toEqual(["completed", "completed"]);
  });

  it("changes nothing under -WhatIf", async () => {
    await set({ PrivateLine: "tel:+1", WhatIf: true });
    expect(await pilar("PrivateLine")).toBeNull();
  });

  it.each<[Record<string, PsValue>, RegExp]>([
    [{ LineURI: "+1425" }, /no line URI for LineURI/],
    [{ SipAddress: "pilar" }, /no SIP address/],
    [{ SipAddress: "sip:pilar@elsewhere.com" }, /SIP is not enabled in elsewhere.com/],
    [{ SipAddress: "sip:alice@contoso.com" }, /Another user has the SIP address sip:alice@contoso.com/],
    [{ Enabled: "yes" }, /Boolean/],
    [{ ExchangeArchivingPolicy: "Everything" }, /ExchangeArchivingPolicy/],
  ])("refuses %j", async (named, text) => {
    const answer = await set(named);
    expect(answer.said[0]).toMatch(text);
    expect(await pilar("SipAddress")).toBe("sip:pilar@contoso.com");
  });

  it("takes an enumeration by its name", async () => {
    await set({ ExchangeArchivingPolicy: "noarchiving" });
    expect(await pilar("ExchangeArchivingPolicy")).toBe("NoArchiving");
  });
});

describe("Get-CsTenant", () => {
  const tenant = (named: Record<string, PsValue> = {}, id = CONTOSO) => lab.online(id)(command("Get-CsTenant", named));

  it("shows the session's tenant under the name that the scripts expect", async () => {
    const [object] = (await tenant()).rows as [PsObject];
    expect(object.get("Identity")).toBe(`OU=${CONTOSO},OU=OCS Tenants,DC=lync0a001,DC=local`);
    expect(object.typeNames[0]).toBe("Microsoft.Rtc.Management.ADConnect.Schema.TenantObject");
    expect(object.get("VerifiedDomains")).toEqual([
      "contoso.com",
      "contoso.onmicrosoft.com",
      "hybrid.contoso.com",
      "onpremises.contoso.com",
    ]);
    const filter = new ScriptBlock('DisplayName -eq "Fabrikam.com"');
    expect(column(await tenant({ Filter: filter }, FABRIKAM), "TenantId").map(String)).toEqual([FABRIKAM]);
    expect((await tenant({ Filter: filter })).rows).toEqual([]);
  });

  it("takes its own id and distinguished name, and no other tenant's", async () => {
    for (const identity of [CONTOSO, CONTOSO.toUpperCase(), `OU=${CONTOSO},OU=OCS Tenants,DC=lync0a001,DC=local`]) {
      expect((await tenant({ Identity: identity })).rows, identity).toHaveLength(1);
    }
    for (const identity of [
      FABRIKAM,
      `OU=${FABRIKAM},OU=OCS Tenants,DC=lync0a001,DC=local`,
      `OU=${CONTOSO},OU=OCS Tenants,DC=lync1e001,DC=local`,
    ]) {
      const answer = await tenant({ Identity: identity });
      expect(answer.rows, identity).toEqual([]);
      expect(answer.said).toHaveLength(1);
    }
  });

  it("takes ResultSize and refuses what lies outside its range", async () => {
    expect((await tenant({ ResultSize: 0 })).rows).toEqual([]);
    expect((await tenant({ ResultSize: -1 })).outcome.state).toBe("failed");
  });
});

describe("Get-CsOnlineSipDomain", () => {
  it("shows the domains, by name and by status", async () => {
    const domains = (named: Record<string, PsValue> = {}) => lab.online()(command("Get-CsOnlineSipDomain", named));
    expect(column(await domains(), "Name")).toEqual([
      "contoso.com",
      "contoso.onmicrosoft.com",
      "hybrid.contoso.com",
      "onpremises.contoso.com",
    ]);
    await lab.directory.tenant(CONTOSO).domains.setSip("contoso.onmicrosoft.com", false);
    expect(column(await domains({ DomainStatus: "Enabled" }), "Name")).toEqual([
      "contoso.com",
      "hybrid.contoso.com",
      "onpremises.contoso.com",
    ]);
    expect(column(await domains({ Domain: "CONTOSO.onmicrosoft.com" }), "Status")).toEqual(["Disabled"]);
    expect((await domains({ DomainStatus: "Sleeping" })).outcome.state).toBe("failed");
  });
});

describe("the pool's cmdlets", () => {
  it("Get-CsUser shows the deployment's users by every identity and by the pipeline", async () => {
    const shell = lab.pool();
    for (const identity of ["CONTOSO\\kenmyer", "kenmyer", "kenmyer@contoso.com", "CN=Ken Myer,CN=Users,DC=contoso,DC=local"]) {
      expect(column(await shell(command("Get-CsUser", { Identity: identity })), "SamAccountName"), identity).toEqual(["kenmyer"]);
    }
    const [ken] = (await shell(command("Get-CsUser", { Identity: "kenmyer" }))).rows as [PsObject];
    expect(ken.typeNames[0]).toBe("Microsoft.Rtc.Management.ADConnect.Schema.ADUser");
    expect(ken.get("RegistrarPool")).toBe("pool01.contoso.local");
    const piped = await shell(command("Get-CsUser", { ResultSize: 3 }), command("Get-CsUser"));
    expect(piped.rows).toHaveLength(3);
    expect((await shell(command("Get-CsUser", { ResultSize: "Unlimited", OnModernServer: true }))).rows.length).toBeGreaterThan(50);
  });

  it("Get-CsPool shows pools by name, pattern and site", async () => {
    const pools = async (named: Record<string, PsValue> = {}) => lab.pool()(command("Get-CsPool", named));
    expect(column(await pools(), "Identity")).toEqual(["edge01.contoso.local", "pool01.contoso.local", "pool02.contoso.local"]);
    expect(column(await pools({ Identity: "POOL01.contoso.local" }), "Site")).toEqual(["Site:Redmond"]);
    expect(column(await pools({ Filter: "edge*" }), "Identity")).toEqual(["edge01.contoso.local"]);
    expect((await pools({ Site: "Nowhere" })).rows).toEqual([]);
    expect((await pools({ Identity: "none" })).said).toEqual(['There is no pool "none" in this deployment.']);
  });
});

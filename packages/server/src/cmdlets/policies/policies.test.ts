import { textOf } from "@tieline/language";
import { PsObject, TimeSpan, type PsValue } from "@tieline/remoting/objects";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CONTOSO, column, command, FABRIKAM, openLab, type Lab, type Shell } from "../lab.fixture.ts";
import { POLICY_FAMILIES } from "./policy-families.ts";

let lab: Lab;
let shell: Shell;
beforeAll(async () => {
  lab = await openLab(10);
});
beforeEach(() => {
  shell = lab.online();
});
afterAll(() => lab.store.close());

describe.each(POLICY_FAMILIES)("Cs$family", (family) => {
  const noun = `Cs${family.family}`;
  const flag = family.settings.find((setting) => setting.type === "bool" && typeof setting.default === "boolean");
  const name = flag?.name as string;
  const otherwise = !(flag?.default as boolean);
  const run = (verb: string, named: Record<string, PsValue> = {}) => shell(command(`${verb}-${noun}`, named));

  it("shows Global, what came with the service, and what the tenant made, by Global, Tag:Name and Name", async () => {
    const made = await run("New", { Identity: "Sales", [name]: otherwise, Description: "for sales" });
    expect(made.said).toEqual([]);
    expect(column(made, "Identity")).toEqual(["Tag:Sales"]);
    const identities = column(await run("Get"), "Identity");
    expect(identities).toEqual(["Global", ...family.builtIn.map((policy) => `Tag:${policy.name}`), "Tag:Sales"]);
    for (const identity of ["Sales", "Tag:Sales", "tag:SALES"]) {
      const [policy] = (await run("Get", { Identity: identity })).rows as [PsObject];
      expect(policy.get("Identity")).toBe("Tag:Sales");
      expect(policy.get(name)).toBe(otherwise);
      expect(policy.get("Description")).toBe("for sales");
      expect(policy.typeNames[0]).toBe(family.typeName);
    }
    expect(column(await run("Get", { Identity: "global" }), name)).toEqual([flag?.default]);
    expect(column(await run("Get", { Filter: "tag:s*" }), "Identity")).toEqual(["Tag:Sales"]);
    const missing = await run("Get", { Identity: "Tag:Nowhere" });
    expect(missing.said).toEqual([`There is no ${family.family} "Tag:Nowhere" here.`]);
    expect(missing.errors[0]?.fullyQualifiedId).toBe(`PolicyNotFound,Get-${noun}`);
  });

  it("shows all settings, each with its default", async () => {
    const [policy] = (await run("Get", { Identity: "Global" })).rows as [PsObject];
    expect(policy.names()).toEqual(["Identity", ...family.settings.map((setting) => setting.name)]);
    for (const setting of family.settings) {
      const value = policy.get(setting.name);
      if (setting.default === undefined)
        expect(setting.type === "list" ? value : [value], setting.name).toEqual(setting.type === "list" ? [] : [null]);
      else expect(textOf(value ?? null), setting.name).toBe(textOf(setting.default));
    }
  });

  it("refuses to make a policy twice, or under a name that is none", async () => {
    expect((await run("New", { Identity: "Tag:Sales" })).said).toEqual([`There is already a ${family.family} "Tag:Sales" here.`]);
    for (const identity of ["Global", family.builtIn[0]?.name ?? ""])
      expect((await run("New", { Identity: identity })).said[0]).toMatch(/already/);
    for (const identity of ["a/b", "x".repeat(65), "Tag:"]) {
      const answer = await run("New", { Identity: identity });
      expect(answer.said[0], identity).toMatch(/is no name/);
      expect(answer.outcome.state).toBe("failed");
    }
  });

  it("shows what it would make with -InMemory, and keeps nothing", async () => {
    expect(column(await run("New", { Identity: "Thought", InMemory: true, [name]: otherwise }), name)).toEqual([otherwise]);
    expect((await run("Get", { Identity: "Thought" })).said).toHaveLength(1);
  });

  it("changes Global without an identity, and a policy that is piped in with all its settings", async () => {
    expect((await run("Set", { [name]: otherwise })).said).toEqual([]);
    expect(column(await run("Get", { Identity: "Global" }), name)).toEqual([otherwise]);
    const piped = await shell(command(`Get-${noun}`, { Identity: "Sales" }), command(`Set-${noun}`, { Description: "by pipe" }));
    expect(piped.said).toEqual([]);
    expect(column(await run("Get", { Identity: "Sales" }), "Description")).toEqual(["by pipe"]);
    expect(column(await run("Get", { Identity: "Sales" }), name)).toEqual([otherwise]);
    const copy = PsObject.of({ Identity: "Tag:Sales", [name]: flag?.default as boolean, Unknown: 1 });
    expect((await run("Set", { Instance: copy })).said).toEqual([]);
    expect(column(await run("Get", { Identity: "Sales" }), name)).toEqual([flag?.default]);
    expect((await run("Set", { Instance: PsObject.of({ Identity: "Sales", [name]: "perhaps" }) })).said[0]).toMatch(
      new RegExp(`value of ${name}`),
    );
    expect((await run("Set", { Instance: PsObject.of({ Name: "x" }) })).said[0]).toMatch(/has no Identity/);
    await run("Set", { Identity: "Sales", Description: null });
    expect(column(await run("Get", { Identity: "Sales" }), "Description")).toEqual([null]);
  });

  it("changes nothing that came with the service, is not there, or under -WhatIf", async () => {
    const builtIn = family.builtIn[0]?.name ?? "";
    expect((await run("Set", { Identity: builtIn, [name]: otherwise })).said[0]).toMatch(/came with the service/);
    expect((await run("Remove", { Identity: builtIn })).said[0]).toMatch(/came with the service/);
    expect((await run("Set", { Identity: "Nowhere", [name]: true })).said[0]).toMatch(/no .* "Nowhere"/);
    await run("Set", { Identity: "Sales", Description: "never", WhatIf: true });
    expect(column(await run("Get", { Identity: "Sales" }), "Description")).toEqual([null]);
  });

  it("is granted to a user and taken away again", async () => {
    const granted = async () => (await shell(command("Get-CsOnlineUser", { Identity: "alice" }))).rows[0]?.get(family.family);
    expect((await run("Grant", { Identity: "alice", PolicyName: "tag:sales" })).said).toEqual([]);
    expect(await granted()).toBe("Sales");
    const shown = await run("Grant", { Identity: "alice@contoso.com", PolicyName: family.builtIn[0]?.name ?? "", PassThru: true });
    expect(column(shown, family.family)).toEqual([family.builtIn[0]?.name]);
    expect((await run("Grant", { Identity: "alice", PolicyName: "Nowhere" })).said[0]).toMatch(/no .* "Nowhere"/);
    expect((await run("Grant", { Identity: "alice", PolicyName: "Global" })).said[0]).toMatch(/is not a user policy/);
    expect((await run("Grant", { Identity: "nobody", PolicyName: "Sales" })).said[0]).toMatch(/not found/);
    expect((await run("Grant", { Identity: "alice", PolicyName: null })).said).toEqual([]);
    expect(await granted()).toBeNull();
  });

  it("is granted to many through the pipeline, by position too", async () => {
    const piped = await shell(
      command("Get-CsOnlineUser", { ResultSize: 4 }),
      command(`Grant-${noun}`, { PolicyName: "Sales", PassThru: true }),
    );
    expect(column(piped, family.family)).toEqual(["Sales", "Sales", "Sales", "Sales"]);
    // A single position is the policy's where the family can be granted to the tenant: a text fits it without conversion.
    const byPosition = family.hasTenantGrant
      ? command(`Grant-${noun}`, { Identity: "bob" }, ["Sales"])
      : command(`Grant-${noun}`, {}, ["bob", "Sales"]);
    expect((await shell(byPosition)).said).toEqual([]);
    expect((await shell(command("Get-CsOnlineUser", { Identity: "bob" }))).rows[0]?.get(family.family)).toBe("Sales");
  });

  it("is not removed while users have it, unless forced; Global is reset with a warning", async () => {
    expect((await run("Remove", { Identity: "Sales" })).said[0]).toMatch(/is granted to \d+ user\(s\)/);
    expect((await run("Remove", { Identity: "Sales", Force: true })).said).toEqual([]);
    expect((await run("Get", { Identity: "Sales" })).said).toHaveLength(1);
    expect((await shell(command("Get-CsOnlineUser", { Identity: "bob" }))).rows[0]?.get(family.family)).toBeNull();
    const reset = await run("Remove", { Identity: "Global" });
    expect(reset.warnings).toEqual([`The Global ${family.family} cannot be removed. It was reset to its default values instead.`]);
    expect(column(await run("Get", { Identity: "Global" }), name)).toEqual([flag?.default]);
    expect((await run("Remove", { Identity: "Sales" })).said[0]).toMatch(/no .* "Sales"/);
  });

  it("is removed by the identity of an object that is piped in", async () => {
    await run("New", { Identity: "Short Lived" });
    const answer = await shell(command(`Get-${noun}`, { Filter: "Tag:Short*" }), command(`Remove-${noun}`));
    expect(answer.said).toEqual([]);
    expect((await run("Get", { Identity: "Short Lived" })).said).toHaveLength(1);
  });

  it("is never another tenant's, and -Tenant names none but one's own", async () => {
    await run("New", { Identity: "Ours" });
    expect((await lab.online(FABRIKAM)(command(`Get-${noun}`, { Identity: "Ours" }))).said).toHaveLength(1);
    expect((await run("Get", { Identity: "Ours", Tenant: CONTOSO })).rows).toHaveLength(1);
    for (const [verb, named] of [
      ["Get", {}],
      ["New", { Identity: "X" }],
      ["Set", { Identity: "Ours" }],
      ["Remove", { Identity: "Ours" }],
      ["Grant", { Identity: "alice", PolicyName: "Ours" }],
    ] as const) {
      const answer = await run(verb, { ...named, Tenant: FABRIKAM });
      expect(answer.said, verb).toEqual([`This session may not act on the tenant ${FABRIKAM}.`]);
    }
    await run("Remove", { Identity: "Ours" });
  });
});

describe("values of settings", () => {
  const conferencing = (named: Record<string, PsValue>) => shell(command("Set-CsConferencingPolicy", named));
  const client = (named: Record<string, PsValue>) => shell(command("Set-CsClientPolicy", named));

  it("outside their range or type are refused as declared", async () => {
    for (const [answer, text] of [
      [await conferencing({ AudioBitRateKb: 201 }), /AudioBitRateKb/],
      [await conferencing({ MaxMeetingSize: 0 }), /MaxMeetingSize/],
      [await conferencing({ EnableAppDesktopSharing: "Everything" }), /EnableAppDesktopSharing/],
      [await conferencing({ AllowIPAudio: "no" }), /Boolean/],
      [await client({ MaximumNumberOfContacts: 1001 }), /MaximumNumberOfContacts/],
      [await client({ DGRefreshInterval: "00:00:29" }), /DGRefreshInterval/],
      [await client({ PolicyEntry: "x" }), /PolicyEntry is not kept/],
    ] as const) {
      expect(answer.said[0]).toMatch(text);
      expect(answer.outcome.state).toBe("failed");
    }
    const instance = PsObject.of({ Identity: "Global", AudioBitRateKb: 5 });
    expect((await conferencing({ Instance: instance })).said[0]).toMatch(/AudioBitRateKb.*between 20 and 200/);
  });

  it("come back in their types", async () => {
    await conferencing({ AudioBitRateKb: 20, VideoBitRateKb: 9_007_199_254_740_993n, EnableAppDesktopSharing: "none" });
    const [policy] = (await shell(command("Get-CsConferencingPolicy", { Identity: "Global" }))).rows as [PsObject];
    expect(policy.get("AudioBitRateKb")).toMatchObject({ tag: "U32", value: 20 });
    expect(policy.get("VideoBitRateKb")).toBe(9_007_199_254_740_993n);
    expect(String(policy.get("EnableAppDesktopSharing") as PsObject)).toBe("None");
    await client({ DGRefreshInterval: new TimeSpan(600_000_000n), IMWarning: "" });
    const [clientPolicy] = (await shell(command("Get-CsClientPolicy", { Identity: "Global" }))).rows as [PsObject];
    expect(String(clientPolicy.get("DGRefreshInterval") as TimeSpan)).toBe("00:01:00");
  });
});

describe("-Include, -ApplicableTo, -Global", () => {
  it("show the service's policies, the tenant's, or those for a user", async () => {
    await shell(command("New-CsMobilityPolicy", { Identity: "Mine" }));
    const get = async (named: Record<string, PsValue>) => column(await shell(command("Get-CsMobilityPolicy", named)), "Identity");
    expect(await get({ Include: "SubscriptionDefaults" })).toEqual(["Tag:MobilityEnableOutsideVoice", "Tag:MobilityDisableOutsideVoice"]);
    expect(await get({ Include: "TenantDefinedOnly" })).toEqual(["Global", "Tag:Mine"]);
    expect(await get({ Include: "All" })).toHaveLength(4);
    expect(await get({ ApplicableTo: "alice" })).not.toContain("Global");
    expect((await shell(command("Get-CsMobilityPolicy", { ApplicableTo: "nobody" }))).said[0]).toMatch(/not found/);
  });

  it("grant a client policy to the tenant as a whole", async () => {
    const { policies } = lab.directory.tenant(CONTOSO);
    expect((await shell(command("Grant-CsClientPolicy", { PolicyName: "ClientPolicyNoIMURL", Global: true }))).said).toEqual([]);
    expect(await policies.tenantGrant("ClientPolicy")).toBe("ClientPolicyNoIMURL");
    await shell(command("Grant-CsClientPolicy", { PolicyName: null, Global: true }));
    expect(await policies.tenantGrant("ClientPolicy")).toBeNull();
  });

  it("run the founding script: Get-CsExternalAccessPolicy Global into Set-", async () => {
    const answer = await shell(
      command("Get-CsExternalAccessPolicy", { Identity: "Global" }),
      command("Set-CsExternalAccessPolicy", { EnableFederationAccess: true, EnableOutsideAccess: true }),
    );
    expect(answer.said).toEqual([]);
    const [policy] = (await shell(command("Get-CsExternalAccessPolicy", { Identity: "Global" }))).rows as [PsObject];
    expect([policy.get("EnableFederationAccess"), policy.get("EnableOutsideAccess"), policy.get("EnableXmppAccess")]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

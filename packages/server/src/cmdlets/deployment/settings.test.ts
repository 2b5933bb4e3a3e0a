import { textOf } from "@tieline/language";
import { PsObject, type PsValue } from "@tieline/remoting/objects";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { column, command, CONTOSO, DEPLOYMENT, FABRIKAM, openLab, type Answer, type Lab } from "../lab.fixture.ts";
import { SETTINGS_KINDS } from "./settings-kinds.ts";
import { shownSettings } from "./site-settings.ts";
import { typed } from "./typed.fixture.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(20);
});
afterAll(() => lab.store.close());

const pool = (line: string, variables: Record<string, PsValue> = {}): Promise<Answer> => typed(lab.pool(), line, variables);
const online = (line: string, variables: Record<string, PsValue> = {}, tenant = CONTOSO): Promise<Answer> =>
  typed(lab.online(tenant), line, variables);
const kept = async (kind: string, name = "Global", tenant = DEPLOYMENT) =>
  (await lab.directory.tenant(tenant).settings.get(kind, name))?.settings;
const shown = (answer: Answer, ...names: string[]): string[] => names.map((name) => textOf(answer.rows[0]?.get(name) ?? null));

describe.each(SETTINGS_KINDS.filter(({ instances }) => instances === "one"))("Cs$kind", (kind) => {
  const shell = () => (kind.site === "pool" ? lab.pool() : lab.online(FABRIKAM));
  const get = async (): Promise<PsObject> => (await shell()(command(`Get-Cs${kind.kind}`))).rows[0] as PsObject;
  const flag = kind.settings.find(({ type, sets }) => type === "bool" && (sets === undefined || sets.includes("Identity")));
  const name = flag?.name ?? "";

  it("is there before anybody changed it, as Global alone, with each default", async () => {
    const object = await get();
    expect(object.typeNames[0]).toBe(kind.typeName);
    expect(object.names()).toEqual(["Identity", ...shownSettings(kind).map((setting) => setting.name)]);
    if (kind.site === "online") {
      for (const setting of shownSettings(kind).filter(({ form }) => form === undefined)) {
        expect(textOf(object.get(setting.name) ?? null), setting.name).toBe(textOf(setting.default ?? null));
      }
    }
    for (const named of [{}, { Identity: "global" }, { Filter: "gl*" }] as Record<string, PsValue>[]) {
      expect(column(await shell()(command(`Get-Cs${kind.kind}`, named)), "Identity")).toEqual(["Global"]);
    }
    expect((await shell()(command(`Get-Cs${kind.kind}`, { Filter: "x*" }))).rows).toEqual([]);
    expect((await shell()(command(`Get-Cs${kind.kind}`, { Identity: "Site:Redmond" }))).said).toEqual([
      `There is no ${kind.kind} "Site:Redmond" here.`,
    ]);
  });

  it("changes what is given; an object that was kept puts everything back", async () => {
    const before = await get();
    const changed = !(before.get(name) as boolean);
    const set = (named: Record<string, PsValue>) => shell()(command(`Set-Cs${kind.kind}`, named));
    await set({ [name]: changed, WhatIf: true });
    expect((await get()).get(name)).toBe(!changed);
    expect((await set({ [name]: changed })).said).toEqual([]);
    expect((await get()).get(name)).toBe(changed);
    expect((await set({ Instance: before })).said).toEqual([]);
    for (const property of before.names()) expect(textOf((await get()).get(property) ?? null)).toBe(textOf(before.get(property) ?? null));
    expect((await set({ Instance: PsObject.of({ Identity: "Global", [name]: "perhaps" }) })).said[0]).toMatch(
      new RegExp(`value of ${name}`),
    );
    expect((await set({ Identity: "Site:Redmond", [name]: changed })).said).toEqual([`There is no ${kind.kind} "Site:Redmond" here.`]);
    expect((await set({ [name]: "perhaps" })).said[0]).toMatch(/Boolean/);
  });
});

describe("hosting providers", () => {
  const make = (name: string, proxy: string, more = ""): Promise<Answer> =>
    pool(
      `New-CsHostingProvider ${name} -ProxyFqdn ${proxy} -Enabled $false -EnabledSharedAddressSpace $false -HostsOCSUsers $false ${more}`,
    );

  it("the one that came with the deployment is there", async () => {
    const answer = await pool("Get-CsHostingProvider LYNCONLINE");
    expect(shown(answer, "Identity", "ProxyFqdn", "VerificationLevel", "SipClientPort")).toEqual([
      "LyncOnline",
      "sipfed.online.lync.com",
      "UseSourceVerification",
      "443",
    ]);
    expect(answer.rows[0]?.get("SipClientPort")).toMatchObject({ tag: "U64" });
  });

  it("are made with defaults for what is not given, and wait for what must be", async () => {
    const answer = await make("Fabrikam", "sip.fabrikam.com");
    expect(answer.said).toEqual([]);
    expect(shown(answer, "Identity", "Name", "VerificationLevel", "IsLocal", "AutodiscoverUrl", "SipClientPort")).toEqual([
      "Fabrikam",
      "Fabrikam",
      "AlwaysVerifiable",
      textOf(false),
      "",
      "443",
    ]);
    expect(await kept("HostingProvider", "Fabrikam")).toMatchObject({
      ProxyFqdn: "sip.fabrikam.com",
      Enabled: false,
      SipClientPort: 443,
    });
    for (const missing of ["ProxyFqdn", "Enabled", "EnabledSharedAddressSpace", "HostsOCSUsers"]) {
      const named = { Identity: "X", ProxyFqdn: "x.fabrikam.com", Enabled: true, EnabledSharedAddressSpace: true, HostsOCSUsers: true };
      const without = Object.fromEntries(Object.entries(named).filter(([name]) => name !== missing));
      const refused = await lab.pool()(command("New-CsHostingProvider", without));
      expect([refused.outcome.state, refused.said[0]], missing).toEqual(["failed", expect.stringContaining(missing)]);
    }
  });

  it("have a name and a proxy of their own, in any letter case", async () => {
    expect((await make("lynconline", "other.contoso.com")).said).toEqual([
      "There is a duplicate key sequence \"LYNCONLINE\" for the 'urn:schema:Microsoft.Rtc.Management.Settings.Edge.2008:ProviderName' key or unique identity constraint.",
    ]);
    const second = await make("Second", "SIPFED.online.lync.com");
    expect(second.said[0]).toMatch(/^There is a duplicate key sequence "SIPFED\.ONLINE\.LYNC\.COM"/);
    expect([second.outcome.state, second.outcome.error?.fullyQualifiedId]).toEqual([
      "failed",
      "duplicate-hosting-provider,New-CsHostingProvider",
    ]);
    expect((await pool("Get-CsHostingProvider Second")).said).toHaveLength(1);
  });

  it.each([
    ["sipfed", "", 'ProxyFqdn "sipfed" is no fully qualified domain name.'],
    [
      "a.fabrikam.com",
      "-AutodiscoverUrl webdir.online.lync.com",
      'AutodiscoverUrl "webdir.online.lync.com" is no address of a web service.',
    ],
    ["a.fabrikam.com", "-SipClientPort 65536", "SipClientPort 65536 is no port."],
  ])("refuse %s %s", async (proxy, more, text) => {
    expect((await make("Bad", proxy, more)).said).toEqual([text]);
  });

  it("take a port of 64 bits and a level by its name; others are errors of the parameter", async () => {
    for (const more of ["-SipClientPort -1", "-SipClientPort x", "-VerificationLevel Never"]) {
      expect((await make("Bad", "a.fabrikam.com", more)).outcome.state, more).toBe("failed");
    }
  });

  it("are shown and not kept with -InMemory", async () => {
    expect(column(await make("Thought", "thought.contoso.com", "-InMemory"), "ProxyFqdn")).toEqual(["thought.contoso.com"]);
    expect(await kept("HostingProvider", "Thought")).toBeUndefined();
  });

  it("are changed by name and by the pipeline; the proxy stays", async () => {
    expect((await pool("Set-CsHostingProvider Fabrikam -Enabled 1 -VerificationLevel AlwaysUnverifiable")).said).toEqual([]);
    expect((await pool("Get-CsHostingProvider Fabrikam | Set-CsHostingProvider -SipClientPort 5061")).said).toEqual([]);
    expect(await kept("HostingProvider", "Fabrikam")).toMatchObject({
      Enabled: true,
      VerificationLevel: "AlwaysUnverifiable",
      SipClientPort: 5061,
    });
    const copy = PsObject.of({ Identity: "Fabrikam", ProxyFqdn: "elsewhere.fabrikam.com", Enabled: false });
    expect((await pool("Set-CsHostingProvider -Instance $copy", { copy })).said).toEqual([]);
    expect(await kept("HostingProvider", "Fabrikam")).toMatchObject({ ProxyFqdn: "sip.fabrikam.com", Enabled: false });
    expect((await pool("Set-CsHostingProvider -Enabled $true")).said).toEqual(["It was not said which HostingProvider is to be changed."]);
    expect((await pool("Set-CsHostingProvider Nobody -Enabled $true")).said).toEqual(['There is no HostingProvider "Nobody" here.']);
    expect((await pool("Set-CsHostingProvider Fabrikam -ProxyFqdn x.fabrikam.com")).said[0]).toMatch(/ProxyFqdn/);
  });

  it("go with a warning where people are homed behind them, and not under -WhatIf", async () => {
    await pool("Remove-CsHostingProvider Fabrikam -WhatIf");
    expect((await pool("Get-CsHostingProvider fab*")).said).toHaveLength(1);
    expect(column(await pool('Get-CsHostingProvider -Filter "fab*"'), "Name")).toEqual(["Fabrikam"]);
    const removed = await pool("Remove-CsHostingProvider Fabrikam");
    expect([removed.said, removed.warnings]).toEqual([[], []]);
    const answer = await pool("Get-CsHostingProvider | Remove-CsHostingProvider");
    expect(answer.said).toEqual([]);
    expect(answer.warnings).toEqual([expect.stringMatching(/^\d+ user\(s\) are homed behind LyncOnline \(sipfed\.online\.lync\.com\)\./)]);
    expect((await pool("Get-CsHostingProvider")).rows).toEqual([]);
    expect((await pool("Remove-CsHostingProvider LyncOnline")).said).toEqual(['There is no HostingProvider "LyncOnline" here.']);
  });
});

describe("allowed domains", () => {
  it("are made by either parameter, changed and removed", async () => {
    expect(column(await pool('New-CsAllowedDomain -Identity fabrikam.com -Comment "Partner"'), "Domain")).toEqual(["fabrikam.com"]);
    expect(column(await pool("New-CsAllowedDomain -Domain adatum.com"), "Identity")).toEqual(["adatum.com"]);
    expect((await pool("New-CsAllowedDomain Fabrikam.com")).said).toEqual(['There is already the AllowedDomain "Fabrikam.com" here.']);
    expect((await pool("New-CsAllowedDomain fabrikam")).said).toEqual(['Domain "fabrikam" is no fully qualified domain name.']);
    expect((await pool("Set-CsAllowedDomain fabrikam.com -ProxyFqdn sip.fabrikam.com -MarkForMonitoring $true")).said).toEqual([]);
    expect(shown(await pool("Get-CsAllowedDomain fabrikam.com"), "ProxyFqdn", "Comment", "VerificationLevel")).toEqual([
      "sip.fabrikam.com",
      "Partner",
      "UseSourceVerification",
    ]);
    await pool("Set-CsAllowedDomain fabrikam.com -ProxyFqdn $null");
    expect(await kept("AllowedDomain", "fabrikam.com")).not.toHaveProperty("ProxyFqdn");
    expect((await pool('Get-CsAllowedDomain -Filter "*.com" | Remove-CsAllowedDomain')).said).toEqual([]);
    expect((await pool("Get-CsAllowedDomain")).rows).toEqual([]);
  });
});

describe("the access edge", () => {
  it("finds partners by DNS, or sends everything one way; each shows its own settings", async () => {
    const set = "Set-CsAccessEdgeConfiguration";
    expect((await pool(`${set} -UseDefaultRouting -AllowFederatedUsers $true`)).said).toEqual([
      'DefaultRouteFqdn "" is no fully qualified domain name.',
    ]);
    expect((await pool(`${set} -UseDefaultRouting -DefaultRouteFqdn route.contoso.com -IsPublicProvider $true`)).said).toEqual([]);
    const one = await pool("Get-CsAccessEdgeConfiguration");
    expect(one.rows[0]?.typeNames[0]).toMatch(/DisplayAccessEdgeSettingsDefaultRoute$/);
    expect(shown(one, "DefaultRouteFqdn", "RoutingMethod")).toEqual(["route.contoso.com", "UseDefaultRouting"]);
    expect(one.rows[0]?.has("EnablePartnerDiscovery")).toBe(false);
    const [copy] = one.rows as [PsObject];
    expect((await pool(`${set} -UseDnsSrvRouting -EnablePartnerDiscovery 1`)).said).toEqual([]);
    expect((await pool(`${set} -Instance $copy`, { copy })).said).toEqual([]);
    expect(shown(await pool("Get-CsAccessEdgeConfiguration"), "DefaultRouteFqdn", "RoutingMethod")).toEqual([
      "route.contoso.com",
      "UseDefaultRouting",
    ]);
    const wrong = PsObject.of({ Identity: "Global", RoutingMethod: "UseNothing" });
    expect((await pool(`${set} -Instance $wrong`, { wrong })).said).toEqual([
      "The value of RoutingMethod in the object cannot be taken: it is none of UseDnsSrvRouting, UseDefaultRouting.",
    ]);
    expect((await pool(`${set} -UseDnsSrvRouting`)).said).toEqual([]);
    const other = await pool("Get-CsAccessEdgeConfiguration");
    expect(other.rows[0]?.typeNames[0]).toMatch(/DisplayAccessEdgeSettingsDnsSrvRouting$/);
    expect(shown(other, "EnablePartnerDiscovery", "RoutingMethod")).toEqual([textOf(true), "UseDnsSrvRouting"]);
    expect(other.rows[0]?.has("DefaultRouteFqdn")).toBe(false);
  });

  it("refuses what belongs to both ways, and numbers out of their range", async () => {
    for (const [parameters, text] of [
      ["-UseDnsSrvRouting -UseDefaultRouting", /[Pp]arameter set/],
      ["-EnablePartnerDiscovery $true -DefaultRouteFqdn route.contoso.com", /[Pp]arameter set/],
      ["-OutgoingTlsCountForFederatedPartners 5", /OutgoingTlsCountForFederatedPartners/],
      ["-CertificatesDeletedPercentage 101", /CertificatesDeletedPercentage/],
      ["-AllowOutsideUsers yes", /Boolean/],
    ] as const) {
      const answer = await pool(`Set-CsAccessEdgeConfiguration ${parameters}`);
      expect([answer.outcome.state, answer.said[0]], parameters).toEqual(["failed", expect.stringMatching(text)]);
    }
  });
});

describe("a tenant's federation", () => {
  const SET = "Set-CsTenantFederationConfiguration";

  it("shares its address space where it is said; the lab's hybrid does, the other tenant does not", async () => {
    expect(column(await online("Get-CsTenantFederationConfiguration"), "SharedSipAddressSpace")).toEqual([true]);
    expect(column(await online("Get-CsTenantFederationConfiguration", {}, FABRIKAM), "SharedSipAddressSpace")).toEqual([false]);
    expect((await online(`${SET} -SharedSipAddressSpace $true`, {}, FABRIKAM)).said).toEqual([]);
    expect(await kept("TenantFederationConfiguration", "Global", FABRIKAM)).toMatchObject({ SharedSipAddressSpace: true });
    await online(`${SET} -SharedSipAddressSpace $false`, {}, FABRIKAM);
    expect(await kept("TenantFederationConfiguration", "Global", FABRIKAM)).toMatchObject({ SharedSipAddressSpace: false });
    expect((await online(`${SET} -Tenant $other -SharedSipAddressSpace $false`, { other: FABRIKAM })).said).toEqual([
      `This session may not act on the tenant ${FABRIKAM}.`,
    ]);
  });

  it("allows everybody, or the domains of a list; changes of lists add, remove and replace", async () => {
    const allowed = async () => textOf((await online("Get-CsTenantFederationConfiguration")).rows[0]?.get("AllowedDomains") ?? null);
    expect(await allowed()).toBe("AllowAllKnownDomains");
    const [first] = (await online("New-CsEdgeDomainPattern -Domain Fabrikam.com")).rows;
    const [list] = (await online("New-CsEdgeAllowList -AllowedDomain $first", { first: first as PsValue })).rows;
    expect((await online(`${SET} -AllowedDomains $list`, { list: list as PsValue })).said).toEqual([]);
    expect(await allowed()).toBe("fabrikam.com");
    for (const [change, text] of [
      ['@{Add="adatum.com"}', "fabrikam.com,adatum.com"],
      ['@{Remove="fabrikam.com"}', "adatum.com"],
      ["contoso.net, adatum.com", "contoso.net,adatum.com"],
    ] as const) {
      expect((await online(`${SET} -AllowedDomainsAsAList ${change}`)).said).toEqual([]);
      expect(await allowed()).toBe(text);
    }
    const [all] = (await online("New-CsEdgeAllowAllKnownDomains")).rows;
    await online(`${SET} -AllowedDomains $all`, { all: all as PsValue });
    expect(await allowed()).toBe("AllowAllKnownDomains");
    await online(`${SET} -BlockedDomains fabrikam.com`);
    const blocked = (await online("Get-CsTenantFederationConfiguration")).rows[0]?.get("BlockedDomains") as PsObject[];
    expect(blocked.map((domain) => domain.get("Domain"))).toEqual(["fabrikam.com"]);
  });

  it("refuses what is no domain as an error of the parameter", async () => {
    for (const line of [
      `${SET} -BlockedDomains "not a domain"`,
      `${SET} -AllowedDomainsAsAList @{Drop="a.com"}`,
      "New-CsEdgeDomainPattern fabrikam",
    ]) {
      expect((await online(line)).outcome.state, line).toBe("failed");
    }
  });
});

describe("a tenant's half of the hybrid", () => {
  it("names the deployment's edge and its services", async () => {
    const SET = "Set-CsTenantHybridConfiguration";
    const url = "https://hybrid.contoso.com/config";
    expect((await online(`${SET} -PeerDestination edge01.contoso.com -HybridConfigServiceExternalUrl ${url}`)).said).toEqual([]);
    const answer = await online("Get-CsTenantHybridConfiguration");
    expect(shown(answer, "PeerDestination", "HybridConfigServiceExternalUrl", "UseOnPremDialPlan")).toEqual([
      "edge01.contoso.com",
      url,
      textOf(true),
    ]);
    expect((await online(`${SET} -PeerDestination edge01`)).said).toEqual(['PeerDestination "edge01" is no fully qualified domain name.']);
    expect((await online(`${SET} -HybridConfigServiceInternalUrl contoso.com`)).said).toEqual([
      'HybridConfigServiceInternalUrl "contoso.com" is no address of a web service.',
    ]);
  });
});

describe("policies of a deployment", () => {
  it("are its own alone: none that come with the service, and none of the tenant's", async () => {
    await online("New-CsMobilityPolicy Sales");
    expect(column(await pool("Get-CsMobilityPolicy"), "Identity")).toEqual(["Global"]);
    expect((await pool("New-CsMobilityPolicy MobilityEnableOutsideVoice")).said).toEqual([]);
    expect(column(await pool("Get-CsMobilityPolicy"), "Identity")).toEqual(["Global", "Tag:MobilityEnableOutsideVoice"]);
    const granted = await pool("Grant-CsMobilityPolicy kenmyer -PolicyName MobilityEnableOutsideVoice -PassThru");
    expect(granted.rows[0]?.typeNames[0]).toBe("Microsoft.Rtc.Management.ADConnect.Schema.ADUser");
    expect(column(await pool("Get-CsUser kenmyer"), "MobilityPolicy")).toEqual(["MobilityEnableOutsideVoice"]);
    expect((await pool("Remove-CsMobilityPolicy MobilityEnableOutsideVoice")).said[0]).toMatch(/is granted to 1 user/);
  });
});

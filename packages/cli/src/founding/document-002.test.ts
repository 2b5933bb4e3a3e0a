/**
 * Founding documents 000 and 002 where they prepare a hybrid, move users, and move them back: each cmdlet line of their
 * scripts is sent to the site at which its reader had a session, with its parameters as they stand, and what it has done is
 * read back at both.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FormBrowser } from "../form-browser.fixture.ts";
import { AppPerson } from "./app-person.fixture.ts";
import { ADMIN, FoundingLab } from "./founding-lab.fixture.ts";
import { TwoSites, type Said, type SiteName, type Variables } from "./two-sites.fixture.ts";

const SCRIPTS = {
  "s000-07": `$cred = Get-Credential
$url = "https://admin0a.online.lync.com/HostedMigration/hostedmigrationService.svc"
Move-CsUser -Identity user@contoso.com -Target sipfed.online.lync.com -MoveToTeams -Credential $cred -HostedMigrationOverrideUrl $url –Verbose`,
  "s000-08": `$url = "https://admin0a.online.lync.com/HostedMigration/hostedmigrationService.svc"
Move-CsUser -Identity user@contoso.com -Target sipfed.online.lync.com -MoveToTeams -HostedMigrationOverrideUrl $url -UseOAuth –Verbose`,
  "s002-05": `Set-CSAccessEdgeConfiguration -AllowOutsideUsers 1 -AllowFederatedUsers 1 -UseDnsSrvRouting -EnablePartnerDiscovery $true`,
  "s002-06": `Get-CsExternalAccessPolicy -Identity Global | Set-CsExternalAccessPolicy -EnableFederationAccess $True -EnableOutsideAccess $True`,
  "s002-07": `Get-CSHostingProvider -Identity "LyncOnline" | Remove-CSHostingProvider`,
  "s002-08": `New-CSHostingProvider -Identity SFBOnline -ProxyFqdn "sipfed.online.lync.com" -Enabled $true -EnabledSharedAddressSpace $true -HostsOCSUsers $true -VerificationLevel UseSourceVerification -IsLocal $false -AutodiscoverUrl https://webdir.online.lync.com/Autodiscover/AutodiscoverService.svc/root`,
  "s002-09": `Enable-CsUser -Identity kenmyer -SipAddress "sip:kenmyer@contoso.com" -HostingProviderProxyFqdn "sipfed.online.lync.com" -verbose`,
  "s002-11": `Move-CsUser -Identity kenmyer@contoso.com -Target pool01.contoso.local -Credential $cred -HostedMigrationOverrideURL https://admin0a.online.lync.com/HostedMigration/hostedmigrationservice.svc`,
  "s002-12": `Get-CSOnlineUser | ? {$_.SipAddress -notlike $Null} | Select SipAddress, DisplayName | Export-CSV -Path C:\\temp\\OnlineUsers.csv -NoTypeInformation`,
  "s002-13": `$Users = Import-Csv C:\\updates\\OnlineUsers.csv

ForEach($User in $Users)
{
$SipAddress = $user.sipaddress
$UPN = $SipAddress.replace("sip:", "")
$Enable = Enable-CsUser -Identity $UPN -SipAddress $SipAddress -HostingProviderProxyFqdn "sipfed.online.lync.com"
}`,
  "s002-14": `$Users = Import-Csv C:\\updates\\OnlineUsers.csv
ForEach($User in $Users)
{
$Displname = $user.displayname
$SipAddress = $user.sipaddress
$UPN = $SipAddress.replace("sip:", "")
$Move = Move-CsUser -Identity $UPN -Target pool01.contoso.local -Credential $credential -HostedMigrationOverrideURL https://admin0a.online.lync.com/HostedMigration/hostedmigrationservice.svc -Confirm:$false
if($Move -eq $False)
{
Write-host "User $SipAddress didn't move!!"
}
}`,
  "s002-15": `Set-CsMobilityPolicy -AllowSaveCredentials $false
Set-CsMobilityPolicy -AllowExchangeConnectivity $false`,
  "s002-16": `get-csalloweddomain`,
} as const;

const PROVIDER = "sipfed.online.lync.com";
const POOL = "pool01.contoso.local";
const ONLINE = { pool: [PROVIDER, ""], online: [PROVIDER, "HybridOnlineSfBUser"] };
const ON_PREMISES = { pool: ["SRV:", POOL], online: ["SRV:", "HybridOnpremSfBUser"] };
const MOVE_LIMIT_MS = 60_000;

let founding: FoundingLab;
let sites: TwoSites;

beforeAll(async () => {
  founding = new FoundingLab();
  sites = new TwoSites(await founding.start([], {}, 30));
}, MOVE_LIMIT_MS);
afterAll(async () => {
  await sites?.[Symbol.asyncDispose]();
  await founding?.[Symbol.asyncDispose]();
});

/** The lines of a script that a site runs: assignments, loops and files are the reader's own PowerShell's. */
function linesOf(script: keyof typeof SCRIPTS): string[] {
  const lines = SCRIPTS[script].split("\n").map((line) => line.replace(/^\$\w+ = /, "").trim());
  return lines.filter((line) => /^\w+-Cs(?!v )/i.test(line));
}

/** Runs them, without an error. */
async function run(script: keyof typeof SCRIPTS, site: SiteName, variables: Variables = {}): Promise<Said> {
  let last: Said | undefined;
  for (const line of linesOf(script)) {
    last = await sites.run(site, line, variables);
    expect(last.errors, line).toEqual([]);
  }
  return last as Said;
}

const url = /"(https:[^"]+)"/.exec(SCRIPTS["s000-07"])?.[1] as string;
const toOnline = () => ({ cred: sites.credential(), url });

describe("document 002 prepares the deployment", () => {
  test("s002-05: the access edge is opened, with partners found by their DNS records", async () => {
    await sites.run("pool", "Set-CsAccessEdgeConfiguration -AllowOutsideUsers $false -AllowFederatedUsers $false");
    const names = ["AllowOutsideUsers", "AllowFederatedUsers", "EnablePartnerDiscovery", "RoutingMethod"];
    expect((await sites.read("pool", "Get-CsAccessEdgeConfiguration", ...names))[0]?.slice(0, 2)).toEqual(["false", "false"]);
    await run("s002-05", "pool");
    expect(await sites.read("pool", "Get-CsAccessEdgeConfiguration", ...names)).toEqual([["true", "true", "true", "UseDnsSrvRouting"]]);
  });

  test.each<SiteName>(["pool", "online"])(
    "s002-06: the global policy lets federation and people outside in, at the site %s",
    async (site) => {
      const policy = "Get-CsExternalAccessPolicy -Identity Global";
      const names = ["EnableFederationAccess", "EnableOutsideAccess"];
      await sites.run(site, "Set-CsExternalAccessPolicy -Identity Global -EnableFederationAccess $false -EnableOutsideAccess $false");
      expect(await sites.read(site, policy, ...names)).toEqual([["false", "false"]]);
      await run("s002-06", site);
      expect(await sites.read(site, policy, ...names)).toEqual([["true", "true"]]);
    },
  );

  test("s002-07 and s002-08: the hosting provider of setup is replaced by the document's", async () => {
    await run("s002-07", "pool");
    expect(await sites.read("pool", "Get-CsHostingProvider", "Identity")).toEqual([]);
    await run("s002-08", "pool");
    const names = ["Identity", "ProxyFqdn", "Enabled", "EnabledSharedAddressSpace", "HostsOCSUsers", "VerificationLevel", "IsLocal"];
    expect(await sites.read("pool", "Get-CsHostingProvider", ...names, "AutodiscoverUrl")).toEqual([
      [
        "SFBOnline",
        PROVIDER,
        "true",
        "true",
        "true",
        "UseSourceVerification",
        "false",
        "https://webdir.online.lync.com/Autodiscover/AutodiscoverService.svc/root",
      ],
    ]);
  });

  test.each<SiteName>(["pool", "online"])("s002-15: phones keep no credentials and do not reach Exchange, at the site %s", async (site) => {
    await run("s002-15", site);
    const names = ["AllowSaveCredentials", "AllowExchangeConnectivity"];
    expect(await sites.read(site, "Get-CsMobilityPolicy -Identity Global", ...names)).toEqual([["false", "false"]]);
  });

  test("s002-16: the allowed domains are shown", async () => {
    await sites.run("pool", "New-CsAllowedDomain -Identity fabrikam.com");
    await run("s002-16", "pool");
    expect(await sites.read("pool", SCRIPTS["s002-16"], "Identity")).toEqual([["fabrikam.com"]]);
  });
});

describe("users are moved", () => {
  test("s000-07: online, by a credential of the service", { timeout: MOVE_LIMIT_MS }, async () => {
    expect(await sites.homing("user@contoso.com")).toEqual(ON_PREMISES);
    const { verbose, prompts } = await run("s000-07", "pool", toOnline());
    expect(verbose.length).toBeGreaterThan(0);
    expect(prompts).toHaveLength(1);
    expect(await sites.homing("user@contoso.com")).toEqual(ONLINE);
  });

  test("s002-11's line brings that user back", { timeout: MOVE_LIMIT_MS }, async () => {
    const [line] = linesOf("s002-11");
    const said = await sites.run("pool", (line as string).replace("kenmyer", "user"), toOnline());
    expect(said.errors).toEqual([]);
    expect(await sites.homing("user@contoso.com")).toEqual(ON_PREMISES);
  });

  test("s000-08 in the session: refused with the reason and the way out", { timeout: MOVE_LIMIT_MS }, async () => {
    const [line] = linesOf("s000-08");
    const { errors } = await sites.run("pool", line as string, { url });
    expect(errors).toEqual([expect.stringMatching(/window/)]);
    expect(await sites.homing("user@contoso.com")).toEqual(ON_PREMISES);
  });

  test("s000-08 at the client: signed in here, the token goes along, and the user is online", { timeout: MOVE_LIMIT_MS }, async () => {
    const token = await sites.token(url);
    const [line] = linesOf("s000-08");
    const said = await sites.run("pool", (line as string).replace("-UseOAuth", "-AccessTokens $token"), { url, token: token.accessToken });
    expect(said.errors).toEqual([]);
    expect(await sites.homing("user@contoso.com")).toEqual(ONLINE);
  });

  test("document 000's ways to the address: the session's host, and the tenant's identity", { timeout: MOVE_LIMIT_MS }, async () => {
    const [[identity = ""] = []] = await sites.read("online", "Get-CsTenant", "Identity");
    for (const [place, target, homing] of [
      ["admin0a.online.lync.com", POOL, ON_PREMISES],
      [identity, PROVIDER, ONLINE],
    ] as const) {
      expect((await sites.token(place)).url, place).toMatch(/^https:\/\/admin0a\.online\.lync\.com\/HostedMigration\//);
      const line = `Move-CsUser -Identity user@contoso.com -Target ${target} -Credential $cred -HostedMigrationOverrideUrl $place -Confirm:$false`;
      expect((await sites.run("pool", line, { cred: sites.credential(), place })).errors).toEqual([]);
      expect(await sites.homing("user@contoso.com")).toEqual(homing);
    }
  });

  test("s002-09 and s002-11: an account joins its user online, and is moved to the pool", { timeout: MOVE_LIMIT_MS }, async () => {
    // Somebody who is online and of whom the deployment knows the account alone.
    const [move] = linesOf("s000-07");
    await sites.run("pool", (move as string).replace("user@", "kenmyer@"), toOnline());
    await sites.run("pool", "Disable-CsUser -Identity kenmyer@contoso.com -Confirm:$false");
    expect(await sites.read("pool", "Get-CsUser -Identity kenmyer@contoso.com -ErrorAction SilentlyContinue", "SipAddress")).toEqual([]);
    await run("s002-09", "pool");
    expect(await sites.homing("kenmyer@contoso.com")).toEqual(ONLINE);
    const { prompts } = await run("s002-11", "pool", toOnline());
    expect(prompts).toHaveLength(1);
    expect(await sites.homing("kenmyer@contoso.com")).toEqual(ON_PREMISES);
  });
});

describe("everybody who is online is enabled on premises and moved there", () => {
  /** What Import-Csv makes of the file. */
  let users: { sipaddress: string; displayname: string }[] = [];
  /** The loop's own variables for each of the users. */
  const inLoop = async (script: "s002-13" | "s002-14", each: (said: Said, upn: string) => void): Promise<void> => {
    const [line] = linesOf(script);
    for (const { sipaddress } of users) {
      const UPN = sipaddress.replace("sip:", "");
      each(await sites.run("pool", line as string, { UPN, SipAddress: sipaddress, credential: sites.credential() }), UPN);
    }
  };

  test("s002-12: the users online with their addresses are a file of two columns", async () => {
    // Aliases and Export-Csv are the reader's own PowerShell's; here the command writes its output as that does.
    const line = SCRIPTS["s002-12"]
      .replace(/ \| Export-CSV .*$/, "")
      .replace("?", "Where-Object")
      .replace("Select", "Select-Object");
    const { code, out, err } = await founding.tieline(["invoke", "--data", founding.lab.folder, "--user", ADMIN, "-o", "csv", line]);
    expect([code, err]).toEqual([0, ""]);
    const rows = out.trim().split(/\r?\n/);
    expect(rows[0]?.replaceAll('"', "")).toBe("SipAddress,DisplayName");
    const all = await sites.read("online", "Get-CsOnlineUser", "SipAddress", "DisplayName");
    const addressed = all.filter(([address]) => address !== "").map((row) => row.join(","));
    expect(rows.slice(1).map((row) => row.replaceAll('"', ""))).toEqual(addressed);
    expect(addressed.length).toBeLessThan(all.length);
    // The document's tenant had nobody on premises yet: of ours, the two who are online and whom the deployment knows.
    users = addressed
      .map((row) => row.split(","))
      .filter(([address = ""]) => /^sip:(alice|bob)@/.test(address))
      .map(([sipaddress = "", displayname = ""]) => ({ sipaddress, displayname }));
    expect(users).toHaveLength(2);
  });

  test("s002-13: each account on premises is joined to its user online, who stays there", { timeout: MOVE_LIMIT_MS }, async () => {
    for (const { sipaddress } of users) await sites.run("pool", `Disable-CsUser -Identity ${sipaddress} -Confirm:$false`);
    await inLoop("s002-13", ({ errors, output }, upn) => expect([errors, output], upn).toEqual([[], []]));
    for (const { sipaddress } of users) expect(await sites.homing(sipaddress)).toEqual(ONLINE);
  });

  test("s002-14: each is moved to the pool, and nobody is asked", { timeout: MOVE_LIMIT_MS }, async () => {
    await inLoop("s002-14", ({ errors, output, prompts }, upn) => expect([errors, output, prompts], upn).toEqual([[], [], []]));
    for (const { sipaddress } of users) expect(await sites.homing(sipaddress)).toEqual(ON_PREMISES);
  });
});

describe("an account with a second factor", () => {
  test(
    "moves by OAuth with password and code; by its password alone it moves nobody, as it once did",
    { timeout: MOVE_LIMIT_MS },
    async () => {
      await using other = new FoundingLab();
      const lab = await other.start([], {}, 5);
      await using there = new TwoSites(lab);
      other.enableSecondFactor(ADMIN);
      const ca = readFileSync(join(lab.folder, lab.description.authority), "utf8");
      const person = new AppPerson(ADMIN, lab.logins.find(({ user }) => user === ADMIN)?.password ?? "");
      const { accessToken } = await there.token(url, async (address) => {
        void new FormBrowser(ca).walk(address, person.reads(Math.floor(Date.now() / 30_000))).catch(() => undefined);
        return true;
      });
      const here = () => there.read("pool", "Get-CsUser -Identity user@contoso.com", "HostingProvider", "RegistrarPool");
      const line = (linesOf("s000-08")[0] as string).replace("-UseOAuth", "-AccessTokens $token");
      expect((await there.run("pool", line, { url, token: accessToken })).errors).toEqual([]);
      expect(await here()).toEqual([ONLINE.pool]);
      for (const name of ["online.db", "online.db-wal", "pool.db", "pool.db-wal"])
        expect(existsSync(join(lab.folder, name)) && readFileSync(join(lab.folder, name), "latin1").includes(accessToken), name).toBe(
          false,
        );

      const back = (linesOf("s002-11")[0] as string).replace("kenmyer", "user");
      const { errors } = await there.run("pool", back, { cred: there.credential() });
      expect(errors).toEqual([expect.stringMatching(/^MoveError.*AADSTS50076.*multi-factor/s)]);
      expect(await here()).toEqual([ONLINE.pool]);
    },
  );
});
